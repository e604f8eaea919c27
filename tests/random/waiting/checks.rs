//! What is checked after every step.

use std::rc::Rc;

use crate::waiting::waiters::{For, Kind, Waiter};
use crate::waiting::world::World;

/// A waiter loses at most so many races in a row.
const MAX_LOST_RACES: u32 = 4;

/// After so many calls since it was woken, a waiter that is not polled may have lost its
/// reservation: each attempts 8 times at most, and 256 attempts end it.
const PATIENT_FOR: u64 = 256 / 8;

impl World {
    /// Returns how many messages, or free slots, there are. None can be had by senders of a closed
    /// channel.
    pub(crate) fn available(&self, what: For) -> usize {
        let stats = self.stats();
        match what {
            For::Message => stats.len,
            _ if stats.closed => 0,
            _ => self.capacity - stats.len - self.permits.borrow().len(),
        }
    }

    /// Returns whether no more is to come for waiters of this kind.
    pub(crate) fn is_over(&self, what: For) -> bool {
        let stats = self.stats();
        stats.closed && (what != For::Message || stats.len == 0 && self.permits.borrow().is_empty())
    }

    /// Checks the state after a step. No call is being made.
    pub(crate) fn check(&self) {
        assert_eq!(self.depth.get(), 0);
        self.check_counts();
        self.check_wakes(For::Message);
        self.check_wakes(For::Slot);
        let stats = self.stats();
        for waiter in self.all().iter().filter(|waiter| waiter.sleeps()) {
            let is_over = match waiter.kind {
                Kind::Closed => stats.closed,
                Kind::Drained => stats.received >= waiter.target.get(),
                _ => false,
            };
            assert!(!is_over, "{} sleeps at its end", waiter.id);
        }
    }

    /// Each message is in one place, and no more are in the channel than fit.
    fn check_counts(&self) {
        let (stats, permits) = (self.stats(), self.permits.borrow().len());
        let held: usize = self.all().iter().map(|waiter| waiter.held()).sum();
        assert_eq!(
            self.book.alive(),
            stats.len + held,
            "messages alive, in the channel ({}) and with waiters ({held})",
            stats.len
        );
        assert!(
            stats.closed || stats.len + permits <= self.capacity,
            "{} messages and {permits} permits",
            stats.len
        );
        let free = self.capacity.saturating_sub(stats.len + permits);
        let woken = self.woken(For::Slot);
        if let Some(rx) = self.receiver() {
            let capacity = rx.capacity();
            assert!(
                capacity <= free && (stats.closed || capacity + woken >= free),
                "capacity {capacity}, {free} free, {woken} woken"
            );
        }
    }

    /// Returns how many waiters that take what they wait for were woken, and may have reservations.
    pub(crate) fn woken(&self, what: For) -> usize {
        let of_side = |waiter: &&Rc<Waiter>| waiter.kind.waits_for() == what && waiter.kind.takes();
        let all = self.all();
        let taking = all.iter().filter(of_side);
        taking.filter(|waiter| waiter.is_woken()).count()
    }

    /// Each message, or free slot, has woken a waiter, unless none waits; all are woken at the end.
    fn check_wakes(&self, what: For) {
        let all = self.all();
        let sleeping: Vec<_> = all
            .iter()
            .filter(|waiter| waiter.kind.waits_for() == what && waiter.sleeps())
            .collect();
        if self.is_over(what) {
            let ids: Vec<_> = sleeping.iter().map(|waiter| waiter.id).collect();
            assert!(ids.is_empty(), "{ids:?} sleep at the end");
            return;
        }
        let (available, woken) = (self.available(what), self.woken(what));
        let exclusive = sleeping.iter().filter(|waiter| waiter.kind.is_exclusive());
        assert!(
            exclusive.count() == 0 || woken >= available,
            "{what:?}: {available} available, {woken} woken, and others sleep"
        );
    }

    /// A waiter that has lost too many races must have got something, if it was polled in time.
    pub(crate) fn check_losses(&self, waiter: &Waiter) {
        let losses = waiter.losses.get();
        if self.calls.get() - waiter.polled_at.get() > PATIENT_FOR {
            waiter.losses.set(losses.min(MAX_LOST_RACES));
            waiter.extra_wakes.set(0);
            return;
        }
        assert!(
            losses <= MAX_LOST_RACES,
            "{} has lost {losses} races in a row",
            waiter.id
        );
        // Before each of them, something new has woken a waiter that came before this one.
        let extra_wakes = waiter.extra_wakes.get();
        assert!(
            extra_wakes <= 2 * (MAX_LOST_RACES + 1),
            "{} was woken {extra_wakes} times beside others, and found nothing",
            waiter.id
        );
    }

    /// Polls all that are due, until none is. No waiter may be left beside what it waits for.
    pub(crate) fn settle(&self) {
        self.note("settle");
        self.stuck.iter().for_each(|stuck| stuck.set(false));
        self.all().iter().for_each(|waiter| waiter.kept.set(false));
        let mut polls = 0;
        loop {
            let all = self.all();
            let Some(due) = all.iter().find(|waiter| waiter.is_due()) else {
                break;
            };
            polls += 1;
            assert!(polls < 100_000, "waiters wake each other without end");
            self.poll(due.id);
        }
        for what in [For::Message, For::Slot] {
            let all = self.all();
            let waiting = all.iter().filter(|waiter| waiter.kind.waits_for() == what);
            let ids: Vec<_> = waiting.map(|waiter| waiter.id).collect();
            let available = self.available(what);
            assert!(
                ids.is_empty() || (available == 0 && !self.is_over(what)),
                "{ids:?} wait for a {what:?}, and {available} are there"
            );
        }
        self.check();
    }
}

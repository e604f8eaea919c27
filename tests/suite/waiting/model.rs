//! A model of a channel and its waiters, and the checks after every step.

use std::collections::VecDeque;

use mpmc_std::{OwnedPermit, Receiver, Sender, channel};

use crate::harness::PseudoRandom;
use crate::waiting::entry::Entry;

/// A channel and its model.
pub(crate) struct Model {
    pub(crate) random: PseudoRandom,
    pub(crate) tx: Sender<u32>,
    pub(crate) rx: Receiver<u32>,
    /// The messages that the channel must contain.
    pub(crate) queue: VecDeque<u32>,
    pub(crate) permits: Vec<OwnedPermit<u32>>,
    pub(crate) closed: bool,
    pub(crate) entries: Vec<Entry>,
    pub(crate) last_number: u32,
    pub(crate) next_id: usize,
    /// `true` for each side (as `receives`) with a lost race, where woken waiters may hold grants.
    lost_races: [bool; 2],
    /// The steps so far, which a failed check prints.
    pub(crate) history: Vec<String>,
}

/// The waiters that were parked and not woken before a call, except the waiter that is polled or
/// dropped by the call.
pub(crate) struct Before {
    exclusive: [Vec<usize>; 2],
    handles: [Vec<usize>; 2],
}

/// The messages and slots that a call made available.
#[derive(Clone, Copy, Default)]
pub(crate) struct Made {
    pub(crate) messages: usize,
    pub(crate) slots: usize,
}

/// The two sides, as `receives`.
const SIDES: [bool; 2] = [false, true];

impl Model {
    pub(crate) fn new(capacity: usize, seed: u64) -> Self {
        let (tx, rx) = channel(capacity);
        Self {
            random: PseudoRandom(seed),
            tx,
            rx,
            queue: VecDeque::new(),
            permits: Vec::new(),
            closed: false,
            entries: Vec::new(),
            last_number: 0,
            next_id: 0,
            lost_races: [false; 2],
            history: vec![format!("capacity {capacity}, seed {seed}")],
        }
    }

    pub(crate) fn free(&self) -> usize {
        self.tx.max_capacity() - self.queue.len() - self.permits.len()
    }

    /// Returns whether no more messages can arrive.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed && self.queue.is_empty() && self.permits.is_empty()
    }

    /// Returns the number of messages (if `receives`) or free slots.
    pub(crate) fn available(&self, receives: bool) -> usize {
        if receives {
            self.queue.len()
        } else {
            self.free()
        }
    }

    fn ids(&self, select: impl Fn(&Entry) -> bool) -> Vec<usize> {
        let selected = self.entries.iter().filter(|entry| select(entry));
        selected.map(|entry| entry.id).collect()
    }

    /// Returns the largest number of messages or slots that may be granted to woken waiters, so
    /// that other operations do not get them. 0 before a race was lost. Excludes the waiter
    /// `except`, which may use its own grant when it is polled.
    pub(crate) fn granted(&self, receives: bool, except: Option<usize>) -> usize {
        if !self.lost_races[usize::from(receives)] {
            return 0;
        }
        let woken = self.ids(|entry| {
            entry.kind.receives() == receives && entry.is_woken() && Some(entry.id) != except
        });
        woken.len()
    }

    /// Records the waiters that are parked and not woken, except the one that a call is about to
    /// poll or drop.
    pub(crate) fn before(&self, except: Option<usize>) -> Before {
        let not_woken = |receives, exclusive| {
            self.ids(|entry| {
                entry.is_not_woken()
                    && entry.kind.receives() == receives
                    && entry.kind.is_exclusive() == exclusive
                    && Some(entry.id) != except
            })
        };
        Before {
            exclusive: SIDES.map(|receives| not_woken(receives, true)),
            handles: SIDES.map(|receives| not_woken(receives, false)),
        }
    }

    /// Checks everything after a call that made this many messages and slots available.
    pub(crate) fn check(&mut self, before: &Before, made: Made) {
        for receives in SIDES {
            let side = usize::from(receives);
            let made = if receives { made.messages } else { made.slots };
            let woken = |id: &&usize| {
                let mut entries = self.entries.iter();
                entries.any(|entry| entry.id == **id && entry.is_woken())
            };
            // A handle is woken like a future, or along with all non-exclusive waiters.
            let exclusive = before.exclusive[side].iter();
            let waiting: Vec<_> = exclusive.chain(&before.handles[side]).copied().collect();
            let now = waiting.iter().filter(woken).count();
            assert!(
                now >= made.min(waiting.len()),
                "{made} made available on side {side}, {} wait, {now} were woken",
                waiting.len()
            );
            self.check_side(receives);
            self.update_lost_races(receives);
        }
        self.check_counts();
    }

    /// Checks that there are as many woken waiters as available messages or slots, if other waiters
    /// are not woken.
    fn check_side(&self, receives: bool) {
        let of_side = |entry: &Entry| entry.kind.receives() == receives;
        let not_woken = self.ids(|entry| of_side(entry) && entry.is_not_woken());
        if self.closed && (!receives || self.is_finished()) {
            assert!(
                not_woken.is_empty(),
                "closed, but {not_woken:?} are not woken"
            );
            return;
        }
        let exclusive = self
            .ids(|entry| of_side(entry) && entry.is_not_woken() && entry.kind.is_exclusive())
            .len();
        let woken = self.ids(|entry| of_side(entry) && entry.is_woken());
        let available = self.available(receives);
        assert!(
            exclusive == 0 || woken.len() >= available,
            "{available} available (receives: {receives}), {exclusive} not woken, {woken:?} woken"
        );
    }

    fn update_lost_races(&mut self, receives: bool) {
        let of_side = |entry: &Entry| entry.kind.receives() == receives;
        let losers = self.ids(|entry| of_side(entry) && entry.failed_polls > 1);
        let woken = self.ids(|entry| of_side(entry) && entry.is_woken());
        let lost_races = &mut self.lost_races[usize::from(receives)];
        *lost_races = !losers.is_empty() || (*lost_races && !woken.is_empty());
    }

    fn check_counts(&self) {
        let granted = self.granted(false, None);
        let capacity = self.rx.capacity();
        assert_eq!(self.rx.len(), self.queue.len());
        assert!(
            capacity <= self.free() && capacity + granted >= self.free(),
            "capacity {capacity}, free {}, granted at most {granted}",
            self.free()
        );
    }

    /// Compares the received messages with the oldest ones.
    pub(crate) fn received(&mut self, messages: &[u32]) {
        for &message in messages {
            assert_eq!(
                Some(message),
                self.queue.pop_front(),
                "messages arrive in order and once"
            );
        }
    }

    pub(crate) fn sent(&mut self, message: u32) {
        self.queue.push_back(message);
        let used = self.queue.len() + self.permits.len();
        assert!(used <= self.tx.max_capacity(), "more than the capacity");
    }

    pub(crate) fn pick(&mut self, count: usize) -> usize {
        self.random.below(count as u64) as usize
    }

    pub(crate) fn next_number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    pub(crate) fn record(&mut self, step: impl std::fmt::Debug) {
        self.history.push(format!("{step:?}"));
    }
}

/// Prints the last steps if a check has failed.
impl Drop for Model {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.history.len().saturating_sub(30).max(1);
            eprintln!("{}:", self.history[0]);
            for step in &self.history[last..] {
                eprintln!("  {step}");
            }
        }
    }
}

//! The wait queue of one side of a channel: who waits, who is woken, and who has the next turn.

use core::pin::Pin;
use core::task::Waker;

use super::batch::{Batch, call_wakers};
use super::list::{Entry, Kind, Link, List, Place, Waiter, WaiterState};
use super::spin::{Spin, Spinner};
use super::standby::Standby;
use super::yielding::Yielding;
use super::{Reservation, Side};
use crate::ring::{Reserved, State};
use crate::sync::{
    AtomicUsize, Instant, Lock, MIN_BLOCKED_ATTEMPTS, Ordering, RESERVATION_AGE, RelaxedU32,
};
use crate::trace;
use crate::unwind::defer;

/// How many races in a row a waiter loses at most. When it has lost so many, the next message or slot is
/// reserved for it before it is woken.
pub(crate) const MAX_LOSSES: u32 = 4;

/// After how many notifications a handle that was woken and has not been polled loses its trust.
const MAX_UNPOLLED: u32 = 32;

/// The wait queue of one side: see the module's documentation. In two parts, since they are used at different
/// times: one lies beside the word that the waiters mark, the other away from both words.
#[derive(Clone, Copy)]
pub(crate) struct WaitQueue<'a> {
    list: &'a WaitList,
    spin_state: &'a SpinState,
}

/// The waiters of one side. Used together with the word that they mark, and lies beside it: whoever registers or
/// notifies has that cache line anyway.
#[derive(Debug)]
pub(crate) struct WaitList {
    members: Lock<Members>,
    /// The number of waiters that hold a reservation and have not looked yet. Changed under the lock.
    granted: AtomicUsize,
    /// How many attempts the reservations have turned away since one of them ended.
    turned_away: RelaxedU32,
}

/// What spinning operations of one side use. It must not be on the cache line of a word, which they would take
/// from the other side.
#[derive(Debug)]
pub(crate) struct SpinState {
    spinner: Spinner,
    yielding: Yielding,
    standby: Standby,
    /// 1 if exclusive waiters were there lately.
    has_waiters: RelaxedU32,
    label: trace::Label,
}

/// What the lock protects.
#[derive(Debug)]
struct Members {
    list: List,
    /// The number of waiters in the exclusive queue that have lost [`MAX_LOSSES`] races.
    starving: u32,
    /// Numbers the registrations. The number of a waiter's first one is its ticket.
    registrations: u64,
    notifications: u32,
    /// When the oldest reservation became the oldest one, more or less.
    granted_at: Option<Instant>,
    parks: u64,
    wakes: u64,
    spurious: u64,
}

/// Numbers about a wait queue. Informational only, of some moment during the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitStats {
    pub(crate) waiting: u64,
    pub(crate) parks: u64,
    pub(crate) wakes: u64,
    pub(crate) spurious: u64,
}

/// Whether a waiter that registers was woken before and found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    Nothing,
    Race,
}

/// What became of a waiter while it was not looked at.
pub(super) enum Outcome<'a, S: Side> {
    /// It was not woken.
    Undisturbed,
    /// It was woken for a message or a slot, which another waiter can have instead.
    Notified,
    /// A message or a slot is reserved for it.
    Granted(Reservation<'a, S>),
}

/// What a simple notification comes to.
enum One {
    /// One waiter is to be woken.
    Of(Waker, Others),
    /// There is no waiter.
    None,
    /// It is not that simple.
    Not,
}

/// Whether waiters are left that were not notified.
#[derive(PartialEq, Eq)]
enum Others {
    None,
    Some,
}

/// How much of a notification is left to do.
struct Remaining {
    /// Exclusive waiters to wake.
    exclusive: usize,
    /// Non-exclusive waiters that registered later are not woken: they have looked since.
    registrations: Option<u64>,
    done: bool,
}

impl WaitList {
    pub(crate) fn new() -> Self {
        Self {
            members: Lock::new(Members::new()),
            granted: AtomicUsize::new(0),
            turned_away: RelaxedU32::default(),
        }
    }
}

impl SpinState {
    /// For a channel of `capacity` messages, of which events say `label`.
    pub(crate) fn new(capacity: usize, spin: Spin, label: trace::Label) -> Self {
        Self {
            spinner: Spinner::new(capacity, spin),
            yielding: Yielding::new(),
            standby: Standby::new(),
            has_waiters: RelaxedU32::default(),
            label,
        }
    }
}

impl<'a> WaitQueue<'a> {
    #[inline]
    pub(crate) fn new(list: &'a WaitList, spin_state: &'a SpinState) -> Self {
        Self { list, spin_state }
    }

    pub(crate) fn spinner(self) -> &'a Spinner {
        &self.spin_state.spinner
    }

    pub(super) fn yielding(self) -> &'a Yielding {
        &self.spin_state.yielding
    }

    pub(super) fn standby(self) -> &'a Standby {
        &self.spin_state.standby
    }

    /// Wakes `count` exclusive waiters and all non-exclusive ones, after as many messages were published
    /// or slots freed. To be called by a thread whose claim found one of the parked bits.
    #[cold]
    pub(crate) fn notify<S: Side>(&self, side: &S, count: usize) {
        if count == 1 && self.spin_state.standby.stands_in() {
            return;
        }
        let seen = side.marks();
        match self.list.members.with(|members| members.take_one(count)) {
            One::Of(waker, others) => {
                if others == Others::None {
                    // Before the waker is called: its task comes for the word.
                    side.clear_keep(seen);
                } else {
                    self.spin_state.has_waiters.set(1);
                }
                waker.wake();
            }
            One::None => {
                self.forget_waiters();
                side.clear_keep(seen);
            }
            One::Not => self.notify_several(side, count, seen),
        }
        trace::notified(self);
    }

    #[cold]
    fn notify_several<S: Side>(&self, side: &S, count: usize, seen: State) {
        self.wake(count, |members, remaining, batch| {
            members.take(remaining, batch, Some((self, side)));
            // Before the last wakers are called, as above.
            if remaining.done && members.list.is_empty(Place::Exclusive) {
                side.clear_keep(seen);
            }
        });
    }

    /// Wakes all waiters, after the channel was closed. The reservations of waiters end: a closed channel keeps
    /// no task from what is left.
    #[cold]
    pub(crate) fn notify_all<S: Side>(&self, side: &S) {
        let (revoked, mut one) = self.list.members.with(|members| {
            if core::mem::take(&mut members.starving) > 0 {
                side.end_fair();
            }
            (self.revoke_all(members), members.take_one(usize::MAX))
        });
        let _all = defer(|| match core::mem::replace(&mut one, One::None) {
            One::Of(waker, _) => waker.wake(),
            One::None => {}
            One::Not => self.wake(usize::MAX, |members, remaining, batch| {
                members.take::<S>(remaining, batch, None);
            }),
        });
        // Wakes some of those that are woken above, when this is dropped first.
        let _revoked = defer(|| side.unreserve(revoked));
        trace::closed(self);
    }

    fn wake(&self, count: usize, mut take: impl FnMut(&mut Members, &mut Remaining, &mut Batch)) {
        let mut remaining = Remaining {
            exclusive: count,
            registrations: None,
            done: false,
        };
        call_wakers(|batch| {
            self.list
                .members
                .with(|members| take(members, &mut remaining, batch));
            !remaining.done
        });
    }

    /// Reserves a message or slot for a waiter. Under the lock.
    fn grant<S: Side>(&self, side: &S) -> Reserved {
        // ORDERING: Relaxed. Published by [reserve], which follows: a thread that sees the reservation sees
        // the count.
        self.list.granted.fetch_add(1, Ordering::Relaxed);
        let reserved = side.reserve();
        if reserved != Reserved::One {
            // ORDERING: Relaxed. As above.
            self.list.granted.fetch_sub(1, Ordering::Relaxed);
        }
        reserved
    }

    /// Counts a reservation out that was used, ended or taken back. Under the lock.
    fn end_grant(&self) {
        // ORDERING: Relaxed. As in `grant`.
        self.list.granted.fetch_sub(1, Ordering::Relaxed);
        // Second, so that a model sees the attempts that were turned away until then.
        self.list.turned_away.set(0);
    }

    /// Returns whether there may be waiters for which a spinning operation could stand in.
    #[inline]
    pub(super) fn may_have_waiters(&self) -> bool {
        self.spin_state.has_waiters.get() != 0
    }

    /// Assumes that no waiter is left, until one registers or a simple notification leaves one. A guess that only
    /// decides whether spinning operations stand in for waiters.
    pub(super) fn forget_waiters(&self) {
        self.spin_state.has_waiters.set(0);
    }

    /// Returns whether some waiter holds a reservation that it has not used.
    #[inline]
    pub(crate) fn has_grants(&self) -> bool {
        // ORDERING: Relaxed. Ordered by [reserve] for a thread that has seen the reservation.
        self.list.granted.load(Ordering::Relaxed) > 0
    }

    /// To be called after an attempt that reservations turned away. Returns whether the oldest one was
    /// taken back: then it is the caller's.
    #[cold]
    pub(crate) fn take_back(&self) -> bool {
        let turned_away = self.list.turned_away.get() + 1;
        self.list.turned_away.set(turned_away);
        turned_away >= MIN_BLOCKED_ATTEMPTS
            && self
                .list
                .members
                .with(|members| members.grants_are_old() && self.revoke(members))
    }

    /// Takes the reservation of the oldest granted waiter, which stays woken. Under the lock.
    fn revoke(&self, members: &mut Members) -> bool {
        let Some(link) = members.list.pop(Place::Granted) else {
            return false;
        };
        members.granted_at = Some(Instant::now());
        members.list.set_state(link, WaiterState::Notified);
        self.end_grant();
        true
    }

    fn revoke_all(&self, members: &mut Members) -> usize {
        let mut count = 0;
        while self.revoke(members) {
            count += 1;
        }
        count
    }

    /// Has `waker` called when the waiter is notified. What is waited for must be checked once more after
    /// this, by marking the side parked.
    ///
    /// A waiter that has waited before keeps its place. `lost` says that it was woken and found nothing.
    pub(super) fn register<S: Side>(
        &self,
        side: &S,
        waiter: Pin<&Waiter>,
        waker: Waker,
        lost: Lost,
    ) {
        let link = Link::to(waiter);
        self.spin_state.has_waiters.set(1);
        // Dropped outside of the lock. There is none, or one that was not called.
        let _before = self.list.members.with(|members| {
            let closed = side.is_closed();
            let before = members.register(link, waker, lost, closed);
            // A closed channel reserves nothing. If it is closed after this, its notification ends fairness.
            if members.is_starving(link) && !closed {
                members.starving += 1;
                if members.starving == 1 {
                    side.start_fair();
                }
            }
            before
        });
    }

    /// Replaces the waker of a waiter. Returns `false` if the waiter has been woken meanwhile.
    pub(super) fn replace_waker(&self, waiter: Pin<&Waiter>, waker: &Waker) -> bool {
        let link = Link::to(waiter);
        let same = self.list.members.with(|members| {
            (members.list.state(link) == WaiterState::Waiting)
                .then(|| members.list.entry(link, |entry| entry.will_wake(waker)))
        });
        let Some(same) = same else { return false };
        if same {
            return true;
        }
        // Cloned before, and dropped after, the lock is held.
        let mut other = Some(waker.clone());
        self.list.members.with(|members| {
            let waiting = members.list.state(link) == WaiterState::Waiting;
            if waiting {
                members
                    .list
                    .entry(link, |entry| core::mem::swap(&mut entry.waker, &mut other));
            }
            waiting
        })
    }

    /// Takes the reservation of a granted waiter, to be used in this poll. Returns `false` if it was taken
    /// back meanwhile.
    pub(super) fn accept(&self, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        self.list.members.with(|members| {
            let granted = members.list.state(link) == WaiterState::Granted;
            if granted {
                members.list.unlink(link);
                self.end_grant();
                members.list.set_state(link, WaiterState::Idle);
            }
            granted
        })
    }

    /// Puts a reservation that could not be used yet back among those that can be taken back. Returns
    /// `false` if the channel is closed: then the caller gives it back.
    pub(super) fn keep<S: Side>(&self, side: &S, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        self.list.members.with(|members| {
            let open = !side.is_closed();
            if open {
                members.list.push(Place::Granted, link);
                // ORDERING: Relaxed. As in `grant`.
                self.list.granted.fetch_add(1, Ordering::Relaxed);
                members.list.set_state(link, WaiterState::Granted);
            }
            open
        })
    }

    /// Ends a waiter's registration after the side could not be marked parked. The waiter keeps its place
    /// for the next time. If it has lost too many races, what is there now is reserved for it.
    pub(super) fn withdraw<'s, S: Side>(
        &self,
        side: &'s S,
        waiter: Pin<&Waiter>,
    ) -> Outcome<'s, S> {
        self.end(side, waiter, |members, link, state| {
            let losses = members.list.entry(link, |entry| entry.losses);
            state == WaiterState::Waiting && losses >= MAX_LOSSES && side.reserve() == Reserved::One
        })
    }

    /// Ends a waiter's registration for good.
    pub(super) fn deregister<'s, S: Side>(
        &self,
        side: &'s S,
        waiter: Pin<&Waiter>,
    ) -> Outcome<'s, S> {
        self.end(side, waiter, |members, link, _| {
            members.list.entry(link, Entry::start_over);
            false
        })
    }

    /// `before` is called before newcomers may claim again; it returns whether it made a reservation.
    fn end<'s, S: Side>(
        &self,
        side: &'s S,
        waiter: Pin<&Waiter>,
        before: impl FnOnce(&mut Members, Link, WaiterState) -> bool,
    ) -> Outcome<'s, S> {
        let link = Link::to(waiter);
        let (outcome, ended, waker) = self.list.members.with(|members| {
            let state = members.list.state(link);
            let starving = members.is_starving(link);
            let reserved = before(members, link, state);
            members.list.unlink(link);
            let ended = starving && members.one_less_starving();
            if ended {
                side.end_fair();
            }
            if state == WaiterState::Granted {
                self.end_grant();
            }
            members.list.set_state(link, WaiterState::Idle);
            let outcome = match state {
                WaiterState::Granted => Outcome::Granted(Reservation::new(side)),
                WaiterState::Waiting if reserved => Outcome::Granted(Reservation::new(side)),
                WaiterState::Notified => Outcome::Notified,
                WaiterState::Idle | WaiterState::Waiting | WaiterState::Told => {
                    Outcome::Undisturbed
                }
            };
            let waker = members.list.entry(link, |entry| entry.waker.take());
            (outcome, ended, waker)
        });
        {
            let _forward = defer(|| {
                if ended {
                    // What newcomers left to the waiter, and it did not take.
                    side.forward();
                }
            });
            drop(waker);
        }
        // No user code after this: if it panicked, what is being returned would not be dropped.
        outcome
    }

    /// To be called when an operation has succeeded after its waiter was woken. Handles can be relied on
    /// from then on, and are used again.
    pub(super) fn succeed(&self, waiter: Pin<&Waiter>) {
        if waiter.kind() == Kind::Handle {
            let link = Link::to(waiter);
            self.list.members.with(|members| {
                members.list.unlink(link);
                members.list.entry(link, |entry| {
                    entry.trusted = true;
                    entry.start_over();
                });
            });
        }
        waiter.set_state(WaiterState::Idle);
    }

    pub(crate) fn stats(&self) -> WaitStats {
        self.list.members.with(|members| WaitStats {
            waiting: (members.list.count(Place::Exclusive) + members.list.count(Place::Shared))
                as u64,
            parks: members.parks,
            wakes: members.wakes,
            spurious: members.spurious,
        })
    }
}

impl trace::Labeled for WaitQueue<'_> {
    fn label(&self) -> trace::Label {
        self.spin_state.label
    }
}

impl Members {
    fn new() -> Self {
        Self {
            list: List::new(),
            starving: 0,
            registrations: 0,
            notifications: 0,
            granted_at: None,
            parks: 0,
            wakes: 0,
            spurious: 0,
        }
    }

    fn register(&mut self, link: Link, waker: Waker, lost: Lost, closed: bool) -> Option<Waker> {
        self.list.unlink(link);
        self.registrations += 1;
        self.parks += 1;
        let kind = self.list.kind(link);
        let lost = u32::from(lost == Lost::Race);
        self.spurious += u64::from(lost);
        let registration = self.registrations;
        let (before, is_new, exclusive) = self.list.entry(link, |entry| {
            let is_new = entry.ticket == 0;
            if is_new {
                entry.ticket = registration;
            }
            // An observer loses nothing and is never woken alone.
            if kind != Kind::Observer {
                entry.losses += lost;
                entry.trusted |= kind == Kind::Future || lost > 0;
            }
            entry.moment = registration;
            (entry.waker.replace(waker), is_new, entry.trusted)
        });
        if exclusive {
            // In a closed channel there are no turns, and each waiter is woken once; see `first_exclusive`.
            self.list.push_by_ticket(link, is_new || closed);
        } else {
            self.list.push(Place::Shared, link);
        }
        self.list.set_state(link, WaiterState::Waiting);
        before
    }

    /// Returns whether a waiter is in the exclusive queue and has lost too many races.
    fn is_starving(&mut self, link: Link) -> bool {
        self.list.place(link) == Some(Place::Exclusive)
            && self.list.entry(link, |entry| entry.losses) >= MAX_LOSSES
    }

    /// Returns whether that was the last one.
    fn one_less_starving(&mut self) -> bool {
        // The count is 0 after the channel was closed.
        let was_fair = self.starving > 0;
        self.starving = self.starving.saturating_sub(1);
        was_fair && self.starving == 0
    }

    /// Returns whether the oldest reservation may be taken back.
    fn grants_are_old(&self) -> bool {
        self.granted_at
            .is_none_or(|granted_at| granted_at.elapsed() >= RESERVATION_AGE)
    }

    /// Takes the waker of the first waiter, if that is all that a notification of `count` messages or slots has
    /// to do: what happens most of the time, made cheap.
    #[inline]
    fn take_one(&mut self, count: usize) -> One {
        let others = self.list.has_several(Place::Exclusive);
        if (others && count > 1)
            || self.starving > 0
            || !self.list.is_empty(Place::Shared)
            || !self.list.is_empty(Place::Unpolled)
        {
            return One::Not;
        }
        let Some(link) = self.list.pop(Place::Exclusive) else {
            return One::None;
        };
        self.notifications = self.notifications.wrapping_add(1);
        let waker = self.mark_woken(link, WaiterState::Notified);
        let others = if others { Others::Some } else { Others::None };
        waker.map_or(One::Not, |waker| One::Of(waker, others))
    }

    /// Takes wakers of waiters that are to be woken, as many as fit into the batch. Makes reservations
    /// for them with `grants` while some waiter is starving.
    fn take<S: Side>(
        &mut self,
        remaining: &mut Remaining,
        batch: &mut Batch,
        grants: Option<(&WaitQueue<'_>, &S)>,
    ) {
        if remaining.registrations.is_none() {
            remaining.registrations = Some(self.registrations);
            self.notifications = self.notifications.wrapping_add(1);
            self.end_trust(remaining);
        }
        while !batch.is_full() {
            if let Some(link) = self.first_shared(remaining.registrations) {
                self.wake(link, WaiterState::Told, batch);
                continue;
            }
            let Some(link) = self.first_exclusive(remaining) else {
                remaining.done = true;
                return;
            };
            if remaining.exclusive < usize::MAX {
                remaining.exclusive -= 1;
            }
            match grants {
                Some((queue, side)) if self.starving > 0 => {
                    if !self.wake_fairly(link, queue, side, batch) {
                        remaining.exclusive = 0;
                    }
                }
                _ => self.wake(link, WaiterState::Notified, batch),
            }
        }
    }

    /// Takes the waker of a waiter if something could be reserved for it. Returns `false` if not.
    fn wake_fairly<S: Side>(
        &mut self,
        link: Link,
        queue: &WaitQueue<'_>,
        side: &S,
        batch: &mut Batch,
    ) -> bool {
        match queue.grant(side) {
            Reserved::One => {
                let starving = self.is_starving(link);
                self.wake(link, WaiterState::Granted, batch);
                if starving && self.one_less_starving() {
                    side.end_fair();
                }
            }
            // An operation that began earlier has it.
            Reserved::Nothing => return false,
            // Then first come, first served.
            Reserved::Uncountable => {
                self.starving = 0;
                side.end_fair();
                self.wake(link, WaiterState::Notified, batch);
            }
        }
        true
    }

    /// The first waiter of the exclusive queue, if one is to be woken.
    fn first_exclusive(&mut self, remaining: &Remaining) -> Option<Link> {
        let link = self.list.first(Place::Exclusive)?;
        match remaining.exclusive {
            0 => None,
            // In a closed channel those that come back are behind all others, and have looked.
            usize::MAX => {
                let moment = self.list.entry(link, |entry| entry.moment);
                (Some(moment) <= remaining.registrations).then_some(link)
            }
            _ => Some(link),
        }
    }

    /// The first non-exclusive waiter, if it registered before the notification began.
    fn first_shared(&mut self, registrations: Option<u64>) -> Option<Link> {
        let link = self.list.first(Place::Shared)?;
        let moment = self.list.entry(link, |entry| entry.moment);
        (Some(moment) <= registrations).then_some(link)
    }

    /// Takes the waker of a waiter, which is now in `state`.
    fn wake(&mut self, link: Link, state: WaiterState, batch: &mut Batch) {
        self.list.unlink(link);
        batch.push(self.mark_woken(link, state));
    }

    /// Puts a waiter that was unlinked into `state`, and returns its waker.
    #[inline]
    fn mark_woken(&mut self, link: Link, state: WaiterState) -> Option<Waker> {
        self.wakes += 1;
        let notifications = u64::from(self.notifications);
        let waker = self.list.entry(link, |entry| {
            entry.moment = notifications;
            entry.waker.take()
        });
        match state {
            WaiterState::Granted => {
                if self.list.is_empty(Place::Granted) {
                    self.granted_at = Some(Instant::now());
                }
                self.list.push(Place::Granted, link);
            }
            WaiterState::Notified if self.list.kind(link) == Kind::Handle => {
                self.list.push(Place::Unpolled, link);
            }
            _ => {}
        }
        // Last: a waiter that is not linked may be gone as soon as this is seen.
        self.list.set_state(link, state);
        waker
    }

    /// Takes the trust of handles that were woken and have not been polled for many notifications. Each
    /// has kept one wake from the others, which is made up for.
    fn end_trust(&mut self, remaining: &mut Remaining) {
        while let Some(link) = self.list.first(Place::Unpolled) {
            let moment = self.list.entry(link, |entry| entry.moment);
            if self.notifications.wrapping_sub(moment as u32) < MAX_UNPOLLED {
                return;
            }
            self.list.unlink(link);
            self.list.entry(link, |entry| entry.trusted = false);
            self.list.set_state(link, WaiterState::Told);
            remaining.exclusive = remaining.exclusive.saturating_add(1);
        }
    }
}

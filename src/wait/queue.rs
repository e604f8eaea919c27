//! The wait queue of one side of a channel: its waiters, notifications and reservations.

use core::pin::Pin;
use core::task::Waker;

use super::batch::{WakerBatch, call_wakers};
use super::list::{Entry, Kind, Link, List, QueueKind, Waiter, WaiterState};
use super::spin::{Spin, Spinner};
use super::spin_tokens::SpinTokens;
use super::yielding::Yielding;
use super::{Reservation, Side};
use crate::ring::{Reserved, State};
use crate::sync::{
    AtomicUsize, Instant, Lock, MIN_BLOCKED_ATTEMPTS, Ordering, RESERVATION_AGE, RelaxedU32,
};
use crate::trace;
use crate::unwind::defer;

/// The largest number of races in a row that a waiter loses. After that many, the next message or
/// slot is reserved for it before it is woken.
pub(crate) const MAX_LOSSES: u32 = 4;

/// The number of notifications after which a handle that was woken and not polled becomes a
/// non-exclusive waiter.
const MAX_UNPOLLED: u32 = 32;

/// The wait queue of one side: see the [module](super) documentation. It has two parts that are
/// used at different times: one lies next to the state that the waiters mark, the other away from
/// the state of both sides.
#[derive(Clone, Copy)]
pub(crate) struct WaitQueue<'a> {
    list: &'a WaitList,
    spin_state: &'a SpinState,
}

/// The waiters of one side. Lies next to the state that they mark: a thread that registers or
/// notifies needs that cache line anyway.
#[derive(Debug)]
pub(crate) struct WaitList {
    members: Lock<Members>,
    /// The number of waiters that hold a reservation and have not made an attempt since. Changed
    /// under the lock.
    granted: AtomicUsize,
    /// The number of attempts that reservations have blocked since the last reservation ended.
    blocked_attempts: RelaxedU32,
}

/// The data of spinning operations of one side. Must not share a cache line with the state that a
/// side claims by, since spinning would take that line from the other side.
#[derive(Debug)]
pub(crate) struct SpinState {
    spinner: Spinner,
    yielding: Yielding,
    spin_tokens: SpinTokens,
    /// 1 if there were exclusive waiters recently.
    has_waiters: RelaxedU32,
    label: trace::Label,
}

/// The data that the lock protects.
#[derive(Debug)]
struct Members {
    list: List,
    /// The number of waiters in the exclusive queue that have lost [`MAX_LOSSES`] races.
    starving: u32,
    /// Counts the registrations. The number of a waiter's first registration is its ticket.
    registrations: u64,
    notifications: u32,
    /// The approximate time at which the oldest reservation became the oldest.
    granted_at: Option<Instant>,
    parks: u64,
    wakes: u64,
    spurious: u64,
}

/// A snapshot of a wait queue's counters. Informational only, taken at some time during the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitStats {
    pub(crate) waiting: u64,
    pub(crate) parks: u64,
    pub(crate) wakes: u64,
    pub(crate) spurious: u64,
}

/// States whether a waiter that registers was woken before and found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LostRace {
    No,
    Yes,
}

/// The notification that a waiter held when its registration ended.
pub(super) enum Outcome<'a, S: Side> {
    /// It was not woken, or holds no notification.
    NotWoken,
    /// It was notified of one message or slot. The notification can be forwarded.
    Notified,
    /// A message or a slot is reserved for it.
    Granted(Reservation<'a, S>),
}

/// The result of the fast path of a notification.
enum FastNotify {
    /// Wake one waiter.
    Wake(Waker, QueueAfter),
    /// There are no waiters.
    NoWaiters,
    /// The fast path does not apply.
    SlowPath,
}

/// States whether exclusive waiters are left after a notification.
#[derive(PartialEq, Eq)]
enum QueueAfter {
    Empty,
    NotEmpty,
}

/// The part of a notification that is still to be done.
struct Remaining {
    /// The number of exclusive waiters to wake.
    exclusive: usize,
    /// Non-exclusive waiters with a later registration are not woken: they have made an attempt
    /// since.
    registrations: Option<u64>,
    done: bool,
}

impl WaitList {
    pub(crate) fn new() -> Self {
        Self {
            members: Lock::new(Members::new()),
            granted: AtomicUsize::new(0),
            blocked_attempts: RelaxedU32::default(),
        }
    }
}

impl SpinState {
    /// Creates the data for a channel of `capacity` messages. Trace events name it by `label`.
    pub(crate) fn new(capacity: usize, spin: Spin, label: trace::Label) -> Self {
        Self {
            spinner: Spinner::new(capacity, spin),
            yielding: Yielding::new(),
            spin_tokens: SpinTokens::new(),
            has_waiters: RelaxedU32::default(),
            label,
        }
    }

    /// Sets the capacity that spinning assumes. Call this when the channel's capacity has changed.
    pub(crate) fn set_capacity(&self, capacity: usize) {
        self.spinner.set_capacity(capacity);
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

    pub(super) fn spin_tokens(self) -> &'a SpinTokens {
        &self.spin_state.spin_tokens
    }

    /// Wakes `count` exclusive waiters and all non-exclusive waiters. The caller has published as
    /// many messages or freed as many slots, and its claim found one of the parked bits set.
    #[cold]
    pub(crate) fn notify<S: Side>(&self, side: &S, count: usize) {
        if count == 1 && self.spin_state.spin_tokens.take_for_notification() {
            return;
        }
        let seen = side.load_state();
        match self.list.members.with(|members| members.take_one(count)) {
            FastNotify::Wake(waker, queue_after) => {
                if queue_after == QueueAfter::Empty {
                    // Before the waker is called, since its task accesses the state.
                    side.clear_keep(seen);
                } else {
                    self.spin_state.has_waiters.set(1);
                }
                waker.wake();
            }
            FastNotify::NoWaiters => {
                self.forget_waiters();
                side.clear_keep(seen);
            }
            FastNotify::SlowPath => self.notify_slow(side, count, seen),
        }
        trace::notified(self);
    }

    #[cold]
    fn notify_slow<S: Side>(&self, side: &S, count: usize, seen: State) {
        self.wake(count, |members, remaining, batch| {
            members.take(remaining, batch, Some((self, side)));
            // Before the last wakers are called, since their tasks access the state.
            if remaining.done && members.list.is_empty(QueueKind::Exclusive) {
                side.clear_keep(seen);
            }
        });
    }

    /// Wakes all waiters after the channel was closed. Revokes the reservations of waiters, so that
    /// in a closed channel any task can take what is left.
    #[cold]
    pub(crate) fn notify_all<S: Side>(&self, side: &S) {
        let (revoked, mut one) = self.list.members.with(|members| {
            if core::mem::take(&mut members.starving) > 0 {
                side.end_fair();
            }
            (self.revoke_all(members), members.take_one(usize::MAX))
        });
        let _all = defer(
            || match core::mem::replace(&mut one, FastNotify::NoWaiters) {
                FastNotify::Wake(waker, _) => waker.wake(),
                FastNotify::NoWaiters => {}
                FastNotify::SlowPath => self.wake(usize::MAX, |members, remaining, batch| {
                    members.take::<S>(remaining, batch, None);
                }),
            },
        );
        // Dropped first: wakes some of the waiters that `_all` wakes.
        let _revoked = defer(|| side.unreserve(revoked));
        trace::closed(self);
    }

    fn wake(
        &self,
        count: usize,
        mut take: impl FnMut(&mut Members, &mut Remaining, &mut WakerBatch),
    ) {
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

    /// Reserves a message or slot for a waiter. The caller holds the lock.
    fn grant<S: Side>(&self, side: &S) -> Reserved {
        // ORDERING: Relaxed. Published by [reserve], which follows: a thread that sees the
        // reservation sees the count.
        self.list.granted.fetch_add(1, Ordering::Relaxed);
        let reserved = side.reserve();
        if reserved != Reserved::One {
            // ORDERING: Relaxed. No reservation was made, so no thread relies on the count.
            self.list.granted.fetch_sub(1, Ordering::Relaxed);
        }
        reserved
    }

    /// Subtracts a reservation that was used, dropped or revoked. The caller holds the lock.
    fn end_grant(&self) {
        // ORDERING: Relaxed. As in `grant`.
        self.list.granted.fetch_sub(1, Ordering::Relaxed);
        // After the count, so that a loom model sees the attempts that were blocked until then.
        self.list.blocked_attempts.set(0);
    }

    /// Returns whether there may be waiters that need not be woken while an operation spins.
    #[inline]
    pub(super) fn may_have_waiters(&self) -> bool {
        self.spin_state.has_waiters.get() != 0
    }

    /// Assumes that no waiter is left, until one registers or the fast path of a notification
    /// leaves one. Informational: it only decides whether spinning operations add tokens.
    pub(super) fn forget_waiters(&self) {
        self.spin_state.has_waiters.set(0);
    }

    /// Returns whether a waiter holds a reservation that it has not used.
    #[inline]
    pub(crate) fn has_grants(&self) -> bool {
        // ORDERING: Relaxed. Ordered by [reserve] for a thread that has seen the reservation.
        self.list.granted.load(Ordering::Relaxed) > 0
    }

    /// Counts an attempt that reservations have blocked, and revokes the oldest reservation if it
    /// is old enough. Returns whether it did. The caller then owns the reservation.
    #[cold]
    pub(crate) fn try_revoke_oldest(&self) -> bool {
        let blocked_attempts = self.list.blocked_attempts.get() + 1;
        self.list.blocked_attempts.set(blocked_attempts);
        blocked_attempts >= MIN_BLOCKED_ATTEMPTS
            && self
                .list
                .members
                .with(|members| members.grants_are_old() && self.revoke(members))
    }

    /// Revokes the reservation of the oldest granted waiter, which stays woken. The caller holds
    /// the lock.
    fn revoke(&self, members: &mut Members) -> bool {
        let Some(link) = members.list.pop(QueueKind::Granted) else {
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

    /// Registers `waker` to be called when the waiter is notified. The caller must then check again
    /// for what it waits for, by marking the side parked.
    ///
    /// A waiter that has waited before keeps its place. `lost` says whether it was woken and found
    /// nothing.
    pub(super) fn register<S: Side>(
        &self,
        side: &S,
        waiter: Pin<&Waiter>,
        waker: Waker,
        lost: LostRace,
    ) {
        let link = Link::to(waiter);
        self.spin_state.has_waiters.set(1);
        // Dropped outside the lock. This is `None`, or a waker that was not called.
        let _previous = self.list.members.with(|members| {
            let closed = side.is_closed();
            let previous = members.register(link, waker, lost, closed);
            // A closed channel reserves nothing. If the channel is closed after this check,
            // `notify_all` ends fair mode.
            if members.is_starving(link) && !closed {
                members.starving += 1;
                if members.starving == 1 {
                    side.start_fair();
                }
            }
            previous
        });
    }

    /// Replaces the waker of a waiter. Returns `false` if the waiter was woken meanwhile.
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
        // Cloned before the lock is taken, and dropped after it was released.
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

    /// Takes the reservation of a granted waiter, to use it in this poll. Returns `false` if it was
    /// revoked.
    pub(super) fn accept_grant(&self, waiter: Pin<&Waiter>) -> bool {
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

    /// Gives a reservation that could not be used yet back to its waiter, where it can be revoked.
    /// Returns `false` if the channel is closed; the caller then gives the reservation back to the
    /// ring.
    pub(super) fn put_back_grant<S: Side>(&self, side: &S, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        self.list.members.with(|members| {
            let open = !side.is_closed();
            if open {
                members.list.push(QueueKind::Granted, link);
                // ORDERING: Relaxed. As in `grant`.
                self.list.granted.fetch_add(1, Ordering::Relaxed);
                members.list.set_state(link, WaiterState::Granted);
            }
            open
        })
    }

    /// Ends a waiter's registration after the side could not be marked parked. The waiter keeps its
    /// place for the next registration. If it has lost too many races, a message or slot that is
    /// available now is reserved for it.
    pub(super) fn deregister_to_retry<'s, S: Side>(
        &self,
        side: &'s S,
        waiter: Pin<&Waiter>,
    ) -> Outcome<'s, S> {
        self.end_registration(side, waiter, |members, link, state| {
            let losses = members.list.entry(link, |entry| entry.losses);
            state == WaiterState::Waiting && losses >= MAX_LOSSES && side.reserve() == Reserved::One
        })
    }

    /// Ends a waiter's registration, and with it its place and its lost races.
    pub(super) fn deregister<'s, S: Side>(
        &self,
        side: &'s S,
        waiter: Pin<&Waiter>,
    ) -> Outcome<'s, S> {
        self.end_registration(side, waiter, |members, link, _| {
            members.list.entry(link, Entry::reset);
            false
        })
    }

    /// Ends a waiter's registration. Calls `before` before fair mode can end. `before` returns
    /// whether it made a reservation.
    fn end_registration<'s, S: Side>(
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
            let ended = starving && members.decrement_starving();
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
                WaiterState::Idle | WaiterState::Waiting | WaiterState::Broadcast => {
                    Outcome::NotWoken
                }
            };
            let waker = members.list.entry(link, |entry| entry.waker.take());
            (outcome, ended, waker)
        });
        {
            let _forward = defer(|| {
                if ended {
                    // Newcomers may have left a message or slot to this waiter, which it did not
                    // take.
                    side.forward();
                }
            });
            drop(waker);
        }
        // No user code runs after this. If it panicked, the returned reservation would not be
        // dropped.
        outcome
    }

    /// Ends the wait of an operation that has succeeded. The waiter was woken or is not registered.
    /// A handle is an exclusive waiter from then on, and its place and lost races are reset for its
    /// next wait.
    pub(super) fn finish_wait(&self, waiter: Pin<&Waiter>) {
        if waiter.kind() == Kind::Handle {
            let link = Link::to(waiter);
            self.list.members.with(|members| {
                members.list.unlink(link);
                members.list.entry(link, |entry| {
                    entry.is_exclusive = true;
                    entry.reset();
                });
            });
        }
        waiter.set_state(WaiterState::Idle);
    }

    pub(crate) fn stats(&self) -> WaitStats {
        self.list.members.with(|members| WaitStats {
            waiting: (members.list.count(QueueKind::Exclusive)
                + members.list.count(QueueKind::Shared)) as u64,
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

    fn register(
        &mut self,
        link: Link,
        waker: Waker,
        lost: LostRace,
        closed: bool,
    ) -> Option<Waker> {
        self.list.unlink(link);
        self.registrations += 1;
        self.parks += 1;
        let kind = self.list.kind(link);
        let lost = u32::from(lost == LostRace::Yes);
        self.spurious += u64::from(lost);
        let registration = self.registrations;
        let (previous, is_new, is_exclusive) = self.list.entry(link, |entry| {
            let is_new = entry.ticket == 0;
            if is_new {
                entry.ticket = registration;
            }
            // An observer loses no races, and every notification wakes it.
            if kind != Kind::Observer {
                entry.losses += lost;
                entry.is_exclusive |= kind == Kind::Future || lost > 0;
            }
            entry.sequence = registration;
            (entry.waker.replace(waker), is_new, entry.is_exclusive)
        });
        if is_exclusive {
            // A closed channel has no order, and wakes each waiter once; see `first_exclusive`.
            self.list.push_by_ticket(link, is_new || closed);
        } else {
            self.list.push(QueueKind::Shared, link);
        }
        self.list.set_state(link, WaiterState::Waiting);
        previous
    }

    /// Returns whether a waiter is in the exclusive queue and has lost too many races.
    fn is_starving(&mut self, link: Link) -> bool {
        self.list.queue(link) == Some(QueueKind::Exclusive)
            && self.list.entry(link, |entry| entry.losses) >= MAX_LOSSES
    }

    /// Counts a starving waiter out. Returns whether it was the last one.
    fn decrement_starving(&mut self) -> bool {
        // The count is 0 once the channel was closed.
        let was_fair = self.starving > 0;
        self.starving = self.starving.saturating_sub(1);
        was_fair && self.starving == 0
    }

    /// Returns whether the oldest reservation may be revoked.
    fn grants_are_old(&self) -> bool {
        self.granted_at
            .is_none_or(|granted_at| granted_at.elapsed() >= RESERVATION_AGE)
    }

    /// Takes the waker of the first waiter if a notification of `count` messages or slots has
    /// nothing else to do. This fast path covers most notifications.
    #[inline]
    fn take_one(&mut self, count: usize) -> FastNotify {
        let has_several = self.list.has_several(QueueKind::Exclusive);
        if (has_several && count > 1)
            || self.starving > 0
            || !self.list.is_empty(QueueKind::Shared)
            || !self.list.is_empty(QueueKind::Unpolled)
        {
            return FastNotify::SlowPath;
        }
        let Some(link) = self.list.pop(QueueKind::Exclusive) else {
            return FastNotify::NoWaiters;
        };
        self.notifications = self.notifications.wrapping_add(1);
        let waker = self.mark_woken(link, WaiterState::Notified);
        let queue_after = if has_several {
            QueueAfter::NotEmpty
        } else {
            QueueAfter::Empty
        };
        waker.map_or(FastNotify::SlowPath, |waker| {
            FastNotify::Wake(waker, queue_after)
        })
    }

    /// Takes the wakers of waiters to wake, as many as fit into the batch. Reserves messages or
    /// slots for them with `grants` while a waiter is starving.
    fn take<S: Side>(
        &mut self,
        remaining: &mut Remaining,
        batch: &mut WakerBatch,
        grants: Option<(&WaitQueue<'_>, &S)>,
    ) {
        if remaining.registrations.is_none() {
            remaining.registrations = Some(self.registrations);
            self.notifications = self.notifications.wrapping_add(1);
            self.demote_unpolled_handles(remaining);
        }
        while !batch.is_full() {
            if let Some(link) = self.first_shared(remaining.registrations) {
                self.wake(link, WaiterState::Broadcast, batch);
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

    /// Takes the waker of a waiter if a message or slot could be reserved for it. Returns `false`
    /// if not.
    fn wake_fairly<S: Side>(
        &mut self,
        link: Link,
        queue: &WaitQueue<'_>,
        side: &S,
        batch: &mut WakerBatch,
    ) -> bool {
        match queue.grant(side) {
            Reserved::One => {
                let starving = self.is_starving(link);
                self.wake(link, WaiterState::Granted, batch);
                if starving && self.decrement_starving() {
                    side.end_fair();
                }
            }
            // An operation that started earlier has claimed it.
            Reserved::Nothing => return false,
            // Nothing can be reserved, so the waiter competes with newcomers.
            Reserved::Uncountable => {
                self.starving = 0;
                side.end_fair();
                self.wake(link, WaiterState::Notified, batch);
            }
        }
        true
    }

    /// Returns the first waiter of the exclusive queue, if it is to be woken.
    fn first_exclusive(&mut self, remaining: &Remaining) -> Option<Link> {
        let link = self.list.first(QueueKind::Exclusive)?;
        match remaining.exclusive {
            0 => None,
            // In a closed channel, waiters that register again are queued last, and have made an
            // attempt since the notification began.
            usize::MAX => {
                let sequence = self.list.entry(link, |entry| entry.sequence);
                (Some(sequence) <= remaining.registrations).then_some(link)
            }
            _ => Some(link),
        }
    }

    /// Returns the first non-exclusive waiter if it registered before the notification began.
    fn first_shared(&mut self, registrations: Option<u64>) -> Option<Link> {
        let link = self.list.first(QueueKind::Shared)?;
        let sequence = self.list.entry(link, |entry| entry.sequence);
        (Some(sequence) <= registrations).then_some(link)
    }

    /// Puts a waiter into `state` and takes its waker.
    fn wake(&mut self, link: Link, state: WaiterState, batch: &mut WakerBatch) {
        self.list.unlink(link);
        batch.push(self.mark_woken(link, state));
    }

    /// Puts an unlinked waiter into `state` and returns its waker.
    #[inline]
    fn mark_woken(&mut self, link: Link, state: WaiterState) -> Option<Waker> {
        self.wakes += 1;
        let notifications = u64::from(self.notifications);
        let waker = self.list.entry(link, |entry| {
            entry.sequence = notifications;
            entry.waker.take()
        });
        match state {
            WaiterState::Granted => {
                if self.list.is_empty(QueueKind::Granted) {
                    self.granted_at = Some(Instant::now());
                }
                self.list.push(QueueKind::Granted, link);
            }
            WaiterState::Notified if self.list.kind(link) == Kind::Handle => {
                self.list.push(QueueKind::Unpolled, link);
            }
            _ => {}
        }
        // Last: an unlinked waiter may be freed as soon as another thread sees this state.
        self.list.set_state(link, state);
        waker
    }

    /// Makes handles non-exclusive that were woken and have not been polled for many notifications.
    /// Each holds a notification, so one more waiter is woken in its place.
    fn demote_unpolled_handles(&mut self, remaining: &mut Remaining) {
        while let Some(link) = self.list.first(QueueKind::Unpolled) {
            let sequence = self.list.entry(link, |entry| entry.sequence);
            if self.notifications.wrapping_sub(sequence as u32) < MAX_UNPOLLED {
                return;
            }
            self.list.unlink(link);
            self.list.entry(link, |entry| entry.is_exclusive = false);
            self.list.set_state(link, WaiterState::Broadcast);
            remaining.exclusive = remaining.exclusive.saturating_add(1);
        }
    }
}

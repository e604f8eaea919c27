//! The waiters of one side, behind the lock: their order, and which of them a notification wakes.

use core::num::NonZeroU16;
use core::task::Waker;

use super::grants::Grants;
use crate::ring::Reserved;
use crate::sync::{Instant, RESERVATION_AGE};
use crate::wait::Side;
use crate::wait::batch::WakerBatch;
use crate::wait::list::{Entry, Kind, Link, List, QueueKind, WaiterState};

/// The largest number of races in a row that a waiter loses. After that many, the next message or
/// slot is reserved for it before it is woken.
pub(crate) const MAX_LOSSES: u8 = 4;

/// The number of notifications after which a handle that was woken and not polled becomes a
/// non-exclusive waiter.
const MAX_UNPOLLED: u16 = 32;

/// The data that the lock protects.
#[derive(Debug)]
pub(super) struct Members {
    pub(super) list: List,
    /// The number of waiters in the exclusive queue that have lost [`MAX_LOSSES`] races.
    pub(super) starving: u32,
    /// Counts the registrations. The number of a waiter's first registration is its ticket.
    pub(super) registrations: u64,
    /// Counts the notifications. It may wrap around: handles that were not polled are
    /// [demoted](Self::demote_unpolled_handles) long before.
    notifications: u16,
    /// Counts the notifications of something newly available that found too few waiters. If it
    /// wraps around to the same number while an extra waiter is awake, that waiter loses no race.
    missed: NonZeroU16,
    /// The approximate time at which the oldest reservation became the oldest.
    pub(super) granted_at: Option<Instant>,
    pub(super) wakes: u64,
    pub(super) spurious: u64,
}

/// States whether a waiter that registers was woken before and found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wait) enum LostRace {
    No,
    Yes,
}

/// What a notification is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Messages or slots that are newly available.
    Available,
    /// Messages or slots that are still available, since the waiters that were woken for them may
    /// not have been polled. The notification wakes extra waiters.
    Unpolled,
}

impl Cause {
    /// Returns the state of a waiter that is woken and competes with newcomers.
    fn woken(self) -> WaiterState {
        match self {
            Self::Available => WaiterState::Notified,
            Self::Unpolled => WaiterState::Extra,
        }
    }
}

/// The result of the fast path of a notification.
pub(super) enum FastNotify {
    /// Wake one waiter.
    Wake(Waker, QueueAfter),
    /// There are no waiters.
    NoWaiters,
    /// The fast path does not apply.
    SlowPath,
}

/// States whether exclusive waiters are left after a notification.
#[derive(PartialEq, Eq)]
pub(super) enum QueueAfter {
    Empty,
    NotEmpty,
}

/// The part of a notification that is still to be done.
pub(super) struct Remaining {
    /// The number of exclusive waiters to wake.
    exclusive: usize,
    /// Non-exclusive waiters with a later registration are not woken: they have made an attempt
    /// since.
    registrations: Option<u64>,
    cause: Cause,
    done: bool,
}

impl Remaining {
    /// Creates the notification of `count` messages or slots.
    pub(super) fn new(count: usize, cause: Cause) -> Self {
        Self {
            exclusive: count,
            registrations: None,
            cause,
            done: false,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }
}

impl Members {
    pub(super) fn new() -> Self {
        Self {
            list: List::new(),
            starving: 0,
            registrations: 0,
            notifications: 0,
            missed: NonZeroU16::MIN,
            granted_at: None,
            wakes: 0,
            spurious: 0,
        }
    }

    /// Returns whether a waiter that was woken and found nothing has lost a race.
    ///
    /// What an extra waiter was woken for had been, or was about to be, another waiter's. So it has
    /// lost a race only if a notification has found no waiter since.
    fn has_lost_race(missed: NonZeroU16, entry: &Entry) -> bool {
        entry.extra_since.is_none_or(|then| then != missed)
    }

    /// Links a waiter, and makes the side fair if the waiter has lost too many races. Returns the
    /// waker that it had before.
    pub(super) fn register<S: Side>(
        &mut self,
        side: &S,
        link: Link,
        waker: Waker,
        lost: LostRace,
    ) -> Option<Waker> {
        let closed = side.is_closed();
        self.list.unlink(link);
        self.registrations += 1;
        let kind = self.list.kind(link);
        let found_nothing = lost == LostRace::Yes;
        self.spurious += u64::from(found_nothing);
        let (registration, missed) = (self.registrations, self.missed);
        let (previous, is_new, is_exclusive) = self.list.entry(link, |entry| {
            let is_new = entry.ticket == 0;
            if is_new {
                entry.ticket = registration;
            }
            // An observer loses no races, and every notification wakes it.
            if kind != Kind::Observer {
                let has_lost = found_nothing && Self::has_lost_race(missed, entry);
                entry.losses = entry.losses.saturating_add(u8::from(has_lost));
                entry.is_exclusive |= kind == Kind::Future || found_nothing;
            }
            entry.sequence = registration;
            (entry.waker.replace(waker), is_new, entry.is_exclusive)
        });
        if !is_exclusive {
            self.list.push(QueueKind::Shared, link);
        } else if is_new || closed {
            // A closed channel has no order, and wakes each waiter once; see `first_exclusive`.
            self.list.push(QueueKind::Exclusive, link);
        } else {
            self.list.push_by_ticket(link);
        }
        self.list.set_state(link, WaiterState::Waiting);
        // A closed channel reserves nothing. If the channel is closed after this check,
        // `notify_all` ends fair mode.
        if self.is_starving(link) && !closed {
            self.starving += 1;
            if self.starving == 1 {
                side.start_fair();
            }
        }
        previous
    }

    /// Returns whether a waiter is in the exclusive queue and has lost too many races.
    pub(super) fn is_starving(&mut self, link: Link) -> bool {
        self.list.queue(link) == Some(QueueKind::Exclusive)
            && self.list.entry(link, |entry| entry.losses) >= MAX_LOSSES
    }

    /// Counts a starving waiter out. Returns whether it was the last one.
    pub(super) fn decrement_starving(&mut self) -> bool {
        // The count is 0 once the channel was closed.
        let was_fair = self.starving > 0;
        self.starving = self.starving.saturating_sub(1);
        was_fair && self.starving == 0
    }

    /// Returns whether the oldest reservation may be revoked.
    pub(super) fn grants_are_old(&self) -> bool {
        self.granted_at
            .is_none_or(|granted_at| granted_at.elapsed() >= RESERVATION_AGE)
    }

    /// Takes the waker of the first waiter if a notification of `count` messages or slots has
    /// nothing else to do. This fast path covers most notifications.
    #[inline]
    pub(super) fn take_one(&mut self, count: usize, cause: Cause) -> FastNotify {
        let has_several = self.list.has_several(QueueKind::Exclusive);
        if (has_several && count > 1)
            || self.starving > 0
            || !self.list.is_empty(QueueKind::Shared)
            || !self.list.is_empty(QueueKind::Unpolled)
        {
            return FastNotify::SlowPath;
        }
        let Some(link) = self.list.pop(QueueKind::Exclusive) else {
            self.miss(cause);
            return FastNotify::NoWaiters;
        };
        if count > 1 {
            self.miss(cause);
        }
        self.notifications = self.notifications.wrapping_add(1);
        let waker = self.mark_woken(link, cause.woken());
        let queue_after = if has_several {
            QueueAfter::NotEmpty
        } else {
            QueueAfter::Empty
        };
        waker.map_or(FastNotify::SlowPath, |waker| {
            FastNotify::Wake(waker, queue_after)
        })
    }

    /// Counts a notification that found too few waiters.
    fn miss(&mut self, cause: Cause) {
        if cause == Cause::Available {
            self.missed = self.missed.checked_add(1).unwrap_or(NonZeroU16::MIN);
        }
    }

    /// Takes the wakers of waiters to wake, as many as fit into the batch. Reserves messages or
    /// slots for them with `grants` while a waiter is starving.
    pub(super) fn take<S: Side>(
        &mut self,
        remaining: &mut Remaining,
        batch: &mut WakerBatch,
        grants: Option<(&Grants, &S)>,
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
                if remaining.exclusive > 0 {
                    self.miss(remaining.cause);
                }
                remaining.done = true;
                return;
            };
            if remaining.exclusive < usize::MAX {
                remaining.exclusive -= 1;
            }
            match grants {
                Some((grants, side)) if self.starving > 0 => {
                    if !self.wake_fairly(link, remaining.cause, grants, side, batch) {
                        remaining.exclusive = 0;
                    }
                }
                _ => self.wake(link, remaining.cause.woken(), batch),
            }
        }
    }

    /// Takes the waker of a waiter if a message or slot could be reserved for it. Returns `false`
    /// if not.
    fn wake_fairly<S: Side>(
        &mut self,
        link: Link,
        cause: Cause,
        grants: &Grants,
        side: &S,
        batch: &mut WakerBatch,
    ) -> bool {
        match grants.grant(side) {
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
                self.wake(link, cause.woken(), batch);
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
        let (notifications, missed) = (u64::from(self.notifications), self.missed);
        self.list.entry(link, |entry| {
            entry.sequence = notifications;
            entry.extra_since = (state == WaiterState::Extra).then_some(missed);
        });
        match state {
            WaiterState::Granted => {
                if self.list.is_empty(QueueKind::Granted) {
                    self.granted_at = Some(Instant::now());
                }
                self.list.push(QueueKind::Granted, link);
            }
            WaiterState::Notified | WaiterState::Extra if self.list.kind(link) == Kind::Handle => {
                self.list.push(QueueKind::Unpolled, link);
            }
            _ => {}
        }
        self.list.end_wait(link, state)
    }

    /// Makes handles non-exclusive that were woken and have not been polled for many notifications.
    /// Each holds a notification, so one more waiter is woken in its place.
    fn demote_unpolled_handles(&mut self, remaining: &mut Remaining) {
        while let Some(link) = self.list.first(QueueKind::Unpolled) {
            let sequence = self.list.entry(link, |entry| entry.sequence);
            if self.notifications.wrapping_sub(sequence as u16) < MAX_UNPOLLED {
                return;
            }
            self.list.unlink(link);
            self.list.entry(link, |entry| {
                entry.is_exclusive = false;
                entry.extra_since = None;
            });
            self.list.set_state(link, WaiterState::Broadcast);
            remaining.exclusive = remaining.exclusive.saturating_add(1);
        }
    }
}

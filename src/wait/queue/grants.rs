//! The reservations of waiters: a message or slot that a waiter was woken for and that no other
//! operation can take. A reservation that its waiter does not use is taken back.

use core::pin::Pin;

use super::WaitQueue;
use super::members::Members;
use crate::ring::Reserved;
use crate::sync::{AtomicUsize, Instant, MIN_BLOCKED_ATTEMPTS, Ordering, RelaxedU32};
use crate::wait::Side;
use crate::wait::list::{Link, QueueKind, Waiter, WaiterState};

/// The counts of the reservations of one side.
#[derive(Debug)]
pub(super) struct Grants {
    /// The number of waiters that hold a reservation and have not made an attempt since. Changed
    /// under the lock.
    granted: AtomicUsize,
    /// The number of attempts that reservations have blocked since the last reservation ended.
    blocked_attempts: RelaxedU32,
}

impl Grants {
    pub(super) fn new() -> Self {
        Self {
            granted: AtomicUsize::new(0),
            blocked_attempts: RelaxedU32::default(),
        }
    }

    /// Reserves a message or slot for a waiter. The caller holds the lock.
    pub(super) fn grant<S: Side>(&self, side: &S) -> Reserved {
        // ORDERING: Relaxed. Published by [reserve], which follows: a thread that sees the
        // reservation sees the count.
        self.granted.fetch_add(1, Ordering::Relaxed);
        let reserved = side.reserve();
        if reserved != Reserved::One {
            // ORDERING: Relaxed. No reservation was made, so no thread relies on the count.
            self.granted.fetch_sub(1, Ordering::Relaxed);
        }
        reserved
    }

    /// Subtracts a reservation that was used, dropped or revoked. The caller holds the lock.
    pub(super) fn end(&self) {
        // ORDERING: Relaxed. As in `grant`.
        self.granted.fetch_sub(1, Ordering::Relaxed);
        // After the count, so that a loom model sees the attempts that were blocked until then.
        self.blocked_attempts.set(0);
    }

    /// Adds a reservation that a waiter could not use yet. The caller holds the lock.
    fn put_back(&self) {
        // ORDERING: Relaxed. As in `grant`.
        self.granted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an attempt that reservations have blocked. Returns whether there have been enough to
    /// take a reservation back.
    fn count_blocked_attempt(&self) -> bool {
        let blocked_attempts = self.blocked_attempts.get() + 1;
        self.blocked_attempts.set(blocked_attempts);
        blocked_attempts >= MIN_BLOCKED_ATTEMPTS
    }
}

impl WaitQueue<'_> {
    /// Returns whether a waiter holds a reservation that it has not used.
    #[inline]
    pub(crate) fn has_grants(&self) -> bool {
        // ORDERING: Relaxed. Ordered by [reserve] for a thread that has seen the reservation.
        self.list.grants.granted.load(Ordering::Relaxed) > 0
    }

    /// Counts an attempt that reservations have blocked, and revokes the oldest reservation if it
    /// is old enough. Returns whether it did. The caller then owns the reservation.
    #[cold]
    pub(crate) fn try_revoke_oldest(&self) -> bool {
        self.list.grants.count_blocked_attempt()
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
        self.list.grants.end();
        true
    }

    pub(super) fn revoke_all(&self, members: &mut Members) -> usize {
        let mut count = 0;
        while self.revoke(members) {
            count += 1;
        }
        count
    }

    /// Takes the reservation of a granted waiter, to use it in this poll. Returns `false` if it was
    /// revoked.
    pub(in crate::wait) fn accept_grant(&self, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        self.list.members.with(|members| {
            let granted = members.list.state(link) == WaiterState::Granted;
            if granted {
                members.list.unlink(link);
                self.list.grants.end();
                members.list.set_state(link, WaiterState::Idle);
            }
            granted
        })
    }

    /// Gives a reservation that could not be used yet back to its waiter, where it can be revoked.
    /// Returns `false` if the channel is closed; the caller then gives the reservation back to the
    /// ring.
    pub(in crate::wait) fn put_back_grant<S: Side>(&self, side: &S, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        self.list.members.with(|members| {
            let open = !side.is_closed();
            if open {
                members.list.push(QueueKind::Granted, link);
                self.list.grants.put_back();
                members.list.set_state(link, WaiterState::Granted);
            }
            open
        })
    }
}

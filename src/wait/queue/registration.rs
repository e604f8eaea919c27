//! The registration of a waiter, from the moment in which an operation would block until it has
//! succeeded or was dropped.

use core::pin::Pin;
use core::task::Waker;

use super::WaitQueue;
use super::members::{LostRace, MAX_LOSSES, Members};
use crate::ring::Reserved;
use crate::unwind::defer;
use crate::wait::list::{Entry, Kind, Link, Waiter, WaiterState};
use crate::wait::{Reservation, Side};

/// The notification that a waiter held when its registration ended.
pub(in crate::wait) enum Outcome<'a, S: Side> {
    /// It was not woken, or holds no notification.
    NotWoken,
    /// It was notified of one message or slot. The notification can be forwarded.
    Notified,
    /// A message or a slot is reserved for it.
    Granted(Reservation<'a, S>),
}

impl WaitQueue<'_> {
    /// Registers `waker` to be called when the waiter is notified. The caller must then check again
    /// for what it waits for, by marking the side parked.
    ///
    /// A waiter that has waited before keeps its place. `lost` says whether it was woken and found
    /// nothing.
    pub(in crate::wait) fn register<S: Side>(
        &self,
        side: &S,
        waiter: Pin<&Waiter>,
        waker: Waker,
        lost: LostRace,
    ) {
        let link = Link::to(waiter);
        self.spin_state.has_waiters.set(1);
        // Dropped outside the lock. This is `None`, or a waker that was not called.
        let _previous = self
            .list
            .members
            .with(|members| members.register(side, link, waker, lost));
    }

    /// Replaces the waker of a waiter. Returns `false` if the waiter was woken meanwhile.
    pub(in crate::wait) fn replace_waker(&self, waiter: Pin<&Waiter>, waker: &Waker) -> bool {
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

    /// Ends a waiter's registration after the side could not be marked parked. The waiter keeps its
    /// place for the next registration. If it has lost too many races, a message or slot that is
    /// available now is reserved for it.
    pub(in crate::wait) fn deregister_to_retry<'s, S: Side>(
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
    pub(in crate::wait) fn deregister<'s, S: Side>(
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
                self.list.grants.end();
            }
            members.list.set_state(link, WaiterState::Idle);
            let outcome = match state {
                WaiterState::Granted => Outcome::Granted(Reservation::new(side)),
                WaiterState::Waiting if reserved => Outcome::Granted(Reservation::new(side)),
                WaiterState::Notified | WaiterState::Extra => Outcome::Notified,
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
    pub(in crate::wait) fn finish_wait(&self, waiter: Pin<&Waiter>) {
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
}

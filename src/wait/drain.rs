//! Tasks that wait until everything that was sent before has been received.
//!
//! Each task waits for receivers to pass a position. It marks `head`, the state that receivers
//! claim by, as a sender does that waits for a slot. So the claim that passes the position finds
//! the parked bits set, and its thread checks these waiters before it notifies senders. While one
//! of them waits, KEEP is not cleared in `head` (W3 holds for them, too). A claim that finds the
//! bits clear does nothing for them.
//!
//! These waiters are not in the senders' wait queue, because a notification there may be taken by a
//! sender that spins. That sender takes the slot and does not check positions.

use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::batch::call_wakers;
use super::list::{Choice, Kind, Link, List, QueueKind, Waiter, WaiterState};
use crate::ring::Position;
use crate::sync::{AtomicUsize, Lock, Ordering};

/// The waiters, in no particular order.
#[derive(Debug)]
pub(crate) struct DrainWaiters {
    /// The ticket of an entry is the position that it waits for.
    list: Lock<List<1>>,
    /// The number of waiters. Changed under the lock.
    waiting: AtomicUsize,
}

/// A queue that can be drained.
pub(crate) trait Draining {
    fn drain_waiters(&self) -> &DrainWaiters;

    /// Returns whether receivers have passed `target`.
    fn is_drained(&self, target: Position) -> bool;

    /// Marks `head` as parked unless receivers have passed `target`. Returns whether it did.
    fn mark_undrained(&self, target: Position) -> bool;
}

impl DrainWaiters {
    pub(crate) fn new() -> Self {
        Self {
            list: Lock::new(List::new()),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Returns whether a task waits whose mark in `head` the caller has seen.
    #[inline]
    pub(crate) fn is_waiting(&self) -> bool {
        // ORDERING: Relaxed. Ordered by [mark drain], which follows the registration: the caller's
        // claim or load of `head` has acquired it.
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Wakes the tasks for whose position `has_passed` returns `true`.
    #[cold]
    pub(crate) fn notify(&self, has_passed: impl Fn(Position) -> bool) {
        call_wakers(|batch| {
            self.list.with(|list| {
                list.notify(batch, |entry| {
                    if !has_passed(Position::from_bits(entry.ticket)) {
                        return Choice::Skip;
                    }
                    self.count_out();
                    Choice::Notify
                })
            })
        });
    }

    /// Subtracts a waiter that is unlinked. The caller holds the lock.
    fn count_out(&self) {
        // ORDERING: Relaxed. Informational: avoids a search for a waiter that is gone.
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Registers the task to be woken when `target` has been passed. The caller must mark `head`
    /// after this.
    fn register(&self, waiter: Pin<&Waiter>, target: Position, cx: &Context<'_>) {
        let link = Link::to(waiter);
        let waker = cx.waker().clone();
        let _previous = self.list.with(|list| {
            match list.state(link) {
                // The waiter has been woken, so this waker is not needed.
                WaiterState::Notified => return Some(waker),
                WaiterState::Waiting => {}
                _ => {
                    list.push(QueueKind::Exclusive, link);
                    list.entry(link, |entry| entry.ticket = target.bits());
                    list.set_state(link, WaiterState::Waiting);
                    // ORDERING: Relaxed. Published by [mark drain]; see `is_waiting`. Test: loom
                    // `drained::a_mark_against_a_notification`.
                    self.waiting.fetch_add(1, Ordering::Relaxed);
                }
            }
            list.entry(link, |entry| entry.waker.replace(waker))
        });
    }

    #[cold]
    fn deregister(&self, waiter: Pin<&Waiter>) {
        let link = Link::to(waiter);
        let _waker = self.list.with(|list| {
            if list.unlink(link).is_some() {
                self.count_out();
            }
            list.end_wait(link, WaiterState::Idle)
        });
    }
}

pin_project! {
    /// A future that waits until receivers have passed a position.
    pub(crate) struct UntilDrained<'a, Q>
    where
        Q: Draining,
    {
        queue: &'a Q,
        target: Position,
        #[pin]
        waiter: Waiter,
    }

    impl<Q> PinnedDrop for UntilDrained<'_, Q>
    where
        Q: Draining,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.as_ref();
            if waiter.state() == WaiterState::Waiting {
                this.queue.drain_waiters().deregister(waiter);
            }
        }
    }
}

impl<'a, Q: Draining> UntilDrained<'a, Q> {
    pub(crate) fn new(queue: &'a Q, target: Position) -> Self {
        Self {
            queue,
            target,
            waiter: Waiter::new(Kind::Future),
        }
    }
}

impl<Q: Draining> Future for UntilDrained<'_, Q> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let waiter = this.waiter.as_ref();
        let waiters = this.queue.drain_waiters();
        if waiter.state() != WaiterState::Notified && !this.queue.is_drained(*this.target) {
            waiters.register(waiter, *this.target, cx);
            if waiter.state() != WaiterState::Notified && this.queue.mark_undrained(*this.target) {
                return Poll::Pending;
            }
        }
        if waiter.state() == WaiterState::Waiting {
            waiters.deregister(waiter);
        }
        Poll::Ready(())
    }
}

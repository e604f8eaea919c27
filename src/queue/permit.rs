//! Permits: capacity that is reserved before the message exists.

use core::task::{Context, Poll, ready};

use super::MpmcQueue;
use super::operation::AttemptError;
use super::reserve::ReserveOperation;
use super::retry::{RetryPolicy, retry};
use crate::error::SendError;
use crate::ring::{Buffer, ClaimError, SendClaim, Sent, Tail};
use crate::unwind::defer;
use crate::wait::Observer;

/// A number of permits that are released when this is dropped.
pub(crate) struct Held<'a, T> {
    queue: &'a MpmcQueue<T>,
    count: usize,
}

impl<'a, T> Held<'a, T> {
    /// Wraps `count` permits that the ring has counted.
    pub(crate) fn new(queue: &'a MpmcQueue<T>, count: usize) -> Self {
        Self { queue, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds the permits of `other`, which must belong to the same queue.
    pub(crate) fn add(&mut self, mut other: Self) {
        self.count += core::mem::take(&mut other.count);
    }

    /// Moves `count` permits to the caller, which must use or release them.
    pub(crate) fn take(&mut self, count: usize) {
        self.count -= count;
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.queue.release(self.count);
    }
}

impl<T> MpmcQueue<T> {
    /// Reserves capacity for at least `least` and at most `most` messages if that is possible
    /// without waiting.
    pub(crate) fn try_reserve_many(&self, least: usize, most: usize) -> Result<usize, ClaimError> {
        self.retry::<Tail, _>(RetryPolicy::Yield, || self.ring.reserve_many(least, most))
    }

    /// Sends on a permit, which the caller must hold. Waits only for a receiver that is freeing the
    /// slot.
    #[inline]
    pub(crate) fn send_reserved(&self, value: T) {
        let sent = self.claim_reserved().publish(value);
        self.after_send_reserved(sent, 1);
    }

    #[inline]
    pub(super) fn claim_reserved(&self) -> SendClaim<'_, T> {
        match self.ring.claim_reserved_at_once() {
            Some(claim) => claim,
            None => self.claim_reserved_again(),
        }
    }

    #[cold]
    fn claim_reserved_again(&self) -> SendClaim<'_, T> {
        match retry(RetryPolicy::Yield, || self.ring.claim_reserved()) {
            Ok(claim) => claim,
            Err(_) => unreachable!("a permit holds capacity and outlives closing"),
        }
    }

    /// Wakes waiters. Call this after `count` messages were sent on permits.
    #[inline]
    pub(super) fn after_send_reserved(&self, sent: Sent, count: usize) {
        let _exhausted = defer(|| self.after_use_of_permits(sent.was_exhausted));
        if sent.receivers_finished {
            self.finish_receivers();
        } else if sent.receivers_parked {
            self.notify_receivers(count);
        }
    }

    /// Sends all values of `buffer`, each on a permit of `held`.
    pub(crate) fn send_reserved_many<const N: usize>(
        &self,
        held: &mut Held<'_, T>,
        buffer: &mut Buffer<T, N>,
    ) {
        while buffer.len() > 0 {
            let before = buffer.len();
            let sent = retry(RetryPolicy::Yield, || {
                Ok(self.ring.claim_reserved_many(buffer)?.publish())
            });
            let Ok(sent) = sent else {
                unreachable!("a permit holds capacity and outlives closing")
            };
            // Before a waker is called, because it may panic.
            let count = before - buffer.len();
            held.take(count);
            self.after_send_reserved(sent, count);
        }
    }

    /// Releases `count` permits.
    pub(crate) fn release(&self, count: usize) {
        if count == 0 {
            return;
        }
        let released = self.ring.release(count);
        let _exhausted = defer(|| self.after_use_of_permits(released.was_exhausted));
        let _receivers = defer(|| {
            if released.receivers_finished {
                self.finish_receivers();
            }
        });
        if released.senders_parked {
            self.notify_senders(count);
        }
    }

    /// Reserves capacity for one message with `poll`, waiting also until permits can be counted.
    pub(crate) fn poll_reserve(
        &self,
        observer: &mut Observer,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(
            &mut ReserveOperation<'_, T>,
            &mut Context<'_>,
        ) -> Poll<Result<(), AttemptError>>,
    ) -> Poll<Result<(), SendError<()>>> {
        // A second attempt if permits can be counted again by then. After that the task is polled
        // again.
        for _ in 0..2 {
            match ready!(poll(&mut ReserveOperation { queue: self }, cx)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(AttemptError::Closed) => return Poll::Ready(Err(SendError(()))),
                Err(AttemptError::Exhausted) => {
                    ready!(self.poll_permits_countable(observer, cx));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits until permits can be counted again, or the queue is closed.
    pub(crate) fn poll_permits_countable(
        &self,
        observer: &mut Observer,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.rare()
            .countable
            .poll_until(observer, cx, || !self.ring.is_exhausted())
    }

    /// Ends a wait until permits can be counted. Returns whether the observer was waiting.
    #[inline]
    pub(crate) fn leave_countable(&self, observer: &mut Observer) -> bool {
        observer.is_used() && self.rare().countable.deregister_observer(observer)
    }

    /// Wakes tasks that wait until permits can be counted. Call this after permits were used;
    /// `was_exhausted` says whether no more could be counted before.
    #[inline]
    pub(super) fn after_use_of_permits(&self, was_exhausted: bool) {
        if was_exhausted {
            self.announce_permits();
        }
    }

    #[cold]
    fn announce_permits(&self) {
        let _senders = defer(|| self.notify_senders(1));
        self.notify_countable();
    }

    pub(super) fn notify_countable(&self) {
        if let Some(rare) = self.rare.get_after() {
            rare.countable.notify_all();
        }
    }
}

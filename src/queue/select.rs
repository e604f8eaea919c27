//! Reservations of messages before they are taken out: a select over several channels waits for
//! them.

use super::operation::{AttemptError, attempt};
use super::retry::{RetryPolicy, retry};
use super::side::Receivers;
use super::{MpmcQueue, NoPosition};
use crate::ring::{ClaimError, Head};
use crate::unwind::defer;
use crate::wait::{Attempt, Operation, Reservation, Side};

/// An operation that reserves one message; `AttemptError` if the queue is closed and no more
/// messages can arrive.
pub(crate) struct ReserveMessageOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for ReserveMessageOperation<'a, T> {
    type Side = Receivers<'a, T>;
    type Output = Result<(), AttemptError>;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.queue.ring.reserve_message().ok().map(Ok)
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let reserved = retry(RetryPolicy::Spin, || self.queue.ring.reserve_message());
        attempt(reserved, |reserved| reserved)
    }

    /// Succeeds: the message that is reserved for the waiter stays reserved.
    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        reservation.use_up();
        Attempt::Done(Ok(()))
    }

    fn undo(&self, output: Self::Output) {
        if output.is_ok() {
            self.queue.release_message();
        }
    }
}

impl<T> MpmcQueue<T> {
    /// Reserves a message, or fails without waiting for one.
    pub(crate) fn try_reserve_message(&self) -> Result<(), ClaimError> {
        self.retry::<Head, _>(RetryPolicy::Yield, || self.ring.reserve_message())
    }

    /// Receives the message of a reservation, which the caller must hold. Waits only for a sender
    /// that is in the middle of sending.
    pub(crate) fn recv_reserved(&self) -> T {
        match retry(RetryPolicy::Yield, || self.ring.claim_recv_granted()) {
            Ok(claim) => {
                let _after = defer(|| self.after_reserved_recv());
                self.take::<NoPosition>(claim)
            }
            Err(_) => unreachable!("a reserved message stays, and outlives closing"),
        }
    }

    /// Gives a reservation back, and wakes a waiting receiver.
    pub(crate) fn release_message(&self) {
        self.receivers_side().unreserve(1);
    }
}

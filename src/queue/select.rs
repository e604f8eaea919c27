//! Messages that are reserved before they are taken out: what a select over several channels waits
//! for.

use super::MpmcQueue;
use super::operation::{AttemptError, RetryPolicy, attempt, retry};
use super::side::Receivers;
use crate::ring::{ClaimError, Head};
use crate::unwind::defer;
use crate::wait::{Attempt, Operation, Reservation, Side};

/// Reserving one message; `AttemptError` if the queue is closed and nothing can come any more.
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

    /// The message that is reserved for the waiter stays reserved.
    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        reservation.use_up();
        Attempt::Done(Ok(()))
    }
}

impl<T> MpmcQueue<T> {
    /// Reserves a message if that is possible without waiting for anybody.
    pub(crate) fn try_reserve_message(&self) -> Result<(), ClaimError> {
        self.retry::<Head, _>(RetryPolicy::Yield, || self.ring.reserve_message())
    }

    /// Receives on a reservation, which must be held. Waits only for a sender that is in the middle
    /// of sending.
    pub(crate) fn recv_reserved(&self) -> T {
        match retry(RetryPolicy::Yield, || self.ring.claim_recv_granted()) {
            Ok(claim) => {
                let _others = defer(|| self.after_reserved_recv());
                self.take(claim)
            }
            Err(_) => unreachable!("a reserved message stays, and outlives closing"),
        }
    }

    /// Gives a reservation back, and wakes a receiver that waits.
    pub(crate) fn release_message(&self) {
        self.receivers_side().unreserve(1);
    }
}

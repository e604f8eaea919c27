//! The operations that reserve capacity, as the wait loop runs them.

use super::MpmcQueue;
use super::operation::{AttemptError, attempt};
use super::retry::{RetryPolicy, retry};
use super::side::Senders;
use crate::wait::{Attempt, Operation, Reservation};

/// Converts a slot that is reserved for a waiting sender into a permit, which is counted in the
/// same way.
fn convert_to_permit<'a, T, O>(
    queue: &MpmcQueue<T>,
    reservation: &mut Reservation<'_, Senders<'a, T>>,
    output: O,
) -> Attempt<Result<O, AttemptError>> {
    if queue.is_closed() {
        return Attempt::Blocked;
    }
    reservation.use_up();
    Attempt::Done(Ok(output))
}

/// An operation that reserves capacity, and may fail because no more permits can be counted.
pub(crate) trait Reserving: Operation + Copy {
    type Message;

    fn queue(&self) -> &MpmcQueue<Self::Message>;
}

/// An operation that reserves capacity for one message.
pub(crate) struct ReserveOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for ReserveOperation<'a, T> {
    type Side = Senders<'a, T>;
    type Output = Result<(), AttemptError>;

    fn side(&self) -> Senders<'a, T> {
        Senders::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.queue.ring.reserve_at_once().then_some(Ok(()))
    }

    fn may_succeed_at_once(&self) -> bool {
        self.queue.has_slots() && !self.queue.is_closed()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let reserved = retry(RetryPolicy::Spin, || self.queue.ring.reserve());
        attempt(reserved, |reserved| reserved)
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        convert_to_permit(self.queue, reservation, ())
    }

    fn undo(&self, output: Self::Output) {
        self.queue.release(usize::from(output.is_ok()));
    }

    fn fail(&mut self) -> Result<(), AttemptError> {
        Err(AttemptError::Closed)
    }
}

impl<T> Clone for ReserveOperation<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ReserveOperation<'_, T> {}

impl<T> Reserving for ReserveOperation<'_, T> {
    type Message = T;

    fn queue(&self) -> &MpmcQueue<T> {
        self.queue
    }
}

/// An operation that reserves capacity for up to `most` messages, as many as fit.
pub(crate) struct ReserveManyOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    pub(crate) most: usize,
}

impl<'a, T> Operation for ReserveManyOperation<'a, T> {
    type Side = Senders<'a, T>;
    type Output = Result<usize, AttemptError>;

    fn side(&self) -> Senders<'a, T> {
        Senders::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.queue.ring.reserve_many(1, self.most).ok().map(Ok)
    }

    fn may_succeed_at_once(&self) -> bool {
        !self.queue.is_closed()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let reserved = retry(RetryPolicy::Spin, || {
            self.queue.ring.reserve_many(1, self.most)
        });
        attempt(reserved, |reserved| reserved)
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        convert_to_permit(self.queue, reservation, 1)
    }

    fn undo(&self, output: Self::Output) {
        self.queue.release(output.unwrap_or(0));
    }
}

impl<T> Clone for ReserveManyOperation<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ReserveManyOperation<'_, T> {}

impl<T> Reserving for ReserveManyOperation<'_, T> {
    type Message = T;

    fn queue(&self) -> &MpmcQueue<T> {
        self.queue
    }
}

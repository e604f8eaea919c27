//! Waiting until there is a message, or free capacity, without taking anything.

use super::MpmcQueue;
use super::retry::{RetryPolicy, retry};
use super::side::{QueueSide, Waits};
use crate::ring::{ClaimError, Head, Tail};
use crate::wait::{Attempt, Operation, Reservation};

/// An operation that waits until an operation of direction `D` seems possible. Its output is
/// `false` if it never will be, because the queue is closed.
pub(crate) struct ReadyOperation<'a, T, D> {
    side: QueueSide<'a, T, D>,
}

impl<T> MpmcQueue<T> {
    /// Returns an operation that waits until there is a message.
    pub(crate) fn recv_ready(&self) -> ReadyOperation<'_, T, Head> {
        ReadyOperation {
            side: self.receivers_side(),
        }
    }

    /// Returns an operation that waits until there is free capacity.
    pub(crate) fn send_ready(&self) -> ReadyOperation<'_, T, Tail> {
        ReadyOperation {
            side: self.senders_side(),
        }
    }
}

impl<'a, T, D: Waits> Operation for ReadyOperation<'a, T, D> {
    type Side = QueueSide<'a, T, D>;
    type Output = bool;

    const TAKES: bool = false;

    fn side(&self) -> Self::Side {
        self.side
    }

    fn attempt_at_once(&mut self) -> Option<bool> {
        self.side.probe_at_once().then_some(true)
    }

    fn may_succeed_at_once(&self) -> bool {
        self.side.may_probe_at_once()
    }

    fn attempt(&mut self) -> Attempt<bool> {
        match retry(RetryPolicy::Spin, || self.side.probe()) {
            Ok(()) => Attempt::GivenUp(true),
            Err(ClaimError::Closed) => Attempt::Done(false),
            Err(ClaimError::Blocked) => Attempt::Blocked,
            // Never `Exhausted`: a send that finds free capacity needs no permit to be counted.
            Err(_) => Attempt::Busy,
        }
    }

    /// Returns `Blocked`: nothing is reserved for an observer. A reservation would be given back.
    fn attempt_granted(&mut self, _: &mut Reservation<'_, Self::Side>) -> Attempt<bool> {
        Attempt::Blocked
    }

    fn fail(&mut self) -> bool {
        false
    }
}

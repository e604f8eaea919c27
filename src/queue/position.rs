//! Operations that also return the position of the messages that they send or receive. The claim
//! provides it.

use alloc::vec::Vec;
use core::ops::Range;

use super::MpmcQueue;
use super::operation::{RetryPolicy, attempt, attempt_granted, retry, take_value};
use super::side::{Receivers, Senders};
use crate::ring::{ClaimError, Head, RecvBatch, RecvClaim, SendClaim, Tail};
use crate::wait::{Attempt, Operation, Reservation};

impl<T> MpmcQueue<T> {
    /// Receives a message with its position, or fails without waiting for one.
    pub(crate) fn try_recv_with_position(&self) -> Result<(u64, T), ClaimError> {
        let claim = self.retry::<Head, _>(RetryPolicy::Yield, || self.ring.claim_recv())?;
        Ok(self.take_with_position(claim))
    }

    /// Receives up to `limit` messages to the end of `target`, at least one, or fails without
    /// waiting for one. Returns their positions.
    pub(crate) fn try_recv_many_with_position(
        &self,
        target: &mut Vec<T>,
        limit: usize,
    ) -> Result<Range<u64>, ClaimError> {
        self.retry::<Head, _>(RetryPolicy::Yield, || {
            self.recv_many_with_position_at_once(target, limit)
        })
    }

    /// Sends a message, or fails without waiting for capacity. Returns its position.
    pub(crate) fn try_send_with_position(&self, value: T) -> Result<u64, (T, ClaimError)> {
        match self.retry::<Tail, _>(RetryPolicy::Yield, || self.ring.claim_send()) {
            Ok(claim) => Ok(self.publish_with_position(claim, value)),
            Err(error) => Err((value, error)),
        }
    }

    fn take_with_position(&self, claim: RecvClaim<'_, T>) -> (u64, T) {
        let position = self.ring.ordinal(claim.position());
        (position, self.take(claim))
    }

    fn publish_with_position(&self, claim: SendClaim<'_, T>, value: T) -> u64 {
        let position = self.ring.ordinal(claim.position());
        self.publish(claim, value);
        position
    }

    fn recv_many_with_position_at_once(
        &self,
        target: &mut Vec<T>,
        limit: usize,
    ) -> Result<Range<u64>, ClaimError> {
        let received = self.take_many(self.ring.claim_recv_many(target, limit)?);
        Ok(self.after_take_many(received))
    }

    /// Takes the messages out. Returns their positions, and whether senders wait. Cannot panic.
    fn take_many(&self, batch: RecvBatch<'_, T>) -> (Range<u64>, bool) {
        let first = self.ring.ordinal(batch.position());
        let (count, senders_parked) = batch.take();
        (first..first + count as u64, senders_parked)
    }

    fn after_take_many(&self, (positions, senders_parked): (Range<u64>, bool)) -> Range<u64> {
        let count = positions.end - positions.start;
        self.after_recv_many(count as usize, senders_parked);
        positions
    }
}

/// An operation that receives one message with its position; `None` if the queue is closed and no
/// more messages can arrive.
pub(crate) struct RecvPositionOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for RecvPositionOperation<'a, T> {
    type Side = Receivers<'a, T>;
    type Output = Option<(u64, T)>;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        Some(Some(self.queue.take_with_position(claim)))
    }

    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Head>()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv());
        attempt(claim, |claim| {
            claim.ok().map(|claim| self.queue.take_with_position(claim))
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv_granted());
        attempt_granted(claim, reservation, |claim| {
            Some(self.queue.take_with_position(claim))
        })
    }
}

/// An operation that receives up to `limit` messages with their positions, of which there are none
/// if the queue is closed and no more messages can arrive.
pub(crate) struct RecvManyPositionOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    pub(crate) target: &'a mut Vec<T>,
    pub(crate) limit: usize,
}

impl<'a, T> Operation for RecvManyPositionOperation<'a, T> {
    type Side = Receivers<'a, T>;
    type Output = Range<u64>;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let queue = self.queue;
        let positions = queue.recv_many_with_position_at_once(self.target, self.limit);
        positions.ok()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let queue = self.queue;
        let positions = retry(RetryPolicy::Spin, || {
            queue.recv_many_with_position_at_once(self.target, self.limit)
        });
        attempt(positions, |positions| positions.unwrap_or(0..0))
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        let queue = self.queue;
        let received = retry(RetryPolicy::Spin, || {
            let batch = queue
                .ring
                .claim_recv_many_granted(self.target, self.limit)?;
            Ok(queue.take_many(batch))
        });
        attempt_granted(received, reservation, |received| {
            queue.after_take_many(received)
        })
    }
}

/// An operation that sends one message and returns its position; the message comes back if the
/// queue is closed.
pub(crate) struct SendPositionOperation<'a, T> {
    queue: &'a MpmcQueue<T>,
    /// `None` once the operation is done.
    value: Option<T>,
}

impl<'a, T> SendPositionOperation<'a, T> {
    pub(crate) fn new(queue: &'a MpmcQueue<T>, value: T) -> Self {
        Self {
            queue,
            value: Some(value),
        }
    }
}

impl<'a, T> Operation for SendPositionOperation<'a, T> {
    type Side = Senders<'a, T>;
    type Output = Result<u64, T>;

    fn side(&self) -> Senders<'a, T> {
        Senders::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let value = take_value(&mut self.value);
        Some(Ok(self.queue.publish_with_position(claim, value)))
    }

    /// As for a send without a position.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Tail>()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_send());
        attempt(claim, |claim| {
            let value = take_value(&mut self.value);
            match claim {
                Ok(claim) => Ok(self.queue.publish_with_position(claim, value)),
                Err(_) => Err(value),
            }
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_send_granted());
        attempt_granted(claim, reservation, |claim| {
            let value = take_value(&mut self.value);
            Ok(self.queue.publish_with_position(claim, value))
        })
    }

    fn fail(&mut self) -> Result<u64, T> {
        Err(take_value(&mut self.value))
    }
}

//! Sends and receives of one message, and receives of batches: the claim, and the waiters that it
//! wakes.

use alloc::vec::Vec;

use super::MpmcQueue;
use super::operation::{RecvOperation, SendOperation};
use super::report::Report;
use super::retry::RetryPolicy;
use crate::ring::{ClaimError, Head, Position, RecvBatch, RecvClaim, SendClaim, Sent, Tail};
use crate::unwind::run_all;
use crate::wait::Run;

/// Messages that were taken out together, before senders have been notified.
pub(super) struct TakenMany {
    first: Position,
    count: usize,
    senders_parked: bool,
}

impl<T> MpmcQueue<T> {
    /// Sends if that is possible without waiting.
    #[inline]
    pub(crate) fn try_send<R: Report>(
        &self,
        value: T,
        policy: RetryPolicy,
    ) -> Result<R::Sent, (T, ClaimError)> {
        match self.ring.claim_send_at_once() {
            Some(claim) => Ok(self.publish::<R>(claim, value)),
            None => self.try_send_again::<R>(value, policy),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_send_again<R: Report>(
        &self,
        value: T,
        policy: RetryPolicy,
    ) -> Result<R::Sent, (T, ClaimError)> {
        if let Some(claim) = self.ring.claim_send_beside_permits() {
            return Ok(self.publish::<R>(claim, value));
        }
        let attempt = || match policy {
            RetryPolicy::None => self.ring.claim_send_or_would_block(),
            _ => self.ring.claim_send(),
        };
        match self.retry::<Tail, _>(policy, attempt) {
            Ok(claim) => Ok(self.publish::<R>(claim, value)),
            Err(error) => Err((value, error)),
        }
    }

    /// Receives if that is possible without waiting.
    #[inline]
    pub(crate) fn try_recv<R: Report>(
        &self,
        policy: RetryPolicy,
    ) -> Result<R::Received<T>, ClaimError> {
        match self.ring.claim_recv_at_once() {
            Some(claim) => Ok(self.take::<R>(claim)),
            None => self.try_recv_again::<R>(policy),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_recv_again<R: Report>(&self, policy: RetryPolicy) -> Result<R::Received<T>, ClaimError> {
        let attempt = || match policy {
            RetryPolicy::None => self.ring.claim_recv_or_would_block(),
            _ => self.ring.claim_recv(),
        };
        let claim = self.retry::<Head, _>(policy, attempt);
        claim.map(|claim| self.take::<R>(claim))
    }

    /// Receives up to `limit` messages to the end of `target`; at least one, or an error.
    pub(crate) fn try_recv_many<R: Report>(
        &self,
        target: &mut Vec<T>,
        limit: usize,
        policy: RetryPolicy,
    ) -> Result<R::ReceivedMany, ClaimError> {
        self.retry::<Head, _>(policy, || self.recv_many_at_once::<R>(target, limit))
    }

    /// Receives like [`try_recv_many`](Self::try_recv_many), in a bounded number of steps.
    pub(super) fn recv_many_at_once<R: Report>(
        &self,
        target: &mut Vec<T>,
        limit: usize,
    ) -> Result<R::ReceivedMany, ClaimError> {
        let taken = self.take_many(self.ring.claim_recv_many(target, limit)?);
        Ok(self.after_take_many::<R>(taken))
    }

    /// Takes the messages out. Wakes no task, so it cannot panic.
    #[inline(always)]
    pub(super) fn take_many(&self, batch: RecvBatch<'_, T>) -> TakenMany {
        let first = batch.position();
        let (count, senders_parked) = batch.take();
        TakenMany {
            first,
            count,
            senders_parked,
        }
    }

    #[inline]
    pub(super) fn after_take_many<R: Report>(&self, taken: TakenMany) -> R::ReceivedMany {
        if taken.senders_parked {
            self.notify_senders(taken.count);
        }
        R::received_many(|| self.ring.ordinal(taken.first), taken.count)
    }

    /// Sends, waiting while the queue is full. Fails when it is closed.
    #[inline]
    pub(crate) fn send_waiting(&self, value: T) -> Run<SendOperation<'_, T>> {
        Run::new(SendOperation::new(self, value))
    }

    /// Receives, waiting while the queue is empty. Returns `None` when it is closed and no message
    /// can arrive.
    #[inline]
    pub(crate) fn recv_waiting(&self) -> Run<RecvOperation<'_, T>> {
        Run::new(RecvOperation::new(self))
    }

    #[inline]
    pub(super) fn publish<R: Report>(&self, claim: SendClaim<'_, T>, value: T) -> R::Sent {
        let position = claim.position();
        self.after_send(claim.publish(value));
        R::sent(|| self.ring.ordinal(position))
    }

    #[inline]
    fn after_send(&self, sent: Sent) {
        if sent.receivers_parked {
            self.notify_receivers(1);
        }
    }

    #[inline]
    pub(super) fn take<R: Report>(&self, claim: RecvClaim<'_, T>) -> R::Received<T> {
        let position = claim.position();
        let (value, senders_parked) = claim.take();
        if senders_parked {
            self.notify_senders(1);
        }
        R::received(|| self.ring.ordinal(position), value)
    }

    /// Drops all messages that are in the queue.
    pub(crate) fn discard_all(&self) {
        let mut message = None;
        run_all(|| {
            // A step of its own: the message must not be dropped while a panic of a sender's waker
            // unwinds.
            if message.take().is_some() {
                return true;
            }
            let claim = self.retry::<Head, _>(RetryPolicy::Yield, || self.ring.claim_recv());
            let Ok(claim) = claim else { return false };
            let (value, senders_parked) = claim.take();
            message = Some(value);
            if senders_parked {
                self.notify_senders(1);
            }
            true
        });
    }
}

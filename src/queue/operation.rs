//! The operations that send and receive, as the wait loop runs them.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::MpmcQueue;
use super::report::{NoPosition, Report};
use super::retry::{RetryPolicy, retry};
use super::side::{Receivers, Senders};
use crate::ring::{ClaimError, Head, Tail};
use crate::unwind::defer;
#[cfg(feature = "std")]
use crate::wait::Helped;
use crate::wait::{Attempt, Operation, Reservation, Side};

/// Returns the result of an attempt: the output of the claim, the output that closing leads to, or
/// a reason to wait.
#[inline]
pub(super) fn attempt<C, R>(
    claim: Result<C, ClaimError>,
    done: impl FnOnce(Result<C, AttemptError>) -> R,
) -> Attempt<R> {
    match claim {
        Ok(claim) => Attempt::Done(done(Ok(claim))),
        Err(ClaimError::Closed) => Attempt::Done(done(Err(AttemptError::Closed))),
        Err(ClaimError::Blocked) => Attempt::Blocked,
        Err(ClaimError::InFlight | ClaimError::Contended | ClaimError::Reserved) => Attempt::Busy,
        Err(ClaimError::Exhausted) => Attempt::GivenUp(done(Err(AttemptError::Exhausted))),
    }
}

/// An error that waiting for the other side does not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptError {
    Closed,
    /// No more permits can be counted; see [`MpmcQueue::poll_permits_countable`].
    Exhausted,
}

/// Returns the result of an attempt with a reservation. `Closed` means that it cannot be used.
pub(super) fn attempt_granted<S: Side, C, R>(
    claim: Result<C, ClaimError>,
    reservation: &mut Reservation<'_, S>,
    done: impl FnOnce(C) -> R,
) -> Attempt<R> {
    match claim {
        Ok(claim) => {
            // The claim has removed the reservation from the count.
            reservation.use_up();
            let side = reservation.side();
            let _after = defer(|| side.after_reservation());
            Attempt::Done(done(claim))
        }
        Err(ClaimError::InFlight | ClaimError::Contended) => Attempt::Busy,
        Err(_) => Attempt::Blocked,
    }
}

/// Takes the message out of a send operation that has not finished.
#[inline(always)]
fn take_value<T>(value: &mut Option<T>) -> T {
    match value.take() {
        Some(value) => value,
        None => unreachable!("a finished send is not retried"),
    }
}

/// An operation that sends one message; the message comes back if the queue is closed.
pub(crate) struct SendOperation<'a, T, R = NoPosition> {
    queue: &'a MpmcQueue<T>,
    /// `None` once the operation is done.
    pub(crate) value: Option<T>,
    report: PhantomData<R>,
}

impl<'a, T, R> SendOperation<'a, T, R> {
    #[inline]
    pub(crate) fn new(queue: &'a MpmcQueue<T>, value: T) -> Self {
        Self {
            queue,
            value: Some(value),
            report: PhantomData,
        }
    }
}

impl<'a, T, R: Report> Operation for SendOperation<'a, T, R> {
    type Side = Senders<'a, T>;
    type Output = Result<R::Sent, T>;

    #[cfg(feature = "std")]
    const MAY_BE_HELPED: bool = true;

    fn side(&self) -> Senders<'a, T> {
        Senders::of(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let value = take_value(&mut self.value);
        Some(Ok(self.queue.publish::<R>(claim, value)))
    }

    #[cold]
    #[inline(never)]
    fn attempt_beside_permits(&mut self) -> Option<Self::Output> {
        let claim = self.queue.ring.claim_send_beside_permits()?;
        let value = take_value(&mut self.value);
        Some(Ok(self.queue.publish::<R>(claim, value)))
    }

    /// Beside permits, and in a closed queue, only `attempt` can tell.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Tail>()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_send());
        attempt(claim, |claim| {
            let value = take_value(&mut self.value);
            match claim {
                Ok(claim) => Ok(self.queue.publish::<R>(claim, value)),
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
            Ok(self.queue.publish::<R>(claim, value))
        })
    }

    #[cfg(feature = "std")]
    fn attempt_to_help(&mut self) -> Option<Helped<Self::Output>> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let position = claim.position();
        // The queue is open and without permits, so no other notification is required.
        let sent = claim.publish(take_value(&mut self.value));
        Some(Helped {
            output: Ok(R::sent(|| self.queue.ring.ordinal(position))),
            owes_notification: sent.receivers_parked,
        })
    }

    #[cfg(feature = "std")]
    fn notify_after_help(&self) {
        self.queue.notify_receivers(1);
    }

    fn fail(&mut self) -> Self::Output {
        Err(take_value(&mut self.value))
    }
}

/// An operation that receives one message; `None` if the queue is closed and no more messages can
/// arrive.
pub(crate) struct RecvOperation<'a, T, R = NoPosition> {
    queue: &'a MpmcQueue<T>,
    report: PhantomData<R>,
}

impl<'a, T, R> RecvOperation<'a, T, R> {
    #[inline]
    pub(crate) fn new(queue: &'a MpmcQueue<T>) -> Self {
        let report = PhantomData;
        Self { queue, report }
    }
}

impl<'a, T, R: Report> Operation for RecvOperation<'a, T, R> {
    type Side = Receivers<'a, T>;
    type Output = Option<R::Received<T>>;

    #[cfg(feature = "std")]
    const MAY_BE_HELPED: bool = true;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        Some(Some(self.queue.take::<R>(claim)))
    }

    /// Beside reservations, only `attempt` can tell.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Head>()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv());
        attempt(claim, |claim| {
            claim.ok().map(|claim| self.queue.take::<R>(claim))
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv_granted());
        attempt_granted(claim, reservation, |claim| {
            Some(self.queue.take::<R>(claim))
        })
    }

    #[cfg(feature = "std")]
    fn attempt_to_help(&mut self) -> Option<Helped<Self::Output>> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        let position = claim.position();
        let (value, senders_parked) = claim.take();
        Some(Helped {
            output: Some(R::received(|| self.queue.ring.ordinal(position), value)),
            owes_notification: senders_parked,
        })
    }

    #[cfg(feature = "std")]
    fn notify_after_help(&self) {
        self.queue.notify_senders(1);
    }
}

/// An operation that receives up to `limit` messages at once; none if the queue is closed and no
/// more messages can arrive.
pub(crate) struct RecvManyOperation<'a, T, R = NoPosition> {
    queue: &'a MpmcQueue<T>,
    target: &'a mut Vec<T>,
    limit: usize,
    report: PhantomData<R>,
}

impl<'a, T, R> RecvManyOperation<'a, T, R> {
    pub(crate) fn new(queue: &'a MpmcQueue<T>, target: &'a mut Vec<T>, limit: usize) -> Self {
        Self {
            queue,
            target,
            limit,
            report: PhantomData,
        }
    }
}

impl<'a, T, R: Report> Operation for RecvManyOperation<'a, T, R> {
    type Side = Receivers<'a, T>;
    type Output = R::ReceivedMany;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        let received = self.queue.recv_many_at_once::<R>(self.target, self.limit);
        received.ok()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let queue = self.queue;
        let received = retry(RetryPolicy::Spin, || {
            queue.recv_many_at_once::<R>(self.target, self.limit)
        });
        attempt(received, |received| {
            received.unwrap_or_else(|_| R::received_many(|| 0, 0))
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        let queue = self.queue;
        // Nothing between the claim and its end can panic.
        let taken = retry(RetryPolicy::Spin, || {
            let batch = queue
                .ring
                .claim_recv_many_granted(self.target, self.limit)?;
            Ok(queue.take_many(batch))
        });
        attempt_granted(taken, reservation, |taken| {
            queue.after_take_many::<R>(taken)
        })
    }
}

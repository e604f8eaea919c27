//! The operations on a queue that can be attempted and waited for, and their retry policy.

use alloc::vec::Vec;

use super::MpmcQueue;
use super::side::{Receivers, Senders};
use crate::ring::{ClaimError, Head, Tail};

use crate::sync::{self, Backoff, SPIN_ROUNDS};
use crate::unwind::defer;
use crate::wait::{Attempt, Operation, Reservation, Side};

/// The policy for retries while another thread's unfinished claim is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryPolicy {
    /// No retries: an unfinished claim counts as "would block", without a search for the reason.
    None,
    /// Some dozens of spins ([`SPIN_ROUNDS`]), then the caller decides.
    Spin,
    /// Spins, then yields of the thread, until the claim succeeds or has a reason to fail.
    Yield,
}

/// The number of spins and yields before the thread sleeps. The thread that it waits for may not
/// get a core while this one only yields, if their priorities differ.
const YIELDS_BEFORE_SLEEP: u32 = 1000;

/// Claims, with retries as the policy says.
pub(super) fn retry<C>(
    policy: RetryPolicy,
    mut claim: impl FnMut() -> Result<C, ClaimError>,
) -> Result<C, ClaimError> {
    let backoff = Backoff::new();
    let mut spins = 0;
    loop {
        let error = match claim() {
            Ok(claim) => return Ok(claim),
            Err(error) => error,
        };
        match error {
            // `Contended` is never returned to a caller that does not wait: there may well be
            // something to claim.
            ClaimError::InFlight if policy == RetryPolicy::None => return Err(error),
            ClaimError::InFlight | ClaimError::Contended => {
                if policy == RetryPolicy::Spin && spins == SPIN_ROUNDS {
                    return Err(error);
                }
                spins += 1;
                if spins > YIELDS_BEFORE_SLEEP {
                    sync::sleep_briefly();
                } else {
                    backoff.snooze();
                }
            }
            _ => return Err(error),
        }
    }
}

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
pub(super) fn take_value<T>(value: &mut Option<T>) -> T {
    match value.take() {
        Some(value) => value,
        None => unreachable!("a finished send is not retried"),
    }
}

/// An operation that sends one message; the message comes back if the queue is closed.
pub(crate) struct SendOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    /// `None` once the operation is done.
    pub(crate) value: Option<T>,
}

impl<'a, T> SendOperation<'a, T> {
    #[inline]
    pub(crate) fn new(queue: &'a MpmcQueue<T>, value: T) -> Self {
        Self {
            queue,
            value: Some(value),
        }
    }
}

impl<'a, T> Operation for SendOperation<'a, T> {
    type Side = Senders<'a, T>;
    type Output = Result<(), T>;

    fn side(&self) -> Senders<'a, T> {
        Senders::of(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Result<(), T>> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let value = take_value(&mut self.value);
        self.queue.publish(claim, value);
        Some(Ok(()))
    }

    #[cold]
    #[inline(never)]
    fn attempt_beside_permits(&mut self) -> Option<Result<(), T>> {
        let claim = self.queue.ring.claim_send_beside_permits()?;
        let value = take_value(&mut self.value);
        self.queue.publish(claim, value);
        Some(Ok(()))
    }

    /// Beside permits, and in a closed queue, only `attempt` can tell.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Tail>()
    }

    fn attempt(&mut self) -> Attempt<Result<(), T>> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_send());
        attempt(claim, |claim| {
            let value = take_value(&mut self.value);
            match claim {
                Ok(claim) => {
                    self.queue.publish(claim, value);
                    Ok(())
                }
                Err(_) => Err(value),
            }
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Result<(), T>> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_send_granted());
        attempt_granted(claim, reservation, |claim| {
            let value = take_value(&mut self.value);
            self.queue.publish(claim, value);
            Ok(())
        })
    }

    fn fail(&mut self) -> Result<(), T> {
        Err(take_value(&mut self.value))
    }
}

/// An operation that receives one message; `None` if the queue is closed and no more messages can
/// arrive.
pub(crate) struct RecvOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for RecvOperation<'a, T> {
    type Side = Receivers<'a, T>;
    type Output = Option<T>;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Option<T>> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        Some(Some(self.queue.take(claim)))
    }

    /// Beside reservations, only `attempt` can tell.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<Head>()
    }

    fn attempt(&mut self) -> Attempt<Option<T>> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv());
        attempt(claim, |claim| {
            claim.ok().map(|claim| self.queue.take(claim))
        })
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Option<T>> {
        let claim = retry(RetryPolicy::Spin, || self.queue.ring.claim_recv_granted());
        attempt_granted(claim, reservation, |claim| Some(self.queue.take(claim)))
    }
}

/// An operation that receives up to `limit` messages at once; 0 if the queue is closed and no more
/// messages can arrive.
pub(crate) struct RecvManyOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    pub(crate) target: &'a mut Vec<T>,
    pub(crate) limit: usize,
}

impl<'a, T> Operation for RecvManyOperation<'a, T> {
    type Side = Receivers<'a, T>;
    type Output = usize;

    fn side(&self) -> Receivers<'a, T> {
        Receivers::of(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<usize> {
        self.queue.recv_many_at_once(self.target, self.limit).ok()
    }

    fn attempt(&mut self) -> Attempt<usize> {
        let queue = self.queue;
        let count = retry(RetryPolicy::Spin, || {
            queue.recv_many_at_once(self.target, self.limit)
        });
        attempt(count, |count| count.unwrap_or(0))
    }

    fn attempt_granted(&mut self, reservation: &mut Reservation<'_, Self::Side>) -> Attempt<usize> {
        let ring = &self.queue.ring;
        // Nothing between the claim and its end can panic.
        let batch = retry(RetryPolicy::Spin, || {
            let batch = ring.claim_recv_many_granted(self.target, self.limit)?;
            Ok(batch.take())
        });
        attempt_granted(batch, reservation, |(count, senders_parked)| {
            self.queue.after_recv_many(count, senders_parked);
            count
        })
    }
}

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

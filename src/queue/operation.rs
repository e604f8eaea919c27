//! What can be attempted on a queue and waited for, and how long to insist.

use alloc::vec::Vec;

use super::MpmcQueue;
use crate::gate::{Attempt, Gate, Lane, Operation};
use crate::ring::Refusal;
use crate::sync::{Backoff, SPIN_ROUNDS};

/// How long to insist when somebody else's unfinished claim is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all, nor does the reason matter: an unfinished claim means "not now" as well.
    None,
    /// Some dozens of spins ([`SPIN_ROUNDS`]), then let the caller decide.
    Spin,
    /// Spin, then yield the thread, until it is decided.
    Yield,
}

/// Claims, with as much patience as was asked for.
pub(super) fn persist<C>(
    patience: Patience,
    mut claim: impl FnMut() -> Result<C, Refusal>,
) -> Result<C, Refusal> {
    let backoff = Backoff::new();
    let mut spins = 0;
    loop {
        match claim() {
            // `Contended` is never an answer for who does not wait: there may well be something to claim.
            Err(Refusal::InFlight) if patience == Patience::None => return Err(Refusal::InFlight),
            Err(refusal @ (Refusal::InFlight | Refusal::Contended)) => {
                if patience == Patience::Spin && spins == SPIN_ROUNDS {
                    return Err(refusal);
                }
                spins += 1;
                backoff.snooze();
            }
            decided => return decided,
        }
    }
}

/// The receivers' side: they wait until it is not empty.
pub(crate) struct Receivers<'a, T>(&'a MpmcQueue<T>);

impl<T> Lane for Receivers<'_, T> {
    fn gate(&self) -> &Gate {
        &self.0.receivers
    }

    fn opposite(&self) -> &Gate {
        &self.0.senders
    }

    fn arm(&self) -> bool {
        self.0.ring.arm_receivers()
    }
}

/// The senders' side: they wait until it is not full.
pub(crate) struct Senders<'a, T>(&'a MpmcQueue<T>);

impl<T> Lane for Senders<'_, T> {
    fn gate(&self) -> &Gate {
        &self.0.senders
    }

    fn opposite(&self) -> &Gate {
        &self.0.receivers
    }

    fn arm(&self) -> bool {
        self.0.ring.arm_senders()
    }
}

/// What an attempt comes to: a claim's output, or what being closed means, or a reason to wait.
#[inline]
fn attempt<C, R>(
    claim: Result<C, Refusal>,
    done: impl FnOnce(Result<C, Unavailable>) -> R,
) -> Attempt<R> {
    match claim {
        Ok(claim) => Attempt::Done(done(Ok(claim))),
        Err(Refusal::Closed) => Attempt::Done(done(Err(Unavailable::Closed))),
        Err(Refusal::Blocked) => Attempt::Blocked,
        Err(Refusal::InFlight | Refusal::Contended) => Attempt::Busy,
        Err(Refusal::Exhausted) => Attempt::Done(done(Err(Unavailable::Exhausted))),
    }
}

/// What waiting at a gate does not help against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    Closed,
    /// No more permits can be counted; see [`MpmcQueue::permits_countable`].
    Exhausted,
}

/// Sending one message; the message comes back if the queue is closed.
pub(crate) struct SendOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    /// `None` once it is done.
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
    type Lane = Senders<'a, T>;
    type Output = Result<(), T>;

    fn lane(&self) -> Senders<'a, T> {
        Senders(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Result<(), T>> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let Some(value) = self.value.take() else {
            unreachable!("a finished send is not retried")
        };
        self.queue.publish(claim, value);
        Some(Ok(()))
    }

    /// Beside permits, and in a closed queue, only the thorough attempt can tell.
    fn may_succeed_at_once(&self) -> bool {
        self.queue.ring.is_plain()
    }

    fn attempt(&mut self) -> Attempt<Result<(), T>> {
        let claim = persist(Patience::Spin, || self.queue.ring.claim_send());
        attempt(claim, |claim| {
            let Some(value) = self.value.take() else {
                unreachable!("a finished send is not retried")
            };
            match claim {
                Ok(claim) => {
                    self.queue.publish(claim, value);
                    Ok(())
                }
                Err(_) => Err(value),
            }
        })
    }
}

/// Receiving one message; `None` if the queue is closed and nothing can come any more.
pub(crate) struct RecvOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for RecvOperation<'a, T> {
    type Lane = Receivers<'a, T>;
    type Output = Option<T>;

    fn lane(&self) -> Receivers<'a, T> {
        Receivers(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Option<T>> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        Some(Some(self.queue.take(claim)))
    }

    fn attempt(&mut self) -> Attempt<Option<T>> {
        let claim = persist(Patience::Spin, || self.queue.ring.claim_recv());
        attempt(claim, |claim| {
            claim.ok().map(|claim| self.queue.take(claim))
        })
    }
}

/// Receiving up to `limit` messages at once; 0 if the queue is closed and nothing can come any more.
pub(crate) struct RecvManyOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    pub(crate) target: &'a mut Vec<T>,
    pub(crate) limit: usize,
}

impl<'a, T> Operation for RecvManyOperation<'a, T> {
    type Lane = Receivers<'a, T>;
    type Output = usize;

    fn lane(&self) -> Receivers<'a, T> {
        Receivers(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<usize> {
        self.queue.recv_many_at_once(self.target, self.limit).ok()
    }

    fn attempt(&mut self) -> Attempt<usize> {
        let queue = self.queue;
        let count = queue.try_recv_many(self.target, self.limit, Patience::Spin);
        attempt(count, |count| count.unwrap_or(0))
    }
}

/// Reserving room for one message.
pub(crate) struct ReserveOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for ReserveOperation<'a, T> {
    type Lane = Senders<'a, T>;
    type Output = Result<(), Unavailable>;

    fn lane(&self) -> Senders<'a, T> {
        Senders(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.queue.ring.reserve_at_once().then_some(Ok(()))
    }

    fn may_succeed_at_once(&self) -> bool {
        !self.queue.is_closed()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let reserved = persist(Patience::Spin, || self.queue.ring.reserve());
        attempt(reserved, |reserved| reserved)
    }
}

/// Reserving room for as many messages as there is room for, up to `most`.
pub(crate) struct ReserveManyOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    pub(crate) most: usize,
}

impl<'a, T> Operation for ReserveManyOperation<'a, T> {
    type Lane = Senders<'a, T>;
    type Output = Result<usize, Unavailable>;

    fn lane(&self) -> Senders<'a, T> {
        Senders(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.queue.ring.reserve_many(1, self.most).ok().map(Ok)
    }

    fn may_succeed_at_once(&self) -> bool {
        !self.queue.is_closed()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        let reserved = persist(Patience::Spin, || {
            self.queue.ring.reserve_many(1, self.most)
        });
        attempt(reserved, |reserved| reserved)
    }
}

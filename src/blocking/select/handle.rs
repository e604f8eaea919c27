//! The operations that a select performs on a handle, independent of the message type.

use core::task::{Context, Poll, ready};

use crate::blocking::{Receiver, Sender};
use crate::queue::{AttemptError, MpmcQueue, ReserveMessageOperation, ReserveOperation};
use crate::ring::ClaimError;
use crate::unwind::defer;
use crate::wait::{Attempt, HandleWaiter, Observer, Operation};

/// The outcome of a selected operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A message or a slot is reserved.
    Reserved,
    /// Nothing is reserved: the channel is closed, so the operation completes with an error.
    Nothing,
}

impl Outcome {
    /// Transfers the reservation to the caller, who must use it or give it back.
    pub(super) fn take(&mut self) -> Self {
        core::mem::replace(self, Self::Nothing)
    }

    /// Converts the result of a reservation. Returns `None` if the operation has to wait.
    fn of(reserved: Result<(), AttemptError>) -> Option<Self> {
        match reserved {
            Ok(()) => Some(Self::Reserved),
            Err(AttemptError::Closed) => Some(Self::Nothing),
            Err(AttemptError::Exhausted) => None,
        }
    }

    fn from_error(error: ClaimError) -> Option<Self> {
        (error == ClaimError::Closed).then_some(Self::Nothing)
    }
}

/// The state of an operation while its thread waits.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    waiter: HandleWaiter,
    /// Waits until permits can be counted.
    countable: Observer,
}

/// The side of a channel, for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelSide {
    Sending(*const ()),
    Receiving(*const ()),
}

/// A handle that can reserve what its operation needs.
pub(super) trait Selectable: Sync {
    /// Attempts to reserve in a bounded number of steps, without waiting. Returns `Some` if the
    /// operation can be done.
    fn attempt(&self) -> Option<Outcome>;

    /// Attempts to reserve until it is certain that the operation cannot be done now.
    fn attempt_with_retry(&self) -> Option<Outcome>;

    /// Attempts to reserve, and registers the thread if the operation would block.
    fn poll(&self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Outcome>;

    /// Ends the registration. Forwards its notification, if it holds one, to another waiter.
    fn deregister(&self, waiting: &mut Waiting);

    /// Gives back the message or slot that was reserved.
    fn release(&self);

    /// Returns whether operations of the channel spin before they park.
    fn spins(&self) -> bool;

    fn side(&self) -> ChannelSide;
}

/// Attempts `operation` once, in a bounded number of steps.
fn attempt<O>(mut operation: O) -> Option<Outcome>
where
    O: Operation<Output = Result<(), AttemptError>>,
{
    match operation.attempt() {
        // The operation was not woken, so it holds no notification to forward.
        Attempt::Done(reserved) | Attempt::GivenUp(reserved) => Outcome::of(reserved),
        Attempt::Blocked | Attempt::Busy => None,
    }
}

impl<T> Receiver<T> {
    fn queue(&self) -> &MpmcQueue<T> {
        &self.0.shared.queue
    }
}

impl<T: Send> Selectable for Receiver<T> {
    fn attempt(&self) -> Option<Outcome> {
        attempt(ReserveMessageOperation {
            queue: self.queue(),
        })
    }

    fn attempt_with_retry(&self) -> Option<Outcome> {
        match self.queue().try_reserve_message() {
            Ok(()) => Some(Outcome::Reserved),
            Err(error) => Outcome::from_error(error),
        }
    }

    fn poll(&self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Outcome> {
        let queue = self.queue();
        let mut reserve = ReserveMessageOperation { queue };
        match Outcome::of(ready!(waiting.waiter.poll_in_select(&mut reserve, cx))) {
            Some(outcome) => Poll::Ready(outcome),
            // 65,535 reservations are outstanding. No wait queue exists for that case, so the
            // thread polls again.
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn deregister(&self, waiting: &mut Waiting) {
        waiting.waiter.deregister(&self.queue().receivers_side());
    }

    fn release(&self) {
        self.queue().release_message();
    }

    fn spins(&self) -> bool {
        self.queue().spins()
    }

    fn side(&self) -> ChannelSide {
        ChannelSide::Receiving(core::ptr::from_ref(self.queue()).cast())
    }
}

impl<T> Sender<T> {
    fn queue(&self) -> &MpmcQueue<T> {
        &self.0.shared.queue
    }
}

impl<T: Send> Selectable for Sender<T> {
    fn attempt(&self) -> Option<Outcome> {
        // Includes a handle that alone was closed, as a `Sink`.
        if self.is_closed() {
            return Some(Outcome::Nothing);
        }
        attempt(ReserveOperation {
            queue: self.queue(),
        })
    }

    fn attempt_with_retry(&self) -> Option<Outcome> {
        if self.is_closed() {
            return Some(Outcome::Nothing);
        }
        match self.queue().try_reserve_many(1, 1) {
            Ok(_) => Some(Outcome::Reserved),
            Err(error) => Outcome::from_error(error),
        }
    }

    fn poll(&self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Waiting { waiter, countable } = waiting;
        let reserved = self.queue().poll_reserve(countable, cx, |reserve, cx| {
            waiter.poll_in_select(reserve, cx)
        });
        reserved.map(|reserved| match reserved {
            Ok(()) => Outcome::Reserved,
            Err(_) => Outcome::Nothing,
        })
    }

    fn deregister(&self, waiting: &mut Waiting) {
        let queue = self.queue();
        let Waiting { waiter, countable } = waiting;
        // Runs even if a waker that is called below panics.
        let _countable = defer(|| {
            queue.leave_countable(countable);
        });
        waiter.deregister(&queue.senders_side());
    }

    fn release(&self) {
        self.queue().release(1);
    }

    fn spins(&self) -> bool {
        self.queue().spins()
    }

    fn side(&self) -> ChannelSide {
        ChannelSide::Sending(core::ptr::from_ref(self.queue()).cast())
    }
}

//! What a select does with a handle, whatever the type of its messages.

use core::task::{Context, Poll, ready};

use crate::blocking::{Receiver, Sender};
use crate::queue::{AttemptError, MpmcQueue, ReserveMessageOperation, ReserveOperation};
use crate::ring::ClaimError;
use crate::unwind::defer;
use crate::wait::{Attempt, HandleWaiter, Observer, Operation};

/// What an operation has when it is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A message or a slot is reserved for it.
    Reserved,
    /// The channel is closed, so that it completes with an error.
    Nothing,
}

impl Outcome {
    /// Leaves nothing behind: the caller uses up what is reserved.
    pub(super) fn take(&mut self) -> Self {
        core::mem::replace(self, Self::Nothing)
    }

    /// `None` if the channel says neither yes nor no.
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

/// What an operation keeps while its thread waits.
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
    /// Attempts without waiting for anybody, with a bounded number of steps. `Some` if the
    /// operation can be done.
    fn attempt(&self) -> Option<Outcome>;

    /// Attempts until it is certain that the operation cannot be done at once.
    fn attempt_with_retry(&self) -> Option<Outcome>;

    /// Attempts, and registers the thread if that was not enough.
    fn poll(&self, waiting: &mut Waiting, cx: &mut Context<'_>) -> Poll<Outcome>;

    /// Ends the registration. If the thread was woken by it, another one is woken instead.
    fn leave(&self, waiting: &mut Waiting);

    /// Gives back what was reserved.
    fn release(&self);

    /// Returns whether its channel spins before it waits.
    fn spins(&self) -> bool;

    fn side(&self) -> ChannelSide;
}

/// One attempt with a bounded number of steps.
fn attempt<O>(mut operation: O) -> Option<Outcome>
where
    O: Operation<Output = Result<(), AttemptError>>,
{
    match operation.attempt() {
        // It was not woken, so that it has nothing to pass on.
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
            // 65,535 reservations are out. There is no list of those that wait for one of them to end.
            None => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn leave(&self, waiting: &mut Waiting) {
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
        // Also if only this handle was closed, as a `Sink`.
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

    fn leave(&self, waiting: &mut Waiting) {
        let queue = self.queue();
        let Waiting { waiter, countable } = waiting;
        // Also if a waker that is called on the way panics.
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

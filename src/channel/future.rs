//! Named types for the futures of the waiting methods, which can be stored in a struct.
//!
//! Each future is documented at the method that creates it. A future sends, receives or reserves
//! nothing before it is polled, and holds its message only once. The other waiting methods are
//! `async` functions.
//!
//! # Examples
//!
//! ```
//! use mpmc_std::future::{Recv, Send};
//!
//! /// Copies one message from a channel to another.
//! enum Copy<'a> {
//!     Receiving(Recv<'a, u8>),
//!     Sending(Send<'a, u8>),
//! }
//!
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(1);
//! tx.send(1).await.unwrap();
//! let (to, from) = mpmc_std::channel(1);
//!
//! let mut copy = Copy::Receiving(rx.recv());
//! if let Copy::Receiving(recv) = copy {
//!     copy = Copy::Sending(to.send(recv.await.unwrap()));
//! }
//! if let Copy::Sending(send) = copy {
//!     send.await.unwrap();
//! }
//! assert_eq!(from.recv().await, Some(1));
//! # });
//! ```

mod owned;
mod position;
mod ready;

pub use super::drained::Drained;
pub use owned::ReserveOwned;
pub use position::{RecvWithPosition, SendWithPosition};
pub use ready::{RecvReady, SendReady};

pub(super) use ready::open;

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Permit, Shared};
use crate::error::SendError;
use crate::queue::{
    AttemptError, MpmcQueue, RecvOperation, ReserveOperation, Reserving, SendOperation,
};
use crate::wait::{Observer, Operation, Run};

pin_project! {
    /// The future of [`Sender::send`](crate::Sender::send).
    #[must_use = "a message is sent only if the future is awaited"]
    pub struct Send<'a, T> {
        #[pin]
        run: Run<SendOperation<'a, T>>,
    }
}

impl<'a, T> Send<'a, T> {
    #[inline]
    pub(super) fn new(queue: &'a MpmcQueue<T>, message: T) -> Self {
        Self {
            run: queue.send_waiting(message),
        }
    }

    /// Creates the future of a handle that was closed.
    #[cold]
    pub(super) fn closed(queue: &'a MpmcQueue<T>, message: T) -> Self {
        Self {
            run: Run::closed(SendOperation::new(queue, message)),
        }
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().run.poll(cx).map_err(SendError)
    }
}

pin_project! {
    /// The future of [`Receiver::recv`](crate::Receiver::recv).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct Recv<'a, T> {
        #[pin]
        run: Run<RecvOperation<'a, T>>,
    }
}

impl<'a, T> Recv<'a, T> {
    pub(super) fn new(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            run: queue.recv_waiting(),
        }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// The future of [`Sender::reserve`](crate::Sender::reserve).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct Reserve<'a, T> {
        shared: &'a Shared<T>,
        #[pin]
        permits: Permits<ReserveOperation<'a, T>>,
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(shared: &'a Shared<T>) -> Self {
        let queue = &shared.queue;
        Self {
            shared,
            permits: Permits::new(ReserveOperation { queue }),
        }
    }

    /// Creates the future of a handle that was closed.
    #[cold]
    pub(super) fn closed(shared: &'a Shared<T>) -> Self {
        let queue = &shared.queue;
        Self {
            shared,
            permits: Permits::closed(ReserveOperation { queue }),
        }
    }
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        ready!(this.permits.poll(cx))?;
        Poll::Ready(Ok(Permit::new(this.shared)))
    }
}

pin_project! {
    /// A future that reserves capacity, and also waits until permits can be counted.
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub(super) struct Permits<O>
    where
        O: Reserving,
    {
        // For another attempt, after no more permits could be counted.
        operation: O,
        #[pin]
        run: Run<O>,
        observer: Observer,
        // Set while no more permits can be counted.
        exhausted: bool,
    }

    impl<O> PinnedDrop for Permits<O>
    where
        O: Reserving,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.operation.queue().leave_countable(this.observer);
        }
    }
}

impl<R, O> Permits<O>
where
    O: Reserving + Operation<Output = Result<R, AttemptError>>,
{
    #[inline]
    pub(super) fn new(operation: O) -> Self {
        Self {
            operation,
            run: Run::new(operation),
            observer: Observer::default(),
            exhausted: false,
        }
    }

    /// Creates the future of a handle that was closed.
    #[cold]
    pub(super) fn closed(operation: O) -> Self {
        let mut permits = Self::new(operation);
        permits.run = Run::closed(operation);
        permits
    }

    /// Waits until permits can be counted, and then starts another attempt.
    #[cold]
    fn poll_exhausted(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let operation = *this.operation;
        ready!(operation.queue().poll_permits_countable(this.observer, cx));
        this.run.set(Run::new(operation));
        *this.exhausted = false;
        Poll::Ready(())
    }
}

impl<R, O> Future for Permits<O>
where
    O: Reserving + Operation<Output = Result<R, AttemptError>>,
{
    type Output = Result<R, SendError<()>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A second attempt if permits can be counted again. If that fails too, the task wakes
        // itself.
        for _ in 0..2 {
            if self.exhausted {
                ready!(self.as_mut().poll_exhausted(cx));
            }
            let this = self.as_mut().project();
            match ready!(this.run.poll(cx)) {
                Ok(permits) => return Poll::Ready(Ok(permits)),
                Err(AttemptError::Closed) => return Poll::Ready(Err(SendError(()))),
                Err(AttemptError::Exhausted) => *this.exhausted = true,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Reserve<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").finish_non_exhaustive()
    }
}

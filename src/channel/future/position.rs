//! The futures that send and receive with positions.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::SendError;
use crate::queue::{MpmcQueue, RecvOperation, SendOperation, WithPosition};
use crate::wait::Run;

pin_project! {
    /// The future of [`Sender::send_with_position`](crate::Sender::send_with_position).
    #[must_use = "a message is sent only if the future is awaited"]
    pub struct SendWithPosition<'a, T> {
        #[pin]
        run: Run<SendOperation<'a, T, WithPosition>>,
    }
}

impl<'a, T> SendWithPosition<'a, T> {
    pub(in crate::channel) fn new(queue: &'a MpmcQueue<T>, message: T) -> Self {
        Self {
            run: Run::new(SendOperation::new(queue, message)),
        }
    }

    /// Creates the future of a handle that was closed.
    #[cold]
    pub(in crate::channel) fn closed(queue: &'a MpmcQueue<T>, message: T) -> Self {
        Self {
            run: Run::closed(SendOperation::new(queue, message)),
        }
    }
}

impl<T> Future for SendWithPosition<'_, T> {
    type Output = Result<u64, SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().run.poll(cx).map_err(SendError)
    }
}

pin_project! {
    /// The future of [`Receiver::recv_with_position`](crate::Receiver::recv_with_position).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct RecvWithPosition<'a, T> {
        #[pin]
        run: Run<RecvOperation<'a, T, WithPosition>>,
    }
}

impl<'a, T> RecvWithPosition<'a, T> {
    pub(in crate::channel) fn new(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            run: Run::new(RecvOperation::new(queue)),
        }
    }
}

impl<T> Future for RecvWithPosition<'_, T> {
    type Output = Option<(u64, T)>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().run.poll(cx)
    }
}

impl<T> fmt::Debug for SendWithPosition<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendWithPosition").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RecvWithPosition<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvWithPosition").finish_non_exhaustive()
    }
}

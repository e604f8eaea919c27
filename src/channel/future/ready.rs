//! The futures of the readiness calls.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::error::SendError;
use crate::queue::{MpmcQueue, ReadyOperation};
use crate::ring::{Head, Tail};
use crate::wait::Run;

pin_project! {
    /// The future of [`Receiver::recv_ready`](crate::Receiver::recv_ready).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct RecvReady<'a, T> {
        #[pin]
        run: Run<ReadyOperation<'a, T, Head>>,
    }
}

impl<'a, T> RecvReady<'a, T> {
    pub(in crate::channel) fn new(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            run: Run::new(queue.recv_ready()),
        }
    }
}

impl<T> Future for RecvReady<'_, T> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.project().run.poll(cx)
    }
}

pin_project! {
    /// The future of [`Sender::send_ready`](crate::Sender::send_ready).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct SendReady<'a, T> {
        #[pin]
        run: Run<ReadyOperation<'a, T, Tail>>,
    }
}

impl<'a, T> SendReady<'a, T> {
    pub(in crate::channel) fn new(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            run: Run::new(queue.send_ready()),
        }
    }

    /// Creates the future of a handle that was closed.
    #[cold]
    pub(in crate::channel) fn closed(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            run: Run::closed(queue.send_ready()),
        }
    }
}

impl<T> Future for SendReady<'_, T> {
    type Output = Result<(), SendError<()>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().run.poll(cx).map(open)
    }
}

/// Returns an error unless the channel is open.
pub(in crate::channel) fn open(is_open: bool) -> Result<(), SendError<()>> {
    if is_open { Ok(()) } else { Err(SendError(())) }
}

impl<T> fmt::Debug for RecvReady<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvReady").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendReady<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendReady").finish_non_exhaustive()
    }
}

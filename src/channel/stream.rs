//! `Receiver` as a `Stream`, and a stream that borrows a receiver.

mod borrowed;

pub use borrowed::RecvStream;

use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use crate::channel::Receiver;
use crate::queue::{RecvManyOperation, RecvOperation};
use crate::unwind::defer;
use crate::wait::{HandleWaiter, RareWaiter, Side};

/// The state of a handle as a stream.
#[derive(Debug, Default)]
pub(crate) struct State {
    waiter: HandleWaiter,
    /// For `poll_recv_ready`.
    pub(crate) ready: RareWaiter,
    /// Set when `poll_next` has returned `None`.
    terminated: bool,
}

impl State {
    /// Deregisters the waiters of the handle.
    pub(crate) fn deregister(&mut self, side: &impl Side) {
        // Runs even if the destructor of a waker panics.
        let _ready = defer(|| self.ready.deregister(side));
        self.waiter.deregister(side);
    }
}

/// # Polling and `Stream`
impl<T> Receiver<T> {
    /// Receives the oldest message, or registers the task to be woken when there is one.
    ///
    /// Returns `Ready(None)` when [`recv`](Self::recv) returns `None`. Only the task of the last
    /// call is woken. The handle keeps its place in the queue until it has received a message. Its
    /// first wait allocates.
    ///
    /// At first a message wakes all handles that have not been woken before, and these wakes do not
    /// keep the message from other receivers. After a wake that was followed by a poll, the handle
    /// is woken as [`recv`](Self::recv) is: one receiver for each message. If it is then woken and
    /// neither polled nor dropped, it holds that one wake for 32 further notifications of
    /// receivers; after that, another receiver is woken in its place.
    ///
    /// # Cancel safety
    ///
    /// A call that returns `Pending` has received nothing, and need not be followed by another
    /// poll. The handle keeps its registration, and its place in the queue, until it has received a
    /// message or is dropped. A handle that is dropped with an unused wake wakes another receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = mpmc_std::channel(1);
    /// tx.send(7).await.unwrap();
    /// assert_eq!(poll_fn(|cx| rx.poll_recv(cx)).await, Some(7));
    /// # });
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut recv = RecvOperation::<T>::new(&self.shared.queue);
        let item = ready!(self.stream.waiter.poll(&mut recv, cx));
        self.stream.terminated = item.is_none();
        Poll::Ready(item)
    }

    /// Receives up to `limit` messages into `buffer`, at its end, or registers the task to be woken
    /// when there is a message. Returns `Ready` with the number of messages received, which is 0
    /// only when [`recv_many`](Self::recv_many) returns 0. It waits and is woken as
    /// [`poll_recv`](Self::poll_recv).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`poll_recv`](Self::poll_recv): a call that returns `Pending` has received
    /// nothing, and `buffer` is unchanged.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = mpmc_std::channel(4);
    /// tx.send_many([1, 2, 3]).await.unwrap();
    /// let mut buffer = Vec::new();
    /// assert_eq!(poll_fn(|cx| rx.poll_recv_many(cx, &mut buffer, 8)).await, 3);
    /// assert_eq!(buffer, [1, 2, 3]);
    /// # });
    /// ```
    pub fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        if limit == 0 {
            return Poll::Ready(0);
        }
        let mut recv = RecvManyOperation::<T>::new(&self.shared.queue, buffer, limit);
        let count = ready!(self.stream.waiter.poll(&mut recv, cx));
        self.stream.terminated = count == 0;
        Poll::Ready(count)
    }
}

/// Yields messages until the channel is closed and drained. Waiting handles are woken as
/// [`poll_recv`](Receiver::poll_recv) describes.
///
/// # Cancel safety
///
/// Dropping the future of `next()` before it has returned `Ready` loses no message: a message
/// leaves the channel only in the poll that returns it. The handle keeps its place in the queue.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
///
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = mpmc_std::channel(2);
/// tx.send(1).await.unwrap();
/// drop(tx);
/// assert_eq!(rx.next().await, Some(1));
/// assert_eq!(rx.next().await, None);
/// # });
/// ```
impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.poll_recv(cx)
    }

    /// Returns `(0, None)`: other receivers may take what is in the channel, and senders may send
    /// more.
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl<T> FusedStream for Receiver<T> {
    /// Returns whether this handle's stream has ended with `None`.
    fn is_terminated(&self) -> bool {
        self.stream.terminated
    }
}

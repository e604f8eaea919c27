//! A stream that borrows its receiver.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use crate::channel::Receiver;
use crate::queue::RecvOperation;
use crate::wait::HandleWaiter;

/// # Streams
impl<T> Receiver<T> {
    /// Returns a stream that borrows this receiver. It yields messages until the channel is closed
    /// and every message has been received.
    ///
    /// The receiver itself is a stream too, but polling it needs a mutable receiver. Several
    /// streams of one receiver can be used at a time; each message goes to one of them. Each stream
    /// is a waiter of its own, and loses its place in the queue when it is dropped. The first wait
    /// of each stream allocates.
    ///
    /// # Cancel safety
    ///
    /// Dropping the stream or the future of `next()` loses no message.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::StreamExt;
    ///
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.send_many([1, 2]).await.unwrap();
    /// drop(tx);
    ///
    /// let doubled = rx.stream().map(|number| 2 * number);
    /// assert_eq!(doubled.collect::<Vec<_>>().await, [2, 4]);
    /// assert!(rx.is_closed()); // the receiver is still there
    /// # });
    /// ```
    #[doc(alias = "into_stream")]
    pub fn stream(&self) -> RecvStream<'_, T> {
        RecvStream {
            receiver: self,
            waiter: HandleWaiter::default(),
            terminated: false,
        }
    }
}

/// A stream of messages that borrows its receiver, from [`Receiver::stream`].
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use mpmc_std::RecvStream;
///
/// async fn sum(mut numbers: RecvStream<'_, u32>) -> u32 {
///     let mut sum = 0;
///     while let Some(number) = numbers.next().await {
///         sum += number;
///     }
///     sum
/// }
///
/// # futures::executor::block_on(async {
/// let (tx, rx) = mpmc_std::channel(2);
/// tx.send_many([1, 2]).await.unwrap();
/// drop(tx);
/// assert_eq!(sum(rx.stream()).await, 3);
/// # });
/// ```
#[must_use = "streams do nothing unless they are polled"]
pub struct RecvStream<'a, T> {
    receiver: &'a Receiver<T>,
    waiter: HandleWaiter,
    /// Set when `poll_next` has returned `None`.
    terminated: bool,
}

impl<T> Stream for RecvStream<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut recv = RecvOperation::<T>::new(&self.receiver.shared.queue);
        let item = ready!(self.waiter.poll(&mut recv, cx));
        self.terminated = item.is_none();
        Poll::Ready(item)
    }
}

impl<T> FusedStream for RecvStream<'_, T> {
    /// Returns whether this stream has ended with `None`.
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl<T> Drop for RecvStream<'_, T> {
    fn drop(&mut self) {
        self.waiter
            .deregister(&self.receiver.shared.queue.receivers_side());
    }
}

impl<T> fmt::Debug for RecvStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvStream")
            .field("receiver", self.receiver)
            .field("terminated", &self.terminated)
            .finish_non_exhaustive()
    }
}

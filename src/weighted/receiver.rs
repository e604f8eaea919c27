use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::Recv;
use super::message::Weighed;
use crate::error::TryRecvError;
use crate::sync::Arc;
use crate::unwind::defer;
use crate::wait::Semaphore;

/// The receiving side of a [weighted channel](super::channel()).
///
/// Clone it for every task that receives; each message goes to one of them. It is also a
/// [`Stream`](futures_core::Stream). Receiving gives the message's weight back.
pub struct Receiver<T> {
    // Dropped before the semaphore (M1).
    pub(super) plain: crate::Receiver<Weighed<T>>,
    semaphore: Arc<ClosedWhenDropped>,
}

/// The semaphore as the receivers share it: it is closed when the last of them is dropped, so that
/// no sender waits for weight any more.
struct ClosedWhenDropped(Arc<Semaphore>);

impl Drop for ClosedWhenDropped {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T> Receiver<T> {
    pub(super) fn new(plain: crate::Receiver<Weighed<T>>, semaphore: Arc<Semaphore>) -> Self {
        Self {
            plain,
            semaphore: Arc::new(ClosedWhenDropped(semaphore)),
        }
    }

    fn semaphore(&self) -> &Semaphore {
        &self.semaphore.0
    }

    /// Receives the oldest message, waiting while the channel is empty. Returns `None` when the
    /// channel is closed and everything that was sent, outstanding permits included, has been
    /// received. Waits and is woken as [`recv`](crate::Receiver::recv) of the plain channel.
    ///
    /// Two atomic read-modify-writes when there is a message, and the lock of the senders' queue if
    /// one of them waits for weight; no allocation. All senders for which the weight is enough have
    /// been woken when this returns `Ready`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been received. If it had
    /// been woken for a message, another waiting receiver is woken instead. Its place is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.send("hello").await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(self.plain.recv())
    }

    /// Receives the oldest message if there is one, as [`try_recv`](crate::Receiver::try_recv) of
    /// the plain channel. Costs as much as [`recv`](Self::recv).
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if there is no message yet, [`TryRecvError::Disconnected`] if there
    /// will never be one.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TryRecvError;
    ///
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(rx.try_recv(), Ok("hello"));
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.plain.try_recv().map(Weighed::into_value)
    }

    /// Receives the oldest message, or registers the task to be woken when there is one, as
    /// [`poll_recv`](crate::Receiver::poll_recv) of the plain channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = mpmc_std::weighted::channel(1, 100);
    /// tx.send("hello").await.unwrap();
    /// assert_eq!(poll_fn(|cx| rx.poll_recv(cx)).await, Some("hello"));
    /// # });
    /// ```
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let message = ready!(self.plain.poll_recv(cx));
        Poll::Ready(message.map(Weighed::into_value))
    }

    /// Closes the channel for all its senders, without dropping this receiver. What was sent
    /// before, and what is still sent on permits reserved before, can be received; then receivers
    /// get `None`. Senders that wait, for weight or for a slot, fail with their messages.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.send("hello").await.unwrap();
    /// rx.close();
    /// assert!(tx.send("late").await.is_err());
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    pub fn close(&self) {
        // Also runs if a waker panics.
        let _waiting = defer(|| self.semaphore().close());
        self.plain.close();
    }

    /// Returns whether the channel is closed. There may still be messages to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel::<String>(2, 100);
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.plain.is_closed()
    }

    /// Returns the weight in use: by the messages in the channel, by permits, and by senders that
    /// wait for a slot or were granted their weight just now.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(rx.weight(), 5);
    /// ```
    pub fn weight(&self) -> usize {
        self.max_weight() - self.available_weight()
    }

    /// Returns the available weight. While senders wait for weight, it is reserved for them.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(rx.available_weight(), 95);
    /// ```
    pub fn available_weight(&self) -> usize {
        self.semaphore().available()
    }

    /// Returns the maximum weight that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::weighted::channel::<String>(2, 100);
    /// assert_eq!(rx.max_weight(), 100);
    /// ```
    pub fn max_weight(&self) -> usize {
        self.semaphore().total()
    }

    /// Returns the number of messages in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.plain.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::weighted::channel::<String>(2, 100);
    /// assert!(rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Returns the number of free slots. Permits count as used.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(rx.capacity(), 1);
    /// ```
    pub fn capacity(&self) -> usize {
        self.plain.capacity()
    }

    /// Returns the capacity that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::weighted::channel::<String>(2, 100);
    /// assert_eq!(rx.max_capacity(), 2);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.plain.max_capacity()
    }

    /// Returns whether both handles receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, a) = mpmc_std::weighted::channel::<String>(1, 100);
    /// let (_tx, b) = mpmc_std::weighted::channel::<String>(1, 100);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.plain.same_channel(&other.plain)
    }
}

/// Yields messages until the channel is closed and drained, as the plain channel's
/// [`Receiver`](crate::Receiver) does.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
///
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = mpmc_std::weighted::channel(2, 100);
/// tx.send("hello").await.unwrap();
/// drop(tx);
/// assert_eq!(rx.next().await, Some("hello"));
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
        self.plain.size_hint()
    }
}

impl<T> FusedStream for Receiver<T> {
    /// Returns whether this handle's stream has ended with `None`.
    fn is_terminated(&self) -> bool {
        self.plain.is_terminated()
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self {
            plain: self.plain.clone(),
            semaphore: Arc::clone(&self.semaphore),
        }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("weight", &self.weight())
            .field("max_weight", &self.max_weight())
            .field("channel", &self.plain.shared)
            .finish_non_exhaustive()
    }
}

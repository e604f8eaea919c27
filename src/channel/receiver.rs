use core::fmt;

use super::future::Recv;
use super::stream;
use super::{Shared, WeakReceiver};
use crate::error::TryRecvError;
use crate::queue::RetryPolicy;
use crate::ring::ClaimError;
use crate::sync::Arc;
use crate::unwind::defer;

/// The receiving side of a [`channel`](crate::channel()).
///
/// Clone it for every task that receives; each message goes to one of them. All methods but those named
/// `poll_…` take `&self`. It is also a [`Stream`](futures_core::Stream).
#[doc(alias = "AsyncReceiver")]
#[doc(alias = "ReceiverStream")]
pub struct Receiver<T> {
    pub(crate) shared: Arc<Shared<T>>,
    pub(crate) stream: stream::State,
}

impl<T> Receiver<T> {
    /// A handle that is counted already.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            stream: stream::State::default(),
        }
    }

    /// Receives the oldest message, waiting while the channel is empty. `None` when the channel is
    /// closed and everything that was sent, outstanding permits included, has been received. Woken
    /// by a message and by closing. Each message wakes one waiting receiver; one that loses the
    /// race for it keeps its place, and loses at most 4.
    ///
    /// One atomic read-modify-write when there is a message; no allocation.
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
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.send(1).await.unwrap();
    /// assert_eq!(rx.recv().await, Some(1));
    /// drop(tx);
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    #[doc(alias = "recv_async")]
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(&self.shared.queue)
    }

    /// Receives the oldest message if there is one. One atomic read-modify-write.
    ///
    /// A sender that is suspended in the middle of sending the oldest message makes this wait for
    /// it, spinning, then yielding the thread, and in the end sleeping between attempts; the
    /// channel is not reported empty because of it.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if there is no message yet, [`TryRecvError::Disconnected`] if there
    /// will never be one. It is also `Empty` while what is there is reserved for a waiting receiver
    /// that has lost 4 races in a row. If that receiver is not polled, 256 attempts and 100 µs
    /// (without a clock, the attempts alone) end the reservation.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TryRecvError;
    ///
    /// let (tx, rx) = mpmc_std::channel(2);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    #[inline]
    #[doc(alias = "try_next")]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.shared
            .queue
            .try_recv(RetryPolicy::Yield)
            .map_err(refused)
    }

    /// Closes the channel for all its senders, without dropping this receiver. What was sent before, and
    /// what is still sent on permits reserved before, can be received; then comes `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.send(1).await.unwrap();
    /// rx.close();
    /// assert!(tx.send(2).await.is_err());
    /// assert_eq!(rx.recv().await, Some(1));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    pub fn close(&self) {
        self.shared.close();
    }

    /// Whether the channel is closed: by [`close`](Self::close) through any receiver, by
    /// `Sender::close_channel`, or because all senders are gone. There may still be messages to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(2);
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// ```
    #[doc(alias = "is_disconnected")]
    #[doc(alias = "is_terminated")]
    pub fn is_closed(&self) -> bool {
        self.shared.queue.is_closed()
    }

    /// Returns the number of messages in the channel, those included that are reserved for waiting
    /// receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.queue.len()
    }

    /// Whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(2);
    /// assert!(rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shared.queue.is_empty()
    }

    /// Returns whether a message sent now would find no free capacity, which is `capacity() == 0`:
    /// permits, and slots that are reserved for waiting senders, count as taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert!(!rx.is_full());
    /// tx.try_send(1).unwrap();
    /// assert!(rx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.shared.queue.is_full()
    }

    /// Returns how many messages can be sent now before the channel is full: its maximum less the
    /// messages in it, the permits outstanding, and the slots that are reserved for waiting
    /// senders. 0 if these are more than the maximum, because it was lowered.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.capacity(), 1);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.queue.free_capacity()
    }

    /// Returns how many messages and permits the channel holds when full: the capacity that it was
    /// created with, or that [`set_capacity`](Self::set_capacity) has set since.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(2);
    /// assert_eq!(rx.max_capacity(), 2);
    /// ```
    #[doc(alias = "capacity")]
    pub fn max_capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// Whether both receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, a) = mpmc_std::channel::<u8>(1);
    /// let (_tx, b) = mpmc_std::channel::<u8>(1);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The number of receivers of this channel, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = rx.clone();
    /// assert_eq!(rx.strong_count(), 2);
    /// ```
    #[doc(alias = "receiver_count")]
    pub fn strong_count(&self) -> usize {
        self.shared.receivers.strong()
    }

    /// The number of weak handles on the receiving side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// assert_eq!(rx.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.receivers.weak()
    }

    /// A handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak receiver does nothing unless it is upgraded"]
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver::of(Arc::clone(&self.shared))
    }

    /// The number of senders of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = tx.clone();
    /// assert_eq!(rx.sender_strong_count(), 2);
    /// ```
    #[doc(alias = "sender_count")]
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// The number of weak handles on the sending side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert_eq!(rx.sender_weak_count(), 1);
    /// ```
    pub fn sender_weak_count(&self) -> usize {
        self.shared.senders.weak()
    }
}

/// What a refused attempt to receive means to its caller.
pub(super) fn refused(error: ClaimError) -> TryRecvError {
    match error {
        ClaimError::Closed => TryRecvError::Disconnected,
        _ => TryRecvError::Empty,
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.add();
        Self::new(Arc::clone(&self.shared))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let Self { shared, stream } = self;
        // Also if the destructor of the waker that is left there panics.
        let _count = defer(|| shared.drop_receiver());
        stream.leave(&shared.queue.receivers_side());
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("channel", &self.shared)
            .finish_non_exhaustive()
    }
}

use core::fmt;

use super::{Patience, Refusal, Shared};
use crate::error::{SendError, TrySendError};
use crate::queue::SendOperation;
use crate::sink;
use crate::sync::{self, Arc};

/// The sending side of a [`channel`](crate::channel()).
///
/// Clone it for every task that sends; the channel closes when the last clone is dropped. It is also a
/// [`Sink`](futures_sink::Sink), whose `poll_ready` reserves the room that `start_send` then uses.
pub struct Sender<T> {
    pub(crate) shared: Arc<Shared<T>>,
    pub(crate) sink: sink::State,
}

impl<T> Sender<T> {
    /// A handle that is counted already.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            sink: sink::State::default(),
        }
    }

    /// Sends a message, waiting while the channel is full. Woken by a receiver that takes a message, by a
    /// permit that is given back, and by closing.
    ///
    /// One atomic read-modify-write when there is room; no allocation.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent, and is
    /// dropped with the future.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.send(1).await.unwrap();
    /// assert_eq!(rx.recv().await, Some(1));
    /// drop(rx);
    /// assert_eq!(tx.send(2).await.unwrap_err().0, 2);
    /// # });
    /// ```
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.sink.is_closed() {
            return Err(SendError(value));
        }
        self.shared
            .queue
            .send_waiting(value)
            .await
            .map_err(SendError)
    }

    /// Sends a message if there is room at once. One atomic read-modify-write.
    ///
    /// A receiver that is suspended in the middle of taking a message out makes this wait for it, spinning
    /// and then yielding the thread; the channel is not reported full because of it.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message if the channel is full or closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TrySendError;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        if self.sink.is_closed() {
            return Err(TrySendError::Closed(value));
        }
        match self.shared.queue.try_send(value, Patience::Yield) {
            Ok(()) => Ok(()),
            Err((value, Refusal::Closed)) => Err(TrySendError::Closed(value)),
            Err((value, _)) => Err(TrySendError::Full(value)),
        }
    }

    /// Sends a message, blocking the thread while the channel is full. For threads outside any
    /// executor: inside a task it would keep the executor's thread from running other tasks, perhaps
    /// the very receiver that it waits for.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let thread = std::thread::spawn(move || {
    ///     tx.blocking_send(1)?;
    ///     tx.blocking_send(2)
    /// });
    /// assert_eq!(rx.blocking_recv(), Some(1));
    /// assert_eq!(rx.blocking_recv(), Some(2));
    /// thread.join().unwrap().unwrap();
    /// ```
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        if self.sink.is_closed() {
            return Err(SendError(value));
        }
        let send = SendOperation {
            queue: &self.shared.queue,
            value: Some(value),
        };
        sync::block_on(crate::gate::wait(send)).map_err(SendError)
    }

    /// Waits until the channel is closed: by [`Receiver::close`](crate::Receiver::close), or because all
    /// receivers are gone. For giving up work whose result nobody will fetch.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again at any time.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// futures::join!(tx.closed(), async { drop(rx) });
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&self) {
        self.shared.closed().await;
    }

    /// Whether the channel is closed, so that sending fails.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.sink.is_closed() || self.shared.queue.is_closed()
    }

    /// How many messages can be sent now before the channel is full: its maximum less the messages in it
    /// and the permits outstanding.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// assert_eq!(tx.capacity(), 5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.capacity(), 4);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.queue.room()
    }

    /// The capacity that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.max_capacity(), 5);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// The number of messages in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.queue.len()
    }

    /// Whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// assert!(tx.is_empty());
    /// tx.try_send(1).unwrap();
    /// assert!(!tx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty()
    }

    /// Whether both send into the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (a, _rx) = mpmc_std::channel::<u8>(1);
    /// let (b, _rx) = mpmc_std::channel::<u8>(1);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// The number of senders of this channel, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// let other = tx.clone();
    /// assert_eq!(tx.strong_count(), 2);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.shared.count(&self.shared.senders)
    }

    /// The number of receivers of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = rx.clone();
    /// assert_eq!(tx.receiver_strong_count(), 2);
    /// ```
    pub fn receiver_strong_count(&self) -> usize {
        self.shared.count(&self.shared.receivers)
    }
}

/// The clone has its own place in line: what a `Sink` reserved through one handle stays with it.
impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let sink = self.sink.for_clone();
        if !sink.is_closed() {
            Shared::<T>::add(&self.shared.senders);
        }
        Self {
            shared: Arc::clone(&self.shared),
            sink,
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.disconnect();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("channel", &self.shared)
            .finish_non_exhaustive()
    }
}

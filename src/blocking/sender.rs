use core::fmt;
use core::time::Duration;
use std::time::Instant;

use crate::channel::deadline_after;
use crate::error::{SendError, SendTimeoutError, SetCapacityError, TrySendError};

/// The sending side of a [`channel`](super::channel()), for threads.
///
/// Clone it for every thread that sends. The channel closes when the last sender is dropped;
/// senders for tasks count too. To close the channel for all senders, call
/// [`close_channel`](Self::close_channel) or [`Receiver::close`](super::Receiver::close).
#[doc(alias = "SyncSender")]
pub struct Sender<T>(pub(super) crate::Sender<T>);

/// # Sending
impl<T> Sender<T> {
    /// Sends a message, blocking the thread while the channel is full.
    ///
    /// A waiting thread is woken when a receiver takes a message, when a permit is given back, or
    /// when the channel is closed. Each free slot wakes one waiting sender. A sender that loses the
    /// race for the slot keeps its place in the queue, and loses at most 4 races in a row.
    ///
    /// Costs one atomic read-modify-write when there is free capacity. The thread's park token
    /// ([`std::thread::park`]) is not used.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(1);
    /// let thread = std::thread::spawn(move || {
    ///     tx.send(1)?;
    ///     tx.send(2)
    /// });
    /// assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.send_on_thread(value, "blocking::Sender::send")
    }

    /// Sends a message if there is free capacity now. Costs one atomic read-modify-write. Waits
    /// only for a receiver that is suspended in the middle of taking a message out; see
    /// [`crate::Sender::try_send`].
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message if the channel is full or closed. The channel also counts
    /// as full while its free capacity is reserved for a waiting sender.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{TrySendError, channel};
    ///
    /// let (tx, _rx) = channel(1);
    /// assert_eq!(tx.try_send(1), Ok(()));
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// ```
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(value)
    }

    /// Sends a message, blocking the thread for at most `timeout` while the channel is full. It
    /// waits and is woken as [`send`](Self::send), and makes a last attempt when the time is up.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::blocking::{SendTimeoutError, channel};
    ///
    /// let (tx, _rx) = channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(tx.send_timeout(1, moment), Ok(()));
    /// assert_eq!(tx.send_timeout(2, moment), Err(SendTimeoutError::Timeout(2)));
    /// ```
    #[track_caller]
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let deadline = deadline_after(timeout);
        self.0
            .send_by(value, deadline, "blocking::Sender::send_timeout")
    }

    /// Sends a message, blocking the thread until `deadline` at the latest while the channel is
    /// full. If there is free capacity, the message is sent even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = mpmc_std::blocking::channel(1);
    /// assert!(tx.send_deadline(1, Instant::now()).is_ok());
    /// assert!(tx.send_deadline(2, Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.0
            .send_by(value, Some(deadline), "blocking::Sender::send_deadline")
    }
}

/// # Closing
impl<T> Sender<T> {
    /// Closes the channel for all senders, as [`Receiver::close`](super::Receiver::close) does:
    /// messages that were sent before can still be received; then receiving fails. Returns `true`
    /// if the channel was open.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::channel;
    ///
    /// let (tx, rx) = channel(2);
    /// let other = tx.clone();
    /// tx.send(1).unwrap();
    /// assert!(tx.close_channel());
    /// assert!(!other.close_channel());
    /// assert_eq!(other.send(2).unwrap_err().into_inner(), 2);
    /// assert_eq!(rx.into_iter().collect::<Vec<_>>(), [1]);
    /// ```
    #[doc(alias = "close")]
    pub fn close_channel(&self) -> bool {
        self.0.close_channel()
    }

    /// Returns whether the channel is closed, so that sending fails.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel::<u8>(1);
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Returns whether the channel is closed, as [`is_closed`](Self::is_closed) does. This is the
    /// name in `flume` and `kanal`.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel::<u8>(1);
    /// drop(rx);
    /// assert!(tx.is_disconnected());
    /// ```
    pub fn is_disconnected(&self) -> bool {
        self.is_closed()
    }
}

/// # Capacity and length
impl<T> Sender<T> {
    /// Returns the capacity of the channel, always `Some`. It is an `Option` as in
    /// `crossbeam-channel` and `flume`, which also have unbounded channels. For the free capacity,
    /// call [`as_async().capacity()`](crate::Sender::capacity).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel(5);
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.capacity(), Some(5));
    /// ```
    pub fn capacity(&self) -> Option<usize> {
        Some(self.0.max_capacity())
    }

    /// Changes the capacity of the channel, and returns the previous one; see
    /// [`mpmc_std::Sender::set_capacity`](crate::Sender::set_capacity). Raising it wakes threads
    /// that wait to send.
    ///
    /// # Errors
    ///
    /// The same as for [`mpmc_std::Sender::set_capacity`](crate::Sender::set_capacity).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(4);
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.set_capacity(1), Ok(4));
    /// assert!(tx.try_send(2).is_err());
    /// assert_eq!(rx.capacity(), Some(1));
    /// ```
    #[doc(alias = "resize")]
    pub fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        self.0.set_capacity(capacity)
    }

    /// Returns the largest capacity that [`set_capacity`](Self::set_capacity) accepts.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel::<u8>(4);
    /// tx.set_capacity(1).unwrap();
    /// assert_eq!(tx.capacity_limit(), 4);
    /// ```
    pub fn capacity_limit(&self) -> usize {
        self.0.capacity_limit()
    }

    /// Returns the number of messages in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel(5);
    /// tx.send(1).unwrap();
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel::<u8>(5);
    /// assert!(tx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether there is no free capacity: permits, and slots that are reserved for waiting
    /// senders, count as taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel(1);
    /// assert!(!tx.is_full());
    /// tx.send(1).unwrap();
    /// assert!(tx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.0.capacity() == 0
    }
}

/// # Handles
impl<T> Sender<T> {
    /// Returns whether both handles send to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel::<u8>(1);
    /// let (other, _rx) = mpmc_std::blocking::channel::<u8>(1);
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Returns the number of senders of this channel, including those for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel::<u8>(1);
    /// let other = tx.clone();
    /// assert_eq!(tx.sender_count(), 2);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.0.strong_count()
    }

    /// Returns the number of receivers of this channel, including those for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel::<u8>(1);
    /// assert_eq!(tx.receiver_count(), 1);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.0.receiver_strong_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

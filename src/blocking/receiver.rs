use core::fmt;
use core::time::Duration;
use std::time::Instant;

use crate::channel::deadline_after;
use crate::error::{RecvError, RecvTimeoutError, SetCapacityError, TryRecvError};

/// The receiving side of a [`channel`](super::channel()), for threads.
///
/// Clone it for every thread that receives; each message goes to one of them. When the last
/// receiver is dropped (receivers for tasks count too), the messages in the channel are dropped and
/// sending fails.
pub struct Receiver<T>(pub(super) crate::Receiver<T>);

/// # Receiving
impl<T> Receiver<T> {
    /// Receives the oldest message, blocking the thread while the channel is empty.
    ///
    /// A waiting thread is woken when a message is sent or the channel is closed. Each message
    /// wakes one waiting receiver. A receiver that loses the race for the message keeps its place
    /// in the queue, and loses at most 4 races in a row.
    ///
    /// Costs one atomic read-modify-write when there is a message. The thread's park token
    /// ([`std::thread::park`]) is not used.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the channel is closed and every message has been received.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{RecvError, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let thread = std::thread::spawn(move || (rx.recv(), rx.recv()));
    /// tx.send(7).unwrap();
    /// drop(tx);
    /// assert_eq!(thread.join().unwrap(), (Ok(7), Err(RecvError)));
    /// ```
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.0
            .recv_on_thread("blocking::Receiver::recv")
            .ok_or(RecvError)
    }

    /// Receives the oldest message if there is one now. Costs one atomic read-modify-write. Waits
    /// only for a sender that is suspended in the middle of sending; see
    /// [`crate::Receiver::try_recv`].
    ///
    /// # Errors
    ///
    /// [`TryRecvError`] if there is no message yet, or will never be one. The channel also counts
    /// as empty while its messages are reserved for a waiting receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{TryRecvError, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    /// Receives the oldest message, blocking the thread for at most `timeout` while the channel is
    /// empty. It waits and is woken as [`recv`](Self::recv), and makes a last attempt when the time
    /// is up.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and every message has been
    /// received.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::blocking::{RecvTimeoutError, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.send(7).unwrap();
    /// assert_eq!(rx.recv_timeout(moment), Ok(7));
    /// ```
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.0
            .recv_by(deadline_after(timeout), "blocking::Receiver::recv_timeout")
    }

    /// Receives the oldest message, blocking the thread until `deadline` at the latest while the
    /// channel is empty. If there is a message, it is received even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and every message has been
    /// received.
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
    /// let (tx, rx) = mpmc_std::blocking::channel(1);
    /// assert!(rx.recv_deadline(Instant::now()).is_err());
    /// tx.send(7).unwrap();
    /// assert_eq!(rx.recv_deadline(Instant::now()), Ok(7));
    /// ```
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.0
            .recv_by(Some(deadline), "blocking::Receiver::recv_deadline")
    }
}

/// # Closing
impl<T> Receiver<T> {
    /// Closes the channel for all senders, without dropping this receiver. Messages that were sent
    /// before can still be received; then receiving fails.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{RecvError, channel};
    ///
    /// let (tx, rx) = channel(2);
    /// tx.send(1).unwrap();
    /// rx.close();
    /// assert_eq!(tx.send(2).unwrap_err().into_inner(), 2);
    /// assert_eq!((rx.recv(), rx.recv()), (Ok(1), Err(RecvError)));
    /// ```
    pub fn close(&self) {
        self.0.close();
    }

    /// Returns whether the channel is closed: by [`close`](Self::close) through any receiver, by
    /// [`Sender::close_channel`](super::Sender::close_channel), or because all senders are gone.
    /// There may still be messages to receive.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel::<u8>(2);
    /// assert!(!rx.is_closed());
    /// drop(tx);
    /// assert!(rx.is_closed());
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
    /// let (tx, rx) = mpmc_std::blocking::channel::<u8>(2);
    /// drop(tx);
    /// assert!(rx.is_disconnected());
    /// ```
    pub fn is_disconnected(&self) -> bool {
        self.is_closed()
    }
}

/// # Capacity and length
impl<T> Receiver<T> {
    /// Returns the capacity of the channel, always `Some`. It is an `Option` as in
    /// `crossbeam-channel` and `flume`, which also have unbounded channels.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel::<u8>(5);
    /// assert_eq!(rx.capacity(), Some(5));
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
    /// assert_eq!(rx.set_capacity(1), Ok(4));
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
    /// assert_eq!(rx.capacity_limit(), 4);
    /// ```
    pub fn capacity_limit(&self) -> usize {
        self.0.capacity_limit()
    }

    /// Returns the number of messages in the channel, including those that are reserved for waiting
    /// receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(5);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel::<u8>(5);
    /// assert!(rx.is_empty());
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
    /// let (tx, rx) = mpmc_std::blocking::channel(1);
    /// tx.send(1).unwrap();
    /// assert!(rx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.0.capacity() == 0
    }
}

/// # Handles
impl<T> Receiver<T> {
    /// Returns whether both handles receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel::<u8>(1);
    /// let (_tx, other) = mpmc_std::blocking::channel::<u8>(1);
    /// assert!(rx.same_channel(&rx.clone()));
    /// assert!(!rx.same_channel(&other));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Returns the number of senders of this channel, including those for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel::<u8>(1);
    /// assert_eq!(rx.sender_count(), 1);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.0.sender_strong_count()
    }

    /// Returns the number of receivers of this channel, including those for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel::<u8>(1);
    /// let other = rx.clone();
    /// assert_eq!(rx.receiver_count(), 2);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.0.strong_count()
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

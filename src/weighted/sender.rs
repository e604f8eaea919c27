use core::fmt;

use super::message::Weighed;
use super::{Permit, Reserve, Send, TrySendError, Weight};
use crate::error;
use crate::sync::Arc;
use crate::unwind::defer;
use crate::wait::{Semaphore, Units};

/// The sending side of a [weighted channel](super::channel()).
///
/// Clone it for every task that sends; the channel closes when the last clone is dropped.
pub struct Sender<T> {
    // Dropped before the semaphore (M1).
    pub(super) plain: crate::Sender<Weighed<T>>,
    pub(super) semaphore: Arc<Semaphore>,
}

impl<T> Sender<T> {
    pub(super) fn new(plain: crate::Sender<Weighed<T>>, semaphore: Arc<Semaphore>) -> Self {
        Self { plain, semaphore }
    }

    /// Sends a message that knows its weight, waiting while there is too little weight or no slot.
    ///
    /// Waits for weight first, behind all senders that wait already, and is woken when it has been
    /// granted; then for a slot, as [`send`](crate::Sender::send) of the plain channel. Woken by a
    /// receiver that takes a message, by a permit that is given back, by a sender that is canceled,
    /// and by closing.
    ///
    /// Two atomic read-modify-writes when both are available; no allocation.
    ///
    /// # Errors
    ///
    /// [`SendError`](super::SendError) with the message: `Closed`, or `TooHeavy` if it is heavier
    /// than [`max_weight`](Self::max_weight).
    ///
    /// # Panics
    ///
    /// If [`Weight::weight`] panics, which is called here, not when the future is polled.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent, and is
    /// dropped with the future. Weight that it had been granted is given back, and other
    /// senders are woken for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 1024);
    /// tx.send(b"hello".to_vec()).await.unwrap();
    /// assert_eq!(tx.weight(), 5);
    /// assert_eq!(rx.recv().await.unwrap(), b"hello");
    /// assert!(tx.send(vec![0; 1025]).await.unwrap_err().is_too_heavy());
    /// # });
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Send<'_, T>
    where
        T: Weight,
    {
        let weight = value.weight();
        self.send_with_weight(value, weight)
    }

    /// Sends a message of a given weight, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 1024);
    /// let rows = vec!["a", "b", "c"];
    /// let weight = rows.len();
    /// tx.send_with_weight(rows, weight).await.unwrap();
    /// assert_eq!(rx.weight(), 3);
    /// # });
    /// ```
    #[inline]
    pub fn send_with_weight(&self, value: T, weight: usize) -> Send<'_, T> {
        Send::new(self, value, weight)
    }

    /// Sends a message that knows its weight, if there is enough weight and a slot now. Two atomic
    /// read-modify-writes.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message. It is also `Full` while other senders wait for weight,
    /// because they are served first. It may be `Full` while another sender holds its weight for a
    /// moment, before it finds no slot. Otherwise as [`try_send`](crate::Sender::try_send) of the
    /// plain channel.
    ///
    /// # Panics
    ///
    /// If [`Weight::weight`] panics.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::weighted::{self, TrySendError};
    ///
    /// let (tx, rx) = weighted::channel(8, 6);
    /// assert_eq!(tx.try_send("hello"), Ok(()));
    /// assert_eq!(tx.try_send("world"), Err(TrySendError::Full("world")));
    /// assert_eq!(tx.try_send("!"), Ok(()));
    /// assert_eq!(tx.try_send(""), Ok(()));
    /// # drop(rx);
    /// ```
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>>
    where
        T: Weight,
    {
        let weight = value.weight();
        self.try_send_with_weight(value, weight)
    }

    /// Sends a message of a given weight, as [`try_send`](Self::try_send).
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 1024);
    /// tx.try_send_with_weight(7, 1000).unwrap();
    /// assert!(tx.try_send_with_weight(8, 25).unwrap_err().is_full());
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// ```
    #[inline]
    pub fn try_send_with_weight(&self, value: T, weight: usize) -> Result<(), TrySendError<T>> {
        let units = match self.try_acquire(weight) {
            Ok(units) => units,
            Err(error) => return Err(error.with(value)),
        };
        // SAFETY: M1: the message is sent through a handle of the channel, or taken apart below.
        let message = unsafe { Weighed::new(value, units) };
        self.plain.try_send(message).map_err(|error| match error {
            error::TrySendError::Full(message) => TrySendError::Full(message.into_value()),
            error::TrySendError::Closed(message) => TrySendError::Closed(message.into_value()),
        })
    }

    /// Takes weight, if there is enough and no sender waits for weight.
    #[inline]
    fn try_acquire(&self, weight: usize) -> Result<Units<'_>, TrySendError<()>> {
        match self.semaphore.try_acquire(weight) {
            Some(units) => Ok(units),
            None => Err(self.explain_full(weight)),
        }
    }

    #[cold]
    fn explain_full(&self, weight: usize) -> TrySendError<()> {
        if weight > self.semaphore.total() {
            TrySendError::TooHeavy(())
        } else if self.plain.is_closed() {
            TrySendError::Closed(())
        } else {
            TrySendError::Full(())
        }
    }

    /// Waits for `weight` and for a slot, and reserves both for one message. Waits and is woken as
    /// [`send`](Self::send).
    ///
    /// For a message that does not exist yet, reserve the maximum that it may weigh. The weight
    /// that it does not need is given back when it is sent.
    ///
    /// # Errors
    ///
    /// [`SendError`](super::SendError): `Closed`, or `TooHeavy` if `weight` is more than
    /// [`max_weight`](Self::max_weight).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been reserved.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 1024);
    /// let permit = tx.reserve(100).await.unwrap(); // at most that much is read
    /// assert_eq!(tx.available_weight(), 924);
    /// permit.send("what was read").unwrap();
    /// assert_eq!(tx.weight(), 13);
    /// assert_eq!(rx.recv().await, Some("what was read"));
    /// # });
    /// ```
    pub fn reserve(&self, weight: usize) -> Reserve<'_, T> {
        Reserve::new(self, weight)
    }

    /// Reserves `weight` and a slot for one message if both are available now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`], as for [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::weighted::{self, TrySendError};
    ///
    /// let (tx, _rx) = weighted::channel::<String>(8, 10);
    /// let permit = tx.try_reserve(6).unwrap();
    /// assert_eq!(tx.try_reserve(6).unwrap_err(), TrySendError::Full(()));
    /// drop(permit);
    /// assert!(tx.try_reserve(6).is_ok());
    /// ```
    pub fn try_reserve(&self, weight: usize) -> Result<Permit<'_, T>, TrySendError<()>> {
        let units = self.try_acquire(weight)?;
        match self.plain.try_reserve() {
            Ok(slot) => Ok(Permit::new(slot, units)),
            Err(error::TrySendError::Full(())) => Err(TrySendError::Full(())),
            Err(error::TrySendError::Closed(())) => Err(TrySendError::Closed(())),
        }
    }

    /// Waits until the channel is closed, or all receivers are gone.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again at any time. All tasks that wait are woken.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::weighted::channel::<String>(1, 100);
    /// futures::join!(tx.closed(), async { drop(rx) });
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&self) {
        self.plain.closed().await;
    }

    /// Closes the channel for all handles, as [`Receiver::close`](super::Receiver::close) does.
    /// Returns `true` if the channel was open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel::<String>(1, 100);
    /// assert!(tx.close_channel());
    /// assert!(rx.is_closed());
    /// ```
    pub fn close_channel(&self) -> bool {
        // Also runs if a waker panics.
        let _waiting = defer(|| self.semaphore.close());
        self.plain.close_channel()
    }

    /// Returns whether the channel is closed, so that sending fails.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel::<String>(1, 100);
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
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
    /// let (tx, _rx) = mpmc_std::weighted::channel(8, 100);
    /// tx.try_send("hello").unwrap();
    /// let permit = tx.try_reserve(50).unwrap();
    /// assert_eq!(tx.weight(), 55);
    /// # drop(permit);
    /// ```
    pub fn weight(&self) -> usize {
        self.max_weight() - self.available_weight()
    }

    /// Returns the available weight. While senders wait for weight, it is reserved for them.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel(8, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(tx.available_weight(), 95);
    /// ```
    pub fn available_weight(&self) -> usize {
        self.semaphore.available()
    }

    /// Returns the maximum weight that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel::<String>(8, 100);
    /// assert_eq!(tx.max_weight(), 100);
    /// ```
    pub fn max_weight(&self) -> usize {
        self.semaphore.total()
    }

    /// Returns the number of free slots. Permits count as used.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel(8, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(tx.capacity(), 7);
    /// ```
    pub fn capacity(&self) -> usize {
        self.plain.capacity()
    }

    /// Returns the capacity that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel::<String>(8, 100);
    /// assert_eq!(tx.max_capacity(), 8);
    /// ```
    pub fn max_capacity(&self) -> usize {
        self.plain.max_capacity()
    }

    /// Returns the number of messages in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel(8, 100);
    /// tx.try_send("hello").unwrap();
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.plain.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel::<String>(8, 100);
    /// assert!(tx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    /// Returns whether both handles send into the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (a, _rx) = mpmc_std::weighted::channel::<String>(1, 100);
    /// let (b, _rx) = mpmc_std::weighted::channel::<String>(1, 100);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.plain.same_channel(&other.plain)
    }
}

impl TrySendError<()> {
    /// Converts to the same error with a message.
    #[cold]
    fn with<T>(self, value: T) -> TrySendError<T> {
        match self {
            Self::Full(()) => TrySendError::Full(value),
            Self::Closed(()) => TrySendError::Closed(value),
            Self::TooHeavy(()) => TrySendError::TooHeavy(value),
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            plain: self.plain.clone(),
            semaphore: Arc::clone(&self.semaphore),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("weight", &self.weight())
            .field("max_weight", &self.max_weight())
            .field("channel", &self.plain.shared)
            .finish_non_exhaustive()
    }
}

//! Messages with their positions.

use alloc::vec::Vec;
use core::ops::Range;

use super::future::{RecvWithPosition, SendWithPosition};
use super::{Receiver, Sender};
use crate::error::{SendError, TryRecvError, TrySendError};
use crate::queue::{RecvManyOperation, RetryPolicy, WithPosition};
#[cfg(feature = "std")]
use crate::queue::{RecvOperation, SendOperation};
#[cfg(feature = "std")]
use crate::wait;
use crate::wait::Run;

/// # Positions
///
/// The first message of a channel has the position 0, the next one 1, and so on, in the order in
/// which messages leave the channel. No position is skipped, and messages of batches and permits
/// count like others. So several workers know the order of their messages, and a collector behind
/// them can put results back in that order. A message that `force_send` takes out has used its
/// position.
///
/// The position costs one multiplication, since the operation that takes the message already has
/// it. Positions begin again at 0 after 2^44 messages (2^43 if the capacity is just above a power
/// of two), like the counts in [`Stats`](crate::Stats).
impl<T> Receiver<T> {
    /// Receives the oldest message with its position. Otherwise the same as [`recv`](Self::recv).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, nothing has been received. If the
    /// task had been woken for a message, another waiting receiver is woken instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let worker = rx.clone();
    /// tx.send_many(["a", "b"]).await.unwrap();
    /// drop(tx);
    /// assert_eq!(rx.recv_with_position().await, Some((0, "a")));
    /// assert_eq!(worker.recv_with_position().await, Some((1, "b")));
    /// assert_eq!(rx.recv_with_position().await, None);
    /// # });
    /// ```
    pub fn recv_with_position(&self) -> RecvWithPosition<'_, T> {
        RecvWithPosition::new(&self.shared.queue)
    }

    /// Receives the oldest message with its position if there is one now. Otherwise the same as
    /// [`try_recv`](Self::try_recv).
    ///
    /// # Errors
    ///
    /// The same as for [`try_recv`](Self::try_recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TryRecvError;
    ///
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.try_send("a").unwrap();
    /// assert_eq!(rx.try_recv_with_position(), Ok((0, "a")));
    /// assert_eq!(rx.try_recv_with_position(), Err(TryRecvError::Empty));
    /// ```
    pub fn try_recv_with_position(&self) -> Result<(u64, T), TryRecvError> {
        let received = self
            .shared
            .queue
            .try_recv::<WithPosition>(RetryPolicy::Yield);
        received.map_err(super::receiver::try_recv_error)
    }

    /// Receives the oldest message with its position, blocking the thread while the channel is
    /// empty. Otherwise the same as [`blocking_recv`](Self::blocking_recv).
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let thread = std::thread::spawn(move || rx.blocking_recv_with_position());
    /// tx.blocking_send("a").unwrap();
    /// assert_eq!(thread.join().unwrap(), Some((0, "a")));
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn blocking_recv_with_position(&self) -> Option<(u64, T)> {
        let recv = RecvOperation::<T, WithPosition>::new(&self.shared.queue);
        wait::block_forever(recv, "blocking_recv_with_position")
    }

    /// Receives up to `limit` messages into `buffer`, at its end, and returns their positions,
    /// which are consecutive. The range is empty only if `limit` is 0, or if the channel is closed
    /// and every message has been received. Otherwise the same as [`recv_many`](Self::recv_many).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, nothing has been received.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(8);
    /// tx.send_many(["a", "b", "c"]).await.unwrap();
    ///
    /// let mut buffer = Vec::new();
    /// assert_eq!(rx.recv_many_with_position(&mut buffer, 2).await, 0..2);
    /// assert_eq!(rx.recv_many_with_position(&mut buffer, 2).await, 2..3);
    /// assert_eq!(buffer, ["a", "b", "c"]);
    /// # });
    /// ```
    pub async fn recv_many_with_position(&self, buffer: &mut Vec<T>, limit: usize) -> Range<u64> {
        if limit == 0 {
            return 0..0;
        }
        let queue = &self.shared.queue;
        Run::new(RecvManyOperation::<T, WithPosition>::new(
            queue, buffer, limit,
        ))
        .await
    }

    /// Receives up to `limit` messages into `buffer`, at its end, if there are any now, and returns
    /// their positions, which are consecutive. Otherwise the same as
    /// [`try_recv_many`](Self::try_recv_many).
    ///
    /// # Errors
    ///
    /// The same as for [`try_recv`](Self::try_recv).
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(8);
    /// tx.try_send_many(["a", "b", "c"]).unwrap();
    /// let mut buffer = Vec::new();
    /// let positions = rx.try_recv_many_with_position(&mut buffer, 8).unwrap();
    /// assert!(positions.zip(buffer).eq([(0, "a"), (1, "b"), (2, "c")]));
    /// ```
    pub fn try_recv_many_with_position(
        &self,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Result<Range<u64>, TryRecvError> {
        if limit == 0 {
            return Ok(0..0);
        }
        let received =
            self.shared
                .queue
                .try_recv_many::<WithPosition>(buffer, limit, RetryPolicy::Yield);
        received.map_err(super::receiver::try_recv_error)
    }
}

/// # Positions
///
/// A sender can learn the position of its own message. See [`Receiver`] for what a position is.
impl<T> Sender<T> {
    /// Sends a message, and returns its position. Otherwise the same as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, the message has not been sent, and
    /// is dropped with the future. If the task had been woken for a slot, another waiting sender is
    /// woken instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// assert_eq!(tx.send_with_position("a").await, Ok(0));
    /// assert_eq!(tx.send_with_position("b").await, Ok(1));
    /// assert_eq!(rx.recv_with_position().await, Some((0, "a")));
    /// # });
    /// ```
    pub fn send_with_position(&self, value: T) -> SendWithPosition<'_, T> {
        match self.check_open(value) {
            Ok(value) => SendWithPosition::new(&self.shared.queue, value),
            Err(SendError(value)) => SendWithPosition::closed(&self.shared.queue, value),
        }
    }

    /// Sends a message if there is free capacity now, and returns its position. Otherwise the same
    /// as [`try_send`](Self::try_send).
    ///
    /// # Errors
    ///
    /// The same as for [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TrySendError;
    ///
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// assert_eq!(tx.try_send_with_position("a"), Ok(0));
    /// assert_eq!(tx.try_send_with_position("b"), Err(TrySendError::Full("b")));
    /// ```
    pub fn try_send_with_position(&self, value: T) -> Result<u64, TrySendError<T>> {
        let value = self.check_open(value)?;
        let sent = self
            .shared
            .queue
            .try_send::<WithPosition>(value, RetryPolicy::Yield);
        sent.map_err(super::sender::try_send_error)
    }

    /// Sends a message, blocking the thread while the channel is full, and returns its position.
    /// Otherwise the same as [`blocking_send`](Self::blocking_send).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert_eq!(tx.blocking_send_with_position("a"), Ok(0));
    /// # drop(rx);
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn blocking_send_with_position(&self, value: T) -> Result<u64, SendError<T>> {
        let value = self.check_open(value)?;
        let send = SendOperation::<T, WithPosition>::new(&self.shared.queue, value);
        wait::block_forever(send, "blocking_send_with_position").map_err(SendError)
    }
}

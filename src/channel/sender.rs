use core::fmt;

use super::Shared;
use super::future::Send;
use super::sink;
use crate::error::{SendError, TrySendError};
use crate::queue::{NoPosition, RetryPolicy};
use crate::ring::ClaimError;
use crate::sync::Arc;
use crate::wait::Observer;

/// The sending side of a [`channel`](crate::channel()).
///
/// Clone it for every task that sends; the channel closes when the last clone is dropped. It is
/// also a [`Sink`](futures_sink::Sink): `poll_ready` reserves the capacity that `start_send` then
/// uses.
///
/// [`close`](Self::close) closes this handle, as dropping it would; other senders can still send.
/// [`close_channel`](Self::close_channel) closes the channel for all senders, as
/// [`Receiver::close`](crate::Receiver::close) does.
#[doc(alias = "AsyncSender")]
#[doc(alias = "PollSender")]
#[doc(alias = "SendSink")]
pub struct Sender<T> {
    pub(crate) shared: Arc<Shared<T>>,
    pub(crate) sink: sink::State,
    /// For [`poll_closed`](Self::poll_closed).
    pub(crate) closed: Observer,
}

/// # Sending
impl<T> Sender<T> {
    /// Sends a message, waiting while the channel is full.
    ///
    /// Nothing is sent before the future is awaited: `let _ = tx.send(message);` compiles without a
    /// warning of the compiler and sends nothing (clippy's `let_underscore_future` finds it).
    ///
    /// A waiting sender is woken when a receiver takes a message, when a permit is given back, or
    /// when the channel is closed. Each free slot wakes one waiting sender. A sender that loses the
    /// race for the slot keeps its place in the queue, and loses at most 4 races in a row.
    ///
    /// Costs one atomic read-modify-write when there is free capacity. The first send of a channel
    /// may allocate its slots; no other send allocates.
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
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.send(1).await.unwrap();
    /// assert_eq!(rx.recv().await, Some(1));
    /// drop(rx);
    /// assert_eq!(tx.send(2).await.unwrap_err().0, 2);
    /// # });
    /// ```
    #[doc(alias = "send_async")]
    #[inline]
    pub fn send(&self, value: T) -> Send<'_, T> {
        match self.check_open(value) {
            Ok(value) => Send::new(&self.shared.queue, value),
            Err(SendError(value)) => Send::closed(&self.shared.queue, value),
        }
    }

    /// Sends a message if there is free capacity now. Costs one atomic read-modify-write.
    ///
    /// If a receiver is suspended in the middle of taking a message out, this call waits for it: it
    /// spins, then yields the thread, and finally sleeps between attempts. It does not report the
    /// channel as full because of that receiver.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message if the channel is full or closed. The channel also counts
    /// as full while its free capacity is reserved for a waiting sender that has lost 4 races in a
    /// row. If that sender is not polled, the reservation ends after 256 attempts and 100 µs
    /// (without a clock, after the attempts alone).
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
    #[doc(alias = "try_send_option")]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let value = self.check_open(value)?;
        self.shared
            .queue
            .try_send::<NoPosition>(value, RetryPolicy::Yield)
            .map_err(try_send_error)
    }

    /// Sends a message without waiting for capacity: if the channel is full, takes out the oldest
    /// message and returns it.
    ///
    /// Takes out at most one message, and none if capacity becomes free meanwhile. So a channel
    /// that holds more messages than its capacity, because [`set_capacity`](Self::set_capacity)
    /// lowered it, holds as many after the call as before. The message is the oldest one at the
    /// moment when it is taken; under contention a receiver may take an older one just before, and
    /// messages of other senders may come in between. If the message was reserved for a waiting
    /// receiver, that receiver gets another one. Permits, and slots that are reserved for waiting
    /// senders, are not evicted.
    ///
    /// A lock lets one `force_send` of a channel run at a time; another call waits for about as
    /// long as one call takes. Without the feature `std` it spins, so do not call it from an
    /// interrupt handler. Costs four atomic read-modify-writes, and one more if a message is taken
    /// out.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message. `Closed` if the channel is closed. `Full` if permits and
    /// slots that are reserved for waiting senders hold all of the capacity, so that there is no
    /// message to take out; or if 65,535 permits, the maximum, are outstanding.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// assert_eq!(tx.force_send(1), Ok(None));
    /// assert_eq!(tx.force_send(2), Ok(None));
    /// assert_eq!(tx.force_send(3), Ok(Some(1)));
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// assert_eq!(rx.try_recv(), Ok(3));
    /// ```
    #[doc(alias = "force_push")]
    pub fn force_send(&self, value: T) -> Result<Option<T>, TrySendError<T>> {
        let value = self.check_open(value)?;
        let discard = self.shared.discard_if_disconnected();
        let forced = self.shared.queue.force_send(value);
        // Before the return: if a message's destructor panicked after it, the returned value would
        // not be dropped.
        drop(discard);
        forced.map_err(try_send_error)
    }
}

impl<T> Sender<T> {
    /// Creates a handle that is counted already.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            sink: sink::State::default(),
            closed: Observer::default(),
        }
    }

    /// Returns `value` as an error if this handle was closed.
    #[inline(always)]
    pub(crate) fn check_open<V>(&self, value: V) -> Result<V, SendError<V>> {
        if self.sink.is_closed() {
            Err(SendError(value))
        } else {
            Ok(value)
        }
    }
}

/// Converts a claim error into the error of `try_send`.
pub(super) fn try_send_error<V>((value, error): (V, ClaimError)) -> TrySendError<V> {
    match error {
        ClaimError::Closed => TrySendError::Closed(value),
        _ => TrySendError::Full(value),
    }
}

/// The clone is a waiter of its own: capacity that a `Sink` has reserved through one handle stays
/// with that handle.
impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let sink = self.sink.for_clone();
        if !sink.is_closed() {
            self.shared.senders.add();
        }
        Self {
            shared: Arc::clone(&self.shared),
            sink,
            closed: Observer::default(),
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
        let mut sender = f.debug_struct("Sender");
        sender.field("channel", &self.shared);
        if self.sink.is_closed() {
            // Without this the output would show an open channel although sending fails.
            sender.field("sink", &format_args!("Closed"));
        }
        sender.finish_non_exhaustive()
    }
}

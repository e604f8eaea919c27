use core::fmt;

use core::task::{Context, Poll};

use super::future::Send;
use super::sink;
use super::{Shared, WeakSender};
use crate::error::{SendError, TrySendError};
use crate::queue::RetryPolicy;
use crate::ring::ClaimError;
use crate::sync::Arc;
use crate::wait::Observer;

/// The sending side of a [`channel`](crate::channel()).
///
/// Clone it for every task that sends; the channel closes when the last clone is dropped. It is
/// also a [`Sink`](futures_sink::Sink), whose `poll_ready` reserves the capacity that `start_send`
/// then uses.
///
/// [`close`](Self::close) ends this handle's part, as dropping it would, and other senders go on.
/// [`close_channel`](Self::close_channel) closes the channel for all, as
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

impl<T> Sender<T> {
    /// Hands `value` back as an error if this handle was closed.
    #[inline(always)]
    pub(crate) fn check_open<V>(&self, value: V) -> Result<V, SendError<V>> {
        if self.sink.is_closed() {
            Err(SendError(value))
        } else {
            Ok(value)
        }
    }

    /// A handle that is counted already.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            sink: sink::State::default(),
            closed: Observer::default(),
        }
    }

    /// Sends a message, waiting while the channel is full. Woken by a receiver that takes a
    /// message, by a permit that is given back, and by closing. Each free slot wakes one waiting
    /// sender; one that loses the race for it keeps its place, and loses at most 4.
    ///
    /// One atomic read-modify-write when there is free capacity. The first send of a channel may
    /// allocate its slots; no other allocates.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent, and is
    /// dropped with the future. If it had been woken, another waiting sender is woken instead.
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

    /// Sends a message if there is free capacity at once. One atomic read-modify-write.
    ///
    /// A receiver that is suspended in the middle of taking a message out makes this wait for it,
    /// spinning, then yielding the thread, and in the end sleeping between attempts; the channel is
    /// not reported full because of it.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message if the channel is full or closed. It also counts as full
    /// while what is free is reserved for a waiting sender that has lost 4 races in a row. If that
    /// sender is not polled, 256 attempts and 100 µs (without a clock, the attempts alone) end the
    /// reservation.
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
            .try_send(value, RetryPolicy::Yield)
            .map_err(refused)
    }

    /// Sends a message at once: if the channel is full, the oldest message is taken out in its
    /// place, and handed back.
    ///
    /// At most one message is taken out, and none if capacity came free meanwhile. So a channel that
    /// holds more than its capacity, because [`set_capacity`](Self::set_capacity) lowered it, holds as
    /// much after it. The message is the oldest
    /// at the moment when it is taken; under contention a receiver may get an older one just
    /// before, and other senders' messages may come between. It may have been reserved for a
    /// waiting receiver, which then gets another one. Permits, and slots that are reserved for
    /// waiting senders, are not evicted. A lock lets one forced send of a channel run at a time:
    /// another waits for about as long as it takes itself (without the feature `std`, spinning: not
    /// from an interrupt). Costs four atomic read-modify-writes, and one more if a message is taken
    /// out.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the message: `Closed`, or `Full` if all of the capacity is held by
    /// permits and slots that are reserved for waiting senders, so that there is no message to take
    /// out, or if 65,535 permits are out, the most there can be.
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
        let late = self.shared.discard_if_late();
        let forced = self.shared.queue.force_send(value);
        // Before the return, for if a message's destructor panics here, what is returned would not be dropped.
        drop(late);
        forced.map_err(refused)
    }

    /// Waits until the channel is closed, by [`Receiver::close`](crate::Receiver::close),
    /// [`close_channel`](Self::close_channel) or because all receivers are gone, or until this handle
    /// is closed. For giving up work whose result will not be received.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again at any time. All tasks that wait are woken.
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
        let shared = &self.shared;
        let is_closed = || self.is_closed().then_some(());
        shared.closed.until(is_closed).await;
    }

    /// [`closed`](Self::closed) as a function to poll: `Ready` when the channel is closed, or else the task
    /// is registered to be woken then. Only the task of the last call is woken.
    ///
    /// # Cancel safety
    ///
    /// The registration stays until the task is woken or the handle is dropped. No other task is
    /// affected.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (mut tx, rx) = mpmc_std::channel::<u8>(1);
    /// drop(rx);
    /// poll_fn(|cx| tx.poll_closed(cx)).await;
    /// # });
    /// ```
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            shared,
            sink,
            closed,
        } = self;
        let is_closed = || sink.is_closed() || shared.queue.is_closed();
        shared.closed.poll_until(closed, cx, is_closed)
    }

    /// Returns whether sending fails: the channel is closed, or this handle is, by
    /// [`close`](Self::close) or as a sink.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(!tx.is_closed());
    /// rx.close();
    /// assert!(tx.is_closed());
    /// ```
    #[doc(alias = "is_disconnected")]
    #[doc(alias = "is_terminated")]
    pub fn is_closed(&self) -> bool {
        self.sink.is_closed() || self.shared.queue.is_closed()
    }

    /// Returns how many messages can be sent now before the channel is full: its maximum less the
    /// messages in it, the permits outstanding, and the slots that are reserved for waiting
    /// senders. 0 if these are more than the maximum, because it was lowered.
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
        self.shared.queue.free_capacity()
    }

    /// Returns how many messages and permits the channel holds when full: the capacity that it was
    /// created with, or that [`set_capacity`](Self::set_capacity) has set since.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.max_capacity(), 5);
    /// ```
    #[doc(alias = "capacity")]
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
        self.shared.queue.is_empty()
    }

    /// Returns whether a message sent now would find no free capacity, which is `capacity() == 0`:
    /// permits, and slots that are reserved for waiting senders, count as taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// assert!(!tx.is_full());
    /// let permit = tx.try_reserve().unwrap();
    /// assert!(tx.is_full());
    /// permit.send(1);
    /// assert!(tx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.shared.queue.is_full()
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
    #[doc(alias = "same_receiver")]
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
    #[doc(alias = "sender_count")]
    pub fn strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// The number of weak handles on the sending side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert_eq!(tx.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.senders.weak()
    }

    /// A handle that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak sender does nothing unless it is upgraded"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::of(Arc::clone(&self.shared))
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
    #[doc(alias = "receiver_count")]
    pub fn receiver_strong_count(&self) -> usize {
        self.shared.receivers.strong()
    }

    /// The number of weak handles on the receiving side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// assert_eq!(tx.receiver_weak_count(), 1);
    /// ```
    pub fn receiver_weak_count(&self) -> usize {
        self.shared.receivers.weak()
    }
}

/// What a refused attempt to send means to its caller.
pub(super) fn refused<V>((value, error): (V, ClaimError)) -> TrySendError<V> {
    match error {
        ClaimError::Closed => TrySendError::Closed(value),
        _ => TrySendError::Full(value),
    }
}

/// The clone waits in a place of its own: what a `Sink` reserved through one handle stays with it.
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
            // Or else an open channel would be all there is to see when sending fails.
            sender.field("sink", &format_args!("Closed"));
        }
        sender.finish_non_exhaustive()
    }
}

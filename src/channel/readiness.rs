//! Readiness: waiting for a message or for free capacity without taking it.

use core::task::{Context, Poll, ready};

use super::future::{RecvReady, SendReady, open};
use super::{Receiver, Sender};
use crate::error::SendError;

/// # Readiness
///
/// These calls wait until there is a message, and leave it in the channel.
///
/// The result may be stale: with several receivers another one may take the message first, so call
/// [`try_recv`](Self::try_recv) next and handle `Empty`. Readiness calls do not keep messages from
/// receivers: a message that wakes such a call also wakes a receiver that waits to take it, if
/// there is one. Each message wakes all readiness calls, unless a receiver that is spinning takes
/// it immediately.
impl<T> Receiver<T> {
    /// Waits until there is a message to receive, and takes nothing. Returns `true` if there is a
    /// message, and `false` if the channel is closed and every message has been received. The task
    /// is woken by each message, and when the channel is closed.
    ///
    /// Messages that are reserved for other waiting receivers do not count. Costs two loads if
    /// there is a message. Never allocates.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped, and the call repeated, at any time. No other receiver is
    /// affected.
    ///
    /// # Examples
    ///
    /// A worker that acquires its resources only when there is a message:
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.send(7).await.unwrap();
    /// drop(tx);
    ///
    /// let mut received = Vec::new();
    /// while rx.recv_ready().await {
    ///     assert_eq!(rx.len(), 1); // still there
    ///     // Another receiver may be faster, so this may find no message.
    ///     received.extend(rx.try_recv());
    /// }
    /// assert_eq!(received, [7]);
    /// # });
    /// ```
    #[doc(alias = "readable")]
    #[doc(alias = "ready")]
    pub fn recv_ready(&self) -> RecvReady<'_, T> {
        RecvReady::new(&self.shared.queue)
    }

    /// Returns `Ready` as [`recv_ready`](Self::recv_ready) does, or registers the task to be woken.
    ///
    /// Only the task of the last call is woken. A wait of [`poll_recv`](Self::poll_recv) is
    /// independent of this one. The first call allocates.
    ///
    /// # Cancel safety
    ///
    /// The registration stays until the task is woken or the handle is dropped, and does not keep
    /// messages from other receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = mpmc_std::channel(1);
    /// tx.send(7).await.unwrap();
    /// assert!(poll_fn(|cx| rx.poll_recv_ready(cx)).await);
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// # });
    /// ```
    pub fn poll_recv_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut ready = self.shared.queue.recv_ready();
        self.stream.ready.poll(&mut ready, cx)
    }
}

/// # Readiness
///
/// These calls wait until there is free capacity, and reserve nothing.
///
/// The result may be stale: another sender may use the capacity first, so call
/// [`try_send`](Self::try_send) next and handle `Full`. To keep the capacity, use
/// [`reserve`](Self::reserve). A slot that wakes such a call also wakes a sender that waits to use
/// it, if there is one. Each free slot wakes all readiness calls.
impl<T> Sender<T> {
    /// Waits until there is free capacity for a message, and reserves nothing. The task is woken
    /// when a receiver takes a message, when a permit is given back, and when the channel is
    /// closed.
    ///
    /// Slots that are reserved for other waiting senders do not count. Costs two loads if there is
    /// free capacity. Never allocates.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel or this handle is closed.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped, and the call repeated, at any time. No other sender is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.send(1).await.unwrap();
    /// let (ready, received) = futures::join!(tx.send_ready(), rx.recv());
    /// assert_eq!((ready, received), (Ok(()), Some(1)));
    /// assert_eq!(tx.capacity(), 1); // nothing is reserved
    /// # });
    /// ```
    #[doc(alias = "writable")]
    #[doc(alias = "ready")]
    pub fn send_ready(&self) -> SendReady<'_, T> {
        match self.check_open(()) {
            Ok(()) => SendReady::new(&self.shared.queue),
            Err(SendError(())) => SendReady::closed(&self.shared.queue),
        }
    }

    /// Returns `Ready` as [`send_ready`](Self::send_ready) does, or registers the task to be woken.
    ///
    /// Only the task of the last call is woken. A wait of [`poll_reserve`](Self::poll_reserve) is
    /// independent of this one. The first call allocates.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel or this handle is closed.
    ///
    /// # Cancel safety
    ///
    /// The registration stays until the task is woken or the handle is dropped, and does not keep
    /// slots from other senders.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (mut tx, rx) = mpmc_std::channel(1);
    /// poll_fn(|cx| tx.poll_send_ready(cx)).await.unwrap();
    /// tx.try_send(7).unwrap();
    /// drop(rx);
    /// assert!(poll_fn(|cx| tx.poll_send_ready(cx)).await.is_err());
    /// # });
    /// ```
    pub fn poll_send_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        if let Err(closed) = self.check_open(()) {
            return Poll::Ready(Err(closed));
        }
        let mut send_ready = self.shared.queue.send_ready();
        Poll::Ready(open(ready!(self.sink.ready.poll(&mut send_ready, cx))))
    }
}

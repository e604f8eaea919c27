//! Waiting until there is a message, or free capacity, and taking nothing.

#[cfg(feature = "std")]
mod blocking;

use core::task::{Context, Poll, ready};

use super::future::{RecvReady, SendReady, open};
use super::{Receiver, Sender};
use crate::error::SendError;

/// Readiness: these calls wait until there is a message, and leave it in the channel.
///
/// What they report is of a moment: with several receivers another one may take the message before
/// this one does, so follow them with [`try_recv`](Self::try_recv) and be prepared for `Empty`. A
/// message that wakes such a call also wakes a receiver that waits to take it, if there is one:
/// readiness calls keep no message from others. All of them are woken by each message, but for one
/// that a call takes at once which attempts again and again at this moment (spins).
impl<T> Receiver<T> {
    /// Waits until there is a message to receive, and takes nothing. `true` if there is one;
    /// `false` if the channel is closed and everything has been received. Woken by each message and
    /// by closing.
    ///
    /// Messages that are reserved for other waiting receivers do not count. Two loads if there is a
    /// message, and no allocation.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again at any time. No other receiver is affected.
    ///
    /// # Examples
    ///
    /// A worker that gets its resources only when there is something to do:
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
    ///     // Here another receiver may be quicker, so this may find nothing.
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
    /// Only the task of the last call is woken; a wait of [`poll_recv`](Self::poll_recv) is another
    /// one. The first call allocates.
    ///
    /// # Cancel safety
    ///
    /// The registration stays until the task is woken or the handle is dropped, and keeps no
    /// message from others.
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

/// Readiness: these calls wait until there is free capacity, and reserve nothing.
///
/// What they report is of a moment: another sender may use the capacity before this one does, so
/// follow them with [`try_send`](Self::try_send) and be prepared for `Full`. To keep the capacity,
/// use [`reserve`](Self::reserve). A slot that wakes such a call also wakes a sender that waits to
/// use it, if there is one. All readiness calls are woken by each slot.
impl<T> Sender<T> {
    /// Waits until there is free capacity for a message, and reserves nothing. Woken by a receiver
    /// that takes a message, by a permit that is given back, and by closing.
    ///
    /// Slots that are reserved for other waiting senders do not count. Two loads if there is free
    /// capacity, and no allocation.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel or this handle is closed.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again at any time. No other sender is affected.
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
    /// Only the task of the last call is woken; a wait of [`poll_reserve`](Self::poll_reserve) is
    /// another one. The first call allocates.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel or this handle is closed.
    ///
    /// # Cancel safety
    ///
    /// The registration stays until the task is woken or the handle is dropped, and keeps no slot
    /// from others.
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

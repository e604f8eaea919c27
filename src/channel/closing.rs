//! Closing a channel or a handle, and waiting for the close.

use core::task::{Context, Poll};

use super::{Receiver, Sender};

/// # Closing
impl<T> Sender<T> {
    /// Closes this handle, as dropping it would. Sending through it fails from now on; other
    /// senders are not affected. If it was the last open sender, the channel closes. A second call
    /// does nothing.
    ///
    /// Capacity that [`poll_reserve`](Self::poll_reserve) reserved stays reserved for one last
    /// [`send_item`](Self::send_item), and receivers wait for that message. If there is nothing
    /// more to send, call [`abort_send`](Self::abort_send).
    ///
    /// # Which `close` this is
    ///
    /// | from | its call | here |
    /// |---|---|---|
    /// | tokio-util | `PollSender::close(&mut self)`: this handle; a reserved slot stays | `close`, the same |
    /// | futures | `SinkExt::close(&mut self).await`: this handle | `close` without `.await`, which keeps a reserved slot; `SinkExt::close(&mut tx).await` gives it back |
    /// | futures | `mpsc::Sender::disconnect` | `close` |
    /// | futures | `mpsc::Sender::close_channel` | [`close_channel`](Self::close_channel) |
    /// | async-channel, kanal | `Sender::close(&self)`: the channel, for all | [`close_channel`](Self::close_channel) |
    ///
    /// The name and the meaning are tokio's. The meaning also agrees with `SinkExt::close` of
    /// `futures`, which this method shadows where that trait is in scope: code written for either
    /// closes its own handle and never those of other senders. Code that awaits this method does
    /// not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// let (mut tx, rx) = mpmc_std::channel(2);
    /// let other = tx.clone();
    /// tx.close();
    /// assert!(tx.try_send(1).is_err() && tx.is_closed());
    /// assert!(other.try_send(2).is_ok() && !rx.is_closed());
    /// drop(other);
    /// assert!(rx.is_closed());
    /// ```
    #[doc(alias = "disconnect")]
    pub fn close(&mut self) {
        self.end(0);
    }

    /// Closes the channel for all senders, as [`Receiver::close`](crate::Receiver::close) does.
    /// Returns `true` if the channel was open.
    ///
    /// Messages that were sent before can still be received, and so can messages sent on permits
    /// that were reserved before; then `recv` returns `None`.
    ///
    /// To close only this handle, drop it or [`close`](Self::close) it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let other = tx.clone();
    /// tx.try_send(1).unwrap();
    /// assert!(tx.close_channel());
    /// assert!(!other.close_channel());
    /// assert!(other.try_send(2).is_err());
    /// assert_eq!(rx.blocking_iter().collect::<Vec<_>>(), [1]);
    /// ```
    #[doc(alias = "close")]
    pub fn close_channel(&self) -> bool {
        self.shared.close()
    }

    /// Waits until the channel or this handle is closed. The channel is closed by
    /// [`Receiver::close`](crate::Receiver::close), by [`close_channel`](Self::close_channel), or
    /// when the last receiver is dropped. Use this to stop work whose result will not be received.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped, and the call repeated, at any time. All waiting tasks are woken.
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

    /// Polls for the close that [`closed`](Self::closed) waits for. Returns `Ready` if the channel
    /// or this handle is closed; otherwise registers the task to be woken then. Only the task of
    /// the last call is woken.
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

    /// Returns whether the channel or this handle is closed, so that sending fails. A handle is
    /// closed by [`close`](Self::close), or as a sink.
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
}

/// # Closing
impl<T> Receiver<T> {
    /// Closes the channel for all senders, without dropping this receiver.
    ///
    /// Messages that were sent before can still be received, and so can messages sent on permits
    /// that were reserved before; then [`recv`](Self::recv) returns `None`.
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

    /// Returns whether the channel is closed: by [`close`](Self::close) through any receiver, by
    /// [`Sender::close_channel`], or because all senders are gone. There may still be messages to
    /// receive.
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
}

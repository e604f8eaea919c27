//! What tokio-util's `PollSender` has, beside `poll_reserve`, and the two ways to close.

use crate::channel::Sender;
use crate::error::SendError;
use crate::unwind::defer;

/// The methods of tokio-util's `PollSender`, under their names, for code that polls: reserve with
/// [`poll_reserve`](Self::poll_reserve), send with [`send_item`](Self::send_item), give back with
/// [`abort_send`](Self::abort_send).
impl<T> Sender<T> {
    /// Sends on the capacity that [`poll_reserve`](Self::poll_reserve) reserved. The message is in
    /// the channel when this returns; also if the channel was closed since, as long as there is a
    /// receiver to fetch it. After [`close`](Self::close) this works once, if there is capacity
    /// reserved.
    ///
    /// One atomic read-modify-write.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if no receiver is left or this handle was closed; or if the
    /// channel is closed and nothing has been reserved.
    ///
    /// # Panics
    ///
    /// If nothing has been reserved while the channel is open: `poll_reserve` (or `poll_ready`) has
    /// to return `Ready(Ok(()))` before. Nothing was sent then, and the message is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (mut tx, rx) = mpmc_std::channel(1);
    /// poll_fn(|cx| tx.poll_reserve(cx)).await.unwrap();
    /// tx.send_item(7).unwrap();
    /// assert_eq!(rx.recv().await, Some(7));
    /// # });
    /// ```
    #[doc(alias = "start_send")]
    #[track_caller]
    pub fn send_item(&mut self, value: T) -> Result<(), SendError<T>> {
        if self.sink.take_permit() {
            return self.shared.send_reserved(value).map_err(SendError);
        }
        if self.is_closed() {
            return Err(SendError(value));
        }
        panic!("`send_item` called without a successful `poll_reserve`");
    }

    /// Gives back what [`poll_reserve`](Self::poll_reserve) reserved, or ends its wait. Returns
    /// whether there was something to end.
    ///
    /// A handle that was closed stays closed; another one can reserve again. Capacity that comes
    /// free wakes a sender that waits for it, and so does a wake that this handle got and did not
    /// use.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    ///
    /// # futures::executor::block_on(async {
    /// let (mut tx, _rx) = mpmc_std::channel::<u8>(1);
    /// poll_fn(|cx| tx.poll_reserve(cx)).await.unwrap();
    /// assert_eq!(tx.capacity(), 0);
    ///
    /// assert!(tx.abort_send());
    /// assert_eq!(tx.capacity(), 1);
    /// assert!(!tx.abort_send());
    /// # });
    /// ```
    pub fn abort_send(&mut self) -> bool {
        if self.sink.take_permit() {
            self.shared.queue.release(1);
            return true;
        }
        let queue = &self.shared.queue;
        let waits = self.sink.waiter.is_waiting();
        let mut counts = false;
        {
            // Also if the destructor of a waker panics.
            let _countable = defer(|| counts = queue.leave_countable(&mut self.sink.countable));
            self.sink.waiter.deregister(&queue.senders_side());
        }
        waits || counts
    }

    /// Closes this handle: ends its part in the channel, as dropping it would. Sending through it
    /// fails from now on; other senders are not affected. If it was the last one, the channel
    /// closes. A second call does nothing.
    ///
    /// Capacity that [`poll_reserve`](Self::poll_reserve) reserved stays for one last
    /// [`send_item`](Self::send_item), and receivers wait for it; if there is nothing more to send,
    /// call [`abort_send`](Self::abort_send).
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
    /// The names of this crate are tokio's, and so is the meaning of this one. It also agrees with
    /// `close` of a `Sink`, which it stands in front of where `futures::SinkExt` is in scope: code
    /// that was written for either ends its own part and never the work of other senders. (Code
    /// that awaits it does not compile, rather than do something else.)
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

    /// Closes the channel for all its senders, as [`Receiver::close`](crate::Receiver::close) does.
    /// What was sent before, and what is still sent on permits reserved before, can be received;
    /// then comes `None`. Returns `true` if the channel was open.
    ///
    /// To end only this handle's part, drop it or [`close`](Self::close) it.
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
    /// assert_eq!(rx.iter().collect::<Vec<_>>(), [1]);
    /// ```
    #[doc(alias = "close")]
    pub fn close_channel(&self) -> bool {
        self.shared.close()
    }
}

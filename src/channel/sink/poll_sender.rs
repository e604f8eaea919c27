//! The methods of tokio-util's `PollSender` other than `poll_reserve`.

use crate::channel::Sender;
use crate::error::SendError;
use crate::unwind::defer;

/// # Polling, as `PollSender`
///
/// The methods of tokio-util's `PollSender`, for code that polls: reserve capacity with
/// [`poll_reserve`](Self::poll_reserve), use it with [`send_item`](Self::send_item), or give it
/// back with [`abort_send`](Self::abort_send).
impl<T> Sender<T> {
    /// Sends a message on the capacity that [`poll_reserve`](Self::poll_reserve) reserved. The
    /// message is in the channel when this returns, even if the channel was closed since, as long
    /// as there is a receiver. After [`close`](Self::close) this succeeds once, if capacity is
    /// reserved.
    ///
    /// Costs one atomic read-modify-write.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if no receiver is left or this handle was closed, or if the
    /// channel is closed and no capacity is reserved.
    ///
    /// # Panics
    ///
    /// Panics if no capacity is reserved while the channel is open: `poll_reserve` (or
    /// `poll_ready`) must return `Ready(Ok(()))` first. Nothing has been sent then, and the message
    /// is dropped.
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

    /// Gives back the capacity that [`poll_reserve`](Self::poll_reserve) reserved, or ends its
    /// wait. Returns whether the handle had capacity or was waiting.
    ///
    /// A closed handle stays closed; an open one can reserve again. The capacity that is given back
    /// wakes a waiting sender. So does a wake that this handle received and did not use.
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
        let was_waiting = self.sink.waiter.is_waiting();
        let mut was_waiting_for_count = false;
        {
            // Runs even if the destructor of a waker panics.
            let _countable =
                defer(|| was_waiting_for_count = queue.leave_countable(&mut self.sink.countable));
            self.sink.waiter.deregister(&queue.senders_side());
        }
        was_waiting || was_waiting_for_count
    }
}

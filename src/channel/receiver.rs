use core::fmt;

use super::Shared;
use super::future::Recv;
use super::stream;
use crate::error::TryRecvError;
use crate::queue::{NoPosition, RetryPolicy};
use crate::ring::ClaimError;
use crate::sync::Arc;
use crate::unwind::defer;

/// The receiving side of a [`channel`](crate::channel()).
///
/// Clone it for every task that receives; each message goes to one of them. All methods except
/// those named `poll_…` take `&self`. It is also a [`Stream`](futures_core::Stream).
#[doc(alias = "AsyncReceiver")]
#[doc(alias = "ReceiverStream")]
pub struct Receiver<T> {
    pub(crate) shared: Arc<Shared<T>>,
    pub(crate) stream: stream::State,
}

/// # Receiving
impl<T> Receiver<T> {
    /// Receives the oldest message, waiting while the channel is empty. Returns `None` when the
    /// channel is closed and every message has been received, including those sent on permits that
    /// were outstanding.
    ///
    /// A waiting receiver is woken when a message is sent or the channel is closed. Each message
    /// wakes one waiting receiver. A receiver that loses the race for the message keeps its place
    /// in the queue, and loses at most 4 races in a row.
    ///
    /// Costs one atomic read-modify-write when there is a message. Never allocates.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, nothing has been received. If the
    /// task had been woken for a message, another waiting receiver is woken instead. The task loses
    /// its place in the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.send(1).await.unwrap();
    /// assert_eq!(rx.recv().await, Some(1));
    /// drop(tx);
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    #[doc(alias = "recv_async")]
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv::new(&self.shared.queue)
    }

    /// Receives the oldest message if there is one now. Costs one atomic read-modify-write.
    ///
    /// If a sender is suspended in the middle of sending the oldest message, this call waits for
    /// it: it spins, then yields the thread, and finally sleeps between attempts. It does not
    /// report the channel as empty because of that sender.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if there is no message yet, [`TryRecvError::Disconnected`] if there
    /// will never be one. Also `Empty` while the messages are reserved for a waiting receiver that
    /// has lost 4 races in a row. If that receiver is not polled, the reservation ends after 256
    /// attempts and 100 µs (without a clock, after the attempts alone).
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TryRecvError;
    ///
    /// let (tx, rx) = mpmc_std::channel(2);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    #[inline]
    #[doc(alias = "try_next")]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.shared
            .queue
            .try_recv::<NoPosition>(RetryPolicy::Yield)
            .map_err(try_recv_error)
    }
}

impl<T> Receiver<T> {
    /// Creates a handle that is counted already.
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self {
            shared,
            stream: stream::State::default(),
        }
    }
}

/// Converts a claim error into the error of `try_recv`.
pub(super) fn try_recv_error(error: ClaimError) -> TryRecvError {
    match error {
        ClaimError::Closed => TryRecvError::Disconnected,
        _ => TryRecvError::Empty,
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.add();
        Self::new(Arc::clone(&self.shared))
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let Self { shared, stream } = self;
        // Runs even if the destructor of a registered waker panics.
        let _count = defer(|| shared.drop_receiver());
        stream.deregister(&shared.queue.receivers_side());
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("channel", &self.shared)
            .finish_non_exhaustive()
    }
}

//! Batches: many messages in one call.

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use super::receiver::try_recv_error;
use super::{Receiver, Sender, Shared};
use crate::error::{SendError, TryRecvError, TrySendError};
use crate::queue::{Held, NoPosition, RecvManyOperation, RetryPolicy};
use crate::ring::{Buffer, ClaimError};
use crate::wait::{self, Run};

/// The largest number of bytes that messages take on the stack before they are sent with one claim,
/// unless one message is larger.
const BUFFER_BYTES: usize = 8192;
/// The number of messages that are sent with one claim.
const BUFFER_LEN: usize = 64;
/// The same number for messages of at most `BUFFER_BYTES / BUFFER_LEN_OF_SMALL` bytes. Two
/// read-modify-writes take as long as the copies of some 20 such messages.
const BUFFER_LEN_OF_SMALL: usize = 256;
/// The same number for messages of more than `BUFFER_BYTES / BUFFER_LEN` bytes.
const BUFFER_LEN_OF_LARGE: usize = 4;

/// The number of messages of a batch that cost one operation of the cooperative budget.
const MESSAGES_PER_UNIT: usize = 64;

/// Returns the number of messages to reserve capacity for next, or `None` if there are no more.
fn next_len<I: Iterator>(items: &I) -> Option<usize> {
    let longest = if size_of::<I::Item>() <= BUFFER_BYTES / BUFFER_LEN_OF_SMALL {
        BUFFER_LEN_OF_SMALL
    } else {
        BUFFER_LEN
    };
    match items.size_hint() {
        (_, Some(0)) => None,
        (lower, _) => Some(lower.clamp(1, longest)),
    }
}

impl<T> Shared<T> {
    /// Sends up to one item for each permit in `held`, and returns the number of items sent.
    ///
    /// Takes an item from `items` only when capacity is reserved for it.
    #[inline]
    fn send_all(&self, held: Held<'_, T>, items: &mut impl Iterator<Item = T>) -> usize {
        if size_of::<T>() <= BUFFER_BYTES / BUFFER_LEN_OF_SMALL {
            self.send_buffered::<BUFFER_LEN_OF_SMALL>(held, items)
        } else if size_of::<T>() <= BUFFER_BYTES / BUFFER_LEN {
            self.send_buffered::<BUFFER_LEN>(held, items)
        } else if size_of::<T>() <= BUFFER_BYTES / BUFFER_LEN_OF_LARGE {
            self.send_buffered::<BUFFER_LEN_OF_LARGE>(held, items)
        } else {
            self.send_buffered::<1>(held, items)
        }
    }

    // Not `inline(always)`: in a debug build a caller's stack frame would hold the buffers of all
    // sizes.
    #[inline]
    fn send_buffered<const N: usize>(
        &self,
        mut held: Held<'_, T>,
        items: &mut impl Iterator<Item = T>,
    ) -> usize {
        let mut sent = 0;
        let _discard = self.discard_if_disconnected();
        let mut buffer = Buffer::<T, N>::new();
        while held.count() > 0 {
            let wanted = held.count().min(N);
            buffer.fill(items, wanted);
            let count = buffer.len();
            if count == 0 {
                break;
            }
            self.queue.send_reserved_many(&mut held, &mut buffer);
            sent += count;
            if count < wanted {
                // The iterator has ended, and need not be fused.
                break;
            }
        }
        sent
    }
}

/// # Batches
///
/// An item of a batch is taken from its iterator only when capacity is reserved for it, so the
/// items that have not been sent are still in the iterator. To keep the iterator when a future is
/// canceled, pass it by reference (`&mut iterator`). An error returns it.
///
/// Items are buffered on the stack before they are sent, at most 8 KiB of them unless one item is
/// larger: a receiver sees the first item in the buffer when the last one has been taken from the
/// iterator. If the iterator panics, the items in the buffer are dropped, and the capacity reserved
/// for the rest of their group is given back.
impl<T> Sender<T> {
    /// Sends all items, waiting for free capacity as needed, and returns the number of items sent.
    /// It waits and is woken as [`send`](Self::send). Sending k messages wakes k receivers, if that
    /// many wait.
    ///
    /// A group of messages costs two atomic read-modify-writes if there is capacity for them: one
    /// reserves the capacity, one claims the slots. A group has up to 256 messages of up to 32
    /// bytes, or 64 larger ones, but no more than the lower bound of the iterator's
    /// [`size_hint`](Iterator::size_hint). Messages larger than 128 bytes are claimed four at a
    /// time, messages larger than 2 KiB one at a time. Messages of other senders may come between
    /// the groups, and also within a group if other senders hold permits.
    ///
    /// If the [`size_hint`](Iterator::size_hint) of the iterator does not show its end, the call
    /// waits at the end for capacity that it then does not use.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the items that have not been sent if the channel is closed. If the
    /// `size_hint` of the iterator shows that it is empty, the channel is not checked, and the
    /// result is `Ok(0)`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, some of the first items may have
    /// been sent, and no others have been taken out of the iterator. To send the rest later, pass
    /// `&mut iterator`.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let receive = async {
    ///     let mut received = Vec::new();
    ///     while received.len() < 5 {
    ///         rx.recv_many(&mut received, 5).await;
    ///     }
    ///     received
    /// };
    /// let (sent, received) = futures::join!(tx.send_many(0..5), receive);
    /// assert_eq!(sent.unwrap(), 5);
    /// assert_eq!(received, [0, 1, 2, 3, 4]);
    /// # });
    /// ```
    #[doc(alias = "send_all")]
    pub async fn send_many<I>(&self, items: I) -> Result<usize, SendError<Unsent<I::IntoIter>>>
    where
        I: IntoIterator<Item = T>,
    {
        let mut items = items.into_iter();
        let mut sent = 0;
        while let Some(len) = next_len(&items) {
            let reserved = match self.check_open(()) {
                Ok(()) => self.shared.reserve_some(len).await,
                Err(closed) => Err(closed),
            };
            match reserved {
                Err(SendError(())) => return Err(SendError(Unsent::new(sent, None, items))),
                Ok(held) => {
                    let free = held.count();
                    let count = self.shared.send_all(held, &mut items);
                    sent += count;
                    // One unit was charged when the capacity was reserved.
                    wait::charge((count / MESSAGES_PER_UNIT) as u32);
                    if count < free {
                        break;
                    }
                }
            }
        }
        Ok(sent)
    }

    /// Sends as many items as there is free capacity for now. Returns their number if all items
    /// were sent.
    ///
    /// Costs the same as [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the items that have not been sent if the channel is full or closed.
    /// The channel also counts as full while 65,535 permits, the maximum, are outstanding. If the
    /// `size_hint` of the iterator shows that it is empty, the channel is not checked, and a closed
    /// channel is not an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TrySendError;
    ///
    /// let (tx, rx) = mpmc_std::channel(3);
    /// assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
    /// let Err(TrySendError::Full(unsent)) = tx.try_send_many([3, 4, 5]) else { panic!() };
    /// assert_eq!(unsent.sent(), 1);
    /// assert_eq!(unsent.collect::<Vec<_>>(), [4, 5]);
    /// # drop(rx);
    /// ```
    pub fn try_send_many<I>(&self, items: I) -> Result<usize, TrySendError<Unsent<I::IntoIter>>>
    where
        I: IntoIterator<Item = T>,
    {
        let mut items = items.into_iter();
        let mut sent = 0;
        while let Some(len) = next_len(&items) {
            let reserved = match self.check_open(()) {
                Ok(()) => self.shared.queue.try_reserve_many(1, len),
                Err(SendError(())) => Err(ClaimError::Closed),
            };
            match reserved {
                Err(ClaimError::Closed) => {
                    return Err(TrySendError::Closed(Unsent::new(sent, None, items)));
                }
                // Full, unless the iterator has ended.
                Err(_) => match items.next() {
                    None => break,
                    next => return Err(TrySendError::Full(Unsent::new(sent, next, items))),
                },
                Ok(free) => {
                    let held = Held::new(&self.shared.queue, free);
                    let count = self.shared.send_all(held, &mut items);
                    sent += count;
                    if count < free {
                        break;
                    }
                }
            }
        }
        Ok(sent)
    }
}

/// # Batches
impl<T> Receiver<T> {
    /// Receives up to `limit` messages into `buffer`, at its end, waiting while the channel is
    /// empty. Returns the number of messages received. It is 0 only if `limit` is 0, or if the
    /// channel is closed and every message has been received.
    ///
    /// Takes the messages that are in the channel and not reserved for other waiters, without
    /// waiting for more. This costs one atomic read-modify-write. It waits and is woken as
    /// [`recv`](Self::recv). Freeing k slots wakes k senders, if that many wait. Other receivers
    /// may find the channel empty while this one holds many messages, so with several receivers
    /// keep `limit` small enough to share the work.
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
    /// tx.send_many(1..=5).await.unwrap();
    /// drop(tx);
    ///
    /// let mut buffer = Vec::with_capacity(3);
    /// assert_eq!(rx.recv_many(&mut buffer, 3).await, 3);
    /// assert_eq!(rx.recv_many(&mut buffer, 3).await, 2);
    /// assert_eq!(rx.recv_many(&mut buffer, 3).await, 0);
    /// assert_eq!(buffer, [1, 2, 3, 4, 5]);
    /// # });
    /// ```
    pub async fn recv_many(&self, buffer: &mut Vec<T>, limit: usize) -> usize {
        if limit == 0 {
            return 0;
        }
        Run::new(self.recv_many_operation(buffer, limit)).await
    }

    /// Receives up to `limit` messages into `buffer`, at its end, if there are any now. Returns the
    /// number of messages received, which is 0 only if `limit` is 0. Costs one atomic
    /// read-modify-write.
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
    /// let (tx, rx) = mpmc_std::channel(8);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    /// let mut buffer = Vec::new();
    /// assert_eq!(rx.try_recv_many(&mut buffer, 2), Ok(2));
    /// assert_eq!(rx.try_recv_many(&mut buffer, 2), Ok(1));
    /// assert_eq!(rx.try_recv_many(&mut buffer, 2), Err(TryRecvError::Empty));
    /// assert_eq!(buffer, [1, 2, 3]);
    /// ```
    #[doc(alias = "drain_into")]
    pub fn try_recv_many(&self, buffer: &mut Vec<T>, limit: usize) -> Result<usize, TryRecvError> {
        if limit == 0 {
            return Ok(0);
        }
        self.shared
            .queue
            .try_recv_many::<NoPosition>(buffer, limit, RetryPolicy::Yield)
            .map_err(try_recv_error)
    }

    pub(super) fn recv_many_operation<'a>(
        &'a self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> RecvManyOperation<'a, T> {
        RecvManyOperation::new(&self.shared.queue, buffer, limit)
    }
}

/// The items of a batch that were not sent, in order.
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::channel(1);
/// drop(rx);
/// let unsent = tx.try_send_many(["a", "b"]).unwrap_err().into_inner();
/// assert_eq!(unsent.sent(), 0);
/// assert_eq!(unsent.collect::<Vec<_>>(), ["a", "b"]);
/// ```
pub struct Unsent<I: Iterator> {
    sent: usize,
    /// An item that was taken out of the iterator to check whether there is one.
    next: Option<I::Item>,
    rest: I,
}

impl<I: Iterator> Unsent<I> {
    fn new(sent: usize, next: Option<I::Item>, rest: I) -> Self {
        Self { sent, next, rest }
    }

    /// Returns the number of items of the batch that were sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(2);
    /// let unsent = tx.try_send_many(0..5).unwrap_err().into_inner();
    /// assert_eq!(unsent.sent(), 2);
    /// ```
    pub fn sent(&self) -> usize {
        self.sent
    }
}

impl<I: Iterator> Iterator for Unsent<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.next.take().or_else(|| self.rest.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let first = usize::from(self.next.is_some());
        let (lower, upper) = self.rest.size_hint();
        (
            lower.saturating_add(first),
            upper.and_then(|upper| upper.checked_add(first)),
        )
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for Unsent<I> {}
impl<I: FusedIterator> FusedIterator for Unsent<I> {}

impl<I: Iterator> fmt::Debug for Unsent<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsent")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}

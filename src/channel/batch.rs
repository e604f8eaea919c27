//! Many messages in one call.

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;

use super::receiver::refused;
use super::{Receiver, Sender, Shared};
use crate::error::{SendError, TryRecvError, TrySendError};
use crate::queue::{Held, RecvManyOperation, RetryPolicy};
use crate::ring::{Buffer, ClaimError};
use crate::wait::Run;

/// How many messages go into the ring with one claim. They are filled on the stack before, which must not
/// take more than [`BUFFER_BYTES`] for it, unless one message does.
const BUFFER_LEN: usize = 64;
/// The same for messages of more than `BUFFER_BYTES / BUFFER_LEN` bytes.
const BUFFER_LEN_OF_LARGE: usize = 4;
const BUFFER_BYTES: usize = 8192;

/// For how many messages to reserve capacity next, or `None` if there are no more.
fn next_len(items: &impl Iterator) -> Option<usize> {
    match items.size_hint() {
        (_, Some(0)) => None,
        (lower, _) => Some(lower.clamp(1, BUFFER_LEN)),
    }
}

impl<T> Shared<T> {
    /// Sends as many items as permits are held, and returns how many there were.
    ///
    /// An item is taken from `items` only when capacity is reserved for it.
    #[inline]
    fn send_all(&self, held: Held<'_, T>, items: &mut impl Iterator<Item = T>) -> usize {
        if size_of::<T>() <= BUFFER_BYTES / BUFFER_LEN {
            self.send_buffered::<BUFFER_LEN>(held, items)
        } else if size_of::<T>() <= BUFFER_BYTES / BUFFER_LEN_OF_LARGE {
            self.send_buffered::<BUFFER_LEN_OF_LARGE>(held, items)
        } else {
            self.send_buffered::<1>(held, items)
        }
    }

    // Not `inline(always)`: in a debug build a caller's frame would hold chunks of all sizes.
    #[inline]
    fn send_buffered<const N: usize>(
        &self,
        mut held: Held<'_, T>,
        items: &mut impl Iterator<Item = T>,
    ) -> usize {
        let mut sent = 0;
        let _late = self.discard_if_late();
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
                // At its end, and perhaps not fused.
                break;
            }
        }
        sent
    }
}

/// An item of a batch is taken from its iterator only when capacity is reserved for it, so what has
/// not been sent is still in the iterator. Pass the iterator by reference (`&mut iterator`) to keep
/// it when a future is cancelled, or take it back out of the error.
///
/// An iterator that panics loses the items of the chunk (up to 64) that was being filled: they
/// are dropped, and their capacity is given back.
impl<T> Sender<T> {
    /// Sends all items, waiting for free capacity as needed. Returns how many there were. Waits and
    /// is woken as [`send`](Self::send); k messages wake k receivers, if as many wait.
    ///
    /// Up to 64 go in with two atomic read-modify-writes, where as many fit: one reserves the
    /// capacity, one claims it. Messages larger than 128 bytes are claimed four at a time, those
    /// larger than 2 KiB one by one: what is claimed together is on the stack before. Messages of
    /// other senders may come between those groups, and where others hold permits also inside them.
    /// An iterator that cannot tell that it is at its end
    /// ([`size_hint`](Iterator::size_hint)) makes this wait for capacity that it does not use.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed, with the items that have not been sent. With an iterator that
    /// knows that it is at its end, nothing is looked at: `Ok(0)`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, some first items may have been sent, and no
    /// other was taken out of the iterator. To go on with the rest, pass `&mut iterator`.
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
                    if count < free {
                        break;
                    }
                }
            }
        }
        Ok(sent)
    }

    /// Sends as many items as there is free capacity for now. Returns how many, if that was all of
    /// them.
    ///
    /// Costs as much as [`send_many`](Self::send_many).
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if the channel is full or closed, with the items that have not been sent. It also counts
    /// as full while 65,535 permits are out, the most there can be. With an iterator that knows that it is at its
    /// end, nothing is looked at, and a closed channel is no error.
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
                // Full, unless that was all: only the iterator knows.
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

impl<T> Receiver<T> {
    /// Receives up to `limit` messages to the end of `buffer`, waiting while the channel is empty. Returns
    /// how many: at least one, unless `limit` is 0, or the channel is closed and everything has been
    /// received.
    ///
    /// Takes what is there and not reserved for other waiters, without waiting for more, with one
    /// atomic read-modify-write. Waits and is woken as [`recv`](Self::recv); k slots that it frees
    /// wake k senders, if as many wait. Other receivers may find the channel empty while this one
    /// has many messages, so with several receivers keep `limit` small enough to share the work.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been received.
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

    /// Receives up to `limit` messages to the end of `buffer` if there are any now. Returns how many: at
    /// least one, unless `limit` is 0. One atomic read-modify-write.
    ///
    /// # Errors
    ///
    /// As for [`try_recv`](Self::try_recv).
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
            .try_recv_many(buffer, limit, RetryPolicy::Yield)
            .map_err(refused)
    }

    pub(super) fn recv_many_operation<'a>(
        &'a self,
        buffer: &'a mut Vec<T>,
        limit: usize,
    ) -> RecvManyOperation<'a, T> {
        RecvManyOperation {
            queue: &self.shared.queue,
            target: buffer,
            limit,
        }
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
    /// Was taken out of the iterator to see whether there is one.
    next: Option<I::Item>,
    rest: I,
}

impl<I: Iterator> Unsent<I> {
    fn new(sent: usize, next: Option<I::Item>, rest: I) -> Self {
        Self { sent, next, rest }
    }

    /// How many items of the batch were sent before.
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

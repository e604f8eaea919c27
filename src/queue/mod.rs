//! The raw queue: a ring and its two wait queues.

mod capacity;
mod drain;
mod force;
mod handles;
mod operation;
mod position;
mod readiness;
mod realtime;
#[cfg(feature = "std")]
mod select;
mod side;

#[cfg(all(test, not(loom)))]
mod tests;

pub use handles::{Consumer, Producer};
pub(crate) use operation::{
    AttemptError, RecvManyOperation, RecvOperation, ReserveManyOperation, ReserveOperation,
    Reserving, RetryPolicy, SendOperation,
};
pub use realtime::RealtimeQueue;

pub(crate) use position::{
    RecvManyPositionOperation, RecvPositionOperation, SendPositionOperation,
};
pub(crate) use readiness::ReadyOperation;
#[cfg(feature = "std")]
pub(crate) use select::ReserveMessageOperation;

use operation::retry;
use side::Waits;

use alloc::vec::Vec;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::task::{Context, Poll, ready};

use crate::error::SendError;
use crate::ring::{Buffer, ClaimError, Head, RecvClaim, Ring, SendClaim, Sent, Tail};
use crate::sync::{Lock, OnceBox};
use crate::trace;
use crate::unwind::{defer, run_all};
use crate::wait::{DrainWaiters, Observer, Run, Spin, SpinState, WaitList, WaitStats, WakerSet};

/// A bounded multi-producer multi-consumer queue, without the conveniences of a channel.
///
/// Share it in an `Arc` and use it through [`Producer`] and [`Consumer`] handles. Dropping handles
/// does not close it; [`close`](Self::close) does. Messages that are left are dropped with the
/// queue.
///
/// For async services use [`channel`](crate::channel()) instead, which closes when all handles of
/// one side have been dropped.
///
/// # What `send` and `recv` can wait for
///
/// [`Producer::send`] and [`Consumer::recv`] do not wait for capacity or messages, nor for a thread
/// that is suspended in the middle of an operation. But they can wait for two other things:
///
/// * If a task waits on the other side (`send_async`, `recv_async`), an operation that succeeds
///   wakes it: it takes the lock of the wait queue, which other threads hold for a short time
///   (a suspended one for longer), and calls the waker, which is the executor's code. An operation
///   that finds only what is reserved for a waiter may take that lock, too. Without the feature
///   `std` the lock spins.
/// * After 16 races in a row lost to other threads, an operation backs off: it spins, then yields
///   the thread, and after some 1000 rounds sleeps briefly.
///
/// As long as no task calls `send_async` or `recv_async`, no lock is taken and no waker is called.
/// If that must be guaranteed, and every operation must end in a bounded number of steps, use
/// [`RealtimeQueue`].
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use mpmc_std::{Consumer, MpmcQueue, Producer};
///
/// let queue = Arc::new(MpmcQueue::new(4));
/// let producer = Producer::new(Arc::clone(&queue));
/// let consumer = Consumer::new(queue);
///
/// producer.send("hello").unwrap();
/// assert_eq!(consumer.recv(), Some("hello"));
/// assert_eq!(consumer.recv(), None);
/// ```
#[doc(alias = "ArrayQueue")]
#[doc(alias = "ConcurrentQueue")]
#[repr(C)]
pub struct MpmcQueue<T> {
    ring: Ring<T, WaitList>,
    receivers: SpinState,
    /// Held during a `force_send`. It separates `receivers` from `senders`, so that these are on
    /// different cache lines.
    force_lock: Lock<()>,
    senders: SpinState,
    rare: OnceBox<RareWaiters>,
}

/// The wait queues that few programs use.
struct RareWaiters {
    /// Tasks that wait until permits can be counted again.
    countable: WakerSet,
    /// Tasks that wait until the messages sent before have been received.
    drains: DrainWaiters,
    /// Tasks that wait until the capacity is lowered.
    lowered: WakerSet,
}

impl<T> MpmcQueue<T> {
    /// Creates a queue for at least `capacity` messages: the capacity is rounded up to a power of
    /// two. [`with_exact_capacity`](Self::with_exact_capacity) does not round.
    /// All memory is allocated here, one slot (the message and 8 bytes, padded to the alignment)
    /// per message.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been
    /// allocated then).
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::MpmcQueue::<u8>::new(100);
    /// assert_eq!(queue.capacity(), 128);
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        let rounded = capacity.checked_next_power_of_two();
        // A capacity that cannot be rounded cannot be allocated either, and the ring panics. Zero
        // would be rounded to one.
        Self::with_exact_capacity(if capacity == 0 {
            0
        } else {
            rounded.unwrap_or(capacity)
        })
    }

    /// Creates a queue for exactly `capacity` messages. Otherwise as [`new`](Self::new).
    ///
    /// Operations cost the same. A power of two only makes positions last twice as long as the
    /// least favorable capacity does (they wrap after 2^44 instead of 2^43 messages).
    ///
    /// # Panics
    ///
    /// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been
    /// allocated then).
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::MpmcQueue::<u8>::with_exact_capacity(100);
    /// assert_eq!(queue.capacity(), 100);
    /// ```
    #[track_caller]
    pub fn with_exact_capacity(capacity: usize) -> Self {
        Self::with_ring(Ring::eager(capacity, WaitList::new), Spin::Adaptive)
    }

    /// Creates a queue for exactly `capacity` messages, whose slots may be allocated lazily, when
    /// the first message is sent.
    #[track_caller]
    pub(crate) fn lazy(capacity: usize, spin: Spin) -> Self {
        Self::with_ring(Ring::lazy(capacity, WaitList::new), spin)
    }

    #[track_caller]
    fn with_ring(ring: Ring<T, WaitList>, spin: Spin) -> Self {
        let channel = trace::created(ring.capacity());
        Self {
            receivers: SpinState::new(ring.capacity(), spin, channel.receivers()),
            senders: SpinState::new(ring.capacity(), spin, channel.senders()),
            ring,
            force_lock: Lock::new(()),
            rare: OnceBox::new(),
        }
    }

    /// Returns the number of messages that the queue holds when full.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(mpmc_std::MpmcQueue::<u8>::new(8).capacity(), 8);
    /// ```
    pub fn capacity(&self) -> usize {
        self.current_capacity()
    }

    /// Returns the number of messages in the queue at some moment during the call. Messages whose
    /// `send` has claimed its slot and is about to finish are included. Costs three loads, and a
    /// repetition for each send that succeeds during the call.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let queue = Arc::new(MpmcQueue::new(2));
    /// Producer::new(Arc::clone(&queue)).send(1).unwrap();
    /// assert_eq!(queue.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Returns whether there is no message in the queue. Costs as much as [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(mpmc_std::MpmcQueue::<u8>::new(8).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether a message sent now would find no free capacity; slots that are reserved for
    /// waiting producers count as used. Costs as much as [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let queue = Arc::new(MpmcQueue::new(1));
    /// assert!(!queue.is_full());
    /// Producer::new(Arc::clone(&queue)).send(1).unwrap();
    /// assert!(queue.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.free_capacity() == 0
    }

    /// Closes the queue: every later `send` fails and hands its message back, tasks that wait to
    /// send do so too, and tasks that wait to receive get the messages that are left and then
    /// `None`. Returns `true` if the queue was open.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let queue = Arc::new(MpmcQueue::new(1));
    /// assert!(queue.close());
    /// assert!(!queue.close());
    /// assert_eq!(Producer::new(queue).send("late"), Err("late"));
    /// ```
    pub fn close(&self) -> bool {
        let closed_now = self.close_ring();
        if closed_now {
            self.announce_close();
        }
        closed_now
    }

    /// Closes like [`close`](Self::close), without waking any task. If it returns `true`, the
    /// caller must call [`announce_close`](Self::announce_close).
    pub(crate) fn close_quietly(&self) -> bool {
        self.close_ring()
    }

    /// Returns whether [`close`](Self::close) was called.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::MpmcQueue::<u8>::new(1);
    /// assert!(!queue.is_closed());
    /// queue.close();
    /// assert!(queue.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    /// Returns the ring, for statistics.
    pub(crate) fn ring(&self) -> &Ring<T, WaitList> {
        &self.ring
    }

    /// Returns the statistics of the tasks that wait to send, including those that wait until
    /// permits can be counted.
    pub(crate) fn sender_stats(&self) -> WaitStats {
        let mut stats = Tail::wait_queue(self).stats();
        let countable = self.rare.get_after().map(|rare| &rare.countable);
        stats.waiting += countable.map_or(0, WakerSet::waiting) as u64;
        stats
    }

    /// Returns the statistics of the tasks that wait to receive.
    pub(crate) fn receiver_stats(&self) -> WaitStats {
        Head::wait_queue(self).stats()
    }

    /// Sends if that is possible without waiting.
    #[inline]
    pub(crate) fn try_send(&self, value: T, policy: RetryPolicy) -> Result<(), (T, ClaimError)> {
        match self.ring.claim_send_at_once() {
            Some(claim) => {
                self.publish(claim, value);
                Ok(())
            }
            None => self.try_send_again(value, policy),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_send_again(&self, value: T, policy: RetryPolicy) -> Result<(), (T, ClaimError)> {
        if let Some(claim) = self.ring.claim_send_beside_permits() {
            self.publish(claim, value);
            return Ok(());
        }
        let attempt = || match policy {
            RetryPolicy::None => self.ring.claim_send_or_would_block(),
            _ => self.ring.claim_send(),
        };
        match self.retry::<Tail, _>(policy, attempt) {
            Ok(claim) => {
                self.publish(claim, value);
                Ok(())
            }
            Err(error) => Err((value, error)),
        }
    }

    /// Receives if that is possible without waiting.
    #[inline]
    pub(crate) fn try_recv(&self, policy: RetryPolicy) -> Result<T, ClaimError> {
        match self.ring.claim_recv_at_once() {
            Some(claim) => Ok(self.take(claim)),
            None => self.try_recv_again(policy),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_recv_again(&self, policy: RetryPolicy) -> Result<T, ClaimError> {
        let attempt = || match policy {
            RetryPolicy::None => self.ring.claim_recv_or_would_block(),
            _ => self.ring.claim_recv(),
        };
        let claim = self.retry::<Head, _>(policy, attempt);
        claim.map(|claim| self.take(claim))
    }

    /// Runs [`retry`](operation::retry) for an operation that does not wait. If a reservation that
    /// no task uses may block it, ends the reservation and retries once more.
    fn retry<D: Waits, C>(
        &self,
        policy: RetryPolicy,
        mut attempt: impl FnMut() -> Result<C, ClaimError>,
    ) -> Result<C, ClaimError> {
        // Not `outcome => outcome`: that compiles to loads of bytes that have just been stored in
        // other units, and such a load waits until all stores before it have left the store buffer.
        let error = match retry(policy, &mut attempt) {
            Ok(claim) => return Ok(claim),
            Err(error) => error,
        };
        match error {
            ClaimError::Blocked | ClaimError::InFlight if self.end_reservation::<D>() => {
                retry(policy, attempt)
            }
            _ => Err(error),
        }
    }

    /// Receives up to `limit` messages to the end of `target`; at least one, or an error.
    pub(crate) fn try_recv_many(
        &self,
        target: &mut Vec<T>,
        limit: usize,
        policy: RetryPolicy,
    ) -> Result<usize, ClaimError> {
        self.retry::<Head, _>(policy, || self.recv_many_at_once(target, limit))
    }

    /// Receives like [`try_recv_many`](Self::try_recv_many), in a bounded number of steps.
    pub(crate) fn recv_many_at_once(
        &self,
        target: &mut Vec<T>,
        limit: usize,
    ) -> Result<usize, ClaimError> {
        let (count, senders_parked) = self.ring.claim_recv_many(target, limit)?.take();
        self.after_recv_many(count, senders_parked);
        Ok(count)
    }

    #[inline]
    fn after_recv_many(&self, count: usize, senders_parked: bool) {
        if senders_parked {
            self.notify_senders(count);
        }
    }

    /// Reserves capacity for at least `least` and at most `most` messages if that is possible
    /// without waiting.
    pub(crate) fn try_reserve_many(&self, least: usize, most: usize) -> Result<usize, ClaimError> {
        self.retry::<Tail, _>(RetryPolicy::Yield, || self.ring.reserve_many(least, most))
    }

    /// Sends on a permit, which the caller must hold. Waits only for a receiver that is freeing the
    /// slot.
    #[inline]
    pub(crate) fn send_reserved(&self, value: T) {
        let sent = self.claim_reserved().publish(value);
        self.after_send_reserved(sent, 1);
    }

    #[inline]
    fn claim_reserved(&self) -> SendClaim<'_, T> {
        match self.ring.claim_reserved_at_once() {
            Some(claim) => claim,
            None => self.claim_reserved_again(),
        }
    }

    #[cold]
    fn claim_reserved_again(&self) -> SendClaim<'_, T> {
        match retry(RetryPolicy::Yield, || self.ring.claim_reserved()) {
            Ok(claim) => claim,
            Err(_) => unreachable!("a permit holds capacity and outlives closing"),
        }
    }

    /// Wakes waiters. Call this after `count` messages were sent on permits.
    #[inline]
    fn after_send_reserved(&self, sent: Sent, count: usize) {
        let _exhausted = defer(|| self.after_use_of_permits(sent.was_exhausted));
        if sent.receivers_finished {
            self.finish_receivers();
        } else if sent.receivers_parked {
            self.notify_receivers(count);
        }
    }

    /// Sends all values of `buffer`, each on a permit of `held`.
    pub(crate) fn send_reserved_many<const N: usize>(
        &self,
        held: &mut Held<'_, T>,
        buffer: &mut Buffer<T, N>,
    ) {
        while buffer.len() > 0 {
            let before = buffer.len();
            let sent = retry(RetryPolicy::Yield, || {
                Ok(self.ring.claim_reserved_many(buffer)?.publish())
            });
            let Ok(sent) = sent else {
                unreachable!("a permit holds capacity and outlives closing")
            };
            // Before a waker is called, because it may panic.
            let count = before - buffer.len();
            held.take(count);
            self.after_send_reserved(sent, count);
        }
    }

    /// Releases `count` permits.
    pub(crate) fn release(&self, count: usize) {
        if count == 0 {
            return;
        }
        let released = self.ring.release(count);
        let _exhausted = defer(|| self.after_use_of_permits(released.was_exhausted));
        let _receivers = defer(|| {
            if released.receivers_finished {
                self.finish_receivers();
            }
        });
        if released.senders_parked {
            self.notify_senders(count);
        }
    }

    /// Waits until permits can be counted again, or the queue is closed.
    pub(crate) fn poll_permits_countable(
        &self,
        observer: &mut Observer,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        self.rare()
            .countable
            .poll_until(observer, cx, || !self.ring.is_exhausted())
    }

    /// Reserves capacity for one message with `poll`, waiting also until permits can be counted.
    pub(crate) fn poll_reserve(
        &self,
        observer: &mut Observer,
        cx: &mut Context<'_>,
        mut poll: impl FnMut(
            &mut ReserveOperation<'_, T>,
            &mut Context<'_>,
        ) -> Poll<Result<(), AttemptError>>,
    ) -> Poll<Result<(), SendError<()>>> {
        // A second attempt if permits can be counted again by then. After that the task is polled
        // again.
        for _ in 0..2 {
            match ready!(poll(&mut ReserveOperation { queue: self }, cx)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(AttemptError::Closed) => return Poll::Ready(Err(SendError(()))),
                Err(AttemptError::Exhausted) => {
                    ready!(self.poll_permits_countable(observer, cx));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn rare(&self) -> &RareWaiters {
        self.rare.get_or_init(|| RareWaiters {
            countable: WakerSet::new(),
            drains: DrainWaiters::new(),
            lowered: WakerSet::new(),
        })
    }

    /// Ends a wait until permits can be counted. Returns whether the observer was waiting.
    #[inline]
    pub(crate) fn leave_countable(&self, observer: &mut Observer) -> bool {
        observer.is_used() && self.rare().countable.deregister_observer(observer)
    }

    /// Drops all messages that are in the queue.
    pub(crate) fn discard_all(&self) {
        let mut message = None;
        run_all(|| {
            // A step of its own: the message must not be dropped while a panic of a sender's waker
            // unwinds.
            if message.take().is_some() {
                return true;
            }
            let claim = self.retry::<Head, _>(RetryPolicy::Yield, || self.ring.claim_recv());
            let Ok(claim) = claim else { return false };
            let (value, senders_parked) = claim.take();
            message = Some(value);
            if senders_parked {
                self.notify_senders(1);
            }
            true
        });
    }

    /// Sends, waiting while the queue is full. Fails when it is closed.
    #[inline]
    pub(crate) fn send_waiting(&self, value: T) -> Run<SendOperation<'_, T>> {
        Run::new(SendOperation::new(self, value))
    }

    /// Receives, waiting while the queue is empty. Returns `None` when it is closed and no message
    /// can arrive.
    #[inline]
    pub(crate) fn recv_waiting(&self) -> Run<RecvOperation<'_, T>> {
        Run::new(RecvOperation { queue: self })
    }

    #[inline]
    fn publish(&self, claim: SendClaim<'_, T>, value: T) {
        self.after_send(claim.publish(value));
    }

    #[inline]
    fn after_send(&self, sent: Sent) {
        if sent.receivers_parked {
            self.notify_receivers(1);
        }
    }

    /// Wakes tasks that wait until permits can be counted. Call this after permits were used;
    /// `was_exhausted` says whether no more could be counted before.
    #[inline]
    fn after_use_of_permits(&self, was_exhausted: bool) {
        if was_exhausted {
            self.announce_permits();
        }
    }

    fn notify_countable(&self) {
        if let Some(rare) = self.rare.get_after() {
            rare.countable.notify_all();
        }
    }

    #[cold]
    fn announce_permits(&self) {
        let _senders = defer(|| self.notify_senders(1));
        self.notify_countable();
    }

    #[inline]
    fn take(&self, claim: RecvClaim<'_, T>) -> T {
        let (value, senders_parked) = claim.take();
        if senders_parked {
            self.notify_senders(1);
        }
        value
    }
}

/// A number of permits that are released when this is dropped.
pub(crate) struct Held<'a, T> {
    queue: &'a MpmcQueue<T>,
    count: usize,
}

impl<'a, T> Held<'a, T> {
    /// Wraps `count` permits that the ring has counted.
    pub(crate) fn new(queue: &'a MpmcQueue<T>, count: usize) -> Self {
        Self { queue, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds the permits of `other`, which must belong to the same queue.
    pub(crate) fn add(&mut self, mut other: Self) {
        self.count += core::mem::take(&mut other.count);
    }

    /// Moves `count` permits to the caller, which must use or release them.
    pub(crate) fn take(&mut self, count: usize) {
        self.count -= count;
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.queue.release(self.count);
    }
}

impl<T> fmt::Debug for MpmcQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpmcQueue")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

// The wait queues hold wakers, which are called but never inspected.
impl<T> UnwindSafe for MpmcQueue<T> {}
impl<T> RefUnwindSafe for MpmcQueue<T> {}

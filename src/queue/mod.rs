//! The raw queue: a ring and its two wait queues.

mod capacity;
mod drain;
mod force;
mod handles;
mod operation;
mod permit;
mod readiness;
mod realtime;
mod report;
mod reserve;
mod retry;
#[cfg(feature = "std")]
mod select;
mod side;
mod transfer;

#[cfg(all(test, not(loom)))]
mod tests;

pub use handles::{Consumer, Producer};
pub use realtime::RealtimeQueue;

pub(crate) use operation::{AttemptError, RecvManyOperation, RecvOperation, SendOperation};
pub(crate) use permit::Held;
pub(crate) use readiness::ReadyOperation;
pub(crate) use report::{NoPosition, WithPosition};
pub(crate) use reserve::{ReserveManyOperation, ReserveOperation, Reserving};
pub(crate) use retry::RetryPolicy;
#[cfg(feature = "std")]
pub(crate) use select::ReserveMessageOperation;

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::ring::{Head, Ring, Tail};
use crate::sync::{Lock, OnceBox};
use crate::trace;
use crate::wait::{DrainWaiters, Spin, SpinState, WaitList, WaitStats, WakerSet};
use side::Waits;

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

    fn rare(&self) -> &RareWaiters {
        self.rare.get_or_init(|| RareWaiters {
            countable: WakerSet::new(),
            drains: DrainWaiters::new(),
        })
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

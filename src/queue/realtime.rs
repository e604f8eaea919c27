//! A queue on which no task can wait.

use core::fmt;

use crate::ring::{Ring, Sent};
use crate::sync::pauses;

/// A bounded multi-producer multi-consumer queue whose operations end in a bounded number of steps:
/// for audio threads, interrupt handlers, and other code that must not wait.
///
/// [`send`](Self::send) and [`recv`](Self::recv) take no lock, call no waker, allocate nothing,
/// make no system call, and never yield the thread. After 16 lost races they fail. Nothing can wait
/// on this queue, by design: an operation that has to wake a waiter takes the lock of the wait
/// queue and calls a waker, which is user code. So the other side has to poll. If it should wait
/// instead, use [`MpmcQueue`](crate::MpmcQueue) or [`channel`](crate::channel()).
///
/// Share it by reference or in an `Arc`. It cannot be closed; messages that are left are dropped
/// with it. All memory is allocated by [`new`](Self::new): one slot (the message and 8 bytes,
/// padded to the alignment) per message.
///
/// A message is dropped by the thread that receives it, or by the sender that gets it back. If that
/// thread must not free memory, it can send used messages back through another queue.
///
/// # Examples
///
/// ```
/// use std::thread;
/// use mpmc_std::RealtimeQueue;
///
/// let samples = RealtimeQueue::new(256);
/// let sum: u32 = thread::scope(|scope| {
///     let audio = scope.spawn(|| {
///         let mut dropped = 0;
///         for sample in 0..1000 {
///             if samples.send(sample).is_err() {
///                 dropped += 1; // the other side is late; an audio thread continues
///             }
///         }
///         dropped
///     });
///     let mut count = 0;
///     while !audio.is_finished() {
///         while samples.recv().is_some() {
///             count += 1;
///         }
///         thread::yield_now();
///     }
///     let dropped: u32 = audio.join().unwrap();
///     count + dropped + samples.len() as u32
/// });
/// assert_eq!(sum, 1000);
/// ```
#[doc(alias = "ArrayQueue")]
pub struct RealtimeQueue<T> {
    ring: Ring<T>,
}

impl<T> RealtimeQueue<T> {
    /// Creates a queue for exactly `capacity` messages.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been
    /// allocated then).
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::RealtimeQueue::<u8>::new(100);
    /// assert_eq!(queue.capacity(), 100);
    /// ```
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        // Measures the length of a pause now, and not in the first operation that loses a race.
        let _ = pauses(0);
        Self {
            ring: Ring::new(capacity),
        }
    }

    /// Sends if that is possible at once: at most 16 attempts, one atomic read-modify-write each.
    ///
    /// # Errors
    ///
    /// Hands the message back if the queue is full *now*. This includes the moment in which another
    /// thread has claimed the message in this slot but has not finished. Hands it back also after
    /// 16 races lost to other senders.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::RealtimeQueue::new(1);
    /// assert_eq!(queue.send(1), Ok(()));
    /// assert_eq!(queue.send(2), Err(2));
    /// ```
    #[doc(alias = "push")]
    #[doc(alias = "try_send_realtime")]
    #[inline]
    pub fn send(&self, value: T) -> Result<(), T> {
        match self.ring.claim_send_or_would_block() {
            Ok(claim) => {
                let Sent {
                    receivers_parked, ..
                } = claim.publish(value);
                debug_assert!(!receivers_parked, "nothing waits on this queue");
                Ok(())
            }
            Err(_) => Err(value),
        }
    }

    /// Receives the oldest message if that is possible at once: at most 16 attempts, one atomic
    /// read-modify-write each.
    ///
    /// Returns `None` if no message is ready *now*: the queue is empty, or the `send` of the oldest
    /// message has claimed its slot and has not finished. Returns `None` also after 16 races lost
    /// to other receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::RealtimeQueue::new(1);
    /// assert_eq!(queue.recv(), None);
    /// queue.send(1).unwrap();
    /// assert_eq!(queue.recv(), Some(1));
    /// ```
    #[doc(alias = "pop")]
    #[doc(alias = "try_recv_realtime")]
    #[inline]
    pub fn recv(&self) -> Option<T> {
        let claim = self.ring.claim_recv_or_would_block().ok()?;
        let (value, senders_parked) = claim.take();
        debug_assert!(!senders_parked, "nothing waits on this queue");
        Some(value)
    }

    /// Returns the number of messages that the queue holds when full.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(mpmc_std::RealtimeQueue::<u8>::new(3).capacity(), 3);
    /// ```
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Returns the number of messages in the queue at some moment during the call, including those
    /// whose `send` is about to finish. Repeats for each send that succeeds during the call, so it
    /// is not bounded as `send` and `recv` are.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::RealtimeQueue::new(3);
    /// queue.send(1).unwrap();
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
    /// assert!(mpmc_std::RealtimeQueue::<u8>::new(3).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether a message sent now would find no free capacity. Costs as much as
    /// [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = mpmc_std::RealtimeQueue::new(1);
    /// assert!(!queue.is_full());
    /// queue.send(1).unwrap();
    /// assert!(queue.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.ring.free_capacity().0 == 0
    }
}

impl<T> fmt::Debug for RealtimeQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealtimeQueue")
            .field("capacity", &self.capacity())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

//! The raw queue: a ring and its two gates.

use core::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::gate::{self, Attempt, Gate, Lane, Operation};
use crate::ring::{RecvClaim, Refusal, Ring, SendClaim, Sent};
use crate::sync::{Arc, Backoff, SPIN_ROUNDS};

/// A bounded multi-producer multi-consumer queue, without the conveniences of a channel.
///
/// Share it in an `Arc` and work on it through [`Producer`] and [`Consumer`] handles. It never closes
/// by itself: dropping handles does nothing, [`close`](Self::close) does. Messages that are left are
/// dropped with the queue.
///
/// For async services use [`channel`](crate::channel()) instead, which closes when one side is gone.
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
pub struct MpmcQueue<T> {
    ring: Ring<T>,
    receivers: Gate,
    senders: Gate,
}

impl<T> MpmcQueue<T> {
    /// Creates a queue for at least `capacity` messages: the capacity is rounded up to a power of two.
    /// All memory is allocated here, one slot (the message and 8 bytes, padded to the alignment) per
    /// message.
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
    pub fn new(capacity: usize) -> Self {
        let rounded = capacity.checked_next_power_of_two();
        // What cannot be rounded cannot be allocated either; the ring says so. Zero rounds to one.
        Self::with_exact_capacity(if capacity == 0 {
            0
        } else {
            rounded.unwrap_or(capacity)
        })
    }

    /// A queue for exactly `capacity` messages.
    pub(crate) fn with_exact_capacity(capacity: usize) -> Self {
        Self {
            ring: Ring::new(capacity),
            receivers: Gate::new(),
            senders: Gate::new(),
        }
    }

    /// The number of messages that the queue holds when full.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(mpmc_std::MpmcQueue::<u8>::new(8).capacity(), 8);
    /// ```
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// The number of messages in the queue at some moment during the call, those included whose
    /// `send` has claimed its place and is about to finish. Costs three loads, and a repetition for
    /// each send that succeeds during the call.
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

    /// Whether there is no message in the queue. Costs as much as [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(mpmc_std::MpmcQueue::<u8>::new(8).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a message sent now would not find room. Costs as much as [`len`](Self::len).
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
        self.room() == 0
    }

    /// Closes the queue: every later `send` fails and hands its message back, tasks that wait to send
    /// do so too, and tasks that wait to receive get what is left and then `None`. `true` if the queue
    /// was open.
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
        let closed_now = self.ring.close();
        if closed_now {
            self.receivers.notify_all();
            self.senders.notify_all();
        }
        closed_now
    }

    /// Whether [`close`](Self::close) was called.
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

    /// How many more messages fit, permits counted as taken.
    pub(crate) fn room(&self) -> usize {
        self.ring.room()
    }

    /// Sends if that is possible without waiting for anybody.
    #[inline]
    pub(crate) fn try_send(&self, value: T, patience: Patience) -> Result<(), (T, Refusal)> {
        match self.ring.claim_send_at_once() {
            Some(claim) => {
                self.publish(claim, value);
                Ok(())
            }
            None => self.try_send_again(value, patience),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_send_again(&self, value: T, patience: Patience) -> Result<(), (T, Refusal)> {
        match persist(patience, || self.ring.claim_send()) {
            Ok(claim) => {
                self.publish(claim, value);
                Ok(())
            }
            Err(refusal) => Err((value, refusal)),
        }
    }

    /// Receives if that is possible without waiting for anybody.
    #[inline]
    pub(crate) fn try_recv(&self, patience: Patience) -> Result<T, Refusal> {
        match self.ring.claim_recv_at_once() {
            Some(claim) => Ok(self.take(claim)),
            None => self.try_recv_again(patience),
        }
    }

    #[cold]
    #[inline(never)]
    fn try_recv_again(&self, patience: Patience) -> Result<T, Refusal> {
        persist(patience, || self.ring.claim_recv()).map(|claim| self.take(claim))
    }

    /// Sends on a permit, which must be held. Waits only for a receiver that is just freeing the slot.
    pub(crate) fn send_reserved(&self, value: T) -> Sent {
        let claim = persist(Patience::Yield, || self.ring.claim_reserved());
        let Ok(claim) = claim else {
            unreachable!("a permit is room, and outlives closing")
        };
        self.publish(claim, value)
    }

    /// Gives the room of one permit back.
    pub(crate) fn release(&self) {
        let released = self.ring.release();
        if released.senders_parked {
            self.senders.notify();
        }
        if released.receivers_finished {
            self.receivers.notify_all();
        }
    }

    /// Drops all messages that are in the queue.
    pub(crate) fn discard_all(&self) {
        /// Goes on also while a panic of one message's destructor passes through.
        struct Rest<'a, T>(&'a MpmcQueue<T>);
        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while self.0.try_recv(Patience::Yield).is_ok() {}
            }
        }
        drop(Rest(self));
    }

    /// Sends, waiting while the queue is full. Fails when it is closed.
    #[inline]
    pub(crate) fn send_waiting(&self, value: T) -> impl Future<Output = Result<(), T>> {
        gate::run(SendOperation {
            queue: self,
            value: Some(value),
        })
    }

    /// Receives, waiting while the queue is empty. `None` when it is closed and nothing can come.
    #[inline]
    pub(crate) fn recv_waiting(&self) -> impl Future<Output = Option<T>> {
        gate::run(RecvOperation { queue: self })
    }

    #[inline]
    fn publish(&self, claim: SendClaim<'_, T>, value: T) -> Sent {
        let sent = claim.publish(value);
        if sent.receivers_parked {
            self.receivers.notify();
        }
        sent
    }

    #[inline]
    fn take(&self, claim: RecvClaim<'_, T>) -> T {
        let (value, senders_parked) = claim.take();
        if senders_parked {
            self.senders.notify();
        }
        value
    }
}

impl<T> fmt::Debug for MpmcQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MpmcQueue")
            .field("ring", &self.ring)
            .finish_non_exhaustive()
    }
}

// The gates hold wakers, which are called but never looked into.
impl<T> UnwindSafe for MpmcQueue<T> {}
impl<T> RefUnwindSafe for MpmcQueue<T> {}

/// How long to insist when somebody else's unfinished claim is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Not at all: an unfinished claim means "not ready now".
    None,
    /// Some dozens of spins ([`SPIN_ROUNDS`]), then let the caller decide.
    Spin,
    /// Spin, then yield the thread, until it is decided.
    Yield,
}

/// Claims, with as much patience as was asked for.
fn persist<C>(patience: Patience, claim: impl Fn() -> Result<C, Refusal>) -> Result<C, Refusal> {
    let backoff = Backoff::new();
    let mut spins = 0;
    loop {
        match claim() {
            // `Contended` is never an answer for who does not wait: there may well be something to claim.
            Err(Refusal::InFlight) if patience == Patience::None => return Err(Refusal::InFlight),
            Err(refusal @ (Refusal::InFlight | Refusal::Contended)) => {
                if patience == Patience::Spin && spins == SPIN_ROUNDS {
                    return Err(refusal);
                }
                spins += 1;
                backoff.snooze();
            }
            decided => return decided,
        }
    }
}

/// The receivers' side: they wait until it is not empty.
pub(crate) struct Receivers<'a, T>(&'a MpmcQueue<T>);

impl<T> Lane for Receivers<'_, T> {
    fn gate(&self) -> &Gate {
        &self.0.receivers
    }

    fn arm(&self) -> bool {
        self.0.ring.arm_receivers()
    }
}

/// The senders' side: they wait until it is not full.
pub(crate) struct Senders<'a, T>(&'a MpmcQueue<T>);

impl<T> Lane for Senders<'_, T> {
    fn gate(&self) -> &Gate {
        &self.0.senders
    }

    fn arm(&self) -> bool {
        self.0.ring.arm_senders()
    }
}

/// What an attempt comes to: a claim's output, or what being closed means, or a reason to wait.
#[inline]
fn attempt<C, R>(claim: Result<C, Refusal>, done: impl FnOnce(Result<C, ()>) -> R) -> Attempt<R> {
    match claim {
        Ok(claim) => Attempt::Done(done(Ok(claim))),
        Err(Refusal::Closed) => Attempt::Done(done(Err(()))),
        Err(Refusal::Blocked) => Attempt::Blocked,
        Err(Refusal::InFlight | Refusal::Contended) => Attempt::Busy,
    }
}

/// Sending one message; the message comes back if the queue is closed.
pub(crate) struct SendOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
    /// `None` once it is done.
    pub(crate) value: Option<T>,
}

impl<'a, T> Operation for SendOperation<'a, T> {
    type Lane = Senders<'a, T>;
    type Output = Result<(), T>;

    fn lane(&self) -> Senders<'a, T> {
        Senders(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Result<(), T>> {
        let claim = self.queue.ring.claim_send_at_once()?;
        let Some(value) = self.value.take() else {
            unreachable!("a finished send is not retried")
        };
        self.queue.publish(claim, value);
        Some(Ok(()))
    }

    fn attempt(&mut self) -> Attempt<Result<(), T>> {
        let claim = persist(Patience::Spin, || self.queue.ring.claim_send());
        attempt(claim, |claim| {
            let Some(value) = self.value.take() else {
                unreachable!("a finished send is not retried")
            };
            match claim {
                Ok(claim) => {
                    self.queue.publish(claim, value);
                    Ok(())
                }
                Err(()) => Err(value),
            }
        })
    }
}

/// Receiving one message; `None` if the queue is closed and nothing can come any more.
pub(crate) struct RecvOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for RecvOperation<'a, T> {
    type Lane = Receivers<'a, T>;
    type Output = Option<T>;

    fn lane(&self) -> Receivers<'a, T> {
        Receivers(self.queue)
    }

    #[inline(always)]
    fn attempt_at_once(&mut self) -> Option<Option<T>> {
        let claim = self.queue.ring.claim_recv_at_once()?;
        Some(Some(self.queue.take(claim)))
    }

    fn attempt(&mut self) -> Attempt<Option<T>> {
        let claim = persist(Patience::Spin, || self.queue.ring.claim_recv());
        attempt(claim, |claim| {
            claim.ok().map(|claim| self.queue.take(claim))
        })
    }
}

/// Reserving room for one message; an error if the queue is closed.
pub(crate) struct ReserveOperation<'a, T> {
    pub(crate) queue: &'a MpmcQueue<T>,
}

impl<'a, T> Operation for ReserveOperation<'a, T> {
    type Lane = Senders<'a, T>;
    type Output = Result<(), ()>;

    fn lane(&self) -> Senders<'a, T> {
        Senders(self.queue)
    }

    fn attempt_at_once(&mut self) -> Option<Result<(), ()>> {
        self.queue.ring.reserve().ok().map(Ok)
    }

    fn attempt(&mut self) -> Attempt<Result<(), ()>> {
        attempt(
            persist(Patience::Spin, || self.queue.ring.reserve()),
            |claim| claim,
        )
    }
}

/// A handle that sends into an [`MpmcQueue`]. Clones send into the same queue.
///
/// # Examples
///
/// Four producers and four consumers in threads:
///
/// ```
/// use std::sync::Arc;
/// use std::thread;
/// use mpmc_std::{Consumer, MpmcQueue, Producer};
///
/// let queue = Arc::new(MpmcQueue::new(64));
/// let sum: u64 = thread::scope(|scope| {
///     for base in 0..4 {
///         let producer = Producer::new(Arc::clone(&queue));
///         scope.spawn(move || {
///             for i in 0..1000 {
///                 let mut message = base * 1000 + i;
///                 while let Err(back) = producer.send(message) {
///                     message = back; // full: the message comes back
///                     thread::yield_now();
///                 }
///             }
///         });
///     }
///     let consumers: Vec<_> = (0..4)
///         .map(|_| {
///             let consumer = Consumer::new(Arc::clone(&queue));
///             scope.spawn(move || {
///                 let mut sum = 0;
///                 for _ in 0..1000 {
///                     sum += loop {
///                         match consumer.recv() {
///                             Some(message) => break message,
///                             None => thread::yield_now(),
///                         }
///                     };
///                 }
///                 sum
///             })
///         })
///         .collect();
///     consumers.into_iter().map(|consumer| consumer.join().unwrap()).sum()
/// });
/// assert_eq!(sum, (0..4000).sum());
/// ```
pub struct Producer<T> {
    queue: Arc<MpmcQueue<T>>,
}

impl<T> Producer<T> {
    /// Creates a handle on `queue`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let producer = Producer::new(Arc::new(MpmcQueue::new(2)));
    /// assert_eq!(producer.send(1), Ok(()));
    /// ```
    pub fn new(queue: Arc<MpmcQueue<T>>) -> Self {
        Self { queue }
    }

    /// Sends without waiting. One atomic read-modify-write, no allocation, no lock unless a consumer is
    /// parked.
    ///
    /// # Errors
    ///
    /// Hands the message back if there is no room *now*, or the queue is closed. "No room now" includes
    /// the moment in which another thread has taken the message out of this slot but has not finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let producer = Producer::new(Arc::new(MpmcQueue::new(1)));
    /// assert_eq!(producer.send(1), Ok(()));
    /// assert_eq!(producer.send(2), Err(2));
    /// ```
    #[inline]
    pub fn send(&self, value: T) -> Result<(), T> {
        self.queue
            .try_send(value, Patience::None)
            .map_err(|(value, _)| value)
    }

    /// Sends, waiting while the queue is full.
    ///
    /// # Errors
    ///
    /// Hands the message back if the queue is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent and is dropped
    /// with the future.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{Consumer, MpmcQueue, Producer};
    ///
    /// # futures::executor::block_on(async {
    /// let queue = Arc::new(MpmcQueue::new(1));
    /// let producer = Producer::new(Arc::clone(&queue));
    /// let consumer = Consumer::new(queue);
    ///
    /// producer.send_async(1).await.unwrap();
    /// let (sent, received) = futures::join!(producer.send_async(2), consumer.recv_async());
    /// assert_eq!((sent, received), (Ok(()), Some(1)));
    /// # });
    /// ```
    pub async fn send_async(&self, value: T) -> Result<(), T> {
        self.queue.send_waiting(value).await
    }

    /// The queue of this handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{MpmcQueue, Producer};
    ///
    /// let producer = Producer::new(Arc::new(MpmcQueue::<u8>::new(2)));
    /// assert_eq!(producer.queue().capacity(), 2);
    /// ```
    pub fn queue(&self) -> &Arc<MpmcQueue<T>> {
        &self.queue
    }
}

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.queue))
    }
}

impl<T> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer")
            .field("queue", &self.queue)
            .finish()
    }
}

/// A handle that receives from an [`MpmcQueue`]. Clones receive from the same queue; each message goes
/// to one of them.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use mpmc_std::{Consumer, MpmcQueue, Producer};
///
/// let queue = Arc::new(MpmcQueue::new(2));
/// let producer = Producer::new(Arc::clone(&queue));
/// let first = Consumer::new(queue);
/// let second = first.clone();
///
/// producer.send('a').unwrap();
/// producer.send('b').unwrap();
/// assert_eq!((first.recv(), second.recv()), (Some('a'), Some('b')));
/// ```
pub struct Consumer<T> {
    queue: Arc<MpmcQueue<T>>,
}

impl<T> Consumer<T> {
    /// Creates a handle on `queue`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{Consumer, MpmcQueue};
    ///
    /// let consumer = Consumer::new(Arc::new(MpmcQueue::<u8>::new(2)));
    /// assert_eq!(consumer.recv(), None);
    /// ```
    pub fn new(queue: Arc<MpmcQueue<T>>) -> Self {
        Self { queue }
    }

    /// Receives without waiting. One atomic read-modify-write, no allocation, no lock unless a producer is
    /// parked.
    ///
    /// `None` if no message is ready *now*: the queue is empty (closed or not), or the oldest message's
    /// `send` has claimed its place and has not finished.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{Consumer, MpmcQueue, Producer};
    ///
    /// let queue = Arc::new(MpmcQueue::new(2));
    /// let consumer = Consumer::new(Arc::clone(&queue));
    /// assert_eq!(consumer.recv(), None);
    /// Producer::new(queue).send(1).unwrap();
    /// assert_eq!(consumer.recv(), Some(1));
    /// ```
    #[inline]
    pub fn recv(&self) -> Option<T> {
        self.queue.try_recv(Patience::None).ok()
    }

    /// Receives, waiting while the queue is empty. `None` only if the queue is closed and everything
    /// that was sent has been received.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been received.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{Consumer, MpmcQueue, Producer};
    ///
    /// # futures::executor::block_on(async {
    /// let queue = Arc::new(MpmcQueue::new(2));
    /// let consumer = Consumer::new(Arc::clone(&queue));
    /// Producer::new(Arc::clone(&queue)).send_async(1).await.unwrap();
    /// queue.close();
    /// assert_eq!(consumer.recv_async().await, Some(1));
    /// assert_eq!(consumer.recv_async().await, None);
    /// # });
    /// ```
    pub async fn recv_async(&self) -> Option<T> {
        self.queue.recv_waiting().await
    }

    /// The queue of this handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use mpmc_std::{Consumer, MpmcQueue};
    ///
    /// let consumer = Consumer::new(Arc::new(MpmcQueue::<u8>::new(2)));
    /// assert!(consumer.queue().is_empty());
    /// ```
    pub fn queue(&self) -> &Arc<MpmcQueue<T>> {
        &self.queue
    }
}

impl<T> Clone for Consumer<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.queue))
    }
}

impl<T> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("queue", &self.queue)
            .finish()
    }
}

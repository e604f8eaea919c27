use core::fmt;

use super::{MpmcQueue, NoPosition, RetryPolicy};
use crate::sync::Arc;

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

    /// Sends without waiting for capacity. One atomic read-modify-write, no allocation. Takes a
    /// lock and calls a waker if a consumer waits; see [`MpmcQueue`] for everything that this can
    /// wait for.
    ///
    /// # Errors
    ///
    /// Hands the message back if there is no free capacity *now*, or the queue is closed. This
    /// includes the moment in which another thread has claimed the message in this slot but has not
    /// finished, and slots that are reserved for a waiting producer that has lost several races.
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
    #[doc(alias = "push")]
    #[doc(alias = "try_send_realtime")]
    pub fn send(&self, value: T) -> Result<(), T> {
        self.queue
            .try_send::<NoPosition>(value, RetryPolicy::None)
            .map_err(|(value, _)| value)
    }

    /// Sends, waiting while the queue is full. Each free slot wakes one waiting producer.
    ///
    /// # Errors
    ///
    /// Hands the message back if the queue is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent and is
    /// dropped with the future.
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
    pub fn send_async(&self, value: T) -> impl Future<Output = Result<(), T>> {
        self.queue.send_waiting(value)
    }

    /// Returns the queue of this handle.
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

/// A handle that receives from an [`MpmcQueue`]. Clones receive from the same queue; each message
/// goes to one of them.
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

    /// Receives without waiting for a message. One atomic read-modify-write, no allocation. Takes a
    /// lock and calls a waker if a producer waits; see [`MpmcQueue`] for everything that this can
    /// wait for.
    ///
    /// Returns `None` if no message is ready *now*: the queue is empty (closed or not), or the
    /// `send` of the oldest message has claimed its slot and has not finished, or the messages are
    /// reserved for a waiting consumer that has lost several races.
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
    #[doc(alias = "pop")]
    #[doc(alias = "try_recv_realtime")]
    pub fn recv(&self) -> Option<T> {
        self.queue.try_recv::<NoPosition>(RetryPolicy::None).ok()
    }

    /// Receives, waiting while the queue is empty. Each message wakes one waiting consumer. Returns
    /// `None` only if the queue is closed and everything that was sent has been received.
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
    pub fn recv_async(&self) -> impl Future<Output = Option<T>> {
        self.queue.recv_waiting()
    }

    /// Returns the queue of this handle.
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

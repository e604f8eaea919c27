//! Capacity that changes while the channel is in use.

use super::{Receiver, Sender, Shared};
use crate::error::{SendError, SetCapacityError};
use crate::queue::MpmcQueue;
use crate::unwind::defer;
use crate::wait::Spin;

impl<T> Shared<T> {
    /// Creates a queue for `capacity` messages, which can be changed to up to `limit`.
    ///
    /// # Panics
    ///
    /// Panics as `MpmcQueue::lazy` does for the limit, or if the capacity is zero.
    #[track_caller]
    pub(super) fn queue(capacity: usize, limit: usize, spin: Spin) -> MpmcQueue<T> {
        let queue = MpmcQueue::lazy(limit, spin);
        if capacity < limit {
            if let Err(error) = queue.set_capacity(capacity) {
                panic!("mpmc-std: {error}");
            }
        }
        queue
    }

    fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        // Tasks that hold the reservation lock or wait for it check again whether the capacity
        // allows their count. Also if a waker panics before.
        let _reserving = defer(|| self.reserving.end());
        self.queue.set_capacity(capacity)
    }
}

/// # Changing the capacity
impl<T> Sender<T> {
    /// Changes the capacity of the channel, and returns the previous one.
    ///
    /// The change applies to every send and reservation that begins after this call returns.
    /// Lowering the capacity takes nothing out of the channel: messages and permits stay, and
    /// nothing new is accepted until there are fewer of them than the capacity. Raising it wakes
    /// one waiting sender for each new free slot. A [`reserve_many`](Self::reserve_many) that waits
    /// for more permits than the new capacity fails.
    ///
    /// The capacity can be from 1 to [`capacity_limit`](Self::capacity_limit), and at most 64,512
    /// below that limit. The difference between the limit and the capacity counts against the
    /// 65,535 permits that can be outstanding at a time.
    ///
    /// Waits only for a lock that is held briefly, and never while user code runs. While the
    /// capacity is below the limit, a send takes a slower path and does not spin before it waits;
    /// the [guide](crate::guide::capacity) has figures. Memory is neither allocated nor freed.
    ///
    /// # Errors
    ///
    /// [`SetCapacityError`] if the capacity is zero, above the limit or too far below it; if too
    /// many permits are outstanding; or if the channel or this handle is closed. Nothing has
    /// changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    ///
    /// assert_eq!(tx.set_capacity(2), Ok(4));
    /// assert_eq!((tx.max_capacity(), tx.len(), tx.capacity()), (2, 3, 0));
    /// assert!(tx.try_send(4).is_err());
    /// assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    /// assert!(tx.try_send(4).is_ok());
    ///
    /// assert_eq!(tx.set_capacity(4), Ok(2));
    /// assert_eq!(tx.capacity(), 2);
    /// ```
    #[doc(alias = "resize")]
    #[doc(alias = "grow")]
    #[doc(alias = "shrink")]
    pub fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        let capacity = self
            .check_open(capacity)
            .map_err(|SendError(_)| SetCapacityError::Closed)?;
        self.shared.set_capacity(capacity)
    }

    /// Returns the largest capacity that [`set_capacity`](Self::set_capacity) accepts: the limit of
    /// [`Builder::growable_to`](crate::Builder::growable_to) if that was called, or else the
    /// capacity that the channel was created with.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::Builder::new(2).growable_to(8).build::<u8>();
    /// assert_eq!((tx.max_capacity(), tx.capacity_limit()), (2, 8));
    /// ```
    pub fn capacity_limit(&self) -> usize {
        self.shared.queue.capacity_limit()
    }
}

/// # Changing the capacity
impl<T> Receiver<T> {
    /// Changes the capacity of the channel, and returns the previous one; see
    /// [`Sender::set_capacity`].
    ///
    /// # Errors
    ///
    /// The same as for [`Sender::set_capacity`].
    ///
    /// # Examples
    ///
    /// A receiver that cannot keep up lowers the capacity:
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(100);
    /// for number in 0..100 {
    ///     tx.try_send(number).unwrap();
    /// }
    /// if rx.capacity() == 0 {
    ///     assert_eq!(rx.set_capacity(10), Ok(100));
    /// }
    /// assert_eq!(rx.drain().count(), 100);
    /// assert_eq!(tx.capacity(), 10);
    /// ```
    #[doc(alias = "resize")]
    #[doc(alias = "grow")]
    #[doc(alias = "shrink")]
    pub fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        self.shared.set_capacity(capacity)
    }

    /// Returns the largest capacity that [`set_capacity`](Self::set_capacity) accepts; see
    /// [`Sender::capacity_limit`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(8);
    /// rx.set_capacity(2).unwrap();
    /// assert_eq!((rx.max_capacity(), rx.capacity_limit()), (2, 8));
    /// ```
    pub fn capacity_limit(&self) -> usize {
        self.shared.queue.capacity_limit()
    }
}

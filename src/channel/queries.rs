//! Queries: the free capacity, the messages in the channel, and the number of handles.

use super::{Receiver, Sender, WeakReceiver, WeakSender};
use crate::sync::Arc;

/// # Capacity and length
impl<T> Sender<T> {
    /// Returns the free capacity: the number of messages that can be sent now before the channel is
    /// full.
    ///
    /// This is [`max_capacity`](Self::max_capacity) less the messages in the channel, the
    /// outstanding permits, and the slots that are reserved for waiting senders. It is 0 if these
    /// are more than the maximum because the capacity was lowered.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// assert_eq!(tx.capacity(), 5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.capacity(), 4);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.queue.free_capacity()
    }

    /// Returns the number of messages and permits that the channel holds when full: the capacity
    /// that it was created with, or that [`set_capacity`](Self::set_capacity) has set since.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.max_capacity(), 5);
    /// ```
    #[doc(alias = "capacity")]
    pub fn max_capacity(&self) -> usize {
        self.shared.queue.capacity()
    }

    /// Returns the number of messages in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.queue.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(5);
    /// assert!(tx.is_empty());
    /// tx.try_send(1).unwrap();
    /// assert!(!tx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shared.queue.is_empty()
    }

    /// Returns whether there is no free capacity, that is, whether [`capacity`](Self::capacity) is
    /// 0. Permits, and slots that are reserved for waiting senders, count as taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// assert!(!tx.is_full());
    /// let permit = tx.try_reserve().unwrap();
    /// assert!(tx.is_full());
    /// permit.send(1);
    /// assert!(tx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.shared.queue.is_full()
    }
}

/// # Handles
impl<T> Sender<T> {
    /// Returns the number of senders of this channel, including this one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// let other = tx.clone();
    /// assert_eq!(tx.strong_count(), 2);
    /// ```
    #[doc(alias = "sender_count")]
    pub fn strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// Returns the number of weak handles on the sending side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert_eq!(tx.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.senders.weak()
    }

    /// Returns the number of receivers of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = rx.clone();
    /// assert_eq!(tx.receiver_strong_count(), 2);
    /// ```
    #[doc(alias = "receiver_count")]
    pub fn receiver_strong_count(&self) -> usize {
        self.shared.receivers.strong()
    }

    /// Returns the number of weak handles on the receiving side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// assert_eq!(tx.receiver_weak_count(), 1);
    /// ```
    pub fn receiver_weak_count(&self) -> usize {
        self.shared.receivers.weak()
    }

    /// Returns whether both handles send to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (a, _rx) = mpmc_std::channel::<u8>(1);
    /// let (b, _rx) = mpmc_std::channel::<u8>(1);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    #[doc(alias = "same_receiver")]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Returns a weak handle, which does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak sender does nothing unless it is upgraded"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::of(Arc::clone(&self.shared))
    }
}

/// # Capacity and length
impl<T> Receiver<T> {
    /// Returns the number of messages in the channel, including those that are reserved for waiting
    /// receivers.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.shared.queue.len()
    }

    /// Returns whether there is no message in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(2);
    /// assert!(rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.shared.queue.is_empty()
    }

    /// Returns whether there is no free capacity, that is, whether [`capacity`](Self::capacity) is
    /// 0. Permits, and slots that are reserved for waiting senders, count as taken.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert!(!rx.is_full());
    /// tx.try_send(1).unwrap();
    /// assert!(rx.is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        self.shared.queue.is_full()
    }

    /// Returns the free capacity: the number of messages that can be sent now before the channel is
    /// full.
    ///
    /// This is [`max_capacity`](Self::max_capacity) less the messages in the channel, the
    /// outstanding permits, and the slots that are reserved for waiting senders. It is 0 if these
    /// are more than the maximum because the capacity was lowered.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.capacity(), 1);
    /// ```
    pub fn capacity(&self) -> usize {
        self.shared.queue.free_capacity()
    }

    /// Returns the number of messages and permits that the channel holds when full: the capacity
    /// that it was created with, or that [`set_capacity`](Self::set_capacity) has set since.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(2);
    /// assert_eq!(rx.max_capacity(), 2);
    /// ```
    #[doc(alias = "capacity")]
    pub fn max_capacity(&self) -> usize {
        self.shared.queue.capacity()
    }
}

/// # Handles
impl<T> Receiver<T> {
    /// Returns the number of receivers of this channel, including this one.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = rx.clone();
    /// assert_eq!(rx.strong_count(), 2);
    /// ```
    #[doc(alias = "receiver_count")]
    pub fn strong_count(&self) -> usize {
        self.shared.receivers.strong()
    }

    /// Returns the number of weak handles on the receiving side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// assert_eq!(rx.weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.shared.receivers.weak()
    }

    /// Returns the number of senders of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let other = tx.clone();
    /// assert_eq!(rx.sender_strong_count(), 2);
    /// ```
    #[doc(alias = "sender_count")]
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders.strong()
    }

    /// Returns the number of weak handles on the sending side of this channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = tx.downgrade();
    /// assert_eq!(rx.sender_weak_count(), 1);
    /// ```
    pub fn sender_weak_count(&self) -> usize {
        self.shared.senders.weak()
    }

    /// Returns whether both handles receive from the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, a) = mpmc_std::channel::<u8>(1);
    /// let (_tx, b) = mpmc_std::channel::<u8>(1);
    /// assert!(a.same_channel(&a.clone()));
    /// assert!(!a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Returns a weak handle, which does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// let weak = rx.downgrade();
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak receiver does nothing unless it is upgraded"]
    pub fn downgrade(&self) -> WeakReceiver<T> {
        WeakReceiver::of(Arc::clone(&self.shared))
    }
}

use core::fmt;

use super::{Handles, Receiver, Sender, Shared, Stats};
use crate::sync::Arc;

/// A handle on one side of a channel that does not keep it open.
struct Weak<T> {
    shared: Arc<Shared<T>>,
    side: fn(&Shared<T>) -> &Handles,
}

impl<T> Weak<T> {
    fn new(shared: Arc<Shared<T>>, side: fn(&Shared<T>) -> &Handles) -> Self {
        side(&shared).add_weak();
        Self { shared, side }
    }

    fn handles(&self) -> &Handles {
        (self.side)(&self.shared)
    }

    /// The shared state with one more strong handle counted, unless there is none left.
    fn upgrade(&self) -> Option<Arc<Shared<T>>> {
        self.handles().revive().then(|| Arc::clone(&self.shared))
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared), self.side)
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        self.handles().remove_weak();
    }
}

/// A [`Sender`] that does not keep the channel open, from [`Sender::downgrade`].
///
/// It keeps the channel's memory, but no message: those go with the last receiver.
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::channel(1);
/// let weak = tx.downgrade();
/// weak.upgrade().expect("a sender is left").try_send(1).unwrap();
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// assert_eq!(rx.blocking_recv(), Some(1));
/// assert_eq!(rx.blocking_recv(), None);
/// ```
pub struct WeakSender<T>(Weak<T>);

impl<T> WeakSender<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self(Weak::new(shared, |shared| &shared.senders))
    }

    /// A sender of the same channel, or `None` if all senders are gone. (A channel closed by its receivers
    /// still gives a sender as long as one is left.)
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert!(tx.downgrade().upgrade().unwrap().same_channel(&tx));
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.0.upgrade().map(Sender::new)
    }

    /// The number of senders of the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(tx.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.0.handles().strong()
    }

    /// The number of weak senders of the channel, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(tx.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.0.handles().weak()
    }

    /// What has happened in the channel so far; see [`Sender::stats`]. For watching a channel without keeping it
    /// open; works to the end and after it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let watch = tx.downgrade();
    /// tx.try_send(1).unwrap();
    /// assert_eq!((watch.stats().len, watch.stats().senders.handles), (1, 1));
    /// drop((tx, rx));
    /// assert!(watch.stats().closed);
    /// ```
    pub fn stats(&self) -> Stats {
        self.0.shared.stats()
    }

    /// Whether both belong to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert!(tx.downgrade().same_channel(&tx.downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.shared, &other.0.shared)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender")
            .field("channel", &self.0.shared)
            .finish()
    }
}

/// A [`Receiver`] that does not keep the channel open, from [`Receiver::downgrade`].
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::channel(1);
/// let weak = rx.downgrade();
/// tx.try_send(1).unwrap();
/// assert_eq!(weak.upgrade().expect("a receiver is left").try_recv(), Ok(1));
/// drop(rx);
/// assert!(weak.upgrade().is_none());
/// assert!(tx.is_closed());
/// ```
pub struct WeakReceiver<T>(Weak<T>);

impl<T> WeakReceiver<T> {
    pub(super) fn new(shared: Arc<Shared<T>>) -> Self {
        Self(Weak::new(shared, |shared| &shared.receivers))
    }

    /// A receiver of the same channel, or `None` if all receivers are gone.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(rx.downgrade().upgrade().unwrap().same_channel(&rx));
    /// ```
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        self.0.upgrade().map(Receiver::new)
    }

    /// The number of receivers of the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.0.handles().strong()
    }

    /// The number of weak receivers of the channel, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.0.handles().weak()
    }

    /// What has happened in the channel so far; see [`Sender::stats`] and [`WeakSender::stats`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().stats().receivers.weak_handles, 1);
    /// ```
    pub fn stats(&self) -> Stats {
        self.0.shared.stats()
    }

    /// Whether both belong to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(rx.downgrade().same_channel(&rx.downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.shared, &other.0.shared)
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakReceiver")
            .field("channel", &self.0.shared)
            .finish()
    }
}

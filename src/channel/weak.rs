use core::fmt;

use super::{Handles, Receiver, Sender, Shared, Stats};
use crate::sync::Arc;

/// A handle on one side of a channel that does not keep it open.
struct Weak<T> {
    /// `None` if the handle was created without a channel.
    shared: Option<Arc<Shared<T>>>,
    side: fn(&Shared<T>) -> &Handles,
}

impl<T> Weak<T> {
    /// Creates a weak handle and counts it.
    fn of(shared: Option<Arc<Shared<T>>>, side: fn(&Shared<T>) -> &Handles) -> Self {
        let weak = Self { shared, side };
        if let Some(handles) = weak.handles() {
            handles.add_weak();
        }
        weak
    }

    fn handles(&self) -> Option<&Handles> {
        self.shared.as_deref().map(self.side)
    }

    /// Counts one more strong handle and returns the shared state. Returns `None` if no strong
    /// handle is left.
    fn upgrade(&self) -> Option<Arc<Shared<T>>> {
        let shared = self.shared.as_ref()?;
        (self.side)(shared).upgrade().then(|| Arc::clone(shared))
    }

    fn strong_count(&self) -> usize {
        self.handles().map_or(0, Handles::strong)
    }

    fn weak_count(&self) -> usize {
        self.handles().map_or(0, Handles::weak)
    }

    fn stats(&self) -> Stats {
        let stats = self.shared.as_deref().map(Shared::stats);
        stats.unwrap_or(Stats::OF_NO_CHANNEL)
    }

    fn same_channel(&self, other: &Self) -> bool {
        match (&self.shared, &other.shared) {
            (Some(this), Some(other)) => Arc::ptr_eq(this, other),
            (this, other) => this.is_none() && other.is_none(),
        }
    }

    fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut weak = f.debug_struct(name);
        match &self.shared {
            Some(shared) => weak.field("channel", shared),
            None => weak.field("channel", &format_args!("None")),
        };
        weak.finish()
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        Self::of(self.shared.clone(), self.side)
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        if let Some(handles) = self.handles() {
            handles.remove_weak();
        }
    }
}

/// A [`Sender`] that does not keep the channel open, from [`Sender::downgrade`].
///
/// It keeps the memory of the channel allocated. It does not keep messages: they are dropped with
/// the last receiver.
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
    pub(super) fn of(shared: Arc<Shared<T>>) -> Self {
        Self(Weak::of(Some(shared), |shared| &shared.senders))
    }

    /// Creates a weak sender without a channel, like [`sync::Weak::new`](alloc::sync::Weak::new):
    /// upgrading it returns `None`. Use it for a field that is set later. Does not allocate.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::WeakSender;
    ///
    /// let mut weak = WeakSender::new();
    /// assert!(weak.upgrade().is_none());
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(Weak {
            shared: None,
            side: |shared| &shared.senders,
        })
    }

    /// Returns a sender of the same channel, or `None` if all senders are gone. If receivers have
    /// closed the channel, this still returns a sender as long as one is left.
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

    /// Returns the number of senders of the channel; 0 if there is no channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(tx.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.0.strong_count()
    }

    /// Returns the number of weak senders of the channel, including this one; 0 if there is no
    /// channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(tx.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.0.weak_count()
    }

    /// Returns counts of the messages, waits and handles of the channel; see [`Sender::stats`]. A
    /// monitor can use this without keeping the channel open. It also works after the channel was
    /// closed.
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
        self.0.stats()
    }

    /// Returns whether both handles belong to the same channel, or both to none.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(1);
    /// assert!(tx.downgrade().same_channel(&tx.downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}

/// Creates a weak handle without a channel, as [`new`](Self::new) does.
impl<T> Default for WeakSender<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("WeakSender", f)
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
    pub(super) fn of(shared: Arc<Shared<T>>) -> Self {
        Self(Weak::of(Some(shared), |shared| &shared.receivers))
    }

    /// Creates a weak receiver without a channel; see [`WeakSender::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// let weak = mpmc_std::WeakReceiver::<u8>::new();
    /// assert!(weak.upgrade().is_none());
    /// assert_eq!(weak.strong_count(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(Weak {
            shared: None,
            side: |shared| &shared.receivers,
        })
    }

    /// Returns a receiver of the same channel, or `None` if all receivers are gone.
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

    /// Returns the number of receivers of the channel; 0 if there is no channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().strong_count(), 1);
    /// ```
    pub fn strong_count(&self) -> usize {
        self.0.strong_count()
    }

    /// Returns the number of weak receivers of the channel, including this one; 0 if there is no
    /// channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().weak_count(), 1);
    /// ```
    pub fn weak_count(&self) -> usize {
        self.0.weak_count()
    }

    /// Returns counts of the messages, waits and handles of the channel; see [`Sender::stats`] and
    /// [`WeakSender::stats`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert_eq!(rx.downgrade().stats().receivers.weak_handles, 1);
    /// ```
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Returns whether both handles belong to the same channel, or both to none.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(rx.downgrade().same_channel(&rx.downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}

/// Creates a weak handle without a channel, as [`new`](Self::new) does.
impl<T> Default for WeakReceiver<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("WeakReceiver", f)
    }
}

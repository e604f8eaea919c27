//! Permits: room that is taken before the message is there.

use core::fmt;
use core::iter::FusedIterator;

use super::{Sender, Shared};
use crate::error::{SendError, TrySendError};
use crate::queue::{Held, ReserveManyOperation, ReserveOperation, Unavailable};
use crate::ring::{MAX_PERMITS, Refusal};
use crate::sync::Arc;
use crate::wait;

impl<T> Shared<T> {
    /// Takes one permit, waiting for room.
    async fn reserve(&self) -> Result<(), SendError<()>> {
        loop {
            let queue = &self.queue;
            match wait::run(ReserveOperation { queue }).await {
                Ok(()) => return Ok(()),
                Err(Unavailable::Closed) => return Err(SendError(())),
                Err(Unavailable::Exhausted) => queue.permits_countable().await,
            }
        }
    }

    /// Takes at least one and at most `most` permits, waiting for room.
    pub(super) async fn reserve_some(&self, most: usize) -> Result<Held<'_, T>, SendError<()>> {
        loop {
            let queue = &self.queue;
            match wait::run(ReserveManyOperation { queue, most }).await {
                Ok(count) => return Ok(Held::new(queue, count)),
                Err(Unavailable::Closed) => return Err(SendError(())),
                Err(Unavailable::Exhausted) => queue.permits_countable().await,
            }
        }
    }

    /// Takes `count` permits, waiting for room.
    async fn reserve_many(&self, count: usize) -> Result<Held<'_, T>, SendError<()>> {
        let mut held = Held::new(&self.queue, 0);
        if count == 0 {
            // Nothing to wait for, not even the turn.
            return if self.queue.is_closed() {
                Err(SendError(()))
            } else {
                Ok(held)
            };
        }
        let Some(_turn) = self.reserving.lock(|| self.queue.is_closed()).await else {
            return Err(SendError(()));
        };
        while held.count() < count {
            held.add(self.reserve_some(count - held.count()).await?);
        }
        Ok(held)
    }

    fn try_reserve(&self, count: usize) -> Result<(), TrySendError<()>> {
        match self.queue.try_reserve_many(count, count) {
            Ok(_) => Ok(()),
            Err(Refusal::Closed) => Err(TrySendError::Closed(())),
            Err(_) => Err(TrySendError::Full(())),
        }
    }

    /// Whether `count` permits can ever be out together.
    fn may_reserve(&self, count: usize) -> bool {
        count <= self.queue.capacity() && count as u64 <= MAX_PERMITS
    }
}

/// Permits count against the channel's capacity until they are used or dropped. They hold no place in
/// line: messages sent meanwhile are received first. A permit outlives [`Receiver::close`]: its message
/// is still received. At most 65,535 permits of one channel can be out at a time; one more waits.
///
/// [`Receiver::close`]: crate::Receiver::close
impl<T> Sender<T> {
    /// Waits for room for one message and holds it.
    ///
    /// One atomic read-modify-write when there is room, and one when the permit is used.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, no room has been taken. Its place in line is
    /// lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let permit = tx.reserve().await.unwrap();
    /// assert!(tx.try_send(1).is_err());
    /// permit.send(2);
    /// assert_eq!(rx.recv().await, Some(2));
    /// # });
    /// ```
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        self.check_open(())?;
        self.shared.reserve().await?;
        Ok(Permit::new(&self.shared))
    }

    /// Waits for room for `count` messages and holds it.
    ///
    /// Room is taken as it comes up, and held while the rest is waited for; only one such call of a channel
    /// gathers at a time, so that two cannot wait for each other.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed, or if `count` is more than its capacity or than 65,535.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, all room that it had taken is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(2);
    /// for (permit, message) in tx.reserve_many(2).await.unwrap().zip([1, 2]) {
    ///     permit.send(message);
    /// }
    /// assert_eq!((rx.recv().await, rx.recv().await), (Some(1), Some(2)));
    /// # });
    /// ```
    pub async fn reserve_many(&self, count: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        self.check_open(())?;
        if !self.shared.may_reserve(count) {
            return Err(SendError(()));
        }
        let mut held = self.shared.reserve_many(count).await?;
        held.take(count);
        Ok(PermitIterator::new(&self.shared, count))
    }

    /// Waits for room for one message and holds it, in a permit that owns this sender.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed; the sender is dropped then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, no room has been taken, and the sender is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let permit = tx.reserve_owned().await.unwrap();
    /// let tx = permit.send(1);
    /// assert_eq!(rx.recv().await, Some(1));
    /// # drop(tx);
    /// # });
    /// ```
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        self.check_open(())?;
        self.shared.reserve().await?;
        Ok(OwnedPermit { sender: Some(self) })
    }

    /// Holds room for one message if there is any now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if the channel is full or closed. It also counts as full while 65,535 permits are out,
    /// the most there can be.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TrySendError;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let permit = tx.try_reserve().unwrap();
    /// assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    /// permit.send(1);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.check_open(())?;
        self.shared.try_reserve(1)?;
        Ok(Permit::new(&self.shared))
    }

    /// Holds room for `count` messages if there is as much now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if there is less room, or the channel is closed. Nothing is held then.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::error::TrySendError;
    ///
    /// let (tx, _rx) = mpmc_std::channel(2);
    /// assert_eq!(tx.try_reserve_many(3).unwrap_err(), TrySendError::Full(()));
    /// let mut permits = tx.try_reserve_many(2).unwrap();
    /// permits.next().unwrap().send("one");
    /// drop(permits);
    /// assert_eq!(tx.capacity(), 1);
    /// ```
    pub fn try_reserve_many(
        &self,
        count: usize,
    ) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.check_open(())?;
        if !self.shared.may_reserve(count) {
            return Err(TrySendError::Full(()));
        }
        self.shared.try_reserve(count)?;
        Ok(PermitIterator::new(&self.shared, count))
    }

    /// Holds room for one message if there is any now, in a permit that owns this sender.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the sender if the channel is full or closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// let permit = tx.clone().try_reserve_owned().unwrap();
    /// let tx = tx.try_reserve_owned().unwrap_err().into_inner();
    /// permit.send(1);
    /// assert_eq!(tx.len(), 1);
    /// ```
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let reserved = match self.check_open(()) {
            Ok(()) => self.shared.try_reserve(1),
            Err(SendError(())) => Err(TrySendError::Closed(())),
        };
        match reserved {
            Ok(()) => Ok(OwnedPermit { sender: Some(self) }),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }
}

/// Room for one message, from [`Sender::reserve`] or [`Sender::try_reserve`].
///
/// Dropping it gives the room back and wakes a sender that waits for it. A permit that is leaked
/// ([`mem::forget`](core::mem::forget)) takes its room with it.
#[must_use = "a permit that is dropped gives its room back"]
pub struct Permit<'a, T> {
    shared: &'a Shared<T>,
}

impl<'a, T> Permit<'a, T> {
    /// A permit that is counted already.
    fn new(shared: &'a Shared<T>) -> Self {
        Self { shared }
    }

    /// Sends a message into the room held. Cannot fail: after [`Receiver::close`](crate::Receiver::close)
    /// the message is still received, and if no receiver is left it is dropped.
    ///
    /// A receiver that is suspended in the middle of taking a message out makes this wait for it,
    /// spinning and then yielding the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.try_reserve().unwrap().send("hello");
    /// assert_eq!(rx.try_recv(), Ok("hello"));
    /// ```
    pub fn send(self, value: T) {
        let shared = self.shared;
        core::mem::forget(self);
        drop(shared.send_reserved(value));
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.shared.queue.release(1);
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("channel", self.shared)
            .finish()
    }
}

/// Room for several messages, from [`Sender::reserve_many`] or [`Sender::try_reserve_many`]: yields a
/// [`Permit`] for each. What is left is given back when this is dropped.
#[must_use = "permits that are dropped give their room back"]
pub struct PermitIterator<'a, T> {
    shared: &'a Shared<T>,
    count: usize,
}

impl<'a, T> PermitIterator<'a, T> {
    /// Permits that are counted already.
    fn new(shared: &'a Shared<T>, count: usize) -> Self {
        Self { shared, count }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        self.count = self.count.checked_sub(1)?;
        Some(Permit::new(self.shared))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count, Some(self.count))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        self.shared.queue.release(self.count);
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator")
            .field("channel", self.shared)
            .field("permits", &self.count)
            .finish()
    }
}

/// Room for one message together with its sender, from [`Sender::reserve_owned`] or
/// [`Sender::try_reserve_owned`].
///
/// Dropping it gives the room back and drops the sender.
#[must_use = "a permit that is dropped gives its room back"]
pub struct OwnedPermit<T> {
    /// `None` once the permit was used or released.
    sender: Option<Sender<T>>,
}

impl<T> OwnedPermit<T> {
    fn into_sender(mut self) -> Sender<T> {
        match self.sender.take() {
            Some(sender) => sender,
            None => unreachable!("only `self` by value takes it"),
        }
    }

    fn shared(&self) -> Option<&Arc<Shared<T>>> {
        self.sender.as_ref().map(|sender| &sender.shared)
    }

    /// Sends a message into the room held, as [`Permit::send`] does, and returns the sender.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let tx = tx.try_reserve_owned().unwrap().send("hello");
    /// assert_eq!(rx.try_recv(), Ok("hello"));
    /// # drop(tx);
    /// ```
    pub fn send(self, value: T) -> Sender<T> {
        let sender = self.into_sender();
        drop(sender.shared.send_reserved(value));
        sender
    }

    /// Gives the room back and returns the sender.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// let tx = tx.try_reserve_owned().unwrap().release();
    /// assert!(tx.try_send(1).is_ok());
    /// ```
    pub fn release(self) -> Sender<T> {
        let sender = self.into_sender();
        sender.shared.queue.release(1);
        sender
    }

    /// Whether both hold room in the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(2);
    /// let a = tx.clone().try_reserve_owned().unwrap();
    /// let b = tx.try_reserve_owned().unwrap();
    /// assert!(a.same_channel(&b));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        match (self.shared(), other.shared()) {
            (Some(this), Some(other)) => Arc::ptr_eq(this, other),
            _ => false,
        }
    }

    /// Whether the room is in the channel that `sender` sends to.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel::<u8>(2);
    /// let permit = tx.clone().try_reserve_owned().unwrap();
    /// assert!(permit.same_channel_as_sender(&tx));
    /// ```
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.shared()
            .is_some_and(|shared| Arc::ptr_eq(shared, &sender.shared))
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(sender) = &self.sender {
            sender.shared.queue.release(1);
        }
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit")
            .field("channel", &self.shared())
            .finish()
    }
}

//! Permits: capacity that is reserved before the message exists.

use core::fmt;
use core::future::poll_fn;
use core::iter::FusedIterator;
use core::pin::pin;
use core::task::Poll;

use super::future::{Permits, Reserve, ReserveOwned};
use super::{Sender, Shared};
use crate::error::{SendError, TrySendError};
use crate::queue::{Held, ReserveManyOperation};
use crate::ring::ClaimError;
use crate::sync::Arc;

impl<T> Shared<T> {
    /// Reserves at least one and at most `most` permits, waiting for free capacity.
    pub(super) async fn reserve_some(&self, most: usize) -> Result<Held<'_, T>, SendError<()>> {
        let queue = &self.queue;
        let count = Permits::new(ReserveManyOperation { queue, most }).await?;
        Ok(Held::new(queue, count))
    }

    /// Reserves `count` permits, waiting for free capacity.
    async fn reserve_many(&self, count: usize) -> Result<Held<'_, T>, SendError<()>> {
        let mut held = Held::new(&self.queue, 0);
        if count == 0 {
            // Nothing to wait for, not even the reservation lock.
            return if self.queue.is_closed() {
                Err(SendError(()))
            } else {
                Ok(held)
            };
        }
        // A task that could not use the lock may fail while it still waits for it.
        let must_fail = || self.queue.is_closed() || !self.may_reserve(count);
        let Some(_guard) = self.reserving.lock(must_fail).await else {
            return Err(SendError(()));
        };
        while held.count() < count {
            held.add(
                self.reserve_unless_lowered(count - held.count(), count)
                    .await?,
            );
        }
        Ok(held)
    }

    /// Reserves as [`reserve_some`](Self::reserve_some) does, for a task that needs `count` permits
    /// together. Fails when the capacity is lowered below `count`: the task would hold the permits
    /// that it has, and wait for the rest forever.
    async fn reserve_unless_lowered(
        &self,
        most: usize,
        count: usize,
    ) -> Result<Held<'_, T>, SendError<()>> {
        if !self.may_reserve(count) {
            return Err(SendError(()));
        }
        let queue = &self.queue;
        let mut permits = pin!(Permits::new(ReserveManyOperation { queue, most }));
        let mut lowered = pin!(self.reserving.until_over(|| !self.may_reserve(count)));
        poll_fn(|cx| match permits.as_mut().poll(cx) {
            Poll::Ready(reserved) => Poll::Ready(reserved),
            Poll::Pending => lowered.as_mut().poll(cx).map(|()| Err(SendError(()))),
        })
        .await
        .map(|count| Held::new(queue, count))
    }

    fn try_reserve(&self, count: usize) -> Result<(), TrySendError<()>> {
        match self.queue.try_reserve_many(count, count) {
            Ok(_) => Ok(()),
            Err(ClaimError::Closed) => Err(TrySendError::Closed(())),
            Err(_) => Err(TrySendError::Full(())),
        }
    }

    /// Returns whether `count` permits can be outstanding together with the current capacity.
    fn may_reserve(&self, count: usize) -> bool {
        count <= self.queue.max_together()
    }
}

/// # Permits
///
/// A permit counts against the channel's capacity until it is used or dropped. It holds no
/// position: messages that are sent meanwhile are received first. A permit stays valid after
/// [`Receiver::close`]: its message is still received. At most 65,535 permits of one channel can be
/// outstanding at a time; a call that needs one more waits. If the capacity was lowered, the
/// maximum is lower by the difference between the limit and the capacity.
///
/// [`Receiver::close`]: crate::Receiver::close
impl<T> Sender<T> {
    /// Reserves capacity for one message, waiting while the channel is full. It waits and is woken
    /// as [`send`](Self::send).
    ///
    /// Costs one atomic read-modify-write when there is free capacity, and one when the permit is
    /// used.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, nothing has been reserved. The task
    /// loses its place in the queue.
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
    #[inline]
    pub fn reserve(&self) -> Reserve<'_, T> {
        match self.check_open(()) {
            Ok(()) => Reserve::new(&self.shared),
            Err(SendError(())) => Reserve::closed(&self.shared),
        }
    }

    /// Reserves capacity for `count` messages, waiting until that much is free.
    ///
    /// The call reserves capacity as it becomes free, and holds it while it waits for the rest. A
    /// lock lets one such call of a channel reserve at a time, so that two calls cannot wait for
    /// each other. Calls that wait for the lock are woken in the order in which they began to wait;
    /// `stats` does not count them.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed, or if `count` is more than the capacity or than the
    /// maximum of permits. The maximum is 65,535, less the difference between the limit and the
    /// capacity if [`set_capacity`](Self::set_capacity) lowered it. Also if the capacity is lowered
    /// below `count` while the call waits. The capacity that it holds is given back then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, all capacity that it had reserved
    /// is given back.
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

    /// Reserves capacity for one message, waiting while the channel is full, in a permit that owns
    /// this sender.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed; the sender is dropped then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, nothing has been reserved, and the
    /// sender is dropped.
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
    pub fn reserve_owned<'a>(self) -> ReserveOwned<'a, T>
    where
        T: 'a,
    {
        ReserveOwned::new(self)
    }

    /// Reserves capacity for one message if any is free now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if the channel is full or closed, as for [`try_send`](Self::try_send). The
    /// channel also counts as full while 65,535 permits, the maximum, are outstanding.
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

    /// Reserves capacity for `count` messages if that much is free now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if there is less free capacity, or the channel is closed. Nothing is
    /// reserved then.
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

    /// Reserves capacity for one message if any is free now, in a permit that owns this sender.
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

/// Capacity for one message, from [`Sender::reserve`] or [`Sender::try_reserve`].
///
/// Dropping it gives the capacity back and wakes a sender that waits for it. The capacity of a
/// permit that is leaked ([`mem::forget`](core::mem::forget)) is lost to the channel.
#[must_use = "a permit that is dropped releases its capacity"]
pub struct Permit<'a, T> {
    shared: &'a Shared<T>,
}

impl<'a, T> Permit<'a, T> {
    /// Creates a permit that is counted already.
    pub(super) fn new(shared: &'a Shared<T>) -> Self {
        Self { shared }
    }

    /// Sends a message on the permit. This cannot fail: after
    /// [`Receiver::close`](crate::Receiver::close) the message is still received, and if no
    /// receiver is left it is dropped.
    ///
    /// If a receiver is suspended in the middle of taking a message out, this call waits for it: it
    /// spins, then yields the thread, and finally sleeps between attempts.
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

/// Capacity for several messages, from [`Sender::reserve_many`] or [`Sender::try_reserve_many`]: an
/// iterator that yields a [`Permit`] for each. Dropping it gives the capacity of the remaining
/// permits back.
#[must_use = "permits that are dropped release their capacity"]
pub struct PermitIterator<'a, T> {
    shared: &'a Shared<T>,
    count: usize,
}

impl<'a, T> PermitIterator<'a, T> {
    /// Creates permits that are counted already.
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

/// Capacity for one message together with its sender, from [`Sender::reserve_owned`] or
/// [`Sender::try_reserve_owned`].
///
/// Dropping it gives the capacity back and drops the sender.
#[must_use = "a permit that is dropped releases its capacity"]
pub struct OwnedPermit<T> {
    /// `None` after the permit was used or released.
    sender: Option<Sender<T>>,
}

impl<T> OwnedPermit<T> {
    /// Creates a permit that is counted already, with its sender.
    pub(super) fn new(sender: Option<Sender<T>>) -> Self {
        Self { sender }
    }

    fn into_sender(mut self) -> Sender<T> {
        match self.sender.take() {
            Some(sender) => sender,
            None => unreachable!("the sender is taken only by methods that consume the permit"),
        }
    }

    fn shared(&self) -> Option<&Arc<Shared<T>>> {
        self.sender.as_ref().map(|sender| &sender.shared)
    }

    /// Sends a message on the permit, as [`Permit::send`] does, and returns the sender.
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

    /// Gives the capacity back and returns the sender.
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

    /// Returns whether both permits belong to the same channel.
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

    /// Returns whether the permit belongs to the channel that `sender` sends to.
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

//! Permits: capacity that is reserved before the message is there.

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
    /// Takes at least one and at most `most` permits, waiting for free capacity.
    pub(super) async fn reserve_some(&self, most: usize) -> Result<Held<'_, T>, SendError<()>> {
        let queue = &self.queue;
        let count = Permits::new(ReserveManyOperation { queue, most }).await?;
        Ok(Held::new(queue, count))
    }

    /// Takes `count` permits, waiting for free capacity.
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
        // A task whose turn it cannot use may find that out before, when it is polled.
        let is_over = || self.queue.is_closed() || !self.may_reserve(count);
        let Some(_turn) = self.reserving.lock(is_over).await else {
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

    /// [`reserve_some`](Self::reserve_some), for a task that needs `count` permits together: it fails when
    /// the capacity is lowered below that. It would hold what it has, and wait for the rest in vain.
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
        let mut lowered = pin!(queue.lowered_below(count));
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

    /// Returns whether `count` permits can be out together, as the capacity is now.
    fn may_reserve(&self, count: usize) -> bool {
        count <= self.queue.max_together()
    }
}

/// Permits count against the channel's capacity until they are used or dropped. They hold no
/// position: messages sent meanwhile are received first. A permit outlives [`Receiver::close`]: its
/// message is still received. At most 65,535 permits of one channel can be out at a time; one more
/// waits. In a channel whose capacity was lowered they are fewer, by the difference to its limit.
///
/// [`Receiver::close`]: crate::Receiver::close
impl<T> Sender<T> {
    /// Waits for free capacity for one message and reserves it. Waits and is woken as
    /// [`send`](Self::send).
    ///
    /// One atomic read-modify-write when there is free capacity, and one when the permit is used.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been reserved. Its place
    /// among the tasks that wait is lost.
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

    /// Waits for free capacity for `count` messages and reserves it.
    ///
    /// Capacity is reserved as it comes free, and held while the rest is waited for. A lock lets
    /// one such call of a channel do so at a time, so that two cannot wait for each other. Calls
    /// that wait for the lock are woken for it in the order in which they came; `stats` does not
    /// count them.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed, or if `count` is more than its capacity or than 65,535,
    /// less the difference to its limit if it was lowered ([`set_capacity`](Self::set_capacity)). Also
    /// if the capacity is lowered below `count` while this waits: what it holds is given back.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, all that it had reserved is given
    /// back.
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

    /// Waits for free capacity for one message and reserves it, in a permit that owns this sender.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed; the sender is dropped then.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, nothing has been reserved, and the
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

    /// Reserves capacity for one message if there is any now.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] if the channel is full or closed, as for [`try_send`](Self::try_send). It
    /// also counts as full while 65,535 permits are out, the most there can be.
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

    /// Reserves capacity for `count` messages if there is as much now.
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

    /// Reserves capacity for one message if there is any now, in a permit that owns this sender.
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
/// Dropping it gives the capacity back and wakes a sender that waits for it. A permit that is
/// leaked ([`mem::forget`](core::mem::forget)) takes its capacity with it.
#[must_use = "a permit that is dropped releases its capacity"]
pub struct Permit<'a, T> {
    shared: &'a Shared<T>,
}

impl<'a, T> Permit<'a, T> {
    /// A permit that is counted already.
    pub(super) fn new(shared: &'a Shared<T>) -> Self {
        Self { shared }
    }

    /// Sends a message on the permit. Cannot fail: after
    /// [`Receiver::close`](crate::Receiver::close) the message is still received, and if no
    /// receiver is left it is dropped.
    ///
    /// A receiver that is suspended in the middle of taking a message out makes this wait for it,
    /// spinning, then yielding the thread, and in the end sleeping between attempts.
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

/// Capacity for several messages, from [`Sender::reserve_many`] or [`Sender::try_reserve_many`]:
/// yields a [`Permit`] for each. What is left is given back when this is dropped.
#[must_use = "permits that are dropped release their capacity"]
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

/// Capacity for one message together with its sender, from [`Sender::reserve_owned`] or
/// [`Sender::try_reserve_owned`].
///
/// Dropping it gives the capacity back and drops the sender.
#[must_use = "a permit that is dropped releases its capacity"]
pub struct OwnedPermit<T> {
    /// `None` once the permit was used or released.
    sender: Option<Sender<T>>,
}

impl<T> OwnedPermit<T> {
    /// A permit that is counted already, with its sender.
    pub(super) fn new(sender: Option<Sender<T>>) -> Self {
        Self { sender }
    }

    fn into_sender(mut self) -> Sender<T> {
        match self.sender.take() {
            Some(sender) => sender,
            None => unreachable!("only `self` by value takes it"),
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

    /// Returns whether both belong to the same channel.
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

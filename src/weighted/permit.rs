use core::fmt;

use super::message::Weighed;
use super::{TooHeavyError, Weight};
use crate::wait::Units;

/// A slot and some weight for one message, from [`Sender::reserve`](super::Sender::reserve) or
/// [`Sender::try_reserve`](super::Sender::try_reserve).
///
/// Dropping it gives both back, and wakes the senders that wait for them. If a permit is leaked
/// ([`mem::forget`](core::mem::forget)), its slot and its weight are never given back.
#[must_use = "a permit that is dropped releases its capacity"]
pub struct Permit<'a, T> {
    slot: crate::Permit<'a, Weighed<T>>,
    units: Units<'a>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) fn new(slot: crate::Permit<'a, Weighed<T>>, units: Units<'a>) -> Self {
        Self { slot, units }
    }

    /// Returns the weight that is reserved.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::weighted::channel::<String>(4, 100);
    /// assert_eq!(tx.try_reserve(30).unwrap().weight(), 30);
    /// ```
    pub fn weight(&self) -> usize {
        self.units.count()
    }

    /// Sends a message that is not heavier than the permit. If it is lighter, the rest of the
    /// weight is given back. After [`Receiver::close`](super::Receiver::close) the message is
    /// still received, and if no receiver is left it is dropped.
    ///
    /// # Errors
    ///
    /// [`TooHeavyError`] with the message if it is heavier than the permit, which is given back.
    ///
    /// # Panics
    ///
    /// If [`Weight::weight`] panics; the permit is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(4, 100);
    /// tx.try_reserve(30).unwrap().send("hello").unwrap();
    /// assert_eq!(tx.weight(), 5);
    /// assert!(tx.try_reserve(4).unwrap().send("hello").is_err());
    /// assert_eq!(rx.try_recv(), Ok("hello"));
    /// ```
    pub fn send(self, value: T) -> Result<(), TooHeavyError<T>>
    where
        T: Weight,
    {
        let weight = value.weight();
        self.send_with_weight(value, weight)
    }

    /// Sends a message of a given weight, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// [`TooHeavyError`] with the message if `weight` is more than that of the permit, which is
    /// given back.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(4, 100);
    /// tx.try_reserve(30).unwrap().send_with_weight(7, 30).unwrap();
    /// assert_eq!(tx.weight(), 30);
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// ```
    pub fn send_with_weight(self, value: T, weight: usize) -> Result<(), TooHeavyError<T>> {
        let Self { slot, mut units } = self;
        if weight > units.count() {
            // Before the return: if a waker panics, the returned message would not be dropped.
            drop((slot, units));
            return Err(TooHeavyError(value));
        }
        // Given back at the end, also if a waker panics.
        let _rest = units.split_off(weight);
        // SAFETY: M1: the permit borrows the sender.
        slot.send(unsafe { Weighed::new(value, units) });
        Ok(())
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("weight", &self.weight())
            .finish_non_exhaustive()
    }
}

//! A message and the units of weight that it holds.
//!
//! * **M1** A message of this type is in the plain channel, or in a future or a permit that borrows
//!   a handle. Each handle of a weighted channel owns the semaphore, and drops its plain handle
//!   first; so the semaphore outlives every message.

use crate::wait::{DetachedUnits, Units};

/// A message that gives its weight back when it is taken apart or dropped.
pub(super) struct Weighed<T> {
    // Dropped first: the weight is given back before the message's destructor runs, also if that
    // panics.
    units: DetachedUnits,
    value: T,
}

impl<T> Weighed<T> {
    /// Combines a message with its weight.
    ///
    /// # Safety
    ///
    /// The units must be from the semaphore of the channel that the result is sent to, and the
    /// caller must ensure M1.
    #[inline]
    pub(super) unsafe fn new(value: T, units: Units<'_>) -> Self {
        // SAFETY: M1: the semaphore is in an `Arc` that is dropped after the message.
        let units = unsafe { units.detach() };
        Self { units, value }
    }

    /// Gives the weight back, and returns the message.
    #[inline]
    pub(super) fn into_value(self) -> T {
        let Self { units, value } = self;
        drop(units);
        value
    }
}

//! A number to guess by.

use core::sync::atomic::{AtomicU32, Ordering};

/// A number that only decides what is tried first, so that updates which get lost in a race do no harm. Never
/// loom's type, for the same reason: a model need not explore who writes it first.
#[derive(Debug, Default)]
pub(crate) struct RelaxedU32(AtomicU32);

impl RelaxedU32 {
    #[cfg(any(not(feature = "std"), not(any(loom, shuttle))))]
    pub(crate) const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    pub(crate) fn get(&self) -> u32 {
        // ORDERING: Relaxed. A guess orders nothing.
        self.0.load(Ordering::Relaxed)
    }

    /// Counts down to 0. Returns whether it was not there yet.
    pub(crate) fn count_down(&self) -> bool {
        let value = self.get();
        self.set(value.saturating_sub(1));
        value > 0
    }

    /// Writes only if `value` is new: others may be reading.
    pub(crate) fn set(&self, value: u32) {
        if self.get() != value {
            // ORDERING: Relaxed. A guess orders nothing.
            self.0.store(value, Ordering::Relaxed);
        }
    }
}

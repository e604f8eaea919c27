//! Relaxed values: a stale read or a lost update costs time and nothing else.

use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// A relaxed value of 32 bits.
pub(crate) type RelaxedU32 = Relaxed<AtomicU32>;
/// A relaxed value of 8 bits.
pub(crate) type RelaxedU8 = Relaxed<AtomicU8>;

/// A number that only decides what is attempted first, so updates that are lost in a race do no
/// harm. Every access is relaxed, since the value orders nothing. It never uses loom's type for the
/// same reason: a model need not explore which thread writes it first.
#[derive(Debug, Default)]
pub(crate) struct Relaxed<A>(A);

impl RelaxedU32 {
    pub(crate) const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }
}

impl<A: Number> Relaxed<A> {
    pub(crate) fn get(&self) -> u32 {
        self.0.load()
    }

    /// Decrements the value unless it is 0. Returns whether it was not 0.
    pub(crate) fn count_down(&self) -> bool {
        let value = self.get();
        self.set(value.saturating_sub(1));
        value > 0
    }

    /// Stores `value` unless it is already set. Other threads may be reading, and a store takes the
    /// cache line from them.
    pub(crate) fn set(&self, value: u32) {
        if self.get() != value {
            self.0.store(value);
        }
    }
}

/// The storage of a relaxed value.
pub(crate) trait Number {
    fn load(&self) -> u32;

    /// Stores `value`, which must fit.
    fn store(&self, value: u32);
}

impl Number for AtomicU32 {
    fn load(&self) -> u32 {
        // ORDERING: Relaxed. The value orders nothing.
        self.load(Ordering::Relaxed)
    }

    fn store(&self, value: u32) {
        // ORDERING: Relaxed. The value orders nothing.
        self.store(value, Ordering::Relaxed);
    }
}

impl Number for AtomicU8 {
    fn load(&self) -> u32 {
        // ORDERING: Relaxed. The value orders nothing.
        self.load(Ordering::Relaxed).into()
    }

    fn store(&self, value: u32) {
        debug_assert!(value <= u8::MAX.into());
        // ORDERING: Relaxed. The value orders nothing.
        self.store(value as u8, Ordering::Relaxed);
    }
}

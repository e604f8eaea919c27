//! The types of a normal build. What needs an operating system is in `threads.rs`.

mod calibration;
#[cfg(feature = "std")]
mod threads;

pub(crate) use self::calibration::pauses;
#[cfg(feature = "std")]
pub(crate) use self::threads::*;

pub(crate) use alloc::sync::Arc;
pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};

#[cfg(target_has_atomic = "64")]
pub(crate) use core::sync::atomic::AtomicU64;
#[cfg(not(target_has_atomic = "64"))]
pub(crate) use portable_atomic::AtomicU64;

pub(crate) use crossbeam_utils::{Backoff, CachePadded};

pub(crate) use core::hint::spin_loop;

/// How many attempts an operation makes while it spins, at most.
pub(crate) const MOST_ATTEMPTS: u32 = u32::MAX;

/// Without an operating system nothing is known of cores.
#[cfg(not(feature = "std"))]
pub(crate) fn is_single_core() -> bool {
    false
}

/// Without an operating system there is nothing to yield to.
#[cfg(not(feature = "std"))]
pub(crate) fn yield_thread() {
    spin_loop();
}

/// The same.
#[cfg(not(feature = "std"))]
pub(crate) fn sleep_briefly() {
    spin_loop();
}

/// How many attempts of others reservations turn away at least, before the oldest one is taken
/// back. It is
/// also [`RESERVATION_AGE`](super::RESERVATION_AGE) old by then. A waiter that is polled at all has
/// been polled:
/// tasks that are turned away return to their executors in between.
pub(crate) const MIN_TURNED_AWAY: u32 = 256;

/// After how many polls in a row that only waited for another thread the core is given away.
pub(crate) const POLLS_BEFORE_YIELD: u8 = 4;

/// How many bytes of slots are left to the first send of a channel, which makes them in a few microseconds.
pub(crate) const MAX_LATE_BYTES: usize = 64 * 1024;

/// How many rounds, each twice as long as the last, an operation spins for somebody else's unfinished
/// claim before it lets its executor decide.
pub(crate) const SPIN_ROUNDS: u32 = 6;
/// `core::cell::UnsafeCell` with the access style of loom's, so that one text serves both.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(core::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// Calls `f` with a pointer for exclusive access.
    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

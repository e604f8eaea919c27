//! The types of a normal build. `threads.rs` has those that need an operating system.

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

/// The largest number of attempts while an operation spins.
pub(crate) const MAX_SPIN_ATTEMPTS: u32 = u32::MAX;

/// Returns `false`: without an operating system the number of cores is unknown.
#[cfg(not(feature = "std"))]
pub(crate) fn is_single_core() -> bool {
    false
}

/// Pauses: without an operating system there is no other thread to run.
#[cfg(not(feature = "std"))]
pub(crate) fn yield_thread() {
    spin_loop();
}

/// Pauses: without an operating system there is no other thread to run.
#[cfg(not(feature = "std"))]
pub(crate) fn sleep_briefly() {
    spin_loop();
}

/// The smallest number of attempts that reservations block before the oldest one is revoked. That
/// one is also at least [`RESERVATION_AGE`](super::RESERVATION_AGE) old by then. A waiter that is
/// polled at all has been polled by then, since blocked tasks return to their executors between
/// attempts.
pub(crate) const MIN_BLOCKED_ATTEMPTS: u32 = 256;

/// The number of polls in a row that only waited for another thread after which a task yields its
/// thread.
pub(crate) const POLLS_BEFORE_YIELD: u8 = 4;

/// The largest size, in bytes, of slots that the first send of a channel allocates, which takes a
/// few microseconds.
pub(crate) const MAX_LAZY_BYTES: usize = 64 * 1024;

/// The number of rounds, each twice as long as the last, that an operation spins for another
/// thread's unfinished claim before it returns to its executor.
pub(crate) const SPIN_ROUNDS: u32 = 6;
/// `core::cell::UnsafeCell` with the interface of loom's, so that the same code uses both.
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

//! The types of a loom run.

mod atomic;
mod block_on;

pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use loom::sync::{Arc, Mutex};

pub(crate) use self::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
pub(crate) use self::block_on::block_on;
pub(crate) use crossbeam_utils::CachePadded;

/// loom's `UnsafeCell`, which takes the end of its life for an access, too: a value must not be
/// dropped while
/// another thread uses it.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(loom::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::cell::UnsafeCell::new(value))
    }

    /// Calls `f` with a pointer for exclusive access.
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(f)
    }
}

impl<T> Drop for UnsafeCell<T> {
    fn drop(&mut self) {
        // A model that has failed is no longer accounted for.
        if !std::thread::panicking() {
            self.0.with_mut(|_| ());
        }
    }
}

/// Slots that are allocated late have a model of their own, and would double the length of the others.
pub(crate) const MAX_LATE_BYTES: usize = 0;

/// How many attempts an operation makes while it spins, at most: none. A model has enough to explore.
pub(crate) const MOST_ATTEMPTS: u32 = 0;

/// More rounds show the model nothing new.
pub(crate) const SPIN_ROUNDS: u32 = 1;

/// A model has no time to spin, and enough to explore.
pub(crate) fn pauses(_nanos: u32) -> u32 {
    0
}

pub(crate) use core::hint::spin_loop;

/// The first attempt that is turned away comes back, the second one takes the reservation back.
/// Between the two
/// everything can happen that can happen between the first and the last of many.
pub(crate) const MIN_TURNED_AWAY: u32 = 2;

/// Each such poll is a look that changes nothing; see [`atomic`].
pub(crate) const POLLS_BEFORE_YIELD: u8 = 0;

/// See [`Backoff::snooze`].
pub(crate) fn yield_thread() {
    atomic::look_again();
}

/// See [`Backoff::snooze`].
pub(crate) fn sleep_briefly() {
    atomic::look_again();
}

/// Waits for other threads by letting them run.
#[derive(Debug)]
pub(crate) struct Backoff(());

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(())
    }

    pub(crate) fn snooze(&self) {
        atomic::look_again();
    }
}

/// Nothing is known of cores, and a model has several threads.
pub(crate) fn is_single_core() -> bool {
    false
}

/// Awaits `future`; a model has no clock, so the time is never up.
#[cfg(feature = "tokio")]
pub(crate) async fn timeout<F: Future>(
    _duration: core::time::Duration,
    future: F,
) -> Option<F::Output> {
    Some(future.await)
}

/// There are no runtimes here.
pub(crate) fn is_in_runtime() -> bool {
    false
}

/// As above.
pub(crate) fn assert_may_block(_call: &str) {}

/// Runs `future`; a model has no clock, so the deadline never comes.
pub(crate) fn block_on_until<F: Future>(
    future: F,
    _deadline: Option<std::time::Instant>,
) -> Option<F::Output> {
    Some(block_on(future))
}

/// loom's `thread_local!` with the `const` initialiser of the standard one.
macro_rules! model_thread_local {
    (static $name:ident: $type:ty = const { $init:expr };) => {
        loom::thread_local! { static $name: $type = $init }
    };
}
pub(crate) use model_thread_local as thread_local;

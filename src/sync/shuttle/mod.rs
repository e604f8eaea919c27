//! The types of a shuttle run: random schedules of larger programs than loom can explore.
//!
//! shuttle suspends a thread only at its own types, and treats every access as sequentially consistent.
//! So it finds wrong interleavings, and never a wrong `Ordering`: that is loom's part.
//!
//! The threads of a run are coroutines of one real thread. What is not shuttle's (a `Cell`) therefore needs no
//! protection, as long as no thread is suspended in the middle.

mod block_on;

pub(crate) use shuttle::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, Ordering,
};
pub(crate) use shuttle::sync::{Arc, Mutex};
pub(crate) use shuttle::thread_local;

pub(crate) use self::block_on::block_on;
pub(crate) use crossbeam_utils::CachePadded;

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use self::block_on::block_on_for_a_while;

/// As in a normal build.
pub(crate) const MAX_LATE_BYTES: usize = 64 * 1024;

/// How many attempts an operation makes while it spins, at most. One shows a schedule as well as several.
pub(crate) const MOST_ATTEMPTS: u32 = 1;

/// More rounds show the model nothing new.
pub(crate) const SPIN_ROUNDS: u32 = 1;

/// One shows as much as several.
pub(crate) fn pauses(_nanos: u32) -> u32 {
    1
}

/// As many as other threads get steps in between.
pub(crate) const MIN_TURNED_AWAY: u32 = 16;

/// A task that wakes itself lets the others run anyway.
pub(crate) const POLLS_BEFORE_YIELD: u8 = u8::MAX - 1;

/// Lets others run, or looking again would find nothing.
pub(crate) fn spin_loop() {
    shuttle::thread::yield_now();
}

/// A scheduling point, and nothing else. (`yield_now` also asks the scheduler for somebody else, and marks
/// the thread as woken.)
fn step() {
    shuttle::thread::sleep(Duration::ZERO);
}

/// Lets others run where something is waited for, and only there.
#[derive(Debug)]
pub(crate) struct Backoff(());

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(())
    }

    pub(crate) fn snooze(&self) {
        shuttle::thread::yield_now();
    }
}

/// Nothing is known of cores, and a run has several threads.
pub(crate) fn is_single_core() -> bool {
    false
}

/// Awaits `future`; there is no clock, so the time is never up.
#[cfg(feature = "tokio")]
pub(crate) async fn timeout<F: Future>(_duration: Duration, future: F) -> Option<F::Output> {
    Some(future.await)
}

/// There are no runtimes here.
pub(crate) fn is_in_runtime() -> bool {
    false
}

/// As above.
pub(crate) fn assert_may_block(_call: &str) {}

/// A cell that panics when two accesses overlap.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T> {
    value: std::cell::UnsafeCell<T>,
    accessed: Cell<bool>,
}

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value: std::cell::UnsafeCell::new(value),
            accessed: Cell::new(false),
        }
    }

    /// Calls `f` with a pointer for exclusive access.
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        let overlaps = self.accessed.replace(true);
        assert!(!overlaps, "two accesses to the same value overlap");
        // A real access takes time.
        step();
        let result = f(self.value.get());
        self.accessed.set(false);
        result
    }
}

/// A task that wakes itself lets the others run anyway.
pub(crate) fn yield_thread() {}

/// See [`Backoff::snooze`].
pub(crate) fn sleep_briefly() {
    shuttle::thread::yield_now();
}

/// Runs `future`; there is no clock, so if there is a deadline it comes at a random moment.
pub(crate) fn block_on_until<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    match deadline {
        Some(_) => block_on_for_a_while(future),
        None => Some(block_on(future)),
    }
}

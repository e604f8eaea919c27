//! The types of a shuttle run, which explores random schedules of larger programs than loom can.
//!
//! shuttle suspends a thread only at shuttle's own types, and treats every access as sequentially
//! consistent. So it finds wrong interleavings but never a wrong `Ordering`, which loom finds.
//!
//! The threads of a run are coroutines of one real thread. So types that are not shuttle's (a
//! `Cell`) need no protection, as long as no thread is suspended during an access.

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

/// The value of a normal build.
pub(crate) const MAX_LAZY_BYTES: usize = 64 * 1024;

/// The largest number of attempts while an operation spins. One explores as much as several.
pub(crate) const MAX_SPIN_ATTEMPTS: u32 = 1;

/// More rounds add nothing to a model.
pub(crate) const SPIN_ROUNDS: u32 = 1;

/// Returns 1, which explores as much as more pauses.
pub(crate) fn pauses(_nanos: u32) -> u32 {
    1
}

/// The number of blocked attempts before a reservation is revoked. Other threads get as many steps
/// in between.
pub(crate) const MIN_BLOCKED_ATTEMPTS: u32 = 16;

/// As good as never, since a task that wakes itself lets other threads run anyway.
pub(crate) const POLLS_BEFORE_YIELD: u8 = u8::MAX - 1;

/// Lets other threads run, since otherwise the next attempt would fail again.
pub(crate) fn spin_loop() {
    shuttle::thread::yield_now();
}

/// Adds a scheduling point. (`yield_now` also tells the scheduler to run another thread, and marks
/// this one as woken.)
fn step() {
    shuttle::thread::sleep(Duration::ZERO);
}

/// A backoff that lets other threads run.
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
        // Another thread can run during the access.
        step();
        let result = f(self.value.get());
        self.accessed.set(false);
        result
    }
}

/// Returns whether the blocking calls of one side yield and offer their operations, instead of
/// spinning. Random, so that both are explored.
pub(crate) fn is_single_core() -> bool {
    use shuttle::rand::Rng;
    shuttle::rand::thread_rng().gen_bool(0.5)
}

/// Adds a scheduling point. A task that wakes itself lets other threads run anyway.
pub(crate) fn yield_thread() {
    step();
}

/// Yields like [`Backoff::snooze`].
pub(crate) fn sleep_briefly() {
    shuttle::thread::yield_now();
}

/// Runs `future`. There is no clock, so a deadline passes at a random time.
pub(crate) fn block_on_until<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    match deadline {
        Some(_) => block_on_for_a_while(future),
        None => Some(block_on(future)),
    }
}

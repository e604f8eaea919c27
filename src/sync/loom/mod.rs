//! The types of a loom run.

mod atomic;
mod block_on;
mod weaken;

pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use loom::sync::{Arc, Mutex};

pub(crate) use self::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize};
pub(crate) use self::block_on::block_on;
pub(crate) use crossbeam_utils::CachePadded;

/// loom's `UnsafeCell`. Dropping it counts as an access, too: a value must not be dropped while
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
        // After a failure, loom no longer tracks accesses.
        if !std::thread::panicking() {
            self.0.with_mut(|_| ());
        }
    }
}

/// Zero, so that slots are allocated with the channel. Lazy allocation has a model of its own, and
/// would double the length of the others.
pub(crate) const MAX_LAZY_BYTES: usize = 0;

/// The largest number of attempts while an operation spins. Zero, to keep models small.
pub(crate) const MAX_SPIN_ATTEMPTS: u32 = 0;

/// More rounds add nothing to a model.
pub(crate) const SPIN_ROUNDS: u32 = 1;

/// Returns 0, to keep models small.
pub(crate) fn pauses(_nanos: u32) -> u32 {
    0
}

pub(crate) use core::hint::spin_loop;

/// The number of blocked attempts before a reservation is revoked. The first attempt retries and
/// the second one revokes. Everything that can happen between the first and the last of many
/// attempts can happen between these two.
pub(crate) const MIN_BLOCKED_ATTEMPTS: u32 = 2;

/// Zero, since each such poll is a failed check; see [`atomic`].
pub(crate) const POLLS_BEFORE_YIELD: u8 = 0;

std::thread_local! {
    /// `true` in a model of a single core. loom runs its threads as coroutines of one real thread.
    static SINGLE_CORE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Returns whether a model is one of a single core, where blocking calls yield and offer their
/// operations. Most models have several cores, to keep them small.
pub(crate) fn is_single_core() -> bool {
    SINGLE_CORE.with(std::cell::Cell::get)
}

/// Runs `model` in every interleaving with at most `preemptions` preemptions.
#[cfg(test)]
pub(crate) fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let asked_for = builder.preemption_bound.unwrap_or(0);
    builder.preemption_bound = Some(preemptions.max(asked_for));
    builder.check(model);
}

/// Runs `model` like [`explore`], as a model of a single core.
#[cfg(test)]
pub(crate) fn explore_on_single_core(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    SINGLE_CORE.with(|single_core| single_core.set(true));
    explore(preemptions, model);
    SINGLE_CORE.with(|single_core| single_core.set(false));
}

/// Yields like [`Backoff::snooze`].
pub(crate) fn yield_thread() {
    atomic::yield_in_wait_loop();
}

/// Yields like [`Backoff::snooze`].
pub(crate) fn sleep_briefly() {
    atomic::yield_in_wait_loop();
}

/// A backoff that lets other threads run.
#[derive(Debug)]
pub(crate) struct Backoff(());

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(())
    }

    pub(crate) fn snooze(&self) {
        atomic::yield_in_wait_loop();
    }
}

/// Runs `future`. A model has no clock, so the deadline never passes.
pub(crate) fn block_on_until<F: Future>(
    future: F,
    _deadline: Option<std::time::Instant>,
) -> Option<F::Output> {
    Some(block_on(future))
}

/// loom's `thread_local!` with the `const` initializer of the standard one.
macro_rules! model_thread_local {
    (static $name:ident: $type:ty = const { $init:expr };) => {
        loom::thread_local! { static $name: $type = $init }
    };
}
pub(crate) use model_thread_local as thread_local;

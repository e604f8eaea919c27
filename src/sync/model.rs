//! The types of a loom run.

pub(crate) use loom::cell::UnsafeCell;
pub(crate) use loom::future::block_on;
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use loom::sync::{Arc, Mutex};

pub(crate) use super::model_event::{Event, listener};
pub(crate) use crossbeam_utils::CachePadded;

/// More rounds show the model nothing new.
pub(crate) const SPIN_ROUNDS: u32 = 1;

/// Every step hands the processor over: the model explores what the others do meanwhile.
#[derive(Debug)]
pub(crate) struct Backoff(());

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(())
    }

    pub(crate) fn spin(&self) {
        loom::thread::yield_now();
    }

    pub(crate) fn snooze(&self) {
        loom::thread::yield_now();
    }
}

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

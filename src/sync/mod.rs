//! The one place that chooses between the real synchronisation types and the models of them, loom's and
//! shuttle's.
//!
//! Everything else in the crate names `crate::sync::…` and cannot tell the difference. Under
//! `--cfg loom`, with the Cargo feature `loom`:
//!
//! * atomics, `Arc`, `UnsafeCell`, `Mutex` and thread locals are loom's;
//! * [`Backoff`] yields to the model's scheduler at every step, because a model has no time to wait
//!   out: a spin without a yield would only be explored forever.
//!
//! Under `--cfg shuttle`, with the Cargo feature `shuttle`, they are shuttle's, which tries random schedules instead of all, of larger
//! programs; see `shuttle.rs`.

#[cfg(not(any(loom, shuttle)))]
mod real;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use real::*;

#[cfg(all(feature = "std", not(any(loom, shuttle))))]
mod threads;
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(crate) use threads::*;
// There is a type for moments on wasm32-unknown-unknown, but no clock.
#[cfg(any(
    not(feature = "std"),
    loom,
    shuttle,
    all(target_family = "wasm", target_os = "unknown")
))]
mod still;
#[cfg(all(
    feature = "std",
    not(any(loom, shuttle, all(target_family = "wasm", target_os = "unknown")))
))]
pub(crate) use clock::{Instant, RESERVATION_AGE};
#[cfg(any(
    not(feature = "std"),
    loom,
    shuttle,
    all(target_family = "wasm", target_os = "unknown")
))]
pub(crate) use still::{Instant, RESERVATION_AGE};

#[cfg(all(
    feature = "std",
    not(any(loom, shuttle, all(target_family = "wasm", target_os = "unknown")))
))]
mod clock {
    pub(crate) use std::time::Instant;

    /// How long a message or slot stays reserved at least for a waiter that was woken for it, while others
    /// are turned away. A runtime that has nothing more urgent to do has polled the waiter by then.
    pub(crate) const RESERVATION_AGE: core::time::Duration = core::time::Duration::from_micros(100);
}

#[cfg(loom)]
mod model;
#[cfg(loom)]
mod model_atomic;
#[cfg(loom)]
mod model_wait;
#[cfg(loom)]
pub(crate) use model::*;

#[cfg(shuttle)]
mod shuttle;
#[cfg(shuttle)]
mod shuttle_block_on;
#[cfg(shuttle)]
pub(crate) use self::shuttle::*;

#[cfg(not(any(loom, shuttle)))]
mod calibration;
mod hint;
mod local;
mod lock;
mod once_box;
mod pause;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use calibration::pauses;
pub(crate) use hint::Hint;
pub(crate) use local::{random, this_thread};
pub(crate) use lock::Lock;
pub(crate) use once_box::OnceBox;
pub(crate) use pause::*;

/// How often an operation attempts while it spins, at most. A loom model has enough to explore without, and one
/// attempt shows a schedule as much as several.
pub(crate) const MOST_ATTEMPTS: u32 = if cfg!(loom) {
    0
} else if cfg!(shuttle) {
    1
} else {
    u32::MAX
};

/// Without an operating system nothing is known of cores, and models have several threads.
#[cfg(any(not(feature = "std"), loom, shuttle))]
pub(crate) fn is_single_core() -> bool {
    false
}

//! The one place that chooses between the real synchronisation types and the models of them, loom's and
//! shuttle's.
//!
//! Everything else in the crate names `crate::sync::…` and cannot tell the difference. Under
//! `--cfg loom`:
//!
//! * atomics, `Arc`, `UnsafeCell`, `Mutex` and thread locals are loom's;
//! * [`Backoff`] yields to the model's scheduler at every step, because a model has no time to wait
//!   out: a spin without a yield would only be explored forever.
//!
//! Under `--cfg shuttle` they are shuttle's, which tries random schedules instead of all, of larger
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
mod pause;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use calibration::pauses;
pub(crate) use hint::Hint;
pub(crate) use local::{random, this_thread};
pub(crate) use lock::Lock;
pub(crate) use pause::*;

/// Models need no more than one attempt of each kind.
pub(crate) const IS_MODEL: bool = cfg!(any(loom, shuttle));

//! The one place that chooses between the real synchronisation types and loom's models of them.
//!
//! Everything else in the crate names `crate::sync::…` and cannot tell the difference. Under
//! `--cfg loom`:
//!
//! * atomics, `Arc`, `UnsafeCell`, `Mutex` and thread locals are loom's;
//! * [`Event`] is a small model of `event_listener::Event` (see `model_event.rs` for why the real one
//!   is not used there);
//! * [`Backoff`] yields to the model's scheduler at every step, because a model has no time to wait
//!   out: a spin without a yield would only be explored for ever.

#[cfg(not(loom))]
mod real;
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
mod model;
#[cfg(loom)]
mod model_atomic;
#[cfg(loom)]
mod model_event;
#[cfg(loom)]
mod model_wait;
#[cfg(loom)]
pub(crate) use model::*;

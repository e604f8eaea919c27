//! The one place that chooses between the real synchronisation types and the models of them, loom's and
//! shuttle's.
//!
//! Everything else in the crate names `crate::sync::…` and cannot tell the difference. Under
//! `--cfg loom`:
//!
//! * atomics, `Arc`, `UnsafeCell`, `Mutex` and thread locals are loom's;
//! * [`Event`] is a small model of `event_listener::Event` (see `model_event.rs` for why the real one
//!   is not used there);
//! * [`Backoff`] yields to the model's scheduler at every step, because a model has no time to wait
//!   out: a spin without a yield would only be explored for ever.
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
#[cfg(not(all(feature = "std", not(any(loom, shuttle)))))]
mod still;
#[cfg(not(all(feature = "std", not(any(loom, shuttle)))))]
pub(crate) use still::Instant;

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

#[cfg(shuttle)]
mod shuttle;
#[cfg(shuttle)]
mod shuttle_block_on;
#[cfg(shuttle)]
pub(crate) use self::shuttle::*;

mod hint;
mod lock;
mod retreat;
mod tally;
pub(crate) use hint::Hint;
pub(crate) use lock::Lock;
pub(crate) use retreat::Retreat;
pub(crate) use tally::Tally;

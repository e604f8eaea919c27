//! Synchronization types of the platform, of loom, or of shuttle.
//!
//! The rest of the crate uses `crate::sync::...` and does not depend on which of them it is:
//!
//! | build | types | purpose |
//! |---|---|---|
//! | normal | `native` | programs |
//! | `--cfg loom` | `loom` | exploring every interleaving of small models, with the memory model |
//! | `--cfg shuttle` | `shuttle` | exploring random schedules of larger scenarios |
//!
//! Every constant that tunes spinning is in `pause.rs`.

#[cfg(loom)]
mod loom;
#[cfg(any(loom, shuttle))]
mod model;
#[cfg(not(any(loom, shuttle)))]
mod native;
#[cfg(shuttle)]
mod shuttle;

#[cfg(loom)]
pub(crate) use self::loom::*;
#[cfg(any(loom, shuttle))]
pub(crate) use self::model::*;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use self::native::*;
#[cfg(shuttle)]
pub(crate) use self::shuttle::*;

mod clock;
mod local;
mod lock;
mod once_box;
mod pause;
mod relaxed;
#[cfg(any(all(test, loom), all(feature = "std", not(any(loom, shuttle)))))]
mod wake_flag;

pub(crate) use clock::{Instant, RESERVATION_AGE};
pub(crate) use local::{random, this_thread};
pub(crate) use lock::Lock;
pub(crate) use once_box::OnceBox;
pub(crate) use pause::*;
pub(crate) use relaxed::{RelaxedU8, RelaxedU32};
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(crate) use wake_flag::WakeFlag;

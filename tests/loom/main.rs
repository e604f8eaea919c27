//! Loom models: all interleavings of two or three threads, up to a bound on preemptions.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --features loom --lib --test loom
//! ```
//!
//! Each model has its own bound. `LOOM_MAX_PREEMPTIONS` raises those that are lower. With
//! `--nocapture` each model prints the number of executions.
//!
//! # How the models are kept small
//!
//! The number of interleavings grows exponentially with the steps that threads take at the same
//! time. Therefore:
//!
//! * Models have no loops that wait. An attempt that may fail is made a fixed number of times, and
//!   the remaining operations follow after the threads are joined. A thread that must wait does so
//!   in the crate or in [`block_on`](support::block_on).
//! * Futures are brought to the state of interest before the second thread is started
//!   ([`parked`](support::parked)).
//! * Loom schedules a thread that has yielded only when all other threads wait or have yielded. The
//!   steps of an operation after a yield are therefore not interleaved. Where they matter, the
//!   attempt before the yield is made before the second thread is started (the reservations in
//!   `fairness.rs`).
//! * Threads return their handles, so that dropping the handles is not interleaved, unless the drop
//!   is the subject of the model.
#![cfg(loom)]

mod batches;
mod close;
mod drained;
mod fairness;
mod guide;
mod handles;
mod permits;
mod readiness;
mod receivers;
mod reserving;
mod ring;
mod select;
mod senders;
mod set_capacity;
mod support;
mod wakes;
mod weak;
mod weighted;

#[path = "../../src/sync/loom/block_on.rs"]
mod wait;

//! Loom models: every interleaving, up to a bound on preemptions, of two or three threads.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --features loom --lib --test loom
//! ```
//!
//! Each model has its own bound; `LOOM_MAX_PREEMPTIONS` raises those that are lower. With
//! `--nocapture` each says how many executions it took.
//!
//! # How the models are kept small
//!
//! The number of interleavings grows exponentially with the steps that threads take at the same
//! time. So:
//!
//! * No loops that wait: an attempt that may fail is made a fixed number of times, and what the
//!   threads have not done is done after they are joined. Where a thread has to wait, it does so in
//!   the crate or in [`block_on`](support::block_on).
//! * Futures are brought to where it gets interesting before there is a second thread
//!   ([`parked`](support::parked)).
//! * A thread that yields is scheduled again only when all others wait or have yielded: loom
//!   explores
//!   nothing else. So what an operation does when it comes back is not interleaved. Where that
//!   matters,
//!   the attempt before is made before there is a second thread (the reservations in
//!   `fairness.rs`).
//! * Threads give their handles back, so that dropping these is not interleaved, unless that is
//!   what the model is about.
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

//! Faults of the surroundings: things that are forgotten, wakers and executors that do what they
//! like, futures that are dropped at every moment, threads that are suspended anywhere, clocks that
//! jump, forks, and threads that end.
//!
//! A binary of its own, because some tests send signals to the threads of the process, change
//! their priorities or fork, and because some leak on purpose.
//!
//! Claims that are held open by hand are in `src/queue/tests.rs`, destructors and wakers that panic
//! in `tests/suite/panics.rs`, allocations that fail in `tests/suite/allocation_failures.rs`.
#![cfg(not(loom))]

mod clocks;
mod every_poll;
mod every_weighted_poll;
mod executors;
mod forgotten;
#[cfg(target_os = "linux")]
mod fork;
#[path = "../harness/mod.rs"]
mod harness;
#[cfg(target_os = "linux")]
mod one_core;
#[cfg(target_os = "linux")]
mod priorities;
#[cfg(target_os = "linux")]
mod signals;
mod suspended;
mod thread_locals;
mod wakers;

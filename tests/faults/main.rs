//! Faults of the surroundings: things that are forgotten, wakers and executors that do what they like, and
//! futures that are dropped at every moment.
//!
//! A thread suspended in the middle of an operation is in `src/queue/tests.rs`, destructors and wakers that panic
//! are in `tests/panics.rs`.
#![cfg(not(loom))]

mod every_poll;
mod every_weighted_poll;
mod executors;
mod forgotten;
#[path = "../support/mod.rs"]
mod support;
mod wakers;

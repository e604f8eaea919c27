//! Checks `blocking::Select`: a selection is exact, and no message and no wakeup is lost.
#![cfg(not(loom))]

mod contention;
mod outcomes;
mod waits;

#[path = "../support/mod.rs"]
mod support;

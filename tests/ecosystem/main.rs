//! This channel with other crates, and programs that use it.
//!
//! A binary of its own, because these tests need dependencies that the other tests do not: those
//! build on every target.
#![cfg(not(any(loom, shuttle)))]

#[path = "../harness/mod.rs"]
mod harness;

mod examples;
mod executors;
mod interop;
mod migration;
mod poll_sender;
#[cfg(feature = "tracing")]
mod tracing;

//! Tests of the public interface, by topic.
//!
//! They run beside each other in one process, so none may change what all threads share. The
//! global allocator counts and fails for each thread on its own.
#![cfg(not(any(loom, shuttle)))]

mod allocator;
#[path = "../harness/mod.rs"]
mod harness;

mod batches;
mod cancellation;
mod cancelled_adapters;
mod channel;
mod close;
mod errors;
mod fairness;
mod force_send;
mod iterators;
mod permits;
mod position;
mod queue;
mod realtime;
mod select;
mod timeouts;
mod tokio_parity;
mod types;
mod weak;

// These need panics that unwind, processes, or a runtime with several threads.
#[cfg(all(unix, not(target_family = "wasm")))]
mod allocation_failures;
#[cfg(not(target_family = "wasm"))]
mod allocations;
#[cfg(not(target_family = "wasm"))]
mod bad_input;
#[cfg(not(target_family = "wasm"))]
mod borrowed_stream;
#[cfg(not(target_family = "wasm"))]
mod contention;
#[cfg(not(target_family = "wasm"))]
mod drained;
#[cfg(not(target_family = "wasm"))]
mod futures_ecosystem;
#[cfg(not(target_family = "wasm"))]
mod multi_receiver;
#[cfg(not(target_family = "wasm"))]
mod panics;
#[cfg(not(target_family = "wasm"))]
mod panics_together;
#[cfg(not(target_family = "wasm"))]
mod random_cancellation;
#[cfg(not(target_family = "wasm"))]
mod readiness;
#[cfg(not(target_family = "wasm"))]
mod set_capacity;
#[cfg(target_pointer_width = "64")]
mod sizes;
#[cfg(not(target_family = "wasm"))]
mod stats;
#[cfg(not(target_family = "wasm"))]
mod waiting;
#[cfg(not(target_family = "wasm"))]
mod weighted;

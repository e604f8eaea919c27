//! Random schedules of five to eight threads: larger programs than loom can explore.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --release --test shuttle --target-dir target/shuttle
//! ```
#![cfg(shuttle)]

#[path = "../../src/sync/shuttle_block_on.rs"]
mod block_on;
mod explore;
mod ledger;
mod parties;
mod scene;

mod adapters;
mod batches;
mod cancellation;
mod closing;
mod permits;
mod queue;
mod random;
mod traffic;

//! Random operations, checked against a model or by records of every message.
//!
//! Each module runs for a short time here, and for hours if its variable says so.
#![cfg(not(any(loom, shuttle)))]

#[path = "../harness/mod.rs"]
mod harness;
mod ledger;
mod model;
mod soak;
mod waiting;
mod weighted;

//! `blocking::Select`: what is selected is exact, nothing is lost, and nobody is left waiting.
#![cfg(not(loom))]

mod contention;
mod outcomes;
mod waits;

#[path = "../support/mod.rs"]
mod support;

//! Checks the contract of waiting through the public API: one wake per message and per freed slot,
//! bounded bypass, user code that may do anything, the cooperative budget, and costs that do not
//! depend on the past.
#![cfg(not(any(loom, shuttle)))]

mod budget;
mod bypass;
mod contract;
mod costs;
#[path = "../support/counting.rs"]
mod counting;
mod destructors;
mod entry;
mod hooked_waiters;
mod hooks;
mod loops;
mod model;
mod reservations;
#[path = "../support/mod.rs"]
mod support;
mod test_channel;
mod threads;
mod user_code;
mod waiter;
mod workers;

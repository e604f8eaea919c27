//! Checks the contract of waiting through the public API: one wake per message and per freed slot,
//! bounded bypass, user code that may do anything, the cooperative budget, and costs that do not
//! depend on the past.

mod budget;
mod bypass;
mod contract;
mod costs;
mod destructors;
mod entry;
mod hooked_waiters;
mod loops;
mod model;
mod reservations;
mod test_channel;
mod threads;
mod user_code;
mod workers;

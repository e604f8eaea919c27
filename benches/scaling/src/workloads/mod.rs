//! What is measured, each on any number of threads.

mod bursts;
mod channel;
mod pool;
mod ring;

use std::time::Duration;

use crate::measure::Outcome;

/// A program of a number of threads that shows one thing.
#[derive(Debug)]
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Threads, cores, and for how long.
    pub(crate) run: fn(usize, usize, Duration) -> Outcome,
}

pub(crate) static ALL: &[Workload] = &[
    Workload {
        name: "ring",
        what: "each thread sends to and receives from one raw queue of capacity 1024 (times: of one \
               pair in 16)",
        run: ring::run,
    },
    Workload {
        name: "parked",
        what: "as many blocking receivers as senders (threads: of a side), which compute 2 µs before \
               each message (times: from send to received)",
        run: channel::run,
    },
    Workload {
        name: "pool",
        what: "one sender, and so many workers that compute 20 µs for each job; capacity 64 (times: \
               from the start of a send to that of its job)",
        run: pool::run,
    },
    Workload {
        name: "bursts",
        what: "4 jobs of 20 µs for each of so many idle workers at once (times: of one burst)",
        run: bursts::run,
    },
];

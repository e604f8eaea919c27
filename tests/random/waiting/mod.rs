//! Random runs of the contract of waiting: on one thread, where it is checked after every step, and
//! on tokio's runtime with several threads, where what comes out at the end is checked.
//!
//! `MPMC_WAITING_SECONDS` (2 for each test if not set) and `MPMC_WAITING_SEED` say how long and
//! from where on. A failure prints the seed that it begins with.

mod actions;
mod book;
mod checks;
mod delays;
mod runtime;
mod steps;
mod tasks;
mod waiters;
mod world;

use std::time::{Duration, Instant};

use crate::harness::{number_from, seed_from};

/// Calls `run` with one seed after the other until the time is over, and returns with how many.
fn for_some_time(mut run: impl FnMut(u64)) -> u64 {
    let seconds = number_from("MPMC_WAITING_SECONDS").unwrap_or(2);
    let first = seed_from("MPMC_WAITING_SEED");
    println!("MPMC_WAITING_SEED={first}");
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seed = first;
    while Instant::now() < end {
        let _seed = PrintedOnPanic(seed);
        run(seed);
        seed = seed.wrapping_add(1);
    }
    seed.wrapping_sub(first)
}

/// Says how to repeat a run that fails.
struct PrintedOnPanic(u64);

impl Drop for PrintedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            world::World::print_history();
            eprintln!("repeat with MPMC_WAITING_SEED={}", self.0);
        }
    }
}

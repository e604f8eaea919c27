//! Tasks and threads in one pipeline: tasks send jobs, threads compute, a task collects the
//! results.
//!
//! The threads do not depend on a runtime. They end when the channel ends, without a flag or a
//! signal.

use std::thread;

use mpmc_std::{Receiver, Sender, channel};

const TASKS: u64 = 8;
const EACH: u64 = 100;
const THREADS: usize = 2;

/// A computation that must not run in a task, because it never lets other tasks run.
fn compute(seed: u64) -> u64 {
    (0..1000).fold(seed, |state, _| {
        state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1)
    })
}

/// Runs on its own thread, and blocks while there is no job, or no capacity for a result.
fn compute_thread(jobs: Receiver<u64>, results: Sender<(u64, u64)>) -> usize {
    let mut batch = Vec::new();
    let mut done = 0;
    // A few at a time: this saves wakes, and leaves enough for the other threads.
    while jobs.blocking_recv_many(&mut batch, 8) > 0 {
        for seed in batch.drain(..) {
            if results.blocking_send((seed, compute(seed))).is_err() {
                return done; // all receivers of results have been dropped
            }
            done += 1;
        }
    }
    done
}

#[tokio::main]
async fn main() {
    let (jobs, at_threads) = channel(64);
    let (results, at_end) = channel(64);

    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (jobs, results) = (at_threads.clone(), results.clone());
            thread::spawn(move || compute_thread(jobs, results))
        })
        .collect();
    drop((at_threads, results));

    for task in 0..TASKS {
        let jobs = jobs.clone();
        tokio::spawn(async move {
            for number in 0..EACH {
                jobs.send(task * EACH + number).await.unwrap();
            }
        });
    }
    drop(jobs);

    let mut seeds = Vec::new();
    while let Some((seed, result)) = at_end.recv().await {
        assert_eq!(result, compute(seed));
        seeds.push(seed);
    }
    seeds.sort_unstable();
    assert!(seeds.into_iter().eq(0..TASKS * EACH));

    // The results have ended, so the threads have ended, or are about to: this does not block for
    // long.
    let shares = threads.into_iter().map(|thread| thread.join().unwrap());
    let total: usize = shares.sum();
    assert_eq!(total as u64, TASKS * EACH);
    println!("{total} jobs computed by {THREADS} threads for {TASKS} tasks");
}

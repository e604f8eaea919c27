//! Shutting down without losing accepted jobs: stop accepting, let the workers receive the jobs in
//! the channel, and let them finish. Each step has a time limit.
//!
//! Ends on Ctrl-C, or without it after a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mpmc_std::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Accepts jobs until the channel is closed. Returns the number of accepted jobs.
async fn accept(tx: Sender<u64>) -> u64 {
    let mut accepted = 0;
    while tx.send(accepted).await.is_ok() {
        accepted += 1;
    }
    accepted // a job that was not sent was returned in the error, and is not counted
}

/// Works until the channel is closed and drained.
async fn work(rx: Receiver<u64>, done: Arc<AtomicU64>) {
    while rx.recv().await.is_some() {
        sleep(Duration::from_millis(1)).await;
        done.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() {
    let (tx, rx) = channel(16);
    let done = Arc::new(AtomicU64::new(0));

    let mut acceptors = JoinSet::new();
    for _ in 0..2 {
        acceptors.spawn(accept(tx.clone()));
    }
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        workers.spawn(work(rx.clone(), Arc::clone(&done)));
    }

    tokio::select! {
        stop = tokio::signal::ctrl_c() => stop.expect("the signal can be waited for"),
        () = sleep(Duration::from_millis(50)) => {}
    }

    // 1. Close. No more jobs are accepted. Senders that wait for capacity get their jobs back.
    rx.close();
    let accepted: u64 = acceptors.join_all().await.iter().sum();

    // 2. The workers receive the accepted jobs. Jobs left after the limit could be saved with
    //    `rx.drain()`.
    let all_taken = timeout(Duration::from_secs(10), rx.drained()).await;
    assert!(all_taken.is_ok(), "{} jobs are left", rx.len());

    // 3. A received job is not done yet: each worker finishes its last job, and ends.
    let all_finished = timeout(Duration::from_secs(10), workers.join_all()).await;
    assert!(all_finished.is_ok(), "a worker hangs");
    assert_eq!(done.load(Ordering::Relaxed), accepted);
    assert_eq!(tx.stats().sent, accepted);
    println!("{accepted} jobs accepted, as many done, none lost");
}

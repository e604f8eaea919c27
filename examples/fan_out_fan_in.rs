//! Fan out to several workers through one channel, fan in through another, and put the results in
//! order.
//!
//! The order is that of the first channel: a worker receives the position of each job with it, and
//! sends it along. Both channels are bounded, so the number of jobs in the pipeline is bounded,
//! however many there are in total.

use std::collections::BTreeMap;

use mpmc_std::{Receiver, Sender, channel};

const JOBS: usize = 500;
const WORKERS: usize = 4;

/// The number of steps that the Collatz sequence takes from `start` to 1.
fn steps(start: u64) -> u32 {
    let mut number = start;
    let mut count = 0;
    while number != 1 {
        number = if number % 2 == 0 {
            number / 2
        } else {
            3 * number + 1
        };
        count += 1;
    }
    count
}

async fn work(jobs: Receiver<u64>, results: Sender<(u64, u32)>) -> usize {
    let mut count = 0;
    while let Some((position, start)) = jobs.recv_with_position().await {
        if results.send((position, steps(start))).await.is_err() {
            break; // all receivers of results have been dropped
        }
        count += 1;
    }
    count
}

#[tokio::main]
async fn main() {
    let (jobs, at_workers) = channel(2 * WORKERS);
    let (results, at_end) = channel(2 * WORKERS);

    let workers: Vec<_> = (0..WORKERS)
        .map(|_| tokio::spawn(work(at_workers.clone(), results.clone())))
        .collect();
    // Only the workers hold these handles now, so the results end when the last worker ends.
    drop((at_workers, results));

    let source = tokio::spawn(async move {
        jobs.send_many(1..=JOBS as u64)
            .await
            .expect("the workers stay until the jobs end")
    });

    // Results arrive in the order in which they are ready. Early ones wait here.
    let mut early = BTreeMap::new();
    let mut in_order = Vec::new();
    while let Some((position, result)) = at_end.recv().await {
        early.insert(position, result);
        while let Some(result) = early.remove(&(in_order.len() as u64)) {
            in_order.push(result);
        }
    }

    assert_eq!(source.await.unwrap(), JOBS);
    let expected: Vec<_> = (1..=JOBS as u64).map(steps).collect();
    assert_eq!(in_order, expected);
    let mut shares = Vec::new();
    for worker in workers {
        shares.push(worker.await.unwrap());
    }
    assert_eq!(shares.iter().sum::<usize>(), JOBS);
    println!("{JOBS} results in order, the workers' shares: {shares:?}");
}

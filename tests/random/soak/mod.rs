//! Runs all operations concurrently for `MPMC_SOAK_SECONDS` seconds (3 by default), with the
//! random seed `MPMC_SOAK_SEED`.
//!
//! Channels are created and dropped. On both sides, tasks and threads send and receive with all
//! methods, cancel, clone, drop, close and start other tasks. The records of each channel must
//! balance exactly.

mod parts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;
use tokio::runtime::{Builder, Runtime};

use self::parts::{Tasks, receive, receive_blocking, send, send_blocking};
use crate::harness::{PseudoRandom, number_from, seed_from, soon_while_it_moves};
use crate::ledger::{Ledger, Sent, Totals, View};

fn seconds() -> u64 {
    number_from("MPMC_SOAK_SECONDS").unwrap_or(3)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(3)
        .enable_time()
        .build()
        .unwrap()
}

/// The way in which a channel is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The senders finish.
    Senders,
    /// A receiver closes the channel during the traffic.
    Close,
    /// All receivers are dropped during the traffic.
    Receivers,
}

/// Runs one channel from its creation to its drop.
async fn life(mut random: PseudoRandom) -> Totals {
    let capacity = [1, 1, 2, 3, 5, 16, 100][random.below(7) as usize];
    let end = [End::Senders, End::Senders, End::Close, End::Receivers][random.below(4) as usize];
    let steps = 20 + random.below(300);
    let receivers_stay = (end == End::Receivers).then_some(steps);
    let (tx, rx) = channel(capacity);
    let ledger = Arc::new(Ledger::default());
    let tasks = Tasks::default();
    let mut seed = || PseudoRandom(random.below(u64::MAX));
    let mut threads = Vec::new();
    for number in 0..1 + seed().below(4) {
        let (tx, sent) = (tx.clone(), Sent::new(&ledger));
        if number == 2 {
            let random = seed();
            let body = move || send_blocking(&tx, sent, random, steps);
            threads.push(thread::spawn(body));
        } else {
            tasks.start(send(tx, sent, seed(), steps, tasks.clone()));
        }
    }
    for number in 0..1 + seed().below(4) {
        let (rx, view) = (rx.clone(), View::new(&ledger));
        if number == 2 {
            let random = seed();
            let body = move || receive_blocking(&rx, view, random, receivers_stay);
            threads.push(thread::spawn(body));
        } else {
            tasks.start(receive(rx, view, seed(), receivers_stay, tasks.clone()));
        }
    }
    if end == End::Close {
        let weak = rx.downgrade();
        let moment = Duration::from_micros(seed().below(3000));
        tasks.start(async move {
            tokio::time::sleep(moment).await;
            if let Some(rx) = weak.upgrade() {
                rx.close();
            }
        });
    }
    drop((tx, rx));
    soon_while_it_moves(&ledger.progress, tasks.finish()).await;
    for thread in threads {
        tokio::task::spawn_blocking(move || thread.join())
            .await
            .unwrap()
            .unwrap();
    }
    ledger.check(end == End::Receivers)
}

#[test]
fn no_message_is_lost_duplicated_reordered_or_leaked() {
    let seed = seed_from("MPMC_SOAK_SEED");
    println!("MPMC_SOAK_SEED={seed}");
    let mut random = PseudoRandom(seed);
    let runtime = runtime();
    let end = Instant::now() + Duration::from_secs(seconds());
    let mut totals = Totals::default();
    while Instant::now() < end {
        // Runs several channels at a time, so that their tasks interfere.
        let lives: Vec<_> = (0..4)
            .map(|_| runtime.spawn(life(PseudoRandom(random.below(u64::MAX)))))
            .collect();
        for life in lives {
            totals.add(runtime.block_on(life).unwrap());
        }
    }
    println!("{totals:?}");
}

/// Returns a fairness index: 1 if all counts are equal, 1/n if one of n has everything.
fn jain(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|&share| share as f64).sum();
    let squares: f64 = shares.iter().map(|&share| (share as f64).powi(2)).sum();
    sum * sum / (shares.len() as f64 * squares)
}

/// Prints how messages are distributed among busy receivers and senders. Only starvation is a
/// failure.
#[test]
fn no_task_starves_in_a_saturated_channel() {
    const EACH_SIDE: usize = 6;
    let time = Duration::from_secs_f64(seconds() as f64 / 20.0);
    for capacity in [1, 64] {
        let runtime = runtime();
        let (tx, rx) = channel::<()>(capacity);
        let over = Arc::new(AtomicBool::new(false));
        let counters = || -> Arc<Vec<AtomicUsize>> {
            Arc::new((0..EACH_SIDE).map(|_| AtomicUsize::new(0)).collect())
        };
        let (sent, received) = (counters(), counters());
        for task in 0..EACH_SIDE {
            let (tx, sent, over) = (tx.clone(), Arc::clone(&sent), Arc::clone(&over));
            runtime.spawn(async move {
                while !over.load(Ordering::Relaxed) && tx.send(()).await.is_ok() {
                    sent[task].fetch_add(1, Ordering::Relaxed);
                }
            });
            let (rx, received) = (rx.clone(), Arc::clone(&received));
            runtime.spawn(async move {
                while rx.recv().await.is_some() {
                    received[task].fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        for (side, counts) in [("sent", sent), ("received", received)] {
            let counts: Vec<_> = counts
                .iter()
                .map(|count| count.load(Ordering::Relaxed) as u64)
                .collect();
            let index = jain(&counts);
            println!("capacity {capacity}: {side} {counts:?}, Jain's index {index:.3}");
            assert!(counts.iter().all(|&count| count > 0), "a task starves");
        }
    }
}

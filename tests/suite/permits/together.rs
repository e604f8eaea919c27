//! Checks permits that many tasks and threads hold at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use mpmc_std::{Sender, channel};

use crate::harness::{Counted, Drops, assert_all_once, report_progress, run, threads};

/// Each task reserves the whole capacity. Two of them must not hold a part each and wait forever.
#[test]
fn concurrent_reserve_many_calls_do_not_deadlock() {
    const ROUNDS: usize = 300;
    for capacity in [2, 5, 64] {
        run(async move {
            let (tx, rx) = channel(capacity);
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let tx = tx.clone();
                    tokio::spawn(async move {
                        for _ in 0..ROUNDS {
                            for permit in tx.reserve_many(capacity).await.unwrap() {
                                permit.send(());
                            }
                        }
                    })
                })
                .collect();
            for _ in 0..3 * ROUNDS * capacity {
                rx.recv().await.unwrap();
                report_progress();
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(tx.capacity(), capacity);
        });
    }
}

#[test]
fn reserve_many_completes_beside_busy_senders() {
    run(async {
        let (tx, rx) = channel(8);
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let tx = tx.clone();
                tokio::spawn(async move { while tx.send(0).await.is_ok() {} })
            })
            .collect();
        let receiver = rx.clone();
        let receiving = tokio::spawn(async move {
            let mut sum = 0;
            while let Some(message) = receiver.recv().await {
                sum += message;
            }
            sum
        });
        for _ in 0..100 {
            for permit in tx.reserve_many(8).await.unwrap() {
                permit.send(1);
            }
            report_progress();
        }
        rx.close();
        assert_eq!(receiving.await.unwrap(), 800);
        for sender in senders {
            sender.await.unwrap();
        }
    });
}

/// Counts permits, from just after they are reserved to just before they are released. The count is
/// never larger than the number of permits that are held.
#[derive(Clone)]
struct Held {
    count: Arc<AtomicUsize>,
    capacity: usize,
}

impl Held {
    fn add(&self, count: usize) {
        let held = self.count.fetch_add(count, Ordering::SeqCst) + count;
        assert!(held <= self.capacity, "{held} permits are held");
    }

    fn subtract(&self, count: usize) {
        self.count.fetch_sub(count, Ordering::SeqCst);
    }
}

/// Reserves permits in a way that depends on the message, and sends the message.
async fn send_on_some_permit(tx: &Sender<Counted>, token: Counted, held: &Held) {
    match token.number % 4 {
        0 => {
            let permit = tx.reserve().await.unwrap();
            held.add(1);
            held.subtract(1);
            permit.send(token);
        }
        1 => {
            let count = held.capacity.min(3);
            let mut permits = tx.reserve_many(count).await.unwrap();
            held.add(count);
            held.subtract(count);
            permits.next().unwrap().send(token);
        }
        2 => {
            let permit = tx.clone().reserve_owned().await.unwrap();
            held.add(1);
            held.subtract(1);
            permit.send(token);
        }
        _ => {
            // A permit that is dropped unused.
            if let Ok(permit) = tx.try_reserve() {
                held.add(1);
                held.subtract(1);
                drop(permit);
            }
            tx.send(token).await.unwrap();
        }
    }
}

#[test]
fn permits_of_many_threads_respect_the_capacity_and_lose_no_message() {
    const EACH: usize = 2_000;
    const SENDERS: usize = 3;
    for capacity in [1, 3, 16] {
        let (tx, rx) = channel::<Counted>(capacity);
        let ledger = Drops::of(SENDERS * EACH);
        let held = Held {
            count: Arc::default(),
            capacity,
        };
        let messages = ledger.clone();
        let received = threads(SENDERS + 1, move |number| {
            // The last thread receives.
            if number == SENDERS {
                let messages = rx.blocking_iter().take(SENDERS * EACH);
                return messages.map(|token| token.number).collect();
            }
            for message in number * EACH..(number + 1) * EACH {
                block_on(send_on_some_permit(&tx, messages.numbered(message), &held));
                report_progress();
            }
            Vec::new()
        });
        assert_all_once(received.into_iter().flatten(), SENDERS * EACH);
        ledger.assert_each_once();
    }
}

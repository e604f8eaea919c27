//! The bounds among threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mpmc_std::weighted::channel;

use super::{Message, assert_contents};
use crate::harness::{PseudoRandom, poll_once, while_it_moves};

/// The weight of held permits never exceeds the maximum, and their number never exceeds the
/// capacity.
#[test]
fn permits_are_exact_between_threads() {
    const MAX: usize = 10;
    const COUNT: usize = 3;
    while_it_moves(|progress| {
        let (tx, _rx) = channel::<Message>(COUNT, MAX);
        let held = [AtomicUsize::new(0), AtomicUsize::new(0)];
        thread::scope(|scope| {
            for seed in 0..4 {
                let (tx, held) = (&tx, &held);
                scope.spawn(move || {
                    let mut random = PseudoRandom(seed);
                    for round in 0..2000 {
                        let weight = random.below(MAX as u64 + 1) as usize;
                        if random.below(8) == 0 {
                            // Cancels the wait at a random point.
                            let _ = poll_once(tx.reserve(weight));
                            continue;
                        }
                        let permit = futures::executor::block_on(tx.reserve(weight)).unwrap();
                        let weights = held[0].fetch_add(weight, Ordering::SeqCst) + weight;
                        let count = held[1].fetch_add(1, Ordering::SeqCst) + 1;
                        assert!(weights <= MAX && count <= COUNT, "{weights}, {count}");
                        assert!(tx.weight() <= MAX);
                        if round % 64 == 0 {
                            thread::yield_now();
                        }
                        held[0].fetch_sub(weight, Ordering::SeqCst);
                        held[1].fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                        progress.made();
                    }
                });
            }
        });
        assert_contents(&tx, &[]);
    });
}

/// The weight of the messages in the channel never exceeds the maximum, and each message arrives
/// once.
#[test]
fn messages_are_exact_between_threads() {
    const MAX: usize = 100;
    const COUNT: usize = 8;
    const SENDERS: usize = 4;
    const EACH: usize = 2000;
    while_it_moves(|progress| {
        let (tx, rx) = channel::<(usize, usize, usize)>(COUNT, MAX);
        let sent = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (tx, sent) = (tx.clone(), Arc::clone(&sent));
                thread::spawn(move || {
                    let mut random = PseudoRandom(sender as u64);
                    for number in 0..EACH {
                        let weight = random.below(MAX as u64 + 1) as usize;
                        let message = (sender, number, weight);
                        if sender % 2 == 0 {
                            tx.blocking_send_with_weight(message, weight).unwrap();
                        } else {
                            let send = tx.send_with_weight(message, weight);
                            futures::executor::block_on(send).unwrap();
                        }
                        sent[0].fetch_add(weight, Ordering::SeqCst);
                        sent[1].fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        drop(tx);
        let mut next = [0; SENDERS];
        let (mut weight, mut count) = (0, 0);
        loop {
            // A lower bound: the counted messages were sent before.
            let lightest = sent[0].load(Ordering::SeqCst).saturating_sub(weight);
            let fewest = sent[1].load(Ordering::SeqCst).saturating_sub(count);
            assert!(lightest <= MAX && fewest <= COUNT, "{lightest}, {fewest}");
            assert!(rx.weight() <= MAX && rx.len() <= COUNT);
            let Some((sender, number, heavy)) = rx.blocking_recv() else {
                break;
            };
            assert_eq!(number, next[sender]);
            next[sender] += 1;
            weight += heavy;
            count += 1;
            progress.made();
        }
        assert_eq!(next, [EACH; SENDERS]);
        assert_eq!((rx.weight(), rx.available_weight()), (0, MAX));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

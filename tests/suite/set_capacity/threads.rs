//! Changes of the capacity beside other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mpmc_std::error::{SetCapacityError, TryRecvError};
use mpmc_std::{blocking, channel};

#[test]
fn blocked_threads_are_woken() {
    let (tx, rx) = blocking::channel(4);
    tx.set_capacity(1).unwrap();
    assert_eq!((tx.capacity(), tx.capacity_limit()), (Some(1), 4));
    tx.send(0).unwrap();
    let sender = thread::spawn(move || {
        tx.send(1).unwrap();
        tx.send(2).unwrap();
    });
    while rx.as_async().stats().senders.parked == 0 {
        thread::yield_now();
    }
    assert_eq!(rx.set_capacity(3), Ok(1));
    sender.join().unwrap();
    assert_eq!((rx.len(), rx.capacity_limit()), (3, 4));
    assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_select_that_sends_waits_for_the_capacity_to_be_raised() {
    let (tx, rx) = blocking::channel(2);
    rx.set_capacity(1).unwrap();
    tx.send(0).unwrap();
    let selecting = thread::spawn({
        let tx = tx.clone();
        move || {
            let mut select = blocking::Select::new();
            let sending = select.send(&tx);
            let selected = select.select();
            assert_eq!(selected.index(), sending);
            selected.send(&tx, 1).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(20));
    assert_eq!(rx.len(), 1);
    rx.set_capacity(2).unwrap();
    selecting.join().unwrap();
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [0, 1]);
}

/// A send that starts after a capacity was set does not exceed that capacity. No message is lost.
#[test]
fn the_capacity_is_exact_while_it_changes() {
    const MESSAGES: usize = 20_000;
    const LIMIT: usize = 16;
    for round in 0..3 {
        let (tx, rx) = channel(LIMIT);
        let done = Arc::new(AtomicBool::new(false));
        // Lower bound of sent and upper bound of received messages: the difference is in the
        // channel.
        let senders: Vec<_> = (0..2)
            .map(|which| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for number in 0..MESSAGES {
                        let message = which * MESSAGES + number;
                        match number % 4 {
                            0 => tx.blocking_send(message).unwrap(),
                            1 => futures::executor::block_on(tx.reserve())
                                .unwrap()
                                .send(message),
                            _ => futures::executor::block_on(tx.send(message)).unwrap(),
                        }
                    }
                })
            })
            .collect();
        let changer = thread::spawn({
            let (tx, done) = (tx.clone(), Arc::clone(&done));
            move || {
                let mut step = round;
                let mut changes = 0;
                while !done.load(Ordering::Relaxed) {
                    step = (step * 5 + 3) % LIMIT;
                    tx.set_capacity(step + 1).unwrap();
                    assert!(tx.len() + tx.stats().permits <= LIMIT);
                    changes += 1;
                    if changes % 8 == 0 {
                        // The length stays below the capacity, because no other thread changes it.
                        tx.set_capacity(2).unwrap();
                        let permits_and_messages = || tx.stats().permits + tx.len();
                        while permits_and_messages() > 2 && !done.load(Ordering::Relaxed) {
                            thread::yield_now();
                        }
                        for _ in 0..50 {
                            assert!(tx.len() <= 2, "above the capacity");
                        }
                    }
                    thread::yield_now();
                }
                changes
            }
        });
        let received = AtomicUsize::new(0);
        let mut last = [None; 2];
        thread::scope(|scope| {
            let receivers: Vec<_> = (0..2)
                .map(|_| {
                    let (rx, received) = (rx.clone(), &received);
                    scope.spawn(move || {
                        let mut numbers = Vec::new();
                        while received.fetch_add(1, Ordering::Relaxed) < 2 * MESSAGES {
                            numbers.push(rx.blocking_recv().unwrap());
                        }
                        numbers
                    })
                })
                .collect();
            let mut all: Vec<_> = receivers
                .into_iter()
                .flat_map(|receiver| {
                    let numbers = receiver.join().unwrap();
                    // Each receiver sees the messages of one sender in order.
                    last = [None; 2];
                    for &number in &numbers {
                        let last = &mut last[number / MESSAGES];
                        assert!(*last < Some(number));
                        *last = Some(number);
                    }
                    numbers
                })
                .collect();
            all.sort_unstable();
            assert!(all.iter().copied().eq(0..2 * MESSAGES));
        });
        for sender in senders {
            sender.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(changer.join().unwrap() > 0);
        tx.set_capacity(LIMIT).unwrap();
        assert_eq!((tx.capacity(), tx.stats().permits), (LIMIT, 0));
    }
}

/// Two threads change the capacity concurrently, and a third closes the channel.
#[test]
fn closing_while_the_capacity_changes() {
    for _ in 0..200 {
        let (tx, rx) = channel::<usize>(8);
        thread::scope(|scope| {
            let changers: Vec<_> = (0..2)
                .map(|which| {
                    let tx = tx.clone();
                    scope.spawn(move || {
                        let mut step = 0;
                        let error = loop {
                            step = (step + 2 * which + 3) % 8;
                            if let Err(error) = tx.set_capacity(step + 1) {
                                break error;
                            }
                        };
                        assert_eq!(error, SetCapacityError::Closed);
                    })
                })
                .collect();
            let waiting = scope.spawn({
                let rx = rx.clone();
                move || rx.blocking_recv()
            });
            thread::yield_now();
            rx.close();
            assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
            assert_eq!(waiting.join().unwrap(), None);
            for changer in changers {
                changer.join().unwrap();
            }
        });
        assert_eq!(tx.stats().permits, 0);
        assert_eq!(tx.capacity(), tx.max_capacity());
    }
}

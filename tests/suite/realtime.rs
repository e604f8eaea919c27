//! Checks the queue without waiting operations.

use std::thread;

use mpmc_std::RealtimeQueue;

use crate::allocator::allocated;
use crate::harness::{Drops, panic_message};

#[test]
fn the_capacity_is_exact_and_the_order_is_kept() {
    for capacity in 1..10 {
        let queue = RealtimeQueue::new(capacity);
        for lap in 0..5 {
            for number in 0..capacity {
                assert_eq!(queue.len(), number);
                assert_eq!(queue.send(lap + number), Ok(()));
            }
            assert!(queue.is_full());
            assert_eq!(queue.send(99), Err(99));
            for number in 0..capacity {
                assert_eq!(queue.recv(), Some(lap + number));
            }
            assert!(queue.is_empty());
            assert_eq!(queue.recv(), None);
        }
    }
    let message = panic_message(|| RealtimeQueue::<u8>::new(0));
    assert!(message.contains("at least 1"), "{message}");
}

#[test]
fn operations_allocate_nothing() {
    let queue = RealtimeQueue::new(3);
    let before = allocated();
    for number in 0..100 {
        queue.send(number).unwrap();
        assert_eq!(queue.recv(), Some(number));
    }
    assert_eq!(allocated(), before);
}

#[test]
fn remaining_messages_are_dropped_with_the_queue() {
    let ledger = Drops::of(3);
    let queue = RealtimeQueue::new(3);
    for number in 0..3 {
        assert!(queue.send(ledger.numbered(number)).is_ok());
    }
    drop(queue.recv());
    assert_eq!(ledger.total(), 1);
    drop(queue);
    ledger.assert_each_once();
}

#[test]
fn threads_lose_and_duplicate_nothing() {
    const EACH: u64 = 20_000;
    let queue = RealtimeQueue::new(5);
    let mut received = thread::scope(|scope| {
        for sender in 0..3 {
            let queue = &queue;
            scope.spawn(move || {
                for number in 0..EACH {
                    let mut message = sender * EACH + number;
                    while let Err(back) = queue.send(message) {
                        message = back;
                        thread::yield_now();
                    }
                }
            });
        }
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut received = Vec::new();
                    while received.len() < EACH as usize {
                        match queue.recv() {
                            Some(message) => received.push(message),
                            None => thread::yield_now(),
                        }
                    }
                    received
                })
            })
            .collect();
        let received = receivers.into_iter().map(|thread| thread.join().unwrap());
        received.flatten().collect::<Vec<_>>()
    });
    received.sort_unstable();
    assert!(received.into_iter().eq(0..3 * EACH));
}

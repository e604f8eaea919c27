//! The raw queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mpmc_std::{Consumer, MpmcQueue, Producer};
use shuttle::thread;

use crate::block_on::block_on;
use crate::explore::explore;
use crate::operations::up_to;

const MESSAGES: usize = 2;

/// Retries until the message is sent.
fn send_with_retry(producer: &Producer<usize>, mut message: usize) {
    while let Err(back) = producer.send(message) {
        message = back;
        thread::yield_now();
    }
}

/// Retries until a message is received or the queue is closed and empty.
fn recv_with_retry(consumer: &Consumer<usize>) -> Option<usize> {
    loop {
        if let Some(message) = consumer.recv() {
            return Some(message);
        }
        if consumer.queue().is_closed() && consumer.queue().is_empty() {
            return None;
        }
        thread::yield_now();
    }
}

#[test]
fn waiting_and_spinning_producers_and_consumers() {
    explore(|| {
        let queue = Arc::new(MpmcQueue::new(up_to(4)));
        // Not a shuttle type, so it adds no scheduling points.
        let left = Arc::new(AtomicUsize::new(4 * MESSAGES));
        let producers: Vec<_> = (0..4)
            .map(|name| {
                let producer = Producer::new(Arc::clone(&queue));
                thread::spawn(move || {
                    for message in name * MESSAGES..(name + 1) * MESSAGES {
                        if name % 2 == 0 {
                            send_with_retry(&producer, message);
                        } else {
                            block_on(producer.send_async(message)).unwrap();
                        }
                    }
                })
            })
            .collect();
        let consumers: Vec<_> = (0..3)
            .map(|name| {
                let consumer = Consumer::new(Arc::clone(&queue));
                let left = Arc::clone(&left);
                thread::spawn(move || {
                    let mut received = Vec::new();
                    while let Some(message) = match name {
                        0 => recv_with_retry(&consumer),
                        _ => block_on(consumer.recv_async()),
                    } {
                        received.push(message);
                        if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                            consumer.queue().close();
                        }
                    }
                    received
                })
            })
            .collect();
        for producer in producers {
            producer.join().unwrap();
        }
        let mut all = Vec::new();
        for consumer in consumers {
            let received = consumer.join().unwrap();
            for name in 0..4 {
                let of_one = received
                    .iter()
                    .filter(|message| *message / MESSAGES == name);
                assert!(of_one.is_sorted(), "{received:?}");
            }
            all.extend(received);
        }
        all.sort_unstable();
        assert!(all.into_iter().eq(0..4 * MESSAGES));
    });
}

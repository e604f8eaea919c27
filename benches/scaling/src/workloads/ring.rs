//! The raw queue, without waiting.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::{Consumer, MpmcQueue, Producer};

use crate::measure::{Counter, Outcome, is_over, together};

const CAPACITY: usize = 1024;
/// One pair in so many is timed, because the clock takes as long as a pair.
const TIMED: u64 = 16;

pub(crate) fn run(threads: usize, _cores: usize, time: Duration) -> Outcome {
    let queue = Arc::new(MpmcQueue::new(CAPACITY));
    together(threads, time, |_, over| {
        let producer = Producer::new(Arc::clone(&queue));
        let consumer = Consumer::new(Arc::clone(&queue));
        measure(&producer, &consumer, over)
    })
}

fn measure(producer: &Producer<u64>, consumer: &Consumer<u64>, over: &AtomicBool) -> Counter {
    let mut counter = Counter::new();
    while !is_over(over) {
        let start = (counter.count % TIMED == 0).then(Instant::now);
        // Each thread puts in one before it takes one out, so the queue is never full for good, and
        // never empty.
        let mut message = counter.count;
        while let Err(back) = producer.send(message) {
            message = back;
            thread::yield_now();
        }
        while consumer.recv().is_none() {
            thread::yield_now();
        }
        if let Some(start) = start {
            counter.times.record(start.elapsed());
        }
        counter.count += 1;
    }
    counter
}

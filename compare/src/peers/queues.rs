//! The queues without waiting.

use std::sync::Arc;

use mpmc_std::{Consumer, Producer};

use super::Queue;

/// mpmc-std's queue, through the handles that its documentation recommends.
pub struct MpmcQueue {
    producer: Producer<u64>,
    consumer: Consumer<u64>,
}

impl Queue for MpmcQueue {
    const NAME: &'static str = super::OURS;

    fn with_capacity(capacity: usize) -> Self {
        let queue = Arc::new(mpmc_std::MpmcQueue::new(capacity));
        Self {
            producer: Producer::new(Arc::clone(&queue)),
            consumer: Consumer::new(queue),
        }
    }

    fn push(&self, message: u64) -> bool {
        self.producer.send(message).is_ok()
    }

    fn pop(&self) -> Option<u64> {
        self.consumer.recv()
    }
}

pub struct ArrayQueue(crossbeam_queue::ArrayQueue<u64>);

impl Queue for ArrayQueue {
    const NAME: &'static str = "crossbeam-queue";

    fn with_capacity(capacity: usize) -> Self {
        Self(crossbeam_queue::ArrayQueue::new(capacity))
    }

    fn push(&self, message: u64) -> bool {
        self.0.push(message).is_ok()
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop()
    }
}

pub struct ConcurrentQueue(concurrent_queue::ConcurrentQueue<u64>);

impl Queue for ConcurrentQueue {
    const NAME: &'static str = "concurrent-queue";

    fn with_capacity(capacity: usize) -> Self {
        Self(concurrent_queue::ConcurrentQueue::bounded(capacity))
    }

    fn push(&self, message: u64) -> bool {
        self.0.push(message).is_ok()
    }

    fn pop(&self) -> Option<u64> {
        self.0.pop().ok()
    }
}

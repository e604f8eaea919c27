//! One thread that sends and receives without waiting: the cost of the calls alone.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::batch::BATCH;
use super::{Group, Row, Scenario};
use crate::peers::{
    Queue, QueueWork, TryReceive, TrySend, TryWork, queue_names, run_queue, run_try, try_names,
};

/// `try_send` and `try_recv` on a channel.
pub struct ChannelPair;

impl Scenario for ChannelPair {
    fn rows(&self) -> Vec<Row> {
        vec![Row::per_message(
            Group::OneThread,
            "one-thread/channel",
            "channel, `try_send` and `try_recv`",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        try_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let time = run_try(peer, &Pair { count }).expect("a channel");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct Pair {
    count: u64,
}

impl TryWork for Pair {
    type Message = u64;
    type Output = Duration;

    fn capacity(&self) -> usize {
        64
    }

    fn run(&self, mut sender: impl TrySend<u64>, mut receiver: impl TryReceive<u64>) -> Duration {
        let start = Instant::now();
        for number in 0..self.count {
            assert!(sender.try_send(black_box(number)));
            assert_eq!(black_box(receiver.try_recv()), Some(number));
        }
        start.elapsed()
    }
}

/// The calls for batches that never wait, on a channel.
pub struct ChannelBatch;

impl Scenario for ChannelBatch {
    fn rows(&self) -> Vec<Row> {
        vec![Row::per_message(
            Group::Batches,
            super::BATCH_ONE_THREAD,
            "one thread, `try_send_many` and `try_recv_many`",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        try_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let batches = count.div_ceil(BATCH);
        let time = run_try(peer, &TryBatches { batches }).expect("a channel");
        vec![time.as_nanos() as f64 / (batches * BATCH) as f64]
    }
}

struct TryBatches {
    batches: u64,
}

impl TryWork for TryBatches {
    type Message = u64;
    type Output = Duration;

    fn capacity(&self) -> usize {
        1024
    }

    fn run(&self, mut sender: impl TrySend<u64>, mut receiver: impl TryReceive<u64>) -> Duration {
        let size = BATCH as usize;
        let mut buffer = Vec::with_capacity(size);
        let start = Instant::now();
        for number in 0..self.batches {
            let batch = (0..size).map(move |index| number + index as u64);
            assert_eq!(sender.try_send_many(batch), size);
            assert_eq!(receiver.try_recv_many(&mut buffer, size), size);
            black_box(&buffer);
            buffer.clear();
        }
        start.elapsed()
    }
}

/// A push and a pop on a raw queue.
pub struct QueuePair;

impl Scenario for QueuePair {
    fn rows(&self) -> Vec<Row> {
        vec![Row::per_message(
            Group::Queues,
            super::SINGLE_OPERATION,
            "one thread, push and pop",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        queue_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let time = run_queue(peer, &PushPop { count }).expect("a queue");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct PushPop {
    count: u64,
}

impl QueueWork for PushPop {
    type Output = Duration;

    fn run<Q: Queue>(&self) -> Duration {
        let queue = Q::with_capacity(64);
        let start = Instant::now();
        for number in 0..self.count {
            assert!(queue.push(black_box(number)));
            assert_eq!(black_box(queue.pop()), Some(number));
        }
        start.elapsed()
    }
}

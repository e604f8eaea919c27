//! Runs one fast path a given number of times: `instructions PAIR COUNT`.
//!
//! `.ci/instructions` runs this under an instruction counter with two counts; the difference is the
//! cost of the operations, without the cost of starting the program.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::{SinkExt, StreamExt};
use mpmc_std::{Consumer, MpmcQueue, Producer, channel};

/// Large enough that the index wraps around the ring; small enough to stay in the nearest cache.
const CAPACITY: usize = 64;

/// Polls until the future is ready. A future that finds the channel ready returns `Pending` only
/// when its cooperative budget is spent, so polling again is enough.
#[inline(always)]
fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn raw(count: u64) {
    let queue = Arc::new(MpmcQueue::new(CAPACITY));
    let producer = Producer::new(Arc::clone(&queue));
    let consumer = Consumer::new(queue);
    for message in 0..count {
        assert!(producer.send(black_box(message)).is_ok());
        assert_eq!(consumer.recv(), Some(message));
    }
}

fn channel_try(count: u64) {
    let (tx, rx) = channel(CAPACITY);
    for message in 0..count {
        assert!(tx.try_send(black_box(message)).is_ok());
        assert_eq!(rx.try_recv(), Ok(message));
    }
}

fn channel_async(count: u64) {
    let (tx, rx) = channel(CAPACITY);
    for message in 0..count {
        assert!(ready(tx.send(black_box(message))).is_ok());
        assert_eq!(ready(rx.recv()), Some(message));
    }
}

fn sink_stream(count: u64) {
    let (mut tx, mut rx) = channel(CAPACITY);
    for message in 0..count {
        assert!(ready(tx.feed(black_box(message))).is_ok());
        assert_eq!(ready(rx.next()), Some(message));
    }
}

/// Here, too, `count` is a number of messages, so the result is a message's share of its batch.
fn batch(count: u64) {
    let (tx, rx) = channel(CAPACITY);
    let mut received = Vec::with_capacity(CAPACITY);
    for first in (0..count).step_by(CAPACITY) {
        let messages = (0..CAPACITY).map(move |index| first + index as u64);
        assert_eq!(tx.try_send_many(messages).ok(), Some(CAPACITY));
        assert_eq!(rx.try_recv_many(&mut received, CAPACITY), Ok(CAPACITY));
        black_box(&received);
        received.clear();
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(pair), Some(Ok(count))) = (
        arguments.next(),
        arguments.next().map(|count| count.parse::<u64>()),
    ) else {
        eprintln!("usage: instructions raw|channel_try|channel_async|sink_stream|batch COUNT");
        std::process::exit(2);
    };
    match pair.as_str() {
        "raw" => raw(count),
        "channel_try" => channel_try(count),
        "channel_async" => channel_async(count),
        "sink_stream" => sink_stream(count),
        "batch" => batch(count),
        other => {
            eprintln!("there is no pair of operations named {other}");
            std::process::exit(2);
        }
    }
}

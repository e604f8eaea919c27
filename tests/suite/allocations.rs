//! Checks that a million messages (200,000 without optimization) cause no allocation, except for
//! the first few, although tasks park often.
//!
//! Everything runs on the thread of the test, on an executor that does not allocate, so that only
//! allocations of the channel are counted.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::{Sink, Stream};
use mpmc_std::{Builder, Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::allocator::{Allocated, allocated};
use crate::harness::WakeCounter;

const MESSAGES: u64 = if cfg!(debug_assertions) {
    200_000
} else {
    1_000_000
};
/// The number of messages after which all lists have their final length.
const WARM_UP: u64 = 1_000;
/// A small capacity, so that both sides wait often.
const CAPACITY: usize = 8;

/// A task of the executor: its future, and whether it must be polled.
struct Task<'a> {
    future: Option<Pin<&'a mut dyn Future<Output = ()>>>,
    woken: WakeCounter,
    waker: Waker,
}

impl<'a> Task<'a> {
    fn new(future: Pin<&'a mut dyn Future<Output = ()>>) -> Self {
        let woken = WakeCounter::default();
        let waker = woken.waker();
        waker.wake_by_ref();
        Self {
            future: Some(future),
            woken,
            waker,
        }
    }

    /// Polls the task if it was woken. Returns whether it was woken.
    fn turn(&mut self) -> bool {
        let Some(future) = &mut self.future else {
            return false;
        };
        if !self.woken.clear_woken() {
            return false;
        }
        let mut context = Context::from_waker(&self.waker);
        if future.as_mut().poll(&mut context).is_ready() {
            self.future = None;
        }
        true
    }
}

/// Runs all tasks until they finish, without allocating.
fn run(tasks: &mut [Task<'_>]) {
    while tasks.iter().any(|task| task.future.is_some()) {
        let mut turns = 0;
        for task in &mut *tasks {
            turns += usize::from(task.turn());
        }
        assert!(turns > 0, "no task was woken, and not all are done");
    }
}

/// Adds up the received messages, and records the number of allocations after the first few
/// messages.
#[derive(Default)]
struct Meter {
    received: Cell<u64>,
    sum: Cell<u64>,
    warm: Cell<Option<Allocated>>,
}

impl Meter {
    fn count(&self, message: u64) {
        self.received.set(self.received.get() + 1);
        self.sum.set(self.sum.get() + message);
        if self.received.get() == WARM_UP {
            self.warm.set(Some(allocated()));
        }
    }

    /// Checks that nothing was allocated since the first few messages, and that all messages came.
    #[track_caller]
    fn check(&self, senders: u64) {
        let now = allocated();
        assert_eq!(Some(now), self.warm.get(), "after {MESSAGES} messages");
        let each = MESSAGES / senders;
        assert_eq!(self.received.get(), each * senders);
        assert_eq!(self.sum.get(), senders * (each * (each - 1) / 2));
    }
}

#[track_caller]
fn assert_both_sides_parked(tx: &Sender<u64>) {
    let stats = tx.stats();
    let often = MESSAGES / CAPACITY as u64 / 4;
    assert!(
        stats.senders.parks > often && stats.receivers.parks > often,
        "the tasks rarely waited: {stats:?}"
    );
}

/// Runs a sending and a receiving task, which must not allocate after the first few messages.
#[track_caller]
fn exchange(meter: &Meter, send: impl Future<Output = ()>, recv: impl Future<Output = ()>) {
    let (send, recv) = (pin!(send), pin!(recv));
    run(&mut [Task::new(send), Task::new(recv)]);
    meter.check(1);
}

/// Receives all messages, one at a time.
async fn recv_all(rx: &Receiver<u64>, meter: &Meter) {
    for _ in 0..MESSAGES {
        meter.count(rx.recv().await.unwrap());
    }
}

/// A channel in which an operation that has to wait always parks: it neither spins nor yields
/// first.
fn parking_channel() -> (Sender<u64>, Receiver<u64>) {
    Builder::new(CAPACITY).without_spinning().build()
}

#[test]
fn the_counter_counts() {
    let before = allocated();
    drop(std::hint::black_box(Box::new([0_u8; 100])));
    let after = allocated();
    assert_eq!(
        (after.times - before.times, after.bytes - before.bytes),
        (1, 100)
    );
}

#[test]
fn send_and_recv_allocate_nothing() {
    let (tx, rx) = parking_channel();
    let meter = Meter::default();
    let send = async {
        for message in 0..MESSAGES {
            tx.send(message).await.unwrap();
        }
    };
    exchange(&meter, send, recv_all(&rx, &meter));
    assert_both_sides_parked(&tx);
}

#[test]
fn tasks_that_yield_before_they_park_allocate_nothing() {
    let (tx, rx) = channel::<u64>(CAPACITY);
    let meter = Meter::default();
    let send = async {
        for message in 0..MESSAGES {
            tx.send(message).await.unwrap();
        }
    };
    exchange(&meter, send, recv_all(&rx, &meter));
    let stats = tx.stats();
    let seldom = MESSAGES / CAPACITY as u64 / 4;
    assert!(
        stats.senders.parks < seldom && stats.receivers.parks < seldom,
        "both tasks run on one thread, so a yield is enough: {stats:?}"
    );
}

#[test]
fn several_queued_tasks_allocate_nothing() {
    // If several tasks of a side wait, all but the first are in a list.
    let (tx, rx) = channel::<u64>(CAPACITY);
    let meter = Meter::default();
    let send = async || {
        for message in 0..MESSAGES / 2 {
            tx.send(message).await.unwrap();
        }
    };
    let recv = async || {
        for _ in 0..MESSAGES / 2 {
            let message = rx.recv().await.unwrap();
            meter.count(message);
        }
    };
    let (a, b, c, d) = (pin!(send()), pin!(send()), pin!(recv()), pin!(recv()));
    run(&mut [Task::new(a), Task::new(b), Task::new(c), Task::new(d)]);
    meter.check(2);
    assert_both_sides_parked(&tx);
}

#[test]
fn a_sink_and_a_stream_allocate_nothing() {
    let (tx, rx) = parking_channel();
    let (mut sink, mut stream) = (tx.clone(), rx);
    let meter = Meter::default();
    let send = async {
        for message in 0..MESSAGES {
            poll_fn(|cx| Pin::new(&mut sink).poll_ready(cx))
                .await
                .unwrap();
            Pin::new(&mut sink).start_send(message).unwrap();
        }
    };
    let recv = async {
        for _ in 0..MESSAGES {
            let message = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
            meter.count(message.unwrap());
        }
    };
    exchange(&meter, send, recv);
    assert_both_sides_parked(&tx);
}

#[test]
fn permits_allocate_nothing() {
    let (tx, rx) = parking_channel();
    let meter = Meter::default();
    let send = async {
        let mut message = 0;
        while message < MESSAGES {
            tx.reserve().await.unwrap().send(message);
            message += 1;
            for permit in tx.reserve_many(3).await.unwrap() {
                permit.send(message);
                message += 1;
            }
        }
    };
    exchange(&meter, send, recv_all(&rx, &meter));
    assert_both_sides_parked(&tx);
}

#[test]
fn batches_allocate_only_to_grow_the_vector() {
    let (tx, rx) = parking_channel();
    let meter = Meter::default();
    let send = async {
        tx.send_many(0..MESSAGES).await.unwrap();
    };
    let recv = async {
        let mut batch = Vec::with_capacity(CAPACITY);
        while meter.received.get() < MESSAGES {
            rx.recv_many(&mut batch, CAPACITY).await;
            batch.drain(..).for_each(|message| meter.count(message));
        }
    };
    exchange(&meter, send, recv);
    assert_both_sides_parked(&tx);
}

#[test]
fn the_raw_queue_allocates_nothing() {
    let queue = Arc::new(MpmcQueue::new(CAPACITY));
    let (producer, consumer) = (Producer::new(Arc::clone(&queue)), Consumer::new(queue));
    let meter = Meter::default();
    let send = async {
        for message in 0..MESSAGES {
            producer.send_async(message).await.unwrap();
        }
    };
    let recv = async {
        for _ in 0..MESSAGES {
            meter.count(consumer.recv_async().await.unwrap());
        }
    };
    exchange(&meter, send, recv);
}

#[test]
fn cancelled_waits_and_waits_for_the_close_allocate_nothing() {
    const ROUNDS: usize = 10_000;
    let (tx, rx) = channel::<u64>(1);
    let mut context = Context::from_waker(Waker::noop());
    let mut cancel_one_of_each = |rx: &Receiver<u64>| {
        assert!(pin!(rx.recv()).poll(&mut context).is_pending());
        tx.try_send(1).unwrap();
        assert!(pin!(tx.send(2)).poll(&mut context).is_pending());
        assert!(pin!(tx.reserve()).poll(&mut context).is_pending());
        assert!(pin!(tx.closed()).poll(&mut context).is_pending());
        assert_eq!(rx.try_recv(), Ok(1));
    };
    cancel_one_of_each(&rx);
    let warm = allocated();
    (0..ROUNDS).for_each(|_| cancel_one_of_each(&rx));
    assert_eq!(allocated(), warm);
    assert_eq!(poll_now(rx.recv()), Poll::Pending);
}

#[test]
fn a_blocked_thread_allocates_once() {
    let (tx, rx) = channel::<u64>(1);
    let other = std::thread::spawn(move || {
        for message in 0..2_000 {
            tx.blocking_send(message).unwrap();
        }
    });
    for message in 0..1_000 {
        assert_eq!(rx.blocking_recv(), Some(message));
    }
    let warm = allocated();
    for message in 1_000..2_000 {
        assert_eq!(rx.blocking_recv(), Some(message));
    }
    assert_eq!(allocated(), warm);
    other.join().unwrap();
}

fn poll_now<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

//! Traffic of messages on the heap, so that a sanitizer finds an access without synchronization.

use std::env;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle};

use futures::Sink;
use mpmc_std::error::TryRecvError;
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel, weighted};

type Message = Box<u64>;

/// Runs a future by polling it after each call of its waker. Uses only one atomic, with the
/// ordering that a waker needs.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
        }
    }
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        while !flag.0.swap(false, Ordering::Acquire) {
            thread::yield_now();
        }
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Polls a future once and drops it.
fn give_up<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The methods for sending and receiving.
#[derive(Clone, Copy, Debug)]
enum Means {
    Async,
    Blocking,
    Try,
    Batches,
    Permits,
    Polled,
    Impatient,
}

impl Means {
    const ALL: [Self; 7] = [
        Self::Async,
        Self::Blocking,
        Self::Try,
        Self::Batches,
        Self::Permits,
        Self::Polled,
        Self::Impatient,
    ];

    fn send(self, mut tx: Sender<Message>, count: u64) {
        let mut numbers = (0..count).map(Box::new);
        match self {
            Self::Async => numbers.for_each(|n| block_on(tx.send(n)).unwrap()),
            Self::Blocking => numbers.for_each(|n| tx.blocking_send(n).unwrap()),
            Self::Try => numbers.for_each(|n| {
                let mut unsent = tx.try_send(n);
                while let Err(error) = unsent {
                    thread::yield_now();
                    unsent = tx.try_send(error.into_inner());
                }
            }),
            Self::Batches => {
                block_on(tx.send_many(numbers)).unwrap();
            }
            Self::Permits => {
                while let Some(n) = numbers.next() {
                    drop(tx.try_reserve());
                    block_on(tx.reserve()).unwrap().send(n);
                    let permits = block_on(tx.reserve_many(2)).unwrap();
                    permits
                        .zip(&mut numbers)
                        .for_each(|(permit, n)| permit.send(n));
                }
            }
            Self::Polled => numbers.for_each(|n| {
                // Dropping a handle releases its reservation.
                let mut other = tx.clone();
                let _ = give_up(poll_fn(|cx| other.poll_reserve(cx)));
                drop(other);
                block_on(poll_fn(|cx| tx.poll_reserve(cx))).unwrap();
                Pin::new(&mut tx).start_send(n).unwrap();
            }),
            Self::Impatient => numbers.for_each(|n| {
                let _ = give_up(tx.closed());
                let n = *n;
                while give_up(tx.send(Box::new(n))).is_none() {
                    thread::yield_now();
                }
            }),
        }
    }

    fn receive(self, mut rx: Receiver<Message>) -> u64 {
        let mut sum = 0;
        let mut batch = Vec::new();
        loop {
            let message = match self {
                Self::Async | Self::Permits => block_on(rx.recv()),
                Self::Blocking => rx.blocking_recv(),
                Self::Try => match rx.try_recv() {
                    Ok(message) => Some(message),
                    Err(TryRecvError::Disconnected) => None,
                    Err(TryRecvError::Empty) => {
                        thread::yield_now();
                        continue;
                    }
                },
                Self::Batches => {
                    block_on(rx.recv_many(&mut batch, 5));
                    let last = batch.pop();
                    sum += batch.drain(..).map(|number| *number).sum::<u64>();
                    last
                }
                Self::Polled => block_on(poll_fn(|cx| rx.poll_recv(cx))),
                Self::Impatient => match give_up(rx.recv()) {
                    Some(message) => message,
                    None => {
                        thread::yield_now();
                        continue;
                    }
                },
            };
            match message {
                Some(number) => sum += *number,
                None => return sum,
            }
        }
    }
}

/// Threads that return a number each. They are not scoped, because ThreadSanitizer does not
/// understand the end of scoped threads.
#[derive(Default)]
struct Threads(Vec<JoinHandle<u64>>);

impl Threads {
    fn start(&mut self, body: impl FnOnce() -> u64 + Send + 'static) {
        self.0.push(thread::spawn(body));
    }

    /// Joins all threads, and returns the sum of their numbers.
    fn sum(self) -> u64 {
        let numbers = self.0.into_iter().map(|thread| thread.join().unwrap());
        numbers.sum()
    }
}

/// Returns the sum of the messages of three senders.
fn sum_of_three(count: u64) -> u64 {
    3 * (count * (count - 1) / 2)
}

/// Runs three senders and three receivers.
fn conversation(means: Means, capacity: usize, count: u64) {
    let (tx, rx) = channel(capacity);
    let mut threads = Threads::default();
    for _ in 0..3 {
        let (tx, rx) = (tx.clone(), rx.clone());
        threads.start(move || {
            means.send(tx, count);
            0
        });
        threads.start(move || means.receive(rx));
    }
    drop((tx, rx));
    assert_eq!(threads.sum(), sum_of_three(count), "{means:?}");
}

/// Drops the last receiver while senders are busy and messages are in the channel.
fn early_end(capacity: usize) {
    let (tx, rx) = channel::<Message>(capacity);
    let permit = block_on(tx.reserve()).unwrap();
    let mut threads = Threads::default();
    for _ in 0..3 {
        let tx = tx.clone();
        threads.start(move || {
            while tx.blocking_send(Box::new(1)).is_ok() {}
            0
        });
    }
    for _ in 0..100 {
        rx.blocking_recv().unwrap();
    }
    drop(rx);
    permit.send(Box::new(2));
    block_on(tx.closed());
    threads.sum();
}

fn raw(count: u64) {
    let queue = Arc::new(MpmcQueue::<Message>::new(4));
    let mut threads = Threads::default();
    for _ in 0..3 {
        let producer = Producer::new(Arc::clone(&queue));
        threads.start(move || {
            for number in 0..count {
                let mut message = Box::new(number);
                while let Err(back) = producer.send(message) {
                    message = back;
                    thread::yield_now();
                }
            }
            0
        });
        let consumer = Consumer::new(Arc::clone(&queue));
        threads.start(move || {
            let mut sum = 0;
            for _ in 0..count {
                sum += loop {
                    match consumer.recv() {
                        Some(number) => break *number,
                        None => thread::yield_now(),
                    }
                };
            }
            sum
        });
    }
    assert_eq!(threads.sum(), sum_of_three(count));
}

/// Sends messages of weights 1 to 4 through a channel of maximum weight 5, with three methods. The
/// remaining messages are discarded.
fn by_weight(count: u64) {
    let (tx, rx) = weighted::channel::<Message>(4, 5);
    let mut threads = Threads::default();
    for way in 0..3 {
        let (tx, rx) = (tx.clone(), rx.clone());
        threads.start(move || {
            for number in 0..count {
                let weight = 1 + number as usize % 4;
                let message = Box::new(number);
                match way {
                    0 => block_on(tx.send_with_weight(message, weight)).unwrap(),
                    1 => tx.blocking_send_with_weight(message, weight).unwrap(),
                    _ => {
                        let _ = give_up(tx.send_with_weight(Box::new(0), weight));
                        let permit = block_on(tx.reserve(5)).unwrap();
                        permit.send_with_weight(message, weight).unwrap();
                    }
                }
            }
            0
        });
        threads.start(move || {
            let mut sum = 0;
            while let Some(number) = rx.blocking_recv() {
                sum += *number;
            }
            sum
        });
    }
    drop((tx, rx));
    assert_eq!(threads.sum(), sum_of_three(count));

    let (tx, rx) = weighted::channel::<Message>(4, 5);
    tx.blocking_send_with_weight(Box::new(1), 2).unwrap();
    tx.blocking_send_with_weight(Box::new(2), 3).unwrap();
    let sender = tx.clone();
    let waiting = thread::spawn(move || sender.blocking_send_with_weight(Box::new(3), 4).is_err());
    drop(rx);
    assert!(waiting.join().unwrap());
    assert_eq!(tx.weight(), 0);
    let (tx, rx) = weighted::channel::<Message>(4, 5);
    tx.blocking_send_with_weight(Box::new(1), 2).unwrap();
    drop(tx);
    drop(rx);
}

/// Returns the number of messages of each sender and method, from `MPMC_PLAIN_MESSAGES`.
pub(crate) fn run() {
    let count = env::var("MPMC_PLAIN_MESSAGES").map_or(300, |count| count.parse().unwrap());
    raw(count);
    by_weight(count);
    for capacity in [2, 7] {
        for means in Means::ALL {
            conversation(means, capacity, count);
        }
        early_end(capacity);
    }
    for means in [Means::Async, Means::Blocking, Means::Try] {
        conversation(means, 1, count);
    }
    println!("plain: all messages arrived");
}

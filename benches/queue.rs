//! The raw queue on one thread, and everything that runs on plain threads.
#![allow(
    missing_docs,
    reason = "criterion_group! makes an undocumented function"
)]

mod common;

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use crossbeam_utils::Backoff;
use mpmc_std::{Consumer, MpmcQueue, Producer, channel};

use common::{CAPACITIES, Span, Topology};

type Work = Box<dyn FnOnce() + Send>;

/// Runs every piece of work on a thread of its own. The threads are started before the clock is.
fn time_threads(work: Vec<Work>) -> Duration {
    let barrier = Barrier::new(work.len());
    thread::scope(|scope| {
        let threads: Vec<_> = work
            .into_iter()
            .map(|work| {
                scope.spawn(|| {
                    barrier.wait();
                    let start = Instant::now();
                    work();
                    Span::since(start)
                })
            })
            .collect();
        Span::of_all(threads.into_iter().map(|thread| thread.join().unwrap()))
    })
}

fn queue(capacity: usize) -> (Producer<u64>, Consumer<u64>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

/// Sends like a thread that has no other work: spins, then lets other threads run.
fn send(producer: &Producer<u64>, mut message: u64) {
    let backoff = Backoff::new();
    while let Err(back) = producer.send(message) {
        message = back;
        backoff.snooze();
    }
}

/// Receives like [`send`].
fn recv(consumer: &Consumer<u64>) -> u64 {
    let backoff = Backoff::new();
    loop {
        match consumer.recv() {
            Some(message) => return message,
            None => backoff.snooze(),
        }
    }
}

/// Measures without contention, on a thread that alternately sends and receives.
fn single_threaded_throughput(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "single_threaded_throughput");
    for capacity in CAPACITIES {
        group.bench_function(BenchmarkId::new("raw_alternating", capacity), |bencher| {
            let (producer, consumer) = queue(capacity);
            bencher.iter(|| {
                producer.send(black_box(1)).unwrap();
                consumer.recv().unwrap()
            });
        });
        group.bench_function(
            BenchmarkId::new("raw_fill_and_drain", capacity),
            |bencher| {
                let (producer, consumer) = queue(capacity);
                bencher.iter_custom(|messages| {
                    let start = Instant::now();
                    let mut left = messages;
                    while left > 0 {
                        let lap = left.min(capacity as u64);
                        for message in 0..lap {
                            producer.send(message).unwrap();
                        }
                        for _ in 0..lap {
                            black_box(consumer.recv().unwrap());
                        }
                        left -= lap;
                    }
                    start.elapsed()
                });
            },
        );
        group.bench_function(BenchmarkId::new("try_alternating", capacity), |bencher| {
            let (tx, rx) = channel(capacity);
            bencher.iter(|| {
                tx.try_send(black_box(1)).unwrap();
                rx.try_recv().unwrap()
            });
        });
    }
    group.finish();
}

/// Measures the time of a message to another thread and back, while no other message is in flight.
fn latency_measurement(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "latency_measurement");
    for capacity in CAPACITIES {
        group.bench_function(
            BenchmarkId::new("raw_round_trip_spinning", capacity),
            |bencher| {
                bencher.iter_custom(|rounds| {
                    let (there_tx, there_rx) = queue(capacity);
                    let (back_tx, back_rx) = queue(capacity);
                    let ask: Work = Box::new(move || {
                        for round in 0..rounds {
                            send(&there_tx, round);
                            black_box(recv(&back_rx));
                        }
                    });
                    let answer: Work = Box::new(move || {
                        for _ in 0..rounds {
                            send(&back_tx, recv(&there_rx));
                        }
                    });
                    time_threads(vec![ask, answer])
                });
            },
        );
        group.bench_function(
            BenchmarkId::new("round_trip_blocking", capacity),
            |bencher| {
                bencher.iter_custom(|rounds| {
                    let (there_tx, there_rx) = channel(capacity);
                    let (back_tx, back_rx) = channel(capacity);
                    let ask: Work = Box::new(move || {
                        for round in 0..rounds {
                            there_tx.blocking_send(round).unwrap();
                            black_box(back_rx.blocking_recv().unwrap());
                        }
                    });
                    let answer: Work = Box::new(move || {
                        for _ in 0..rounds {
                            let message = there_rx.blocking_recv().unwrap();
                            back_tx.blocking_send(message).unwrap();
                        }
                    });
                    time_threads(vec![ask, answer])
                });
            },
        );
    }
    group.finish();
}

/// Measures the raw queue, spinning, and the channel, blocking, between the threads of `topology`.
fn between_threads(group: &mut BenchmarkGroup<'_, WallTime>, topology: Topology) {
    for capacity in CAPACITIES {
        group.bench_function(
            BenchmarkId::new(format!("raw_spinning_{topology}"), capacity),
            |bencher| {
                bencher.iter_custom(|messages| {
                    let (producer, consumer) = queue(capacity);
                    time_threads(topology.divide(
                        messages,
                        |share| -> Work {
                            let producer = producer.clone();
                            Box::new(move || {
                                (0..share).for_each(|message| send(&producer, message))
                            })
                        },
                        |share| -> Work {
                            let consumer = consumer.clone();
                            Box::new(move || {
                                for _ in 0..share {
                                    black_box(recv(&consumer));
                                }
                            })
                        },
                    ))
                });
            },
        );
        group.bench_function(
            BenchmarkId::new(format!("blocking_{topology}"), capacity),
            |bencher| {
                bencher.iter_custom(|messages| {
                    let (tx, rx) = channel(capacity);
                    time_threads(topology.divide(
                        messages,
                        |share| -> Work {
                            let tx = tx.clone();
                            Box::new(move || {
                                for message in 0..share {
                                    tx.blocking_send(message).unwrap();
                                }
                            })
                        },
                        |share| -> Work {
                            let rx = rx.clone();
                            Box::new(move || {
                                for _ in 0..share {
                                    black_box(rx.blocking_recv().unwrap());
                                }
                            })
                        },
                    ))
                });
            },
        );
    }
}

/// Measures one sender and four senders. The difference is the cost of the contention.
fn multi_producer(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "multi_producer");
    between_threads(&mut group, Topology::ONE_TO_ONE);
    between_threads(&mut group, Topology::FOUR_TO_ONE);
    group.finish();
}

fn multi_consumer(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "multi_consumer");
    between_threads(&mut group, Topology::ONE_TO_FOUR);
    group.finish();
}

/// Measures with contention on both sides.
fn contention_benchmark(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "contention_benchmark");
    between_threads(&mut group, Topology::FOUR_TO_FOUR);
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets =
        single_threaded_throughput,
        latency_measurement,
        multi_producer,
        multi_consumer,
        contention_benchmark,
}
criterion_main!(benches);

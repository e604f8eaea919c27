//! The channel on a tokio runtime.
#![allow(
    missing_docs,
    reason = "criterion_group! makes an undocumented function"
)]

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures::future::BoxFuture;
use futures::{FutureExt, SinkExt, StreamExt};
use mpmc_std::{Receiver, Sender, channel, weighted};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Barrier, Semaphore, mpsc};

use common::{CAPACITIES, Span, Topology};

type Work = BoxFuture<'static, ()>;

const TOPOLOGIES: [Topology; 4] = [
    Topology::ONE_TO_ONE,
    Topology::FOUR_TO_ONE,
    Topology::ONE_TO_FOUR,
    Topology::FOUR_TO_FOUR,
];

/// Returns both kinds of runtime with their names: one that runs all tasks on one thread, and one
/// that runs them in parallel.
fn runtimes() -> [(&'static str, Runtime); 2] {
    let current_thread = Builder::new_current_thread().build();
    let multi_thread = Builder::new_multi_thread().worker_threads(2).build();
    [
        ("current_thread", current_thread.unwrap()),
        ("multi_thread", multi_thread.unwrap()),
    ]
}

/// Runs every piece of work as a task of its own. The tasks are spawned before the clock is
/// started.
async fn time_tasks(work: Vec<Work>) -> Duration {
    let barrier = Arc::new(Barrier::new(work.len()));
    let tasks: Vec<_> = work
        .into_iter()
        .map(|work| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                let start = Instant::now();
                work.await;
                Span::since(start)
            })
        })
        .collect();
    let mut spans = Vec::new();
    for task in tasks {
        spans.push(task.await.unwrap());
    }
    Span::of_all(spans)
}

async fn transfer(topology: Topology, capacity: usize, messages: u64) -> Duration {
    transfer_through(channel(capacity), topology, messages).await
}

async fn transfer_through(
    (tx, rx): (Sender<u64>, Receiver<u64>),
    topology: Topology,
    messages: u64,
) -> Duration {
    let work = topology.divide(
        messages,
        |share| -> Work {
            let tx = tx.clone();
            Box::pin(async move {
                for message in 0..share {
                    tx.send(message).await.unwrap();
                }
            })
        },
        |share| -> Work {
            let rx = rx.clone();
            Box::pin(async move {
                for _ in 0..share {
                    black_box(rx.recv().await.unwrap());
                }
            })
        },
    );
    time_tasks(work).await
}

async fn transfer_by_sink_and_stream(capacity: usize, messages: u64) -> Duration {
    let (mut tx, rx) = channel(capacity);
    let send = async move {
        for message in 0..messages {
            tx.feed(message).await.unwrap();
        }
    };
    // Ends with the stream, whose sender is dropped when its work is done.
    let receive = rx.for_each(|message| {
        black_box(message);
        std::future::ready(())
    });
    time_tasks(vec![send.boxed(), receive.boxed()]).await
}

fn async_throughput(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "async_throughput");
    for (name, runtime) in &runtimes() {
        for capacity in CAPACITIES {
            for topology in TOPOLOGIES {
                group.bench_function(
                    BenchmarkId::new(format!("{name}_{topology}"), capacity),
                    |bencher| {
                        bencher
                            .to_async(runtime)
                            .iter_custom(|messages| transfer(topology, capacity, messages));
                    },
                );
            }
            group.bench_function(
                BenchmarkId::new(format!("{name}_sink_and_stream"), capacity),
                |bencher| {
                    bencher
                        .to_async(runtime)
                        .iter_custom(|messages| transfer_by_sink_and_stream(capacity, messages));
                },
            );
        }
    }
    group.finish();
}

async fn round_trips(capacity: usize, rounds: u64) -> Duration {
    let (there_tx, there_rx) = channel(capacity);
    let (back_tx, back_rx) = channel(capacity);
    let ask = async move {
        for round in 0..rounds {
            there_tx.send(round).await.unwrap();
            black_box(back_rx.recv().await.unwrap());
        }
    };
    let answer = async move {
        for _ in 0..rounds {
            let message = there_rx.recv().await.unwrap();
            back_tx.send(message).await.unwrap();
        }
    };
    time_tasks(vec![ask.boxed(), answer.boxed()]).await
}

/// Measures a message to another task and back: every receive parks and is woken.
fn async_ping_pong(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "async_ping_pong");
    for (name, runtime) in &runtimes() {
        for capacity in CAPACITIES {
            group.bench_function(BenchmarkId::new(*name, capacity), |bencher| {
                bencher
                    .to_async(runtime)
                    .iter_custom(|rounds| round_trips(capacity, rounds));
            });
        }
    }
    group.finish();
}

/// Measures the same traffic through a channel for 64 messages, and through one for 1024 messages
/// whose capacity is lowered to 64.
fn lowered_capacity(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "lowered_capacity");
    for limit in [64, 1024] {
        let channel = move || mpmc_std::Builder::new(64).growable_to(limit).build::<u64>();
        group.bench_function(BenchmarkId::new("try", limit), |bencher| {
            let (tx, rx) = channel();
            bencher.iter(|| {
                tx.try_send(black_box(1)).unwrap();
                rx.try_recv().unwrap()
            });
        });
        for (name, runtime) in &runtimes() {
            for topology in [Topology::ONE_TO_ONE, Topology::FOUR_TO_FOUR] {
                group.bench_function(
                    BenchmarkId::new(format!("{name}_{topology}"), limit),
                    |bencher| {
                        bencher.to_async(runtime).iter_custom(|messages| {
                            transfer_through(channel(), topology, messages)
                        });
                    },
                );
            }
        }
    }
    group.finish();
}

/// The weight of a message of the weighted channels. Their maximum weight is that of `capacity`
/// messages.
const WEIGHT: usize = 64;

async fn transfer_by_weight(topology: Topology, capacity: usize, messages: u64) -> Duration {
    let (tx, rx) = weighted::channel(capacity, capacity * WEIGHT);
    let work = topology.divide(
        messages,
        |share| -> Work {
            let tx = tx.clone();
            Box::pin(async move {
                for message in 0..share {
                    tx.send_with_weight(message, WEIGHT).await.unwrap();
                }
            })
        },
        |share| -> Work {
            let rx = rx.clone();
            Box::pin(async move {
                for _ in 0..share {
                    black_box(rx.recv().await.unwrap());
                }
            })
        },
    );
    time_tasks(work).await
}

/// Does the same with tokio's types: the channel for the count, and the semaphore for the weight.
/// There is one receiver, because the channel allows no more.
async fn transfer_by_semaphore(topology: Topology, capacity: usize, messages: u64) -> Duration {
    let (tx, mut rx) = mpsc::channel(capacity);
    let weight = Arc::new(Semaphore::new(capacity * WEIGHT));
    let mut work = topology.divide(
        messages,
        |share| -> Work {
            let (tx, weight) = (tx.clone(), Arc::clone(&weight));
            Box::pin(async move {
                for message in 0..share {
                    let units = weight.acquire_many(WEIGHT as u32).await.unwrap();
                    tx.send((message, WEIGHT)).await.unwrap();
                    units.forget();
                }
            })
        },
        |_| -> Work { Box::pin(std::future::ready(())) },
    );
    work.pop();
    work.push(Box::pin(async move {
        for _ in 0..messages {
            let (message, units) = rx.recv().await.unwrap();
            weight.add_permits(units);
            black_box(message);
        }
    }));
    time_tasks(work).await
}

/// Measures channels that are bounded by weight, too: the plain and the weighted channel, and
/// tokio's channel and semaphore.
fn weighted_throughput(criterion: &mut Criterion) {
    let mut group = common::group(criterion, "weighted");
    for (name, runtime) in &runtimes() {
        for capacity in CAPACITIES {
            for topology in [Topology::ONE_TO_ONE, Topology::FOUR_TO_ONE] {
                let id =
                    |kind: &str| BenchmarkId::new(format!("{kind}_{name}_{topology}"), capacity);
                group.bench_function(id("plain"), |bencher| {
                    bencher
                        .to_async(runtime)
                        .iter_custom(|messages| transfer(topology, capacity, messages));
                });
                group.bench_function(id("weighted"), |bencher| {
                    bencher
                        .to_async(runtime)
                        .iter_custom(|messages| transfer_by_weight(topology, capacity, messages));
                });
                group.bench_function(id("tokio_semaphore"), |bencher| {
                    bencher.to_async(runtime).iter_custom(|messages| {
                        transfer_by_semaphore(topology, capacity, messages)
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets = async_throughput, weighted_throughput, async_ping_pong, lowered_capacity,
}
criterion_main!(benches);

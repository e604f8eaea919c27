//! Checks that idle tasks start all available jobs, whatever the tasks that were woken first do.

use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::time::Duration;

use mpmc_std::{Receiver, Sender, channel};
use tokio::runtime::{Builder, Runtime};

use crate::harness::watchdog::limit;
use crate::harness::within_limit;
use crate::waiting::test_channel::{EXCLUSIVE, TestChannel};

fn two_threads() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap()
}

/// Runs a test on a runtime. Tasks that hang are abandoned, so that the failure is reported.
fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    within_limit(move || {
        let runtime = two_threads();
        let result = runtime.block_on(async { tokio::time::timeout(limit(), test()).await });
        runtime.shutdown_background();
        result.expect("hangs");
    });
}

/// Gives spawned tasks time to run until they park.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn start_workers(count: usize, rx: &Receiver<u32>) -> mpsc::Receiver<u32> {
    let (started, jobs) = mpsc::channel();
    for _ in 0..count {
        let (rx, started) = (rx.clone(), started.clone());
        tokio::spawn(async move {
            while let Some(job) = rx.recv().await {
                started.send(job).unwrap();
            }
        });
    }
    jobs
}

/// Blocks this thread, which is one of the runtime's, until `count` jobs have been started.
fn await_all(jobs: &mpsc::Receiver<u32>, count: usize) {
    let mut started: Vec<_> = (0..count)
        .map(|_| {
            jobs.recv_timeout(limit() / 2)
                .expect("an idle worker starts it")
        })
        .collect();
    started.sort_unstable();
    assert!(started.into_iter().eq(0..count as u32));
}

/// The task that sends also blocks its thread.
#[test]
fn idle_workers_start_all_jobs_while_the_task_that_sent_them_blocks() {
    run(|| async {
        let (tx, rx) = channel(16);
        let jobs = start_workers(4, &rx);
        settle().await;
        let producer = tokio::spawn(async move {
            for job in 0..8 {
                tx.send(job).await.unwrap();
            }
            await_all(&jobs, 8);
        });
        producer.await.unwrap();
    });
}

#[test]
fn idle_workers_start_a_batch_while_the_task_that_sent_it_blocks() {
    run(|| async {
        let (tx, rx) = channel(16);
        let jobs = start_workers(4, &rx);
        settle().await;
        let producer = tokio::spawn(async move {
            assert_eq!(tx.send_many(0..8).await.unwrap(), 8);
            await_all(&jobs, 8);
        });
        producer.await.unwrap();
    });
}

/// Each of two jobs needs the other one to be running, on the runtime's two threads.
#[test]
fn two_jobs_run_on_two_threads_at_the_same_time() {
    run(|| async {
        for _ in 0..20 {
            let (tx, rx) = channel::<Arc<Barrier>>(16);
            for _ in 0..2 {
                let rx = rx.clone();
                tokio::spawn(async move {
                    while let Some(together) = rx.recv().await {
                        together.wait();
                    }
                });
            }
            settle().await;
            let together = Arc::new(Barrier::new(2));
            for _ in 0..2 {
                tx.send(Arc::clone(&together)).await.unwrap();
            }
            drop((tx, rx));
            while Arc::strong_count(&together) > 1 {
                tokio::task::yield_now().await;
            }
        }
    });
}

/// Starts producers that send as much as they can. A woken producer may be stuck on a blocked
/// thread, so the other ones must be able to use its slot.
fn start_producers(count: u32, tx: &Sender<u32>) -> mpsc::Receiver<()> {
    let (sent, all_sent) = mpsc::channel();
    for number in 0..count {
        let (tx, sent) = (tx.clone(), sent.clone());
        tokio::spawn(
            async move { while tx.send(number).await.is_ok() && sent.send(()).is_ok() {} },
        );
    }
    all_sent
}

/// Blocks this thread until `count` messages have been sent.
fn await_sent(all_sent: &mpsc::Receiver<()>, count: usize) {
    for _ in 0..count {
        let sent = all_sent.recv_timeout(limit() / 2);
        sent.expect("an idle producer uses the slot");
    }
}

#[test]
fn idle_producers_fill_all_slots_while_the_task_that_received_blocks() {
    run(|| async {
        let (tx, rx) = channel(8);
        assert_eq!(tx.try_send_many(100..108).unwrap(), 8);
        let sent = start_producers(4, &tx);
        settle().await;
        let consumer = tokio::spawn(async move {
            for message in 100..108 {
                assert_eq!(rx.recv().await, Some(message));
            }
            await_sent(&sent, 8);
        });
        consumer.await.unwrap();
    });
}

#[test]
fn idle_producers_fill_all_slots_while_the_task_that_emptied_the_channel_blocks() {
    run(|| async {
        let (tx, rx) = channel(8);
        assert_eq!(tx.try_send_many(100..108).unwrap(), 8);
        let sent = start_producers(4, &tx);
        settle().await;
        let consumer = tokio::spawn(async move {
            let mut messages = Vec::new();
            assert_eq!(rx.recv_many(&mut messages, 8).await, 8);
            await_sent(&sent, 8);
        });
        consumer.await.unwrap();
    });
}

/// A woken waiter is not polled. All other waiters make progress, for as many messages as arrive.
#[test]
fn waiters_make_progress_beside_a_woken_unpolled_waiter() {
    for kind in EXCLUSIVE {
        run(move || async move {
            let channel = TestChannel::new(kind, 2);
            let unpolled = channel.parked(kind);
            let others = tokio::spawn({
                let mut others: Vec<_> = (0..3).map(|_| channel.waiter(kind)).collect();
                async move {
                    for other in &mut others {
                        std::future::poll_fn(|cx| other.poll_with(cx.waker())).await;
                    }
                }
            });
            settle().await;
            // The first message is for the unpolled waiter, and the other waiters still take it.
            for _ in 0..3 {
                channel.offer();
                let start = std::time::Instant::now();
                while channel.offered() > 1 {
                    assert!(
                        start.elapsed() < limit() / 2,
                        "{kind:?}: the other waiters make no progress"
                    );
                    tokio::task::yield_now().await;
                }
            }
            channel.offer_many(1);
            others.await.unwrap();
            assert!(unpolled.is_woken());
            drop(unpolled);
        });
    }
}

/// Without a runtime: each message or slot wakes one more waiter, whether or not it is polled.
#[test]
fn each_offer_wakes_one_more_waiter_without_polls() {
    for kind in EXCLUSIVE {
        let channel = TestChannel::new(kind, 8);
        let mut waiters: Vec<_> = (0..6).map(|_| channel.parked(kind)).collect();
        for offers in 1..=6 {
            channel.offer();
            let woken = waiters.iter().filter(|waiter| waiter.is_woken()).count();
            assert_eq!(woken, offers, "{kind:?}");
        }
        let unpolled = waiters.remove(0);
        for waiter in waiters {
            assert!(waiter.finish());
        }
        assert_eq!(channel.offered(), 1);
        assert!(unpolled.finish());
    }
}

/// An unpolled waiter costs the other waiters nothing after a newcomer has taken the message or
/// slot that it was woken for.
#[test]
fn an_unpolled_waiter_uses_at_most_one_wake() {
    for kind in EXCLUSIVE {
        let channel = TestChannel::new(kind, 8);
        let unpolled = channel.parked(kind);
        let mut others: Vec<_> = (0..5).map(|_| channel.parked(kind)).collect();
        channel.offer();
        assert!(unpolled.is_woken(), "{kind:?}: it has waited the longest");
        assert!(channel.take());
        for other in &mut others {
            channel.offer();
            assert!(other.is_woken(), "{kind:?}: the next");
            assert_eq!(other.poll_until_parked(), Poll::Ready(true));
        }
        drop(unpolled);
        assert_eq!(channel.offered(), 0);
    }
}

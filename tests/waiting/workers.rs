//! Checks that idle tasks begin what there is to do, whatever the ones that were woken first do.

use std::sync::{Arc, Barrier, mpsc};
use std::task::Poll;
use std::time::Duration;

use mpmc_std::{Receiver, Sender, channel};
use tokio::runtime::{Builder, Runtime};

use crate::scene::{EXCLUSIVE, Scene};
use crate::waiter::within_seconds;

const SOON: Duration = Duration::from_secs(5);

fn two_threads() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap()
}

/// Runs a test on a runtime, and leaves tasks that hang behind, so that the failure is reported.
fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    within_seconds(move || {
        let runtime = two_threads();
        let result = runtime.block_on(async { tokio::time::timeout(SOON, test()).await });
        runtime.shutdown_background();
        result.expect("hangs");
    });
}

/// Lets tasks that were spawned get as far as they can.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

fn begin_workers(count: usize, rx: &Receiver<u32>) -> mpsc::Receiver<u32> {
    let (begun, jobs) = mpsc::channel();
    for _ in 0..count {
        let (rx, begun) = (rx.clone(), begun.clone());
        tokio::spawn(async move {
            while let Some(job) = rx.recv().await {
                begun.send(job).unwrap();
            }
        });
    }
    jobs
}

/// Blocks this thread, and with it the runtime's, until so many have been begun.
fn await_all(jobs: &mpsc::Receiver<u32>, count: usize) {
    let mut begun: Vec<_> = (0..count)
        .map(|_| {
            jobs.recv_timeout(SOON / 2)
                .expect("an idle worker begins it")
        })
        .collect();
    begun.sort_unstable();
    assert!(begun.into_iter().eq(0..count as u32));
}

/// The task that sends is the one that its thread is needed for.
#[test]
fn idle_workers_begin_all_jobs_while_the_task_that_sent_them_blocks() {
    run(|| async {
        let (tx, rx) = channel(16);
        let jobs = begin_workers(4, &rx);
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
fn idle_workers_begin_a_batch_while_the_task_that_sent_it_blocks() {
    run(|| async {
        let (tx, rx) = channel(16);
        let jobs = begin_workers(4, &rx);
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

/// Producers that send as much as they can. A woken one may be stuck on a thread that is blocked,
/// so the others must be able to use its slot.
fn begin_producers(count: u32, tx: &Sender<u32>) -> mpsc::Receiver<()> {
    let (sent, all_sent) = mpsc::channel();
    for number in 0..count {
        let (tx, sent) = (tx.clone(), sent.clone());
        tokio::spawn(
            async move { while tx.send(number).await.is_ok() && sent.send(()).is_ok() {} },
        );
    }
    all_sent
}

/// Blocks this thread until so many messages have been sent.
fn await_sent(all_sent: &mpsc::Receiver<()>, count: usize) {
    for _ in 0..count {
        let sent = all_sent.recv_timeout(SOON / 2);
        sent.expect("an idle producer uses the slot");
    }
}

#[test]
fn idle_producers_fill_all_slots_while_the_task_that_received_blocks() {
    run(|| async {
        let (tx, rx) = channel(8);
        assert_eq!(tx.try_send_many(100..108).unwrap(), 8);
        let sent = begin_producers(4, &tx);
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
        let sent = begin_producers(4, &tx);
        settle().await;
        let consumer = tokio::spawn(async move {
            let mut messages = Vec::new();
            assert_eq!(rx.recv_many(&mut messages, 8).await, 8);
            await_sent(&sent, 8);
        });
        consumer.await.unwrap();
    });
}

/// One that was woken is kept and not polled; all others go on, for as many messages as come.
#[test]
fn others_go_on_though_one_that_was_woken_is_kept() {
    for kind in EXCLUSIVE {
        run(move || async move {
            let scene = Scene::new(kind, 2);
            let kept = scene.parked(kind);
            let others = tokio::spawn({
                let mut others: Vec<_> = (0..3).map(|_| scene.waiter(kind)).collect();
                async move {
                    for other in &mut others {
                        std::future::poll_fn(|cx| other.poll_with(cx.waker())).await;
                    }
                }
            });
            settle().await;
            // The first is for the one that is kept, and is taken by the others all the same.
            for _ in 0..3 {
                scene.offer();
                let start = std::time::Instant::now();
                while scene.offered() > 1 {
                    assert!(start.elapsed() < SOON / 2, "{kind:?}: others stand still");
                    tokio::task::yield_now().await;
                }
            }
            scene.offer_many(1);
            others.await.unwrap();
            assert!(kept.is_woken());
            drop(kept);
        });
    }
}

/// The same without a runtime: each message or slot wakes one more, whether or not it is polled.
#[test]
fn each_offer_wakes_one_more_though_none_is_polled() {
    for kind in EXCLUSIVE {
        let scene = Scene::new(kind, 8);
        let mut waiters: Vec<_> = (0..6).map(|_| scene.parked(kind)).collect();
        for offers in 1..=6 {
            scene.offer();
            let woken = waiters.iter().filter(|waiter| waiter.is_woken()).count();
            assert_eq!(woken, offers, "{kind:?}");
        }
        let kept = waiters.remove(0);
        for waiter in waiters {
            assert!(waiter.finish());
        }
        assert_eq!(scene.offered(), 1);
        assert!(kept.finish());
    }
}

/// One that is kept costs the others nothing when a newcomer has taken what it was woken for.
#[test]
fn a_kept_waiter_uses_up_one_wake_at_most() {
    for kind in EXCLUSIVE {
        let scene = Scene::new(kind, 8);
        let kept = scene.parked(kind);
        let mut others: Vec<_> = (0..5).map(|_| scene.parked(kind)).collect();
        scene.offer();
        assert!(kept.is_woken(), "{kind:?}: it has waited longest");
        assert!(scene.take());
        for other in &mut others {
            scene.offer();
            assert!(other.is_woken(), "{kind:?}: the next");
            assert_eq!(other.poll(), Poll::Ready(true));
        }
        drop(kept);
        assert_eq!(scene.offered(), 0);
    }
}

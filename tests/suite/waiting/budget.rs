//! Checks that a task that always finds its channels ready lets its neighbors run, in every
//! combinator, with and without idle channels.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{FutureExt, StreamExt};
use mpmc_std::channel;

use crate::harness::within_limit;
use crate::waiting::loops::{LOOPS, Loop, Meter, run};

/// The largest number of operations between two runs of a neighbor. The documented limit is a few
/// hundred operations, and one iteration of a loop here may count two or three of them.
const MAX_OPERATIONS: usize = 1500;

/// The number of operations after which a loop ends.
const LOOP_OPERATIONS: usize = 30_000;

fn for_each_loop(on: impl Fn(Loop, Meter) + Copy + Send + 'static) {
    let results = LOOPS.map(|(name, body)| {
        let meter = Meter::new(LOOP_OPERATIONS);
        within_limit({
            let meter = meter.clone();
            move || on(body, meter)
        });
        (name, meter.most())
    });
    let unfair: Vec<_> = results
        .iter()
        .filter(|(_, most)| *most >= MAX_OPERATIONS)
        .collect();
    assert!(
        unfair.is_empty(),
        "operations between two runs of the neighbor: {unfair:?}"
    );
}

#[test]
fn neighbors_run_on_a_local_pool() {
    for_each_loop(|body, meter| {
        let mut pool = LocalPool::new();
        let neighbor = meter.clone().neighbor();
        pool.spawner().spawn_local(neighbor).unwrap();
        pool.run_until(run(body, meter));
    });
}

fn current_thread() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap()
}

#[test]
fn neighbors_run_on_tokio_beside_a_task() {
    for_each_loop(|body, meter| {
        current_thread().block_on(async {
            tokio::spawn(meter.clone().neighbor());
            tokio::spawn(run(body, meter)).await.unwrap();
        });
    });
}

#[test]
fn neighbors_run_on_tokio_beside_the_main_future() {
    for_each_loop(|body, meter| {
        current_thread().block_on(async {
            tokio::spawn(meter.clone().neighbor());
            run(body, meter).await;
        });
    });
}

#[test]
fn a_timeout_around_a_loop_fires() {
    for (name, body) in LOOPS {
        within_limit(move || {
            current_thread().block_on(async {
                let endless = run(body, Meter::new(usize::MAX));
                let result = tokio::time::timeout(Duration::from_millis(20), endless).await;
                assert!(result.is_err(), "{name}: the timeout did not fire");
            });
        });
    }
}

#[test]
fn abort_ends_a_loop() {
    for (name, body) in LOOPS {
        within_limit(move || {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).enable_time().build().unwrap();
            runtime.block_on(async {
                let task = tokio::spawn(run(body, Meter::new(usize::MAX)));
                tokio::time::sleep(Duration::from_millis(20)).await;
                task.abort();
                let ended = task.await;
                assert!(ended.is_err_and(|end| end.is_cancelled()), "{name}");
            });
        });
    }
}

/// The smallest number of waits out of a thousand that get an available message. Without tokio's
/// budget, a task yields several times in a row so that it returns to its executor, and a deadline
/// that has passed ends such a wait.
const IN_TIME: usize = if cfg!(feature = "tokio") { 1000 } else { 900 };

/// Returns how many of a thousand waits with a deadline in the past get the available message.
fn in_time() -> usize {
    current_thread().block_on(async {
        let past = tokio::time::Instant::now() - Duration::from_millis(5);
        let (tx, rx) = channel(1);
        let mut in_time = 0;
        for _ in 0..1000 {
            tx.try_send(1).unwrap();
            match tokio::time::timeout_at(past, rx.recv()).await {
                Ok(message) => {
                    assert_eq!(message, Some(1));
                    in_time += 1;
                }
                Err(_) => assert_eq!(rx.try_recv(), Ok(1)),
            }
        }
        in_time
    })
}

#[test]
fn a_deadline_in_the_past_does_not_withhold_a_message() {
    let in_time = in_time();
    assert!(in_time >= IN_TIME, "{in_time} of 1000");
}

/// Like the test above, but each wait is in a poll of its own, so the task returns to its executor
/// in between.
#[test]
fn a_task_that_returns_to_its_executor_receives_at_once() {
    let (tx, rx) = channel(1);
    let mut missed = 0;
    let mut pool = LocalPool::new();
    for _ in 0..1000 {
        tx.try_send(1).unwrap();
        let received = pool.run_until(async { rx.recv().now_or_never() });
        if received.is_none() {
            missed += 1;
            assert_eq!(rx.try_recv(), Ok(1));
        }
    }
    assert!(missed <= 100, "{missed} of 1000");
}

/// Combinators that poll all their futures poll an operation again at once after it yielded. That
/// must end, and must not lose the wake.
#[test]
fn an_exhausted_budget_is_refilled_after_a_return_to_the_executor() {
    let (tx, rx) = channel(1);
    let mut pool = LocalPool::new();
    for _ in 0..10 {
        pool.run_until(async {
            for _ in 0..2000 {
                tx.send(1).await.unwrap();
                assert_eq!(rx.recv().await, Some(1));
            }
        });
    }
    // A handle and a future of one channel, in one task.
    let mut stream = rx.clone();
    pool.run_until(async {
        for _ in 0..2000 {
            let mut next = pin!(stream.next());
            let mut recv = pin!(rx.recv());
            tx.send(1).await.unwrap();
            let received = poll_fn(|cx| match Pin::new(&mut next).poll(cx) {
                Poll::Ready(message) => Poll::Ready(message),
                Poll::Pending => recv.as_mut().poll(cx),
            });
            assert_eq!(received.await, Some(1));
        }
    });
}

//! Checks that a task which always finds its channels ready lets its neighbors run, in whatever
//! combinator, with idle channels in the mix or without.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{FutureExt, StreamExt};
use mpmc_std::channel;

use crate::loops::{LOOPS, Loop, Meter, run};
use crate::waiter::within_seconds;

/// Limits the operations between two runs of a neighbor. "A few hundred" is what is promised for an
/// operation; a loop here may count its operations in twos and threes.
const MOST: usize = 1500;

/// So many operations are done by a loop that is not stopped before.
const ENOUGH: usize = 30_000;

fn for_each_loop(on: impl Fn(Loop, Meter) + Copy + Send + 'static) {
    let results = LOOPS.map(|(name, body)| {
        let meter = Meter::new(ENOUGH);
        within_seconds({
            let meter = meter.clone();
            move || on(body, meter)
        });
        (name, meter.most())
    });
    let unfair: Vec<_> = results.iter().filter(|(_, most)| *most >= MOST).collect();
    assert!(
        unfair.is_empty(),
        "operations without a neighbor's: {unfair:?}"
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
fn a_timeout_about_a_loop_fires() {
    for (name, body) in LOOPS {
        within_seconds(move || {
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
        within_seconds(move || {
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

/// How many of a thousand waits get the message that is there. Without tokio's budget, a task is
/// refused some times in a row to make it return to its executor, and a deadline that has passed
/// ends such a wait.
const IN_TIME: usize = if cfg!(feature = "tokio") { 1000 } else { 900 };

/// Returns how many of a thousand waits with a deadline that has passed got the message there is.
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
fn a_deadline_that_has_passed_does_not_keep_a_message_back() {
    let in_time = in_time();
    assert!(in_time >= IN_TIME, "{in_time} of 1000");
}

/// As for `timeout_at`, but each time in a poll of its own: the task is back at its executor
/// between.
#[test]
fn a_message_is_received_at_once_by_a_task_that_returns_to_its_executor() {
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

/// A refused operation is polled again at once by combinators that poll all they have: that may not
/// go on without end, nor lose the wake.
#[test]
fn an_exhausted_budget_is_refilled_when_the_task_has_been_back() {
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

//! Checks that a task that always finds the channel ready lets its neighbors run, and that a poll
//! is always short.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use futures::FutureExt;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{SinkExt, StreamExt};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::harness::{Task, poll_once, within_limit};

/// A number of operations in a row above every budget.
const MAX_OPERATIONS: usize = 10_000;

/// A number of polls above those that a yield takes.
const MAX_POLLS_OF_A_YIELD: usize = 100;

/// The operations that find a channel ready. Each of them restores the state of the channel.
#[derive(Clone, Copy, Debug)]
enum Ready {
    Recv,
    Send,
    Stream,
    Sink,
    Raw,
}

const ALL: [Ready; 5] = [
    Ready::Recv,
    Ready::Send,
    Ready::Stream,
    Ready::Sink,
    Ready::Raw,
];

impl Ready {
    async fn once(self, tx: &mut Sender<u8>, rx: &mut Receiver<u8>) {
        match self {
            Self::Recv => {
                tx.try_send(0).unwrap();
                assert_eq!(rx.recv().await, Some(0));
            }
            Self::Send => {
                tx.send(0).await.unwrap();
                rx.try_recv().unwrap();
            }
            Self::Stream => {
                tx.try_send(0).unwrap();
                assert_eq!(rx.next().await, Some(0));
            }
            Self::Sink => {
                tx.feed(0).await.unwrap();
                rx.try_recv().unwrap();
            }
            Self::Raw => {
                let queue = Arc::new(MpmcQueue::new(1));
                let producer = Producer::new(Arc::clone(&queue));
                producer.send_async(0).await.unwrap();
                assert_eq!(Consumer::new(queue).recv_async().await, Some(0));
            }
        }
    }

    /// Repeats the operation until the neighbor has run, and panics if that takes too long.
    async fn until(self, neighbor_ran: impl Fn() -> bool) {
        let (mut tx, mut rx) = channel(1);
        for _ in 0..MAX_OPERATIONS {
            if neighbor_ran() {
                return;
            }
            self.once(&mut tx, &mut rx).await;
        }
        panic!("{self:?}: the neighbor never ran");
    }
}

#[test]
fn a_busy_task_lets_its_neighbor_run_on_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for ready in ALL {
        runtime.block_on(async {
            let ran = Arc::new(AtomicBool::new(false));
            let flag = Arc::clone(&ran);
            tokio::spawn(async move { flag.store(true, Ordering::Relaxed) });
            ready.until(|| ran.load(Ordering::Relaxed)).await;
        });
    }
}

#[test]
fn a_busy_task_lets_its_neighbor_run_on_a_local_pool() {
    for ready in ALL {
        let mut pool = LocalPool::new();
        let ran = Rc::new(Cell::new(false));
        let (spawner, flag) = (pool.spawner(), Rc::clone(&ran));
        pool.run_until(async move {
            spawner.spawn_local(async move { flag.set(true) }).unwrap();
            ready.until(|| ran.get()).await;
        });
    }
}

#[test]
fn a_busy_task_lets_other_users_of_the_channel_run() {
    // The neighbor is always ready too. A third task must still run.
    let mut pool = LocalPool::new();
    let ran = Rc::new(Cell::new(false));
    let (spawner, flag) = (pool.spawner(), Rc::clone(&ran));
    pool.run_until(async move {
        for ready in ALL {
            let ran = Rc::clone(&ran);
            let busy = async move { ready.until(|| ran.get()).await };
            spawner.spawn_local(busy).unwrap();
        }
        spawner.spawn_local(async move { flag.set(true) }).unwrap();
        Ready::Recv.until(|| ran.get()).await;
    });
}

/// Repeats `operation` until it yields although it could complete. Returns the number of
/// operations.
fn operations_until_a_yield(mut operation: impl FnMut() -> bool) -> usize {
    (0..MAX_OPERATIONS)
        .find(|_| !operation())
        .expect("the task never yields")
}

/// Polls `future` once and drops it. Returns whether it was ready; a future that yields must have
/// woken its task.
fn is_done<T>(future: impl Future<Output = T>) -> bool {
    let mut task = Task::new(future);
    let done = task.poll().is_ready();
    assert!(
        done || task.is_woken(),
        "a future that yields must wake its task"
    );
    done
}

#[test]
fn a_task_yields_after_a_bounded_number_of_operations_without_effect() {
    let (mut tx, mut rx) = channel(1);
    for ready in ALL {
        operations_until_a_yield(|| is_done(ready.once(&mut tx, &mut rx)));
        // The steps of `once` before the yield remain. The operation that yielded has no effect.
        let left = usize::from(matches!(ready, Ready::Recv | Ready::Stream));
        assert_eq!(rx.len(), left, "{ready:?}");
        assert_eq!(rx.capacity(), 1 - left, "{ready:?}");
        (0..left).for_each(|_| assert_eq!(rx.try_recv(), Ok(0)));
        // A yield ends after some polls, because a handle cannot know whether its task has returned
        // to the executor.
        let polls = (0..MAX_POLLS_OF_A_YIELD).find(|_| {
            let done = is_done(ready.once(&mut tx, &mut rx));
            while !done && rx.try_recv().is_ok() {}
            done
        });
        polls.expect("the yield ends");
    }
}

#[test]
fn one_budget_serves_all_handles_of_a_task() {
    let once = |ready: Ready| {
        let (mut tx, mut rx) = channel(1);
        is_done(ready.once(&mut tx, &mut rx))
    };
    let alone = operations_until_a_yield(|| once(Ready::Send));
    let mut all = ALL.into_iter().cycle();
    let in_turns = operations_until_a_yield(|| all.next().is_some_and(once));
    assert!(
        in_turns <= alone,
        "{in_turns} of all kinds, {alone} of one kind"
    );
}

#[test]
fn a_wait_takes_one_poll_and_does_not_wake_its_task() {
    let (tx, rx) = channel(1);
    // `parked` checks that one poll returns `Pending` and does not wake its own task.
    drop(Task::parked(rx.recv()));
    drop(Task::parked(rx.clone().next()));
    drop(Task::parked(tx.closed()));
    tx.try_send(0).unwrap();
    drop(Task::parked(tx.send(1)));
    drop(Task::parked(tx.clone().feed(1)));
}

/// A closed channel decides the operation, so there is nothing to yield for.
#[test]
fn a_decided_operation_does_not_yield() {
    let (tx, rx) = channel(1);
    tx.try_send(0).unwrap();
    assert!(tx.send(1).now_or_never().is_none());
    rx.try_recv().unwrap();
    for _ in 0..15 {
        assert!(rx.recv().now_or_never().is_none());
    }
    drop(tx);
    assert_eq!(rx.recv().now_or_never(), Some(None));
}

#[test]
fn every_poll_ends_while_other_threads_use_the_channel() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let _ = tx.try_send(0);
                        let _ = rx.try_recv();
                    }
                });
            }
            let (mut sink, mut stream) = (tx.clone(), rx.clone());
            let mut batch = Vec::new();
            for _ in 0..2000 {
                let _ = poll_once(tx.send_many([1, 2]));
                let _ = poll_once(rx.recv_many(&mut batch, 2));
                let _ = poll_once(async { tx.send(1).await });
                let _ = poll_once(rx.recv());
                let _ = poll_once(sink.feed(1));
                let _ = poll_once(stream.next());
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

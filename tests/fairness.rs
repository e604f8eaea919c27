//! A task that always finds the channel ready still lets its neighbors run, and one poll is never
//! long.
#![cfg(not(loom))]

mod support;

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use futures::{SinkExt, StreamExt};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};
use support::{Task, poll_once, within_limit};

/// More operations in a row than any budget should allow.
const MANY: usize = 10_000;

/// More polls than a yield should take.
const MOST_REFUSALS: usize = 100;

/// The ways to find a channel ready, each leaving the channel as it was.
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

    /// Goes on until the neighbor has run, and fails if it does not for too long.
    async fn until(self, neighbor_ran: impl Fn() -> bool) {
        let (mut tx, mut rx) = channel(1);
        for _ in 0..MANY {
            if neighbor_ran() {
                return;
            }
            self.once(&mut tx, &mut rx).await;
        }
        panic!("{self:?}: the neighbor never ran");
    }
}

#[test]
fn a_busy_task_lets_others_run_on_tokio() {
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
fn a_busy_task_lets_others_run_on_a_local_pool() {
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
fn a_busy_task_lets_others_run_that_use_the_channel_too() {
    // The neighbor is itself always ready: neither may keep the thread from a third.
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

/// Polls futures until one of them yields although it could go on; returns after how many.
fn operations_until_a_yield(mut operation: impl FnMut() -> bool) -> usize {
    (0..MANY)
        .find(|_| !operation())
        .expect("a task that never yields")
}

/// Polls `future` once, dropping it if it yields, which it may do only after having woken itself.
fn is_done<T>(future: impl Future<Output = T>) -> bool {
    let mut task = Task::new(future);
    let done = task.poll().is_ready();
    assert!(
        done || task.is_woken(),
        "it could go on, so nobody else wakes it"
    );
    done
}

#[test]
fn a_yield_comes_after_a_bounded_number_of_operations_and_does_nothing_else() {
    let (mut tx, mut rx) = channel(1);
    for ready in ALL {
        operations_until_a_yield(|| is_done(ready.once(&mut tx, &mut rx)));
        // What `once` did before it yielded stays; what yielded has done nothing.
        let left = usize::from(matches!(ready, Ready::Recv | Ready::Stream));
        assert_eq!(rx.len(), left, "{ready:?}");
        assert_eq!(rx.capacity(), 1 - left, "{ready:?}");
        (0..left).for_each(|_| assert_eq!(rx.try_recv(), Ok(0)));
        // A yield ends after some polls: a handle cannot know whether its task has been at its
        // executor.
        let polls = (0..MOST_REFUSALS).find(|_| {
            let done = is_done(ready.once(&mut tx, &mut rx));
            while !done && rx.try_recv().is_ok() {}
            done
        });
        polls.expect("an end of the refusals");
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
        "{in_turns} in turns, {alone} of one kind"
    );
}

#[test]
fn a_wait_is_one_poll_and_wakes_nobody() {
    let (tx, rx) = channel(1);
    // `parked` checks that one poll comes back `Pending` and has not woken its own task.
    drop(Task::parked(rx.recv()));
    drop(Task::parked(rx.clone().next()));
    drop(Task::parked(tx.closed()));
    tx.try_send(0).unwrap();
    drop(Task::parked(tx.send(1)));
    drop(Task::parked(tx.clone().feed(1)));
}

#[test]
fn every_poll_ends_while_others_keep_the_channel_moving() {
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

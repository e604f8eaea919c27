//! Executors that poll when nobody was woken, give a new waker at every poll, move futures between
//! threads, or are shut down with tasks in them.

use std::thread;

use mpmc_std::{Receiver, Sender, channel};
use tokio::runtime::{Builder, Runtime};

use crate::harness::{Task, within_limit};

#[test]
fn polls_that_nobody_asked_for_change_nothing() {
    // The first in line, and one behind it.
    for place in 0..2 {
        let (tx, rx) = channel(1);
        let mut waiting = [Task::parked(rx.recv()), Task::parked(rx.recv())];
        for _ in 0..1000 {
            waiting[place].parks();
        }
        for message in [1, 2] {
            tx.try_send(message).unwrap();
            let woken: Vec<_> = waiting.iter().map(Task::is_woken).collect();
            assert_eq!(woken, [message == 1, message == 2], "in order of coming");
            let place = usize::from(message == 2);
            assert_eq!(waiting[place].poll(), Some(message).into());
        }
    }
}

#[test]
fn polls_that_nobody_asked_for_change_nothing_for_senders() {
    for place in 0..2 {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut waiting = [Task::parked(tx.send(1)), Task::parked(tx.send(2))];
        for _ in 0..1000 {
            waiting[place].parks();
        }
        for (turn, task) in waiting.iter_mut().enumerate() {
            assert_eq!(rx.try_recv(), Ok(turn));
            assert!(task.is_woken());
            assert_eq!(task.poll(), Ok(()).into());
        }
        assert_eq!(rx.try_recv(), Ok(2));
    }
}

#[test]
fn a_future_may_be_polled_by_another_thread_each_time() {
    let (tx, rx) = channel::<u8>(1);
    let (first, second) = (rx.clone(), rx.clone());
    let mut first = Box::pin(async move { first.recv().await });
    let mut second = Box::pin(async move { second.recv().await });
    // `Task` gives a waker of its own to each poll, so the last thread's is the one that must be
    // called.
    for _ in 0..20 {
        (first, second) = thread::spawn(move || {
            let (mut a, mut b) = (Task::new(first.as_mut()), Task::new(second.as_mut()));
            a.parks();
            b.parks();
            drop((a, b));
            (first, second)
        })
        .join()
        .unwrap();
    }
    let (mut a, mut b) = (Task::new(first.as_mut()), Task::new(second.as_mut()));
    a.parks();
    b.parks();
    let send = thread::spawn(move || {
        tx.try_send(1).unwrap();
        tx
    });
    let _open = send.join().unwrap();
    assert!(a.is_woken() && !b.is_woken());
    assert_eq!(a.finish(), Some(1));
}

#[test]
fn a_woken_future_may_move_to_another_thread_before_it_looks() {
    for looks in [true, false] {
        let (tx, rx) = channel::<u8>(1);
        let first = rx.clone();
        let mut first = Box::pin(async move { first.recv().await });
        Task::parked(first.as_mut());
        let second = Task::parked(rx.recv());
        tx.try_send(1).unwrap();
        let received = thread::spawn(move || looks.then(|| Task::new(first.as_mut()).finish()));
        let received = received.join().unwrap();
        // Either it has the message, or it was dropped there and has woken the other.
        assert_eq!(received, looks.then_some(Some(1)));
        assert_eq!(second.is_woken(), !looks);
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// Starts a task and lets it run until it waits.
fn start(runtime: &Runtime, task: impl Future<Output = ()> + Send + 'static) {
    runtime.spawn(task);
    runtime.block_on(async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    });
}

async fn receive(rx: Receiver<u32>) {
    rx.recv().await;
}

async fn send(tx: Sender<u32>) {
    let _ = tx.send(99).await;
}

#[test]
fn a_runtime_that_is_dropped_with_a_woken_receiver_passes_the_wakeup_on() {
    within_limit(|| {
        for shut_down in [Runtime::shutdown_background, drop::<Runtime>] {
            let (tx, rx) = channel(4);
            let dying = one_thread();
            start(&dying, receive(rx.clone()));
            let other = Task::parked(rx.recv());
            // The dying runtime's task came first and is woken, but its runtime does not run any
            // more.
            tx.try_send(1).unwrap();
            assert!(!other.is_woken());
            shut_down(dying);
            assert!(other.is_woken());
            assert_eq!(other.finish(), Some(1));
        }
    });
}

#[test]
fn a_runtime_that_is_dropped_with_a_woken_sender_passes_the_wakeup_on() {
    within_limit(|| {
        for shut_down in [Runtime::shutdown_background, drop::<Runtime>] {
            let (tx, rx) = channel(1);
            tx.try_send(0).unwrap();
            let dying = one_thread();
            start(&dying, send(tx.clone()));
            let other = Task::parked(tx.send(1));
            assert_eq!(rx.try_recv(), Ok(0));
            assert!(!other.is_woken());
            shut_down(dying);
            assert!(other.is_woken());
            other.finish().unwrap();
            assert_eq!((rx.try_recv(), rx.sender_strong_count()), (Ok(1), 1));
        }
    });
}

#[test]
fn tasks_of_another_runtime_go_on_when_one_is_shut_down() {
    const MESSAGES: u32 = 2000;
    within_limit(|| {
        for round in 0..10 {
            let (tx, rx) = channel(2);
            let (dying, living) = (two_threads(), two_threads());
            // The dying runtime's tasks hold wakeups of both sides, of this channel and of a full
            // one.
            let (full_tx, full_rx) = channel(1);
            full_tx.try_send(0).unwrap();
            for _ in 0..8 {
                let (waiting, waits_for_room) = (rx.clone(), full_tx.clone());
                dying.spawn(async move {
                    while waiting.recv().await.is_some() {
                        if round % 2 == 0 {
                            let _ = waits_for_room.send(1).await;
                        }
                    }
                });
            }
            let sender = living.spawn(async move {
                for message in 0..MESSAGES {
                    tx.send(message).await.unwrap();
                }
            });
            let receiver = living.spawn(async move {
                let mut last = None;
                while let Some(message) = rx.recv().await {
                    assert!(last < Some(message), "out of order");
                    last = Some(message);
                }
                last
            });
            thread::yield_now();
            dying.shutdown_background();
            living.block_on(async {
                sender.await.unwrap();
                // Others had some of the messages, but both come to their end.
                receiver.await.unwrap();
            });
            assert_eq!(full_rx.try_recv(), Ok(0));
        }
    });
}

//! Runs the same program on several executors: the channel does not depend on the executor.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};
use std::thread;

use futures::executor::LocalPool;
use futures::future::{BoxFuture, FutureExt, join_all};
use futures::task::SpawnExt;
use futures::{SinkExt, StreamExt};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{
    Log, Message, assert_complete_and_in_order, callback_waker, report_progress, soon, within_limit,
};

const SENDERS: usize = 4;
const RECEIVERS: usize = 3;
const EACH: usize = 200;
const CAPACITIES: [usize; 3] = [1, 3, 64];

async fn talk(mut tx: Sender<Message>, sender: usize) {
    for number in 0..EACH {
        if sender % 2 == 0 {
            Sender::send(&tx, (sender, number)).await.unwrap();
        } else {
            tx.feed((sender, number)).await.unwrap();
        }
    }
}

async fn listen(mut rx: Receiver<Message>, receiver: usize) -> Log {
    let mut log = Log::new();
    loop {
        let message = if receiver % 2 == 0 {
            rx.recv().await
        } else {
            rx.next().await
        };
        match message {
            Some(message) => log.push(message),
            None => return log,
        }
    }
}

/// Creates the tasks of a conversation, which run concurrently, and the channel that receives their
/// logs.
fn conversation(capacity: usize) -> (Vec<BoxFuture<'static, ()>>, Receiver<Log>) {
    let (tx, rx) = channel(capacity);
    let (done, logs) = channel(RECEIVERS);
    let mut parts = Vec::new();
    for sender in 0..SENDERS {
        parts.push(talk(tx.clone(), sender).boxed());
    }
    for receiver in 0..RECEIVERS {
        let (rx, done) = (rx.clone(), done.clone());
        let part = async move { done.send(listen(rx, receiver).await).await.unwrap() };
        parts.push(part.boxed());
    }
    (parts, logs)
}

/// Runs conversations with `run`, which runs the tasks until they finish.
fn converse(run: impl Fn(Vec<BoxFuture<'static, ()>>) + Send + 'static) {
    within_limit(move || {
        for capacity in CAPACITIES {
            let (parts, logs) = conversation(capacity);
            run(parts);
            let logs: Vec<_> = std::iter::from_fn(|| logs.try_recv().ok()).collect();
            assert_eq!(logs.len(), RECEIVERS);
            assert_complete_and_in_order(&logs, SENDERS, EACH);
            report_progress();
        }
    });
}

/// A minimal executor: one future on one thread.
fn bare_block_on<F: Future>(future: F) -> F::Output {
    let this = thread::current();
    let waker = callback_waker(move || this.unpark());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Runs each task on a thread of its own.
fn on_threads(parts: Vec<BoxFuture<'static, ()>>, run: fn(BoxFuture<'static, ()>)) {
    thread::scope(|scope| {
        for part in parts {
            scope.spawn(move || run(part));
        }
    });
}

async fn in_tokio_tasks(parts: Vec<BoxFuture<'static, ()>>) {
    let tasks: Vec<_> = parts.into_iter().map(tokio::spawn).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[test]
fn tokio_with_one_thread() {
    converse(|parts| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(in_tokio_tasks(parts));
    });
}

#[test]
fn tokio_with_several_threads() {
    converse(|parts| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(3)
            .build();
        runtime.unwrap().block_on(in_tokio_tasks(parts));
    });
}

#[test]
fn futures_block_on() {
    converse(|parts| drop(futures::executor::block_on(join_all(parts))));
    converse(|parts| on_threads(parts, futures::executor::block_on));
}

#[test]
fn futures_local_pool() {
    converse(|parts| {
        let mut pool = LocalPool::new();
        for part in parts {
            pool.spawner().spawn(part).unwrap();
        }
        pool.run();
    });
}

#[test]
fn async_executor_with_one_thread() {
    converse(|parts| {
        let executor = async_executor::LocalExecutor::new();
        let tasks: Vec<_> = parts.into_iter().map(|part| executor.spawn(part)).collect();
        futures::executor::block_on(executor.run(join_all(tasks)));
    });
}

#[test]
fn async_executor_with_several_threads() {
    converse(|parts| {
        let executor = async_executor::Executor::new();
        let tasks: Vec<_> = parts.into_iter().map(|part| executor.spawn(part)).collect();
        let (running, over) = channel::<()>(1);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| futures::executor::block_on(executor.run(over.recv())));
            }
            futures::executor::block_on(join_all(tasks));
            drop(running);
        });
    });
}

#[test]
fn a_minimal_block_on() {
    converse(|parts| drop(bare_block_on(join_all(parts))));
    converse(|parts| on_threads(parts, bare_block_on));
}

#[test]
fn tasks_of_different_executors_share_a_channel() {
    converse(|parts| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        thread::scope(|scope| {
            for (number, part) in parts.into_iter().enumerate() {
                let runtime = runtime.handle();
                scope.spawn(move || match number % 3 {
                    0 => runtime.block_on(part),
                    1 => futures::executor::block_on(part),
                    _ => bare_block_on(part),
                });
            }
        });
    });
}

#[tokio::test]
async fn threads_and_tasks_share_a_channel() {
    for capacity in CAPACITIES {
        let (tx, rx) = channel(capacity);
        let blocking = tx.clone();
        let thread = thread::spawn(move || {
            for number in 0..EACH {
                blocking.blocking_send((1, number)).unwrap();
            }
        });
        let task = tokio::spawn(talk(tx, 0));
        let mut log = Log::new();
        while let Some(message) = soon(rx.recv()).await {
            log.push(message);
        }
        soon(task).await.unwrap();
        thread.join().unwrap();
        assert_complete_and_in_order(&[log], 2, EACH);

        let (tx, rx) = channel(capacity);
        let thread = thread::spawn(move || std::iter::from_fn(|| rx.blocking_recv()).collect());
        soon(talk(tx, 0)).await;
        assert_complete_and_in_order(&[thread.join().unwrap()], 1, EACH);
    }
}

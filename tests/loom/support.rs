//! What the models have in common.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use futures::{Sink, Stream};
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use mpmc_std::error::SendError;
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender};

pub(crate) use crate::wait::block_on;

/// Runs `model` in every interleaving with at most `preemptions` preemptions.
pub(crate) fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    let asked_for = builder.preemption_bound.unwrap_or(0);
    builder.preemption_bound = Some(preemptions.max(asked_for));

    let start = Instant::now();
    let executions = std::sync::Arc::new(AtomicU64::new(0));
    let count = std::sync::Arc::clone(&executions);
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!(
        "{} executions, {:.1?}, at most {} preemptions",
        executions.load(Ordering::Relaxed),
        start.elapsed(),
        preemptions.max(asked_for),
    );
}

pub(crate) fn queue<T>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

/// What is left in the queue.
pub(crate) fn drain<T>(consumer: &Consumer<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(|| consumer.recv())
}

/// Polls once with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// A future that was polled once and waits.
pub(crate) fn parked<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll_once(&mut future).is_pending());
    future
}

/// `recv` on a handle of its own, which comes back with the message.
pub(crate) async fn recv<T>(rx: Receiver<T>) -> (Option<T>, Receiver<T>) {
    (rx.recv().await, rx)
}

/// `send` on a handle of its own, which comes back when it is done.
pub(crate) async fn send<T>(tx: Sender<T>, message: T) -> (Result<(), SendError<T>>, Sender<T>) {
    (tx.send(message).await, tx)
}

/// `poll_ready` once.
pub(crate) fn poll_ready<T>(sender: &mut Sender<T>) -> Poll<bool> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(sender)
        .poll_ready(&mut context)
        .map(|ready| ready.is_ok())
}

/// Takes a permit, for which there must be room.
pub(crate) fn reserve<T>(sender: &mut Sender<T>) {
    assert_eq!(poll_ready(sender), Poll::Ready(true));
}

/// Waits for a permit.
pub(crate) async fn reserve_waiting<T>(sender: &mut Sender<T>) -> Result<(), SendError<Option<T>>> {
    std::future::poll_fn(|context| Pin::new(&mut *sender).poll_ready(context)).await
}

/// Sends on the permit of `sender`.
pub(crate) fn send_reserved<T>(
    sender: &mut Sender<T>,
    message: T,
) -> Result<(), SendError<Option<T>>> {
    Pin::new(sender).start_send(message)
}

/// `poll_next` once.
pub(crate) fn poll_next<T>(receiver: &mut Receiver<T>) -> Poll<Option<T>> {
    Pin::new(receiver).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Counts how often it was dropped.
#[derive(Debug)]
pub(crate) struct Counted(pub(crate) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

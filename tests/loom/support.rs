//! Utilities for the models.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
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

    // A waiter needs many steps until it has lost enough races.
    builder.max_branches = 4000;

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

/// A task that runs [`send`] with the message type of most models.
pub(crate) type Sent = (Result<(), SendError<usize>>, Sender<usize>);

pub(crate) fn queue<T>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

/// Returns the messages that are left in the queue.
pub(crate) fn drain<T>(consumer: &Consumer<T>) -> impl Iterator<Item = T> {
    std::iter::from_fn(|| consumer.recv())
}

/// Polls a future once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that must wait once, and returns it.
pub(crate) fn parked<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll_once(&mut future).is_pending());
    future
}

/// A future that is polled by hand, and only after a wake.
pub(crate) struct Task<R> {
    future: Pin<Box<dyn Future<Output = R> + Send>>,
    woken: std::sync::Arc<Woken>,
}

/// Records whether a task was woken. Not modeled by loom: the wake is part of the step before.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<R> Task<R> {
    pub(crate) fn new(future: impl Future<Output = R> + Send + 'static) -> Self {
        Self {
            future: Box::pin(future),
            woken: std::sync::Arc::default(),
        }
    }

    /// Creates a task, polls it once, and checks that it waits.
    #[track_caller]
    pub(crate) fn parked(future: impl Future<Output = R> + Send + 'static) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending());
        assert!(!task.is_woken(), "the task has parked");
        task
    }

    pub(crate) fn poll(&mut self) -> Poll<R> {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(std::sync::Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Relaxed)
    }

    /// Polls a task that must have been woken, and returns its output.
    #[track_caller]
    pub(crate) fn finish(mut self) -> R {
        assert!(self.is_woken(), "a wake was lost");
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("woken without a result"),
        }
    }

    /// Returns the future, which can then be polled with another waker.
    pub(crate) fn into_future(self) -> Pin<Box<dyn Future<Output = R> + Send>> {
        self.future
    }
}

/// The number of wakes without success after which a message or slot is reserved for a waiter.
pub(crate) const MAX_LOST_RACES: usize = 4;

/// Returns a receiver that has been woken for what would be its last lost race, and has not been
/// polled. The channel is empty.
pub(crate) fn almost_starving_receiver(
    tx: &Sender<usize>,
    rx: &Receiver<usize>,
) -> Task<(Option<usize>, Receiver<usize>)> {
    let mut task = Task::parked(recv(rx.clone()));
    for race in 1..=MAX_LOST_RACES {
        tx.try_send(0).unwrap();
        assert!(task.is_woken());
        assert_eq!(rx.try_recv(), Ok(0));
        assert!(race == MAX_LOST_RACES || task.poll().is_pending());
    }
    task
}

/// Returns a waiting receiver that has lost the maximum number of races. The channel is empty.
pub(crate) fn starving_receiver(
    tx: &Sender<usize>,
    rx: &Receiver<usize>,
) -> Task<(Option<usize>, Receiver<usize>)> {
    let mut task = almost_starving_receiver(tx, rx);
    assert!(task.poll().is_pending());
    task
}

/// Returns a sender of `message` that has been woken for what would be its last lost race, and has
/// not been polled. The channel is full of zeros.
pub(crate) fn almost_starving_sender(
    tx: &Sender<usize>,
    rx: &Receiver<usize>,
    message: usize,
) -> Task<Sent> {
    while tx.try_send(0).is_ok() {}
    let mut task = Task::parked(send(tx.clone(), message));
    for race in 1..=MAX_LOST_RACES {
        assert_eq!(rx.try_recv(), Ok(0));
        assert!(task.is_woken());
        tx.try_send(0).unwrap();
        assert!(race == MAX_LOST_RACES || task.poll().is_pending());
    }
    task
}

/// Returns a waiting sender of `message` that has lost the maximum number of races. The channel is
/// full of zeros.
pub(crate) fn starving_sender(
    tx: &Sender<usize>,
    rx: &Receiver<usize>,
    message: usize,
) -> Task<Sent> {
    let mut task = almost_starving_sender(tx, rx, message);
    assert!(task.poll().is_pending());
    task
}

/// Calls `recv` on an owned handle, and returns the handle with the message.
pub(crate) async fn recv<T>(rx: Receiver<T>) -> (Option<T>, Receiver<T>) {
    (rx.recv().await, rx)
}

/// Calls `send` on an owned handle, and returns the handle with the result.
pub(crate) async fn send<T>(tx: Sender<T>, message: T) -> (Result<(), SendError<T>>, Sender<T>) {
    (tx.send(message).await, tx)
}

/// Calls `poll_ready` once.
pub(crate) fn poll_ready<T>(sender: &mut Sender<T>) -> Poll<bool> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(sender)
        .poll_ready(&mut context)
        .map(|ready| ready.is_ok())
}

/// Reserves a permit, for which there must be capacity.
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

/// Calls `poll_next` once.
pub(crate) fn poll_next<T>(receiver: &mut Receiver<T>) -> Poll<Option<T>> {
    Pin::new(receiver).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// A message that counts its drops.
#[derive(Debug)]
pub(crate) struct Counted(pub(crate) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

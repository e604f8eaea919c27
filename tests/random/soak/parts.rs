//! The tasks and threads of a channel, which call random operations.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{SinkExt, StreamExt};
use mpmc_std::error::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender};
use tokio::task::{JoinHandle, yield_now};

use crate::harness::PseudoRandom;
use crate::ledger::{Message, Sent, View};

/// The tasks of a channel, which may start other tasks.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<Vec<JoinHandle<()>>>>);

impl Tasks {
    pub(crate) fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap().push(tokio::spawn(task));
    }

    pub(crate) async fn finish(&self) {
        loop {
            let Some(task) = self.0.lock().unwrap().pop() else {
                return;
            };
            task.await.unwrap();
        }
    }
}

/// Awaits `future`, or drops it after some polls, with or without wakes, or after some time.
async fn perhaps<F: Future>(random: &mut PseudoRandom, future: F) -> Option<F::Output> {
    match random.below(4) {
        0 | 1 => Some(future.await),
        2 => {
            let time = Duration::from_micros(random.below(200));
            tokio::time::timeout(time, future).await.ok()
        }
        _ => {
            let mut polls = random.below(5);
            let mut future = pin!(future);
            poll_fn(|cx| {
                if polls == 0 {
                    return Poll::Ready(None);
                }
                polls -= 1;
                cx.waker().wake_by_ref();
                future.as_mut().poll(cx).map(Some)
            })
            .await
        }
    }
}

/// Pauses for a short time, so that other tasks run.
async fn pause(random: &mut PseudoRandom) {
    for _ in 0..random.below(3) {
        yield_now().await;
    }
}

/// Sends about `steps` messages or batches, with all methods.
pub(crate) async fn send(
    mut tx: Sender<Message>,
    mut sent: Sent,
    mut random: PseudoRandom,
    steps: u64,
    tasks: Tasks,
) {
    let mut evicted = View::new(sent.ledger());
    for step in 0..steps {
        let random = &mut random;
        let some = 1 + random.below(4.min(tx.max_capacity() as u64));
        // The number of messages made and of those sent, or an error if the channel is closed.
        let (made, done) = match random.below(14) {
            0..=3 => {
                let message = sent.make();
                match perhaps(random, tx.send(message)).await {
                    Some(Err(_)) => (1, Err(())),
                    outcome => (1, Ok(u64::from(outcome.is_some()))),
                }
            }
            4 => match tx.try_send(sent.make()) {
                Err(TrySendError::Closed(_)) => (1, Err(())),
                outcome => (1, Ok(u64::from(outcome.is_ok()))),
            },
            5 => match perhaps(random, tx.reserve()).await {
                Some(Err(_)) => (0, Err(())),
                Some(Ok(permit)) if random.below(3) > 0 => {
                    pause(random).await;
                    permit.send(sent.make());
                    (1, Ok(1))
                }
                _ => (0, Ok(0)),
            },
            6 => match perhaps(random, tx.reserve_many(some as usize)).await {
                Some(Err(_)) => (0, Err(())),
                Some(Ok(permits)) => {
                    let used = random.below(some + 1);
                    for permit in permits.take(used as usize) {
                        permit.send(sent.make());
                    }
                    (used, Ok(used))
                }
                None => (0, Ok(0)),
            },
            7 | 8 => {
                let mut messages: Vec<_> = (0..some).map(|_| sent.make()).collect();
                let mut messages = messages.drain(..);
                let failed = match perhaps(random, tx.send_many(&mut messages)).await {
                    Some(Err(_)) => Some(()),
                    _ => None,
                };
                let count = some - messages.len() as u64;
                sent.note(some, count);
                (0, failed.map_or(Ok(0), Err))
            }
            9 => {
                let messages: Vec<_> = (0..some).map(|_| sent.make()).collect();
                match tx.try_send_many(messages) {
                    Ok(count) => (some, Ok(count as u64)),
                    Err(TrySendError::Full(unsent)) => (some, Ok(unsent.sent() as u64)),
                    Err(TrySendError::Closed(unsent)) => {
                        sent.note(some, unsent.sent() as u64);
                        (0, Err(()))
                    }
                }
            }
            10 => match tx.force_send(sent.make()) {
                Ok(oldest) => {
                    oldest.into_iter().for_each(|message| evicted.note(message));
                    (1, Ok(1))
                }
                Err(TrySendError::Full(_)) => (1, Ok(0)),
                Err(TrySendError::Closed(_)) => (1, Err(())),
            },
            11 => {
                // Uses a handle of its own, whose drop releases its reservation.
                let mut sink = tx.clone();
                let message = sent.make();
                match perhaps(random, SinkExt::send(&mut sink, message)).await {
                    Some(Err(_)) => (1, Err(())),
                    outcome => (1, Ok(u64::from(outcome.is_some()))),
                }
            }
            12 => {
                let weak = tx.downgrade();
                let other = tx.clone();
                tx = match perhaps(random, other.reserve_owned()).await {
                    Some(Ok(permit)) => permit.release(),
                    _ => weak.upgrade().expect("a strong handle exists"),
                };
                (0, Ok(0))
            }
            _ => {
                if step == 0 {
                    let (tx, sent) = (tx.clone(), Sent::new(sent.ledger()));
                    let random = PseudoRandom(random.below(u64::MAX));
                    let again = tasks.clone();
                    tasks.start(send_too(tx, sent, random, steps / 2, again));
                }
                pause(random).await;
                (0, Ok(0))
            }
        };
        match done {
            Ok(count) => sent.note(made, count),
            Err(()) => return,
        }
    }
}

/// Runs [`send`] as a task that another task starts.
fn send_too(
    tx: Sender<Message>,
    sent: Sent,
    random: PseudoRandom,
    steps: u64,
    tasks: Tasks,
) -> BoxFuture<'static, ()> {
    Box::pin(send(tx, sent, random, steps, tasks))
}

/// Receives until the end, or about `steps` times, with all methods.
pub(crate) async fn receive(
    mut rx: Receiver<Message>,
    mut view: View,
    mut random: PseudoRandom,
    steps: Option<u64>,
    tasks: Tasks,
) {
    let mut step = 0;
    let mut batch = Vec::new();
    while steps.is_none_or(|steps| step < steps) {
        step += 1;
        let random = &mut random;
        let received = match random.below(12) {
            0..=3 => perhaps(random, rx.recv()).await,
            4 => match rx.try_recv() {
                Ok(message) => Some(Some(message)),
                Err(TryRecvError::Disconnected) => Some(None),
                Err(TryRecvError::Empty) => {
                    yield_now().await;
                    None
                }
            },
            5 | 6 => perhaps(random, rx.next()).await,
            7 | 8 => {
                let limit = 1 + random.below(6) as usize;
                let count = perhaps(random, rx.recv_many(&mut batch, limit)).await;
                let end = count == Some(0);
                batch.drain(..).for_each(|message| view.note(message));
                end.then_some(None)
            }
            9 => {
                rx = rx.clone();
                None
            }
            10 => {
                rx = rx.downgrade().upgrade().expect("a strong handle exists");
                None
            }
            _ => {
                if random.below(100) == 0 {
                    let (rx, view) = (rx.clone(), View::new(view.ledger()));
                    let random = PseudoRandom(random.below(u64::MAX));
                    let again = tasks.clone();
                    tasks.start(receive_too(rx, view, random, again));
                }
                pause(random).await;
                None
            }
        };
        match received {
            Some(Some(message)) => view.note(message),
            Some(None) => return,
            None => {}
        }
    }
}

/// Runs [`receive`] as a task that another task starts and that finishes early.
fn receive_too(
    rx: Receiver<Message>,
    view: View,
    random: PseudoRandom,
    tasks: Tasks,
) -> BoxFuture<'static, ()> {
    Box::pin(receive(rx, view, random, Some(50), tasks))
}

/// Like [`send`], on a thread.
pub(crate) fn send_blocking(
    tx: &Sender<Message>,
    mut sent: Sent,
    mut random: PseudoRandom,
    steps: u64,
) {
    for _ in 0..steps {
        let message = sent.make();
        let time = Duration::from_micros(random.below(200));
        let outcome = if random.below(2) == 0 {
            tx.blocking_send(message).map_err(SendTimeoutError::from)
        } else {
            tx.blocking_send_timeout(message, time)
        };
        match outcome {
            Ok(()) => sent.note(1, 1),
            Err(SendTimeoutError::Timeout(_)) => {}
            Err(SendTimeoutError::Closed(_)) => return,
        }
    }
}

/// Like [`receive`], on a thread.
pub(crate) fn receive_blocking(
    rx: &Receiver<Message>,
    mut view: View,
    mut random: PseudoRandom,
    steps: Option<u64>,
) {
    let mut step = 0;
    while steps.is_none_or(|steps| step < steps) {
        step += 1;
        let time = Duration::from_micros(random.below(200));
        match rx.blocking_recv_timeout(time) {
            Ok(message) => view.note(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

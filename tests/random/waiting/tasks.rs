//! What the tasks of the runs on tokio do: they send and receive, and give up, keep their futures
//! unpolled and move from one runtime to another.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{SinkExt, StreamExt};
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::harness::PseudoRandom;
use crate::ledger::{Message, Sent, View};
use crate::waiting::delays::{pause, with_delays};

/// The runtimes that tasks move between: one steals work, one has one thread, and of that thread
/// something takes hold again and again.
pub(crate) struct Runtimes {
    runtimes: Vec<Runtime>,
    /// How often tasks were polled.
    pub(crate) polls: AtomicU64,
}

impl Runtimes {
    pub(crate) fn new() -> Arc<Self> {
        let runtime = |threads| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads).enable_time();
            builder.build().unwrap()
        };
        let runtimes = vec![runtime(4), runtime(1), runtime(1)];
        runtimes[2].spawn(async {
            let mut random = PseudoRandom(0);
            loop {
                sleep(Duration::from_micros(random.below(2_000))).await;
                std::thread::sleep(Duration::from_micros(random.below(3_000)));
            }
        });
        Arc::new(Self {
            runtimes,
            polls: AtomicU64::new(0),
        })
    }

    /// The runtime that steals work.
    pub(crate) fn main(&self) -> &Runtime {
        &self.runtimes[0]
    }

    fn some(&self, random: &mut PseudoRandom) -> &Handle {
        let at = [0, 0, 0, 1, 2][random.below(5) as usize];
        self.runtimes[at].handle()
    }

    /// Runs a task that moves to another runtime after some polls, with delays all over. The result
    /// is an error if it panics.
    pub(crate) fn start(
        self: &Arc<Self>,
        task: impl Future<Output = ()> + Send + 'static,
        random: PseudoRandom,
    ) -> oneshot::Receiver<()> {
        let (done, result) = oneshot::channel();
        self.go_on(Box::pin(task), random, done);
        result
    }

    fn go_on(
        self: &Arc<Self>,
        mut task: BoxFuture<'static, ()>,
        mut random: PseudoRandom,
        done: oneshot::Sender<()>,
    ) {
        let runtimes = Arc::clone(self);
        let mut polls = 1 + random.below(30);
        self.some(&mut random).spawn(async move {
            let moves = poll_fn(|cx| {
                runtimes.polls.fetch_add(1, Ordering::Relaxed);
                if with_delays(cx, |cx| task.as_mut().poll(cx)).is_ready() {
                    return Poll::Ready(false);
                }
                // It waits, and goes on waiting elsewhere, woken or not.
                polls -= 1;
                if polls == 0 {
                    return Poll::Ready(true);
                }
                Poll::Pending
            });
            if moves.await {
                let again = Arc::clone(&runtimes);
                again.go_on(task, random, done);
            } else {
                drop(task);
                let _ = done.send(());
            }
        });
    }
}

/// How a task treats its futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Awaits each. A wake that is lost is not made up for.
    Patient,
    /// Drops some before they are done, or does not poll them for a while.
    Impatient,
}

/// Awaits `future`, or drops it before it is done.
async fn treat<F: Future>(
    manner: Manner,
    random: &mut PseudoRandom,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    match random.below(8) {
        _ if manner == Manner::Patient => Some(future.await),
        0 | 1 => Some(future.await),
        2 | 3 => {
            let time = Duration::from_micros(random.below(200));
            timeout(time, future).await.ok()
        }
        4 | 5 => {
            let mut polls = random.below(5);
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
        // Polled, and then kept while the task does something else.
        kept => {
            if let Some(output) = polled_once(future.as_mut()).await {
                return Some(output);
            }
            sleep(Duration::from_micros(random.below(2_000))).await;
            match kept {
                6 => Some(future.await),
                _ => None,
            }
        }
    }
}

async fn polled_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    poll_fn(|cx| match std::pin::Pin::new(&mut future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Sends `count` messages or tries to, until the channel is closed.
pub(crate) async fn send(
    tx: Sender<Message>,
    mut sent: Sent,
    manner: Manner,
    mut random: PseudoRandom,
    count: u64,
) {
    for _ in 0..count {
        let random = &mut random;
        let some = 1 + random.below(3.min(tx.max_capacity() as u64));
        // How many of how many messages were sent; nothing at the end.
        let (made, done) = match random.below(8) {
            0 | 1 => {
                let message = sent.make();
                let outcome = treat(manner, random, tx.send(message)).await;
                (1, outcome.map_or(Some(0), |sent| sent.ok().map(|()| 1)))
            }
            2 => match tx.try_send(sent.make()) {
                Ok(()) => (1, Some(1)),
                Err(TrySendError::Full(_)) => (1, Some(0)),
                Err(TrySendError::Closed(_)) => (1, None),
            },
            3 | 4 => {
                let mut messages: Vec<_> = (0..some).map(|_| sent.make()).collect();
                let mut messages = messages.drain(..);
                let outcome = treat(manner, random, tx.send_many(&mut messages)).await;
                let is_closed = matches!(outcome, Some(Err(_)));
                drop(outcome);
                let count = some - messages.len() as u64;
                sent.note(some, count);
                (0, (!is_closed).then_some(0))
            }
            5 => match treat(manner, random, tx.reserve()).await {
                Some(Ok(permit)) => {
                    pause();
                    if random.below(3) > 0 {
                        permit.send(sent.make());
                        (1, Some(1))
                    } else {
                        (0, Some(0))
                    }
                }
                Some(Err(_)) => (0, None),
                None => (0, Some(0)),
            },
            6 => match treat(manner, random, tx.reserve_many(some as usize)).await {
                Some(Ok(permits)) => {
                    let used = random.below(some + 1);
                    permits
                        .take(used as usize)
                        .for_each(|permit| permit.send(sent.make()));
                    (used, Some(used))
                }
                Some(Err(_)) => (0, None),
                None => (0, Some(0)),
            },
            _ => {
                // A handle of its own: capacity that is reserved for it goes with it.
                let mut sink = tx.clone();
                let message = sent.make();
                let outcome = treat(manner, random, SinkExt::send(&mut sink, message)).await;
                (1, outcome.map_or(Some(0), |sent| sent.ok().map(|()| 1)))
            }
        };
        let Some(done) = done else { return };
        sent.note(made, done);
        if random.below(4) == 0 {
            yield_now().await;
        }
    }
}

/// Receives until the end, or until it is told to stop.
pub(crate) async fn receive(
    rx: Receiver<Message>,
    mut view: View,
    manner: Manner,
    mut random: PseudoRandom,
    mut stop: watch::Receiver<bool>,
) {
    let mut batch = Vec::new();
    loop {
        let random = &mut random;
        let way = random.below(8);
        let receive = async {
            match way {
                0..3 => treat(manner, random, rx.recv()).await,
                3 => match rx.try_recv() {
                    Ok(message) => Some(Some(message)),
                    Err(TryRecvError::Disconnected) => Some(None),
                    Err(TryRecvError::Empty) => None,
                },
                4 | 5 => {
                    // A handle of its own, which ends its wait when it is dropped. One that stays
                    // keeps a wake, which goes to a task that may have moved.
                    let mut stream = rx.clone();
                    treat(manner, random, stream.next()).await
                }
                6 => {
                    let limit = 1 + random.below(4) as usize;
                    let count = treat(manner, random, rx.recv_many(&mut batch, limit)).await;
                    (count == Some(0)).then_some(None)
                }
                _ => {
                    let is_ready = treat(manner, random, rx.recv_ready()).await;
                    (is_ready == Some(false)).then_some(None)
                }
            }
        };
        let received = tokio::select! {
            biased;
            received = receive => received,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        batch.drain(..).for_each(|message| view.note(message));
        match received {
            Some(Some(message)) => {
                view.note(message);
                pause();
            }
            Some(None) => return,
            // With nothing there, `try_recv` and readiness would go round and round.
            None => yield_now().await,
        }
    }
}

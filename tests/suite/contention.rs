//! Checks many concurrent senders and receivers: each message arrives once, in each sender's order.

use std::future::Future;
use std::sync::Arc;
use std::thread;

use futures::executor::block_on;
use futures::{SinkExt, StreamExt};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::harness::{Log, Message, assert_complete_and_in_order, soon_while_it_moves};
use crate::harness::{Progress, soon, while_it_moves};

/// Capacities of one message, of a few messages, and of enough messages for a backlog.
const CAPACITIES: [usize; 4] = [1, 2, 3, 1000];

/// The numbers of senders, of receivers, and of messages of each sender.
#[derive(Clone, Copy)]
struct Crowd {
    senders: usize,
    receivers: usize,
    each: usize,
}

const SIXTEEN_A_SIDE: Crowd = Crowd {
    senders: 16,
    receivers: 16,
    each: 500,
};

impl Crowd {
    /// Runs each sender and receiver on its own thread, and calls `end` when all messages are sent.
    fn meets_on_threads(
        self,
        progress: &Progress,
        send: impl Fn(Message) + Sync,
        receive: impl Fn() -> Log + Sync,
        end: impl FnOnce(),
    ) {
        let (send, receive) = (&send, &receive);
        let logs: Vec<Log> = thread::scope(|scope| {
            let senders: Vec<_> = (0..self.senders)
                .map(|sender| {
                    scope.spawn(move || {
                        for number in 0..self.each {
                            send((sender, number));
                            progress.made();
                        }
                    })
                })
                .collect();
            let receivers: Vec<_> = (0..self.receivers).map(|_| scope.spawn(receive)).collect();
            for sender in senders {
                sender.join().unwrap();
            }
            end();
            let logs = receivers.into_iter().map(|receiver| receiver.join());
            logs.collect::<Result<_, _>>().unwrap()
        });
        assert_complete_and_in_order(&logs, self.senders, self.each);
    }

    /// Runs raw handles, whose calls never block: their threads spin.
    fn spins(self, progress: &Progress, capacity: usize) {
        let queue = Arc::new(MpmcQueue::new(capacity));
        let producer = Producer::new(Arc::clone(&queue));
        let consumer = Consumer::new(Arc::clone(&queue));
        let send = |mut message| {
            while let Err(back) = producer.send(message) {
                message = back;
                thread::yield_now();
            }
        };
        let receive = || {
            let mut log = Log::new();
            loop {
                match consumer.recv() {
                    Some(message) => log.push(message),
                    None if queue.is_closed() && queue.is_empty() => return log,
                    None => thread::yield_now(),
                }
            }
        };
        self.meets_on_threads(progress, send, receive, || assert!(queue.close()));
    }

    /// Runs each sender and receiver as a tokio task.
    async fn meets_in_tasks<S, R>(
        self,
        capacity: usize,
        send: impl Fn(Sender<Message>, usize, Progress) -> S,
        receive: impl Fn(Receiver<Message>, usize) -> R,
    ) where
        S: Future<Output = ()> + Send + 'static,
        R: Future<Output = Log> + Send + 'static,
    {
        let (tx, rx) = channel(capacity);
        let progress = Progress::default();
        let senders: Vec<_> = (0..self.senders)
            .map(|sender| tokio::spawn(send(tx.clone(), sender, progress.clone())))
            .collect();
        drop(tx);
        let receivers: Vec<_> = (0..self.receivers)
            .map(|receiver| tokio::spawn(receive(rx.clone(), receiver)))
            .collect();
        drop(rx);
        for sender in senders {
            soon_while_it_moves(&progress, sender).await.unwrap();
        }
        let mut logs = Vec::new();
        for receiver in receivers {
            logs.push(soon(receiver).await.unwrap());
        }
        assert_complete_and_in_order(&logs, self.senders, self.each);
    }
}

async fn send_all(tx: Sender<Message>, sender: usize, progress: Progress) {
    for number in 0..SIXTEEN_A_SIDE.each {
        tx.send((sender, number)).await.unwrap();
        progress.made();
    }
}

async fn feed_all(mut tx: Sender<Message>, sender: usize, progress: Progress) {
    for number in 0..SIXTEEN_A_SIDE.each {
        tx.feed((sender, number)).await.unwrap();
        progress.made();
    }
}

async fn receive_all(rx: Receiver<Message>, _: usize) -> Log {
    let mut log = Log::new();
    while let Some(message) = rx.recv().await {
        log.push(message);
    }
    log
}

async fn collect_all(rx: Receiver<Message>, _: usize) -> Log {
    rx.collect().await
}

#[test]
fn test_high_contention() {
    while_it_moves(|progress| {
        for capacity in CAPACITIES {
            SIXTEEN_A_SIDE.spins(progress, capacity);
        }
    });
}

#[test]
fn one_side_can_be_much_larger_than_the_other() {
    while_it_moves(|progress| {
        for (senders, receivers, each) in [(31, 1, 200), (1, 31, 6000)] {
            let crowd = Crowd {
                senders,
                receivers,
                each,
            };
            for capacity in CAPACITIES {
                crowd.spins(progress, capacity);
            }
        }
    });
}

#[test]
fn blocking_threads_wait_for_each_other() {
    while_it_moves(|progress| {
        for capacity in CAPACITIES {
            let (tx, rx) = channel(capacity);
            SIXTEEN_A_SIDE.meets_on_threads(
                progress,
                |message| tx.blocking_send(message).unwrap(),
                || std::iter::from_fn(|| rx.blocking_recv()).collect(),
                || rx.close(),
            );
        }
    });
}

#[test]
fn raw_handles_wait_for_each_other() {
    while_it_moves(|progress| {
        for capacity in CAPACITIES {
            let queue = Arc::new(MpmcQueue::new(capacity));
            let producer = Producer::new(Arc::clone(&queue));
            let consumer = Consumer::new(Arc::clone(&queue));
            SIXTEEN_A_SIDE.meets_on_threads(
                progress,
                |message| block_on(producer.send_async(message)).unwrap(),
                || std::iter::from_fn(|| block_on(consumer.recv_async())).collect(),
                || assert!(queue.close()),
            );
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_wait_for_each_other() {
    for capacity in CAPACITIES {
        SIXTEEN_A_SIDE
            .meets_in_tasks(capacity, send_all, receive_all)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sinks_and_streams_wait_for_each_other() {
    for capacity in CAPACITIES {
        SIXTEEN_A_SIDE
            .meets_in_tasks(capacity, feed_all, collect_all)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn methods_and_adapters_wait_for_each_other() {
    for capacity in CAPACITIES {
        let send = |tx, sender: usize, progress| async move {
            if sender % 2 == 0 {
                send_all(tx, sender, progress).await;
            } else {
                feed_all(tx, sender, progress).await;
            }
        };
        let receive = |rx, receiver: usize| async move {
            if receiver % 2 == 0 {
                receive_all(rx, receiver).await
            } else {
                collect_all(rx, receiver).await
            }
        };
        SIXTEEN_A_SIDE.meets_in_tasks(capacity, send, receive).await;
    }
}

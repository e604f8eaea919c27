//! The shares of the receivers, and of the senders, when the channel is always in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::throughput::tasks;
use super::{Group, Row, Scenario, Unit, check_received};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, Receivers, async_names, run_async,
};
use crate::statistics::jain_index;

const PRODUCERS: usize = 4;
const CONSUMERS: usize = 4;
const CAPACITY: usize = 64;

/// Jain's index of the messages per receiver.
pub struct AmongReceivers;

impl Scenario for AmongReceivers {
    fn rows(&self) -> Vec<Row> {
        vec![Row {
            id: "fairness/receivers".into(),
            group: Group::Fairness,
            title: "Jain's index, receivers".into(),
            unit: Unit::Index,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::Many)
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let shares = run_async(peer, &ReceiverShares { count }).expect("a peer for tasks");
        check_received(shares.iter().sum(), count);
        vec![jain_index(&shares)]
    }
}

struct ReceiverShares {
    count: u64,
}

impl AsyncWork for ReceiverShares {
    /// The number of messages of each receiver.
    type Output = Vec<u64>;

    fn run<P: AsyncPeer>(&self) -> Vec<u64> {
        let tasks = tasks::<P, u64>(PRODUCERS, CONSUMERS, CAPACITY, self.count);
        let (_, outputs) = Executor::TokioMulti.run(tasks);
        outputs[PRODUCERS..].to_vec()
    }
}

/// Jain's index of the messages per sender.
pub struct AmongSenders;

impl Scenario for AmongSenders {
    fn rows(&self) -> Vec<Row> {
        vec![Row {
            id: "fairness/senders".into(),
            group: Group::Fairness,
            title: "Jain's index, senders".into(),
            unit: Unit::Index,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let shares = run_async(peer, &SenderShares { count }).expect("a peer for tasks");
        vec![jain_index(&shares)]
    }
}

struct SenderShares {
    count: u64,
}

impl AsyncWork for SenderShares {
    /// The number of messages of each sender.
    type Output = Vec<u64>;

    /// Lets all senders send until the one receiver has received `count` messages. Each returns the
    /// number of messages that it sent, including the few that were in flight at that moment.
    fn run<P: AsyncPeer>(&self) -> Vec<u64> {
        let (sender, mut receiver) = P::channel::<u64>(CAPACITY);
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks: Vec<Task> = Vec::with_capacity(PRODUCERS + 1);
        for _ in 0..PRODUCERS {
            let mut sender = sender.clone();
            let stop = Arc::clone(&stop);
            tasks.push(Box::pin(async move {
                let mut sent = 0;
                while !stop.load(Ordering::Relaxed) {
                    assert!(sender.send(sent).await, "closed early");
                    sent += 1;
                }
                sent
            }));
        }
        drop(sender);
        let count = self.count;
        tasks.push(Box::pin(async move {
            let mut received = 0;
            while receiver.recv().await.is_some() {
                received += 1;
                if received == count {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            received
        }));
        let (_, mut outputs) = Executor::TokioMulti.run(tasks);
        let received = outputs.pop().expect("the receiver's output");
        check_received(received, outputs.iter().sum());
        outputs
    }
}

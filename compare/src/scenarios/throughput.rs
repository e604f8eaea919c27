//! Producers and consumers in tasks: the plain use of a channel.

use std::hint::black_box;
use std::time::Duration;

use super::{Group, Row, Scenario, check_received, share};
use crate::executor::{Executor, Task};
use crate::message::{Message, Payload};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, Receivers, async_names, run_async,
};

#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    pub group: Group,
    pub executor: Executor,
    pub producers: usize,
    pub consumers: usize,
    pub capacity: usize,
    pub payload: Payload,
}

impl Scenario for Throughput {
    fn rows(&self) -> Vec<Row> {
        let Self {
            producers,
            consumers,
            capacity,
            ..
        } = self;
        let payload = self.payload.name();
        let executor = self.executor.name();
        let mut title = format!("{producers}×{consumers}, capacity {capacity}");
        if self.payload != Payload::Bytes8 {
            title.push_str(&format!(", {payload}"));
        }
        let id = format!("{executor}/{producers}x{consumers}/capacity-{capacity}/{payload}");
        vec![Row::per_message(self.group, id.replace(' ', ""), title)]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::for_count(self.consumers))
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let time = run_async(peer, &work).expect("a peer for tasks");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct Run {
    scenario: Throughput,
    count: u64,
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        match self.scenario.payload {
            Payload::Bytes8 => self.with_message::<P, u64>(),
            Payload::Bytes64 => self.with_message::<P, [u64; 8]>(),
            Payload::Bytes256 => self.with_message::<P, [u64; 32]>(),
            Payload::Boxed => self.with_message::<P, Box<u64>>(),
        }
    }
}

impl Run {
    fn with_message<P: AsyncPeer, M: Message>(&self) -> Duration {
        let Throughput {
            executor,
            producers,
            consumers,
            capacity,
            ..
        } = self.scenario;
        let (time, outputs) =
            executor.run(tasks::<P, M>(producers, consumers, capacity, self.count));
        check_received(outputs.iter().sum(), self.count);
        time
    }
}

/// Returns the producers, and after them the consumers, which return the number of messages they
/// received.
pub fn tasks<P: AsyncPeer, M: Message>(
    producers: usize,
    consumers: usize,
    capacity: usize,
    count: u64,
) -> Vec<Task> {
    let (sender, receiver) = P::channel::<M>(capacity);
    let mut tasks: Vec<Task> = Vec::with_capacity(producers + consumers);
    for part in 0..producers {
        let mut sender = sender.clone();
        let count = share(count, producers, part);
        tasks.push(Box::pin(async move {
            for number in 0..count {
                assert!(sender.send(M::new(number)).await, "closed early");
            }
            0
        }));
    }
    let mut receivers: Vec<_> = (1..consumers)
        .map(|_| receiver.another().expect("a peer with many receivers"))
        .collect();
    receivers.push(receiver);
    for mut receiver in receivers {
        tasks.push(Box::pin(async move {
            let mut received = 0;
            while let Some(message) = receiver.recv().await {
                black_box(message.number());
                received += 1;
            }
            received
        }));
    }
    tasks
}

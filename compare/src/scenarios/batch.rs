//! Many messages per call, between tasks.

use std::time::Duration;

use super::{Group, Row, Scenario, check_received, share};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, Receivers, async_names, run_async,
};

/// The number of messages in one call.
pub const BATCH: u64 = 64;

#[derive(Clone, Copy, Debug)]
pub struct Batches {
    pub executor: Executor,
    pub producers: usize,
    pub consumers: usize,
    pub capacity: usize,
}

impl Scenario for Batches {
    fn rows(&self) -> Vec<Row> {
        let Self {
            producers,
            consumers,
            capacity,
            ..
        } = self;
        let executor = self.executor.name();
        vec![Row::per_message(
            Group::Batches,
            format!("batch/{executor}/{producers}x{consumers}/capacity-{capacity}"),
            format!("{producers}×{consumers}, capacity {capacity}, {executor}"),
        )]
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
    scenario: Batches,
    count: u64,
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let Batches {
            executor,
            producers,
            consumers,
            capacity,
        } = self.scenario;
        let (sender, receiver) = P::channel::<u64>(capacity);
        let mut tasks: Vec<Task> = Vec::new();
        for part in 0..producers {
            let sender = sender.clone();
            tasks.push(Box::pin(produce(
                sender,
                share(self.count, producers, part),
            )));
        }
        for _ in 1..consumers {
            let receiver = receiver.another().expect("a peer with many receivers");
            tasks.push(Box::pin(consume(receiver)));
        }
        tasks.push(Box::pin(consume(receiver)));
        // The channel closes with its last producer.
        drop(sender);
        let (time, outputs) = executor.run(tasks);
        check_received(outputs.iter().sum(), self.count);
        time
    }
}

async fn produce(mut sender: impl AsyncSend<u64>, count: u64) -> u64 {
    let mut next = 0;
    while next < count {
        let end = count.min(next + BATCH);
        // `Range<u64>` has no length in a `usize`, which the peers' calls require.
        let batch = (0..(end - next) as usize).map(move |index| next + index as u64);
        assert!(sender.send_many(batch).await, "closed early");
        next = end;
    }
    0
}

async fn consume(mut receiver: impl AsyncReceive<u64>) -> u64 {
    let mut received = 0;
    let mut buffer = Vec::with_capacity(BATCH as usize);
    loop {
        let count = receiver.recv_many(&mut buffer, BATCH as usize).await;
        if count == 0 {
            return received;
        }
        received += buffer.len() as u64;
        buffer.clear();
    }
}

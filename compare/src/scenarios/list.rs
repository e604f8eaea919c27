//! The rows, in the order of the report. They are not the full product of all parameters: each row
//! shows something that its neighbors do not.

use super::bare::{BareBatch, BareTasks, BareTurns};
use super::bare_slot::BareSlot;
use super::batch::Batches;
use super::batch_sources::BatchSources;
use super::blocking::Blocking;
use super::fairness::{AmongReceivers, AmongSenders};
use super::floor::{LineRoundTrip, LockedPair, OnBareChannel};
use super::idle::Idle;
use super::latency::Latency;
use super::one_thread::{ChannelBatch, ChannelPair, QueuePair};
use super::ping_pong::PingPong;
use super::pipeline::Pipeline;
use super::processor_time::ProcessorTime;
use super::queues::{QueueThreads, Threads};
use super::round_trip::RoundTrip;
use super::select::SelectTwo;
use super::throughput::Throughput;
use super::{Group, Scenario, loaded, one_core, slow_side, workers};
use crate::executor::Executor;
use crate::message::Payload;
use crate::system;

// The rows that the headline figures are taken from.
pub const BATCH_ONE_THREAD: &str = "batch/one-thread";
pub const SINGLE_OPERATION: &str = "queue/one-thread";
pub const FOUR_BY_FOUR: &str = "queue/4x4/capacity-1024";
pub const SIXTEEN_THREADS: &str = "queue/16-threads/capacity-1024";

/// Producers, consumers and capacity.
const TOKIO_MULTI: [(usize, usize, usize); 13] = [
    (1, 1, 1),
    (1, 1, 64),
    (1, 1, 1024),
    (4, 1, 1),
    (4, 1, 64),
    (1, 4, 64),
    (4, 4, 1),
    (4, 4, 2),
    (4, 4, 64),
    (4, 4, 1024),
    (64, 64, 1),
    (64, 64, 64),
    (64, 64, 1024),
];

const TOKIO_CURRENT: [(usize, usize, usize); 8] = [
    (1, 1, 1),
    (1, 1, 64),
    (4, 1, 64),
    (1, 4, 64),
    (4, 4, 1),
    (4, 4, 64),
    (16, 16, 1),
    (64, 64, 1024),
];

const SMOL: [(usize, usize, usize); 3] = [(1, 1, 64), (4, 4, 1), (4, 4, 64)];

const PAYLOADS: [(usize, usize, Payload); 4] = [
    (1, 1, Payload::Bytes256),
    (4, 4, Payload::Bytes64),
    (4, 4, Payload::Bytes256),
    (4, 4, Payload::Boxed),
];

const BLOCKING: [(usize, usize, usize); 3] = [(1, 1, 1), (1, 1, 1024), (4, 4, 64)];

/// Returns all scenarios, including those of the floor.
pub fn all() -> Vec<Box<dyn Scenario>> {
    let mut list: Vec<Box<dyn Scenario>> = vec![Box::new(LockedPair), Box::new(LineRoundTrip)];
    for executor in [Executor::TokioCurrent, Executor::TokioMulti] {
        list.push(Box::new(BareTasks { executor }));
    }
    list.push(Box::new(BareBatch));
    for (executor, producers, consumers) in [
        (Executor::TokioMulti, 4, 1),
        (Executor::TokioMulti, 4, 4),
        (Executor::TokioMulti, 64, 64),
        (Executor::Smol, 4, 4),
        (Executor::TokioCurrent, 4, 4),
        (Executor::TokioCurrent, 16, 16),
    ] {
        list.push(Box::new(BareSlot {
            executor,
            producers,
            consumers,
        }));
    }
    list.push(Box::new(OnBareChannel(Idle)));
    if system::SUPPORTED {
        list.push(Box::new(BareTurns));
        list.push(Box::new(OnBareChannel(ProcessorTime::Threads)));
        list.push(Box::new(OnBareChannel(ProcessorTime::Tasks)));
    }
    list.extend(workers::all());
    throughput(
        &mut list,
        Group::TokioMulti,
        Executor::TokioMulti,
        &TOKIO_MULTI,
    );
    throughput(
        &mut list,
        Group::TokioCurrent,
        Executor::TokioCurrent,
        &TOKIO_CURRENT,
    );
    throughput(&mut list, Group::Smol, Executor::Smol, &SMOL);
    for (producers, consumers, payload) in PAYLOADS {
        list.push(Box::new(Throughput {
            group: Group::Payloads,
            executor: Executor::TokioMulti,
            producers,
            consumers,
            capacity: 64,
            payload,
        }));
    }
    for executor in [Executor::TokioMulti, Executor::TokioCurrent] {
        list.push(Box::new(PingPong { executor }));
    }
    for executor in [Executor::TokioMulti, Executor::TokioCurrent] {
        list.push(Box::new(Pipeline {
            executor,
            capacity: 64,
        }));
    }
    list.push(Box::new(ChannelBatch));
    for (producers, consumers) in [(1, 1), (4, 4)] {
        list.push(Box::new(Batches {
            executor: Executor::TokioMulti,
            producers,
            consumers,
            capacity: 1024,
        }));
    }
    for batch in [64, 256] {
        list.push(Box::new(BatchSources { batch }));
    }
    for (producers, consumers, capacity) in BLOCKING {
        list.push(Box::new(Blocking {
            producers,
            consumers,
            capacity,
        }));
    }
    for capacity in [1, 64] {
        list.push(Box::new(SelectTwo { capacity }));
    }
    if system::SUPPORTED {
        list.extend(one_core::all().into_iter().map(boxed));
        list.extend(loaded::all().into_iter().map(boxed));
    }
    list.extend(slow_side::all().into_iter().map(boxed));
    list.push(Box::new(ChannelPair));
    list.push(Box::new(QueuePair));
    queues(&mut list);
    list.push(Box::new(Idle));
    list.push(Box::new(Latency));
    for capacity in [1, 8, 64, 256, 1024] {
        list.push(Box::new(RoundTrip {
            capacity,
            shares_core: false,
        }));
    }
    if system::SUPPORTED {
        list.push(Box::new(RoundTrip {
            capacity: 64,
            shares_core: true,
        }));
        list.push(Box::new(ProcessorTime::Threads));
        list.push(Box::new(ProcessorTime::Tasks));
    }
    list.push(Box::new(AmongReceivers));
    list.push(Box::new(AmongSenders));
    list
}

fn boxed(scenario: impl Scenario + 'static) -> Box<dyn Scenario> {
    Box::new(scenario)
}

fn throughput(
    list: &mut Vec<Box<dyn Scenario>>,
    group: Group,
    executor: Executor,
    shapes: &[(usize, usize, usize)],
) {
    for &(producers, consumers, capacity) in shapes {
        list.push(Box::new(Throughput {
            group,
            executor,
            producers,
            consumers,
            capacity,
            payload: Payload::Bytes8,
        }));
    }
}

fn queues(list: &mut Vec<Box<dyn Scenario>>) {
    let sides = |count| Threads::Sides {
        producers: count,
        consumers: count,
    };
    let rows = [
        ("queue/1x1/capacity-1024", sides(1), 1024),
        (FOUR_BY_FOUR, sides(4), 1024),
        ("queue/4x4/capacity-64", sides(4), 64),
        ("queue/8x8/capacity-1024", sides(8), 1024),
        (SIXTEEN_THREADS, Threads::Both { threads: 16 }, 1024),
    ];
    for (id, threads, capacity) in rows {
        list.push(Box::new(QueueThreads {
            id,
            threads,
            capacity,
        }));
    }
}

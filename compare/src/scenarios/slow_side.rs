//! One producer and one consumer, of which only one takes time for each message: the cost that the
//! waiting of the fast side causes for the slow one.

use std::time::Duration;

use super::blocking::Blocking;
use super::workers::times_ideal_on;
use super::{Group, Row, Scenario, Unit, check_received};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, BlockingPeer, BlockingWork, Receivers,
    async_names, blocking_names, run_async, run_blocking,
};
use crate::work::compute;

const CAPACITY: usize = 64;
const WORK: Duration = Duration::from_micros(2);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Producer,
    Consumer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Threads,
    Tasks,
}

/// The side that takes time, and what both sides are.
#[derive(Clone, Copy, Debug)]
pub struct SlowSide {
    slow: Side,
    kind: Kind,
}

/// Returns the scenarios of the group, in the order of the report.
pub fn all() -> Vec<SlowSide> {
    let of_kind = |kind| [Side::Producer, Side::Consumer].map(|slow| SlowSide { slow, kind });
    [Kind::Threads, Kind::Tasks].map(of_kind).concat()
}

impl Scenario for SlowSide {
    fn rows(&self) -> Vec<Row> {
        let (slow, title) = match self.slow {
            Side::Producer => ("producer", "slow producer, fast consumer"),
            Side::Consumer => ("consumer", "fast producer, slow consumer"),
        };
        let kind = match self.kind {
            Kind::Threads => "threads",
            Kind::Tasks => Executor::TokioMulti.name(),
        };
        vec![Row {
            id: format!("slow-side/{kind}/{slow}"),
            group: Group::SlowSide,
            title: format!("{title}, {kind}"),
            unit: Unit::TimesIdeal,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Threads => blocking_names(Receivers::One),
            Kind::Tasks => async_names(Receivers::One),
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            slow: self.slow,
            count,
        };
        let time = match self.kind {
            Kind::Threads => run_blocking(peer, &work),
            Kind::Tasks => run_async(peer, &work),
        };
        let time = time.expect("a peer of the kind");
        vec![times_ideal_on(1, time, count, WORK)]
    }
}

struct Run {
    slow: Side,
    count: u64,
}

impl Run {
    /// Does the work of that side for each message.
    fn work_of(&self, side: Side) -> impl Fn() + Copy + Send + use<> {
        let is_slow = side == self.slow;
        move || {
            if is_slow {
                compute(WORK);
            }
        }
    }
}

impl BlockingWork for Run {
    type Output = Duration;

    fn run<P: BlockingPeer>(&self) -> Duration {
        let threads = Blocking {
            producers: 1,
            consumers: 1,
            capacity: CAPACITY,
        };
        let (produce, consume) = (self.work_of(Side::Producer), self.work_of(Side::Consumer));
        threads.pass::<P>(self.count, produce, consume)
    }
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let (mut sender, mut receiver) = P::channel::<u64>(CAPACITY);
        let (produce, consume) = (self.work_of(Side::Producer), self.work_of(Side::Consumer));
        let count = self.count;
        let tasks: Vec<Task> = vec![
            Box::pin(async move {
                for number in 0..count {
                    produce();
                    assert!(sender.send(number).await, "closed early");
                }
                0
            }),
            Box::pin(async move {
                let mut received = 0;
                while receiver.recv().await.is_some() {
                    consume();
                    received += 1;
                }
                received
            }),
        ];
        let (time, received) = Executor::TokioMulti.run(tasks);
        check_received(received.iter().sum(), count);
        time
    }
}

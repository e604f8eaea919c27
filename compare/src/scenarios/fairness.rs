//! Whether all receivers get their share when there is always something to receive.

use super::throughput::tasks;
use super::{Group, Row, Scenario, Unit, check_received};
use crate::executor::Executor;
use crate::peers::{AsyncPeer, AsyncWork, Receivers, async_names, run_async};
use crate::statistics::jain_index;

const PRODUCERS: usize = 4;
const CONSUMERS: usize = 4;
const CAPACITY: usize = 64;

/// Jain's index of the messages per receiver.
pub struct Fairness;

impl Scenario for Fairness {
    fn rows(&self) -> Vec<Row> {
        vec![Row {
            id: "fairness/receivers".into(),
            group: Group::Fairness,
            title: "Jain's index".into(),
            unit: Unit::Index,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::Many)
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let shares = run_async(peer, &Run { count }).expect("a peer for tasks");
        check_received(shares.iter().sum(), count);
        vec![jain_index(&shares)]
    }
}

struct Run {
    count: u64,
}

impl AsyncWork for Run {
    /// Messages per receiver.
    type Output = Vec<u64>;

    fn run<P: AsyncPeer>(&self) -> Vec<u64> {
        let tasks = tasks::<P, u64>(PRODUCERS, CONSUMERS, CAPACITY, self.count);
        let (_, outputs) = Executor::TokioMulti.run(tasks);
        outputs[PRODUCERS..].to_vec()
    }
}

//! Other scenarios, on a machine whose cores are busy with other programs.

use super::blocking::Blocking;
use super::throughput::Throughput;
use super::{Group, Row, Scenario, Size};
use crate::conditions::Conditions;
use crate::executor::Executor;
use crate::message::Payload;

/// A scenario with other programs beside it.
pub struct Loaded {
    scenario: Box<dyn Scenario>,
    id: String,
    title: String,
}

/// Returns the scenarios of the group, in the order of the report.
pub fn all() -> Vec<Loaded> {
    let threads = [64, 1024].map(|capacity| Loaded {
        id: format!("loaded/threads/1x1/capacity-{capacity}"),
        title: format!("1×1 threads, capacity {capacity}"),
        scenario: Box::new(Blocking {
            producers: 1,
            consumers: 1,
            capacity,
        }),
    });
    let tasks = Loaded {
        id: "loaded/tokio-multi/1x1/capacity-64".into(),
        title: "1×1 tasks, capacity 64, tokio-multi".into(),
        scenario: Box::new(Throughput {
            group: Group::Loaded,
            executor: Executor::TokioMulti,
            producers: 1,
            consumers: 1,
            capacity: 64,
            payload: Payload::Bytes8,
        }),
    };
    threads.into_iter().chain([tasks]).collect()
}

impl Scenario for Loaded {
    fn rows(&self) -> Vec<Row> {
        vec![Row::per_message(
            Group::Loaded,
            self.id.as_str(),
            self.title.as_str(),
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        self.scenario.peers()
    }

    fn size(&self) -> Size {
        self.scenario.size()
    }

    fn conditions(&self) -> Conditions {
        Conditions::Loaded
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        self.scenario.run(peer, count)
    }
}

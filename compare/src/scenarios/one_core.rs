//! Producers and consumers in threads that block, with one core for all of them.

use std::time::Duration;

use super::blocking::Blocking;
use super::workers::times_ideal_on;
use super::{Group, Row, Scenario, Unit};
use crate::conditions::Conditions;
use crate::peers::{BlockingPeer, BlockingWork, run_blocking};
use crate::work::{compute_steps, time_of_steps};

/// The number of producers, and of consumers.
const SIDES: [usize; 2] = [1, 4];
const CAPACITIES: [usize; 3] = [1, 64, 1024];
const STEPS: [u32; 3] = [0, 1_200, 20_000];

/// Threads and capacity as in [`Blocking`], and the computation of a consumer for each message.
#[derive(Clone, Copy, Debug)]
pub struct OneCore {
    threads: Blocking,
    steps: u32,
}

/// Returns all combinations; most of them are extra.
pub fn all() -> Vec<OneCore> {
    let mut list = Vec::new();
    for side in SIDES {
        for capacity in CAPACITIES {
            let threads = Blocking {
                producers: side,
                consumers: side,
                capacity,
            };
            list.extend(STEPS.map(|steps| OneCore { threads, steps }));
        }
    }
    list
}

impl Scenario for OneCore {
    fn rows(&self) -> Vec<Row> {
        let Blocking {
            producers,
            consumers,
            capacity,
        } = self.threads;
        let steps = self.steps;
        let shape = format!("{producers}x{consumers}/capacity-{capacity}");
        let title = format!("{producers}×{consumers}, capacity {capacity}, {steps} steps");
        vec![Row {
            id: format!("one-core/{shape}/{steps}-steps"),
            group: Group::OneCore,
            title,
            unit: match steps {
                0 => Unit::NanosecondsPerMessage,
                _ => Unit::TimesIdeal,
            },
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        self.threads.peers()
    }

    fn conditions(&self) -> Conditions {
        Conditions::OneCore
    }

    fn is_extra(&self) -> bool {
        let is_pair = self.threads.producers == 1;
        match (self.threads.capacity, self.steps) {
            (64, 0) => false,
            (_, 0) | (64, 1_200) => !is_pair,
            _ => true,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let time = run_blocking(peer, &work).expect("a peer for threads");
        vec![match self.steps {
            0 => time.as_nanos() as f64 / count as f64,
            steps => times_ideal_on(1, time, count, time_of_steps(steps)),
        }]
    }
}

struct Run {
    scenario: OneCore,
    count: u64,
}

impl BlockingWork for Run {
    type Output = Duration;

    fn run<P: BlockingPeer>(&self) -> Duration {
        let OneCore { threads, steps } = self.scenario;
        threads.pass::<P>(self.count, || (), || compute_steps(steps))
    }
}

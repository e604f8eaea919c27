//! A permanent backlog: shows whether the workers stay busy while the channel is always full.

use std::time::Duration;

use super::{pool, row, times_ideal};
use crate::executor::Executor;
use crate::peers::{AsyncPeer, AsyncSend, AsyncWork, Receivers, async_names, run_async};
use crate::scenarios::{Row, Scenario, Size, Unit, check_received};
use crate::work::compute;

const CAPACITY: usize = 64;
const WORKERS: usize = 8;
const JOB: Duration = Duration::from_micros(20);

/// A task that always has the next job, and a pool of workers.
pub struct Backlog;

impl Scenario for Backlog {
    fn rows(&self) -> Vec<Row> {
        let micros = JOB.as_micros();
        let id = format!("workers/backlog/{micros}us/{WORKERS}-tasks");
        let title = format!("backlog of jobs of {micros} µs, {WORKERS} tasks, capacity {CAPACITY}");
        vec![row(id, title, Unit::TimesIdeal)]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::Many)
    }

    /// Returns the size in jobs.
    fn size(&self) -> Size {
        Size::Fixed {
            full: 8_000,
            quick: 800,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let time = run_async(peer, &Run { jobs: count }).expect("a peer for tasks");
        vec![times_ideal(time, count, JOB)]
    }
}

struct Run {
    jobs: u64,
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let (mut sender, receiver) = P::channel::<u64>(CAPACITY);
        let jobs = self.jobs;
        let mut tasks = pool(receiver, WORKERS, |_| compute(JOB));
        tasks.push(Box::pin(async move {
            for number in 0..jobs {
                assert!(sender.send(number).await, "closed early");
            }
            0
        }));
        let (time, handled) = Executor::TokioMulti.run(tasks);
        check_received(handled.iter().sum(), jobs);
        time
    }
}

//! Rows with real work around the channel: handlers and producers that take time.
//!
//! The other rows pass integers as fast as the channel allows. A channel can be fastest there, and
//! still leave a core idle while jobs wait. Here the work between the channel's operations
//! dominates: a row compares the time that it took with the minimum time that the cores allow.

mod backlog;
mod bursts;
mod neighbor;
mod producers;
mod slow_sender;
mod sojourn;

use std::thread;
use std::time::Duration;

use super::{Group, Row, Scenario, Unit};
use crate::executor::{Executor, Task, WORKERS};
use crate::message::Message;
use crate::peers::AsyncReceive;

use backlog::Backlog;
use bursts::{Bursts, Origin};
use neighbor::Neighbor;
use producers::Producers;
use slow_sender::SlowSender;
use sojourn::Sojourn;

/// Jobs in a burst, microseconds per job, worker tasks.
const BURSTS: [(u64, u64, usize); 3] = [(8, 500, 4), (40, 100, 8), (200, 20, 64)];

/// Producers, microseconds per message, capacity.
const PRODUCERS: [(usize, u64, usize); 2] = [(4, 250, 16), (16, 60, 64)];

/// Returns the scenarios of the group, in the order of the report.
pub fn all() -> Vec<Box<dyn Scenario>> {
    let mut list: Vec<Box<dyn Scenario>> = Vec::new();
    for (jobs, micros, workers) in BURSTS {
        for origin in [Origin::Inside, Origin::Outside] {
            list.push(Box::new(Bursts {
                executor: Executor::TokioMulti,
                jobs,
                job: Duration::from_micros(micros),
                workers,
                origin,
            }));
        }
    }
    let (jobs, micros, workers) = BURSTS[0];
    list.push(Box::new(Bursts {
        executor: Executor::Smol,
        jobs,
        job: Duration::from_micros(micros),
        workers,
        origin: Origin::Inside,
    }));
    list.push(Box::new(Backlog));
    for (producers, micros, capacity) in PRODUCERS {
        list.push(Box::new(Producers {
            producers,
            work: Duration::from_micros(micros),
            capacity,
        }));
    }
    for load in [50, 80] {
        list.push(Box::new(Sojourn { load }));
    }
    for capacity in [64, 1] {
        list.push(Box::new(SlowSender { capacity }));
    }
    list.push(Box::new(Neighbor));
    list
}

/// Returns a row of this group.
fn row(id: impl Into<String>, title: impl Into<String>, unit: Unit) -> Row {
    Row {
        id: id.into(),
        group: Group::Workers,
        title: title.into(),
        unit,
    }
}

/// Returns `time` divided by the minimum time in which the cores can do `jobs` jobs.
fn times_ideal(time: Duration, jobs: u64, job: Duration) -> f64 {
    times_ideal_on(cores(), time, jobs, job)
}

/// Returns the same for work that so many cores can share.
pub fn times_ideal_on(cores: usize, time: Duration, jobs: u64, job: Duration) -> f64 {
    time.as_secs_f64() * cores as f64 / (jobs as f64 * job.as_secs_f64())
}

/// Returns the number of the executor's threads that can run at the same time.
fn cores() -> usize {
    let available = thread::available_parallelism().map_or(WORKERS, |cores| cores.get());
    available.min(WORKERS)
}

/// Returns tasks that handle messages until the channel is closed. Each returns the number of
/// messages that it handled.
fn pool<M: Message, R: AsyncReceive<M>>(
    receiver: R,
    workers: usize,
    handle: impl Fn(M) + Clone + Send + 'static,
) -> Vec<Task> {
    let mut receivers: Vec<R> = (1..workers)
        .map(|_| receiver.another().expect("a peer with many receivers"))
        .collect();
    receivers.push(receiver);
    let worker = |mut receiver: R| -> Task {
        let handle = handle.clone();
        Box::pin(async move {
            let mut handled = 0;
            while let Some(message) = receiver.recv().await {
                handle(message);
                handled += 1;
            }
            handled
        })
    };
    receivers.into_iter().map(worker).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_work_takes_as_many_times_the_ideal_as_there_are_cores() {
        let job = Duration::from_micros(500);
        assert_eq!(times_ideal_on(2, 8 * job, 8, job), 2.0);
        assert_eq!(times_ideal_on(2, 4 * job, 8, job), 1.0);
        assert_eq!(times_ideal_on(1, 8 * job, 8, job), 1.0);
    }
}

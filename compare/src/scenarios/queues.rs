//! Threads on a raw queue.

use std::hint::black_box;
use std::time::Duration;

use crossbeam_utils::Backoff;

use super::{Group, Row, Scenario, share};
use crate::peers::{Queue, QueueWork, queue_names, run_queue};
use crate::threads::{Work, run_together};

/// The threads that use the queue.
#[derive(Clone, Copy, Debug)]
pub enum Threads {
    /// Some threads push and others pop.
    Sides { producers: usize, consumers: usize },
    /// Each thread alternately pushes and pops.
    Both { threads: usize },
}

#[derive(Clone, Copy, Debug)]
pub struct QueueThreads {
    pub id: &'static str,
    pub threads: Threads,
    pub capacity: usize,
}

impl Scenario for QueueThreads {
    fn rows(&self) -> Vec<Row> {
        let threads = match self.threads {
            Threads::Sides {
                producers,
                consumers,
            } => format!("{producers} push, {consumers} pop"),
            Threads::Both { threads } => format!("{threads} push and pop"),
        };
        let title = format!("{threads}, capacity {}", self.capacity);
        vec![Row::per_message(Group::Queues, self.id, title)]
    }

    fn peers(&self) -> Vec<&'static str> {
        queue_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let time = run_queue(peer, &work).expect("a queue");
        vec![time.as_nanos() as f64 / count as f64]
    }
}

struct Run {
    scenario: QueueThreads,
    count: u64,
}

impl QueueWork for Run {
    type Output = Duration;

    fn run<Q: Queue>(&self) -> Duration {
        let queue = Q::with_capacity(self.scenario.capacity);
        let count = self.count;
        let queue = &queue;
        let mut work: Vec<Work<'_, ()>> = Vec::new();
        match self.scenario.threads {
            Threads::Sides {
                producers,
                consumers,
            } => {
                for part in 0..producers {
                    let share = share(count, producers, part);
                    work.push(Box::new(move || {
                        (0..share).for_each(|number| push(queue, number))
                    }));
                }
                for part in 0..consumers {
                    let share = share(count, consumers, part);
                    work.push(Box::new(move || (0..share).for_each(|_| pop(queue))));
                }
            }
            Threads::Both { threads } => {
                for part in 0..threads {
                    let share = share(count, threads, part);
                    work.push(Box::new(move || {
                        for number in 0..share {
                            push(queue, number);
                            pop(queue);
                        }
                    }));
                }
            }
        }
        run_together(work).0
    }
}

fn push(queue: &impl Queue, number: u64) {
    let backoff = Backoff::new();
    while !queue.push(number) {
        backoff.snooze();
    }
}

fn pop(queue: &impl Queue) {
    let backoff = Backoff::new();
    loop {
        match queue.pop() {
            Some(number) => {
                black_box(number);
                return;
            }
            None => backoff.snooze(),
        }
    }
}

//! Batches from the sources that programs have: a range, a slice, a vector that is drained.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::{Group, Row, Scenario};
use crate::peers::{TryReceive, TrySend, TryWork, run_try, try_names};

const CAPACITY: usize = 1024;

/// One thread that sends batches of that size and receives them again, from each source in turn.
#[derive(Clone, Copy, Debug)]
pub struct BatchSources {
    pub batch: usize,
}

impl Scenario for BatchSources {
    fn rows(&self) -> Vec<Row> {
        let batch = self.batch;
        [
            ("range", "a range"),
            ("slice", "`iter().copied()` of a slice"),
            ("vector", "`drain(..)` of a vector"),
        ]
        .map(|(id, source)| {
            Row::per_message(
                Group::BatchSources,
                format!("batch-source/{id}/{batch}"),
                format!("batches of {batch} from {source}"),
            )
        })
        .into()
    }

    fn peers(&self) -> Vec<&'static str> {
        try_names()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let batches = count.div_ceil(self.batch as u64);
        let work = Run {
            batch: self.batch,
            batches,
        };
        let times = run_try(peer, &work).expect("a channel");
        let messages = (batches * self.batch as u64) as f64;
        times.map(|time| time.as_nanos() as f64 / messages).into()
    }
}

struct Run {
    batch: usize,
    /// The time of each source.
    batches: u64,
}

impl TryWork for Run {
    /// The message type. A range of another integer type has no length in a `usize`.
    type Message = usize;
    type Output = [Duration; 3];

    fn capacity(&self) -> usize {
        CAPACITY
    }

    fn run(
        &self,
        mut sender: impl TrySend<usize>,
        mut receiver: impl TryReceive<usize>,
    ) -> [Duration; 3] {
        let size = self.batch;
        let mut buffer = Vec::with_capacity(size);
        let range = self.time(|number| {
            assert_eq!(sender.try_send_many(number..number + size), size);
            receive(&mut receiver, &mut buffer, size);
            buffer.clear();
        });
        let numbers: Vec<usize> = (0..size).collect();
        let slice = self.time(|_| {
            let batch = black_box(&numbers).iter().copied();
            assert_eq!(sender.try_send_many(batch), size);
            receive(&mut receiver, &mut buffer, size);
            buffer.clear();
        });
        buffer.extend_from_slice(&numbers);
        let vector = self.time(|_| {
            assert_eq!(sender.try_send_many(buffer.drain(..)), size);
            receive(&mut receiver, &mut buffer, size);
        });
        [range, slice, vector]
    }
}

impl Run {
    fn time(&self, mut pass: impl FnMut(usize)) -> Duration {
        let start = Instant::now();
        for number in 0..self.batches {
            pass(black_box(number as usize));
        }
        start.elapsed()
    }
}

fn receive(receiver: &mut impl TryReceive<usize>, buffer: &mut Vec<usize>, size: usize) {
    assert_eq!(receiver.try_recv_many(buffer, size), size);
    black_box(buffer);
}

//! Workers whose jobs take time, and a sender that always has more.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;

use crate::measure::{Outcome, Tally, compute};

const CAPACITY: usize = 64;
const JOB: Duration = Duration::from_micros(20);

pub(crate) fn run(threads: usize, _cores: usize, time: Duration) -> Outcome {
    let (tx, rx) = channel::<Instant>(CAPACITY);
    let start = Barrier::new(threads + 1);
    let tallies = Mutex::new(Vec::new());
    let mut began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (rx, start, tallies) = (rx.clone(), &start, &tallies);
            scope.spawn(move || {
                start.wait();
                let mut tally = Tally::new();
                while let Some(sent) = rx.blocking_recv() {
                    tally.record(sent.elapsed());
                    compute(JOB);
                }
                tallies.lock().expect("no panic under it").push(tally);
            });
        }
        start.wait();
        began = Instant::now();
        while began.elapsed() < time {
            tx.blocking_send(Instant::now())
                .expect("the workers receive");
        }
        drop(tx);
    });
    let elapsed = began.elapsed();
    Outcome::new(elapsed, &tallies.into_inner().expect("no panic under it"))
}

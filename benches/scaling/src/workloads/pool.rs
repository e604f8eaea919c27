//! Workers whose jobs take time, and a sender that always has more.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;

use crate::measure::{Counter, Outcome, compute};

const CAPACITY: usize = 64;
const JOB: Duration = Duration::from_micros(20);

pub(crate) fn run(threads: usize, _cores: usize, time: Duration) -> Outcome {
    let (tx, rx) = channel::<Instant>(CAPACITY);
    let start = Barrier::new(threads + 1);
    let counters = Mutex::new(Vec::new());
    let mut began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (rx, start, counters) = (rx.clone(), &start, &counters);
            scope.spawn(move || {
                start.wait();
                let mut counter = Counter::new();
                while let Some(sent) = rx.blocking_recv() {
                    counter.record(sent.elapsed());
                    compute(JOB);
                }
                counters.lock().expect("no panic under it").push(counter);
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
    Outcome::new(elapsed, &counters.into_inner().expect("no panic under it"))
}

//! A channel whose receivers wait for most messages.

use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;

use crate::measure::{Counter, Outcome, compute};

const CAPACITY: usize = 64;
/// Longer than a receiver spins, so that those of an idle channel are parked.
const WORK: Duration = Duration::from_micros(2);

pub(crate) fn run(threads: usize, _cores: usize, time: Duration) -> Outcome {
    let (tx, rx) = channel::<Instant>(CAPACITY);
    let start = Barrier::new(threads + 1);
    let counters = Mutex::new(Vec::new());
    let mut began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (rx, counters) = (rx.clone(), &counters);
            scope.spawn(move || {
                let mut counter = Counter::new();
                while let Some(sent) = rx.blocking_recv() {
                    counter.record(sent.elapsed());
                }
                counters.lock().expect("no panic under it").push(counter);
            });
            let (tx, start) = (tx.clone(), &start);
            scope.spawn(move || {
                start.wait();
                loop {
                    compute(WORK);
                    if tx.blocking_send(Instant::now()).is_err() {
                        break;
                    }
                }
            });
        }
        start.wait();
        began = Instant::now();
        thread::sleep(time);
        tx.close_channel();
    });
    let elapsed = began.elapsed();
    Outcome::new(elapsed, &counters.into_inner().expect("no panic under it"))
}

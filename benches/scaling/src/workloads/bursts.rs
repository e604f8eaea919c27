//! Jobs that come all at once, for workers that all wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;

use crate::measure::{Counter, Outcome, compute};

const JOB: Duration = Duration::from_micros(20);
const JOBS_PER_WORKER: usize = 4;
/// Long enough for every worker to park.
const PAUSE: Duration = Duration::from_micros(300);

pub(crate) fn run(threads: usize, cores: usize, time: Duration) -> Outcome {
    let jobs = threads * JOBS_PER_WORKER;
    let best = JOB * jobs.div_ceil(threads.min(cores)) as u32;
    let (tx, rx) = channel::<()>(jobs);
    let start = Barrier::new(threads + 1);
    let done = AtomicUsize::new(0);
    let counters = Mutex::new(Vec::new());
    let mut bursts = Counter::new();
    let mut busy = Duration::ZERO;
    thread::scope(|scope| {
        for _ in 0..threads {
            let (rx, start, done, counters) = (rx.clone(), &start, &done, &counters);
            scope.spawn(move || {
                start.wait();
                let mut counter = Counter::new();
                while rx.blocking_recv().is_some() {
                    compute(JOB);
                    counter.count += 1;
                    // ORDERING: Relaxed. Counts jobs, and orders nothing.
                    done.fetch_add(1, Ordering::Relaxed);
                }
                counters.lock().expect("no panic under it").push(counter);
            });
        }
        start.wait();
        let end = Instant::now() + time;
        while Instant::now() < end {
            thread::sleep(PAUSE);
            let began = Instant::now();
            for _ in 0..jobs {
                tx.blocking_send(()).expect("the workers receive");
            }
            // ORDERING: Relaxed. As above.
            while done.load(Ordering::Relaxed) < jobs {
                thread::yield_now();
            }
            // ORDERING: Relaxed. No job is under way.
            done.store(0, Ordering::Relaxed);
            busy += began.elapsed();
            bursts.record(began.elapsed());
        }
        drop(tx);
    });
    let mut outcome = Outcome::new(busy, &counters.into_inner().expect("no panic under it"));
    outcome.times = bursts.times;
    outcome.best = Some(best);
    outcome
}

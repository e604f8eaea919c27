//! Runs threads together for a while, and collects the results of each.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::histogram::Histogram;

/// What one thread did.
#[derive(Debug)]
pub(crate) struct Counter {
    /// Operations.
    pub(crate) count: u64,
    /// How long some of them took, or all.
    pub(crate) times: Histogram,
}

/// What a thread did, and how long it was at it, which may be longer than it was told to.
type Timed = (Counter, Duration);

impl Counter {
    pub(crate) fn new() -> Self {
        Self {
            count: 0,
            times: Histogram::new(),
        }
    }

    pub(crate) fn record(&mut self, time: Duration) {
        self.count += 1;
        self.times.record(time);
    }
}

/// What all threads of a side did together.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    /// The smallest share of a thread divided by the largest.
    pub(crate) fairness: f64,
    pub(crate) times: Histogram,
    /// What the middle one of the times would be if the cores did nothing but the jobs.
    pub(crate) best: Option<Duration>,
}

impl Outcome {
    pub(crate) fn new(elapsed: Duration, counters: &[Counter]) -> Self {
        let counts = || counters.iter().map(|counter| counter.count);
        let mut times = Histogram::new();
        counters
            .iter()
            .for_each(|counter| times.merge(&counter.times));
        let most = counts().max().unwrap_or(0).max(1);
        Self {
            per_second: counts().sum::<u64>() as f64 / elapsed.as_secs_f64(),
            fairness: counts().min().unwrap_or(0) as f64 / most as f64,
            times,
            best: None,
        }
    }
}

/// Runs `body` on `threads` threads until `time` has passed. `body` gets the number of its thread
/// and returns when the flag is set.
pub(crate) fn together(
    threads: usize,
    time: Duration,
    body: impl Fn(usize, &AtomicBool) -> Counter + Sync,
) -> Outcome {
    let over = AtomicBool::new(false);
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let (over, start, body) = (&over, &start, &body);
        let running: Vec<_> = (0..threads)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    let began = Instant::now();
                    let counter = body(number, over);
                    (counter, began.elapsed())
                })
            })
            .collect();
        start.wait();
        thread::sleep(time);
        // ORDERING: Relaxed. A thread may notice later; nothing depends on when.
        over.store(true, Ordering::Relaxed);
        let timed: Vec<Timed> = running
            .into_iter()
            .map(|thread| thread.join().expect("a measured thread panicked"))
            .collect();
        let rate = |(counter, elapsed): &Timed| counter.count as f64 / elapsed.as_secs_f64();
        let per_second = timed.iter().map(rate).sum();
        let counters = Vec::from_iter(timed.into_iter().map(|(counter, _)| counter));
        Outcome {
            per_second,
            ..Outcome::new(time, &counters)
        }
    })
}

pub(crate) fn is_over(over: &AtomicBool) -> bool {
    // ORDERING: Relaxed. As above.
    over.load(Ordering::Relaxed)
}

/// Computes what takes so long on a core that does nothing else: a number of steps, so that a
/// thread that loses its core in between has as much left to do.
pub(crate) fn compute(time: Duration) {
    static STEPS_PER_MICROSECOND: OnceLock<u64> = OnceLock::new();
    let rate = *STEPS_PER_MICROSECOND.get_or_init(|| {
        const STEPS: u64 = 20_000;
        let shortest = (0..50).map(|_| {
            let start = Instant::now();
            compute_steps(STEPS);
            start.elapsed()
        });
        let nanos = shortest.min().map_or(1, |time| time.as_nanos().max(1));
        (STEPS * 1000 / nanos as u64).max(1)
    });
    compute_steps(time.as_nanos() as u64 * rate / 1000);
}

/// Each step needs the one before, so a core takes the same time for each.
fn compute_steps(steps: u64) {
    let mut value = 1_u64;
    for step in 0..steps {
        value = black_box(value.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_its_time() {
        let work = Duration::from_micros(200);
        compute(work);
        let times = (0..50).map(|_| {
            let start = Instant::now();
            compute(work);
            start.elapsed()
        });
        let shortest = times.min().unwrap();
        assert!(shortest >= work / 2 && shortest < work * 20, "{shortest:?}");
    }

    /// The sum of the rates of threads that begin and end when they can.
    #[test]
    fn threads_that_run_longer_have_no_higher_rate() {
        let outcome = together(2, Duration::from_millis(1), |_, _| {
            thread::sleep(Duration::from_millis(100));
            let mut counter = Counter::new();
            counter.count = 10;
            counter
        });
        assert!(outcome.per_second <= 200.0, "{}", outcome.per_second);
    }

    #[test]
    fn a_share_is_the_smallest_by_the_largest() {
        let counters = [2, 8, 4].map(|count| Counter {
            count,
            ..Counter::new()
        });
        let outcome = Outcome::new(Duration::from_secs(2), &counters);
        assert_eq!((outcome.per_second, outcome.fairness), (7.0, 0.25));
    }
}

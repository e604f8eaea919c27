//! Jobs that arrive at random times: the time that they wait for a worker, at half and at high
//! load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;

use super::{pool, row};
use crate::executor::{Executor, WORKERS};
use crate::peers::{AsyncPeer, AsyncSend, AsyncWork, Receivers, async_names, run_async};
use crate::scenarios::{Row, Scenario, Size, Unit, check_received};
use crate::work::compute;

const CAPACITY: usize = 1024;
const TASKS: usize = 8;
const MEAN_JOB: Duration = Duration::from_micros(100);
/// The number of jobs before those that count.
const WARM_UP: u64 = 100;
/// The time that the sender gives the workers to park before the first job.
const PAUSE: Duration = Duration::from_millis(2);

/// A thread that sends jobs at random times, and a pool of workers.
#[derive(Clone, Copy, Debug)]
pub struct Sojourn {
    /// The part of the time, in percent, that the executor's threads would be busy.
    pub load: u32,
}

impl Scenario for Sojourn {
    fn rows(&self) -> Vec<Row> {
        let load = self.load;
        let micros = MEAN_JOB.as_micros();
        let title = format!("jobs of {micros} µs at {load} % load, {TASKS} tasks: wait to start");
        vec![row(
            format!("workers/sojourn/load-{load}"),
            title,
            Unit::Microseconds,
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::Many)
    }

    /// Returns the size in jobs.
    fn size(&self) -> Size {
        Size::Fixed {
            full: 2_500,
            quick: 500,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            mean_gap: MEAN_JOB * 100 / (self.load * WORKERS as u32),
            count,
        };
        let waited = run_async(peer, &work).expect("a peer for tasks");
        vec![waited.as_secs_f64() * 1e6 / count as f64]
    }
}

struct Run {
    mean_gap: Duration,
    count: u64,
}

impl AsyncWork for Run {
    /// The sum of the times from a job's send to its start.
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let total = self.count + WARM_UP;
        let jobs: Arc<[Duration]> = Exponential::new(1, MEAN_JOB).take(total as usize).collect();
        let clock = Instant::now();
        let waited = Arc::new(AtomicU64::new(0));
        // A message is a job's number and the time at which it was sent, in nanoseconds.
        let (mut sender, receiver) = P::channel::<[u64; 2]>(CAPACITY);
        let tasks = pool(receiver, TASKS, {
            let waited = Arc::clone(&waited);
            move |[number, sent]| {
                if number >= WARM_UP {
                    let nanos = clock.elapsed().as_nanos() as u64 - sent;
                    waited.fetch_add(nanos, Ordering::Relaxed);
                }
                compute(jobs[number as usize]);
            }
        });
        thread::scope(|scope| {
            let running = scope.spawn(|| Executor::TokioMulti.run(tasks));
            let mut due = clock.elapsed() + PAUSE;
            for (number, gap) in (0..total).zip(Exponential::new(2, self.mean_gap)) {
                due += gap;
                // Sleeps, because a thread that spins would take a core from the workers.
                thread::sleep(due.saturating_sub(clock.elapsed()));
                let sent = clock.elapsed().as_nanos() as u64;
                assert!(block_on(sender.send([number, sent])), "closed early");
            }
            drop(sender);
            let (_, handled) = running.join().expect("the executor panicked");
            check_received(handled.iter().sum(), total);
        });
        Duration::from_nanos(waited.load(Ordering::Relaxed))
    }
}

/// Returns exponentially distributed times, the same in each run (numbers from SplitMix64).
struct Exponential {
    state: u64,
    mean: Duration,
}

impl Exponential {
    fn new(seed: u64, mean: Duration) -> Self {
        Self { state: seed, mean }
    }
}

impl Iterator for Exponential {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        // In (0, 1], so that the logarithm is finite.
        let uniform = ((bits >> 11) + 1) as f64 / (1u64 << 53) as f64;
        Some(self.mean.mul_f64(-uniform.ln()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_have_their_mean_and_are_the_same_each_time() {
        let times = || Exponential::new(1, MEAN_JOB).take(100_000);
        let mean = times().sum::<Duration>() / 100_000;
        assert!(mean.abs_diff(MEAN_JOB) < MEAN_JOB / 50, "{mean:?}");
        assert!(times().eq(times()));
    }
}

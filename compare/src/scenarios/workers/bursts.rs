//! Bursts of jobs for idle workers: shows whether all cores work until the last job is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;

use super::{pool, row, times_ideal};
use crate::executor::{Executor, Task};
use crate::peers::{AsyncPeer, AsyncSend, AsyncWork, Receivers, async_names, run_async};
use crate::scenarios::{Row, Scenario, Size, Unit, check_received};
use crate::work::compute;

/// The number of bursts before those that count.
const WARM_UP: u64 = 2;
/// The time between two bursts, in which the workers park.
const PAUSE: Duration = Duration::from_millis(1);

/// The origin of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From a task on the workers' executor.
    Inside,
    /// From a thread that is not one of the executor's.
    Outside,
}

impl Origin {
    fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }
}

/// Bursts of jobs, each sent when all workers are idle.
#[derive(Clone, Copy, Debug)]
pub struct Bursts {
    pub executor: Executor,
    /// The number of jobs in one burst.
    pub jobs: u64,
    pub job: Duration,
    pub workers: usize,
    pub origin: Origin,
}

impl Scenario for Bursts {
    fn rows(&self) -> Vec<Row> {
        let Self { jobs, workers, .. } = self;
        let micros = self.job.as_micros();
        let origin = self.origin.name();
        let executor = self.executor.name();
        let id = format!("workers/burst/{executor}/{jobs}x{micros}us/{workers}-tasks/{origin}");
        let mut title = format!("burst of {jobs} jobs of {micros} µs to {workers} idle tasks");
        title.push_str(match self.origin {
            Origin::Inside => ", sent by a task",
            Origin::Outside => ", sent from outside",
        });
        if self.executor == Executor::Smol {
            title.push_str(", smol");
        }
        vec![row(id, title, Unit::TimesIdeal)]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::Many)
    }

    /// Returns the size in bursts.
    fn size(&self) -> Size {
        Size::Fixed { full: 30, quick: 6 }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            bursts: count,
        };
        let time = run_async(peer, &work).expect("a peer for tasks");
        vec![times_ideal(time, count * self.jobs, self.job)]
    }
}

struct Run {
    scenario: Bursts,
    bursts: u64,
}

impl AsyncWork for Run {
    /// The sum over all bursts of the time from the first send to the end of the last job.
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let Bursts {
            executor,
            jobs,
            job,
            workers,
            origin,
        } = self.scenario;
        let (mut sender, receiver) = P::channel::<u64>(jobs as usize);
        let clock = Instant::now();
        let jobs_left = Arc::new(AtomicU64::new(0));
        let (done, on_done) = mpsc::channel();
        let mut tasks = pool(receiver, workers, {
            let jobs_left = Arc::clone(&jobs_left);
            move |start| {
                compute(job);
                if jobs_left.fetch_sub(1, Ordering::Relaxed) == 1 {
                    let time = clock.elapsed() - Duration::from_nanos(start);
                    done.send(time).expect("the main thread waits for this");
                }
            }
        });
        // Starts a burst. When it is dropped, the channel closes.
        let start_burst: Box<dyn FnMut()> = match origin {
            Origin::Inside => {
                let (start, task) = burst_task(sender, jobs, clock);
                tasks.push(task);
                Box::new(move || start.send(()).expect("the sending task waits for this"))
            }
            Origin::Outside => Box::new(move || block_on(send_burst(&mut sender, jobs, clock))),
        };
        thread::scope(|scope| {
            let running = scope.spawn(|| executor.run(tasks));
            let time = self.bursts(start_burst, &jobs_left, &on_done);
            let (_, handled) = running.join().expect("the executor panicked");
            check_received(handled.iter().sum(), jobs * (WARM_UP + self.bursts));
            time
        })
    }
}

impl Run {
    /// Starts all bursts, each after the end of the one before.
    fn bursts(
        &self,
        mut start_burst: impl FnMut(),
        jobs_left: &AtomicU64,
        on_done: &mpsc::Receiver<Duration>,
    ) -> Duration {
        let mut total = Duration::ZERO;
        for burst in 0..WARM_UP + self.bursts {
            thread::sleep(PAUSE);
            // The burst's messages order this store before the workers' loads.
            jobs_left.store(self.scenario.jobs, Ordering::Relaxed);
            start_burst();
            let time = on_done.recv().expect("the workers end after the sender");
            if burst >= WARM_UP {
                total += time;
            }
        }
        total
    }
}

/// Sends one burst. Each message is the time of the first send, in nanoseconds on that clock.
async fn send_burst(sender: &mut impl AsyncSend<u64>, jobs: u64, clock: Instant) {
    let start = clock.elapsed().as_nanos() as u64;
    for _ in 0..jobs {
        assert!(sender.send(start).await, "closed early");
    }
}

/// Returns a task that sends a burst for each `()`.
fn burst_task(
    mut sender: impl AsyncSend<u64>,
    jobs: u64,
    clock: Instant,
) -> (tokio::sync::mpsc::UnboundedSender<()>, Task) {
    let (start, mut on_start) = tokio::sync::mpsc::unbounded_channel();
    let task = Box::pin(async move {
        while on_start.recv().await.is_some() {
            send_burst(&mut sender, jobs, clock).await;
        }
        0
    });
    (start, task)
}

//! The latency of a message when the channel is far from full.

use std::thread;
use std::time::{Duration, Instant};

use super::{Group, Row, Scenario, Size, Unit, check_received};
use crate::executor::tokio_current;
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncWork, Receivers, TrySend, async_names, run_async,
};
use crate::statistics::{Summary, quantile};

const INTERVAL: Duration = Duration::from_micros(10);
const CAPACITY: usize = 1024;
/// The number of stretches into which the messages are divided.
const STRETCHES: usize = 10;
/// The number of messages before those that count.
const WARM_UP: u64 = 1_000;

/// A thread that sends at a fixed rate, and a task that receives on another thread.
///
/// The time of a message starts when it was *due*, not when the sender sent it: a sender that is
/// delayed makes all messages late, and leaving that out would hide the worst cases.
pub struct Latency;

impl Scenario for Latency {
    fn rows(&self) -> Vec<Row> {
        ["p50", "p99", "p99.9"]
            .map(|percentile| Row {
                id: format!("latency/{percentile}"),
                group: Group::Latency,
                title: percentile.into(),
                unit: Unit::Nanoseconds,
            })
            .into()
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    fn size(&self) -> Size {
        Size::Fixed {
            full: 25_000,
            quick: 2_000,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let latencies = run_async(peer, &Run { count }).expect("a peer for tasks");
        [0.5, 0.99, 0.999]
            .map(|q| typical_quantile(&latencies, q))
            .into()
    }
}

/// Returns the median of the quantiles of the run's stretches. Occasionally the machine stalls for
/// a millisecond; that worsens one stretch, but not the result.
fn typical_quantile(latencies: &[f64], q: f64) -> f64 {
    let stretch = latencies.len().div_ceil(STRETCHES);
    let quantiles: Vec<f64> = latencies
        .chunks(stretch)
        .map(|stretch| {
            let mut sorted = stretch.to_vec();
            sorted.sort_by(f64::total_cmp);
            quantile(&sorted, q).expect("at least one message")
        })
        .collect();
    Summary::of(&quantiles)
        .expect("at least one stretch")
        .median
}

struct Run {
    count: u64,
}

impl AsyncWork for Run {
    /// The latencies in nanoseconds, in the order of sending.
    type Output = Vec<f64>;

    fn run<P: AsyncPeer>(&self) -> Vec<f64> {
        let (sender, mut receiver) = P::channel::<u64>(CAPACITY);
        let total = self.count + WARM_UP;
        let epoch = Instant::now();
        thread::scope(|scope| {
            scope.spawn(move || send_at_fixed_rate(sender, epoch, total));
            tokio_current().block_on(async {
                let mut latencies = Vec::with_capacity(total as usize);
                while let Some(due) = receiver.recv().await {
                    latencies.push((epoch.elapsed().as_nanos() as u64 - due) as f64);
                }
                check_received(latencies.len() as u64, total);
                latencies.split_off(WARM_UP as usize)
            })
        })
    }
}

/// Sends, in each message, the time at which it was due, in nanoseconds since `epoch`.
fn send_at_fixed_rate(mut sender: impl TrySend<u64>, epoch: Instant, total: u64) {
    let start = epoch.elapsed();
    for number in 0..total {
        let due = start + INTERVAL * number as u32;
        // Spinning: a sleep would be less exact than what is measured.
        while epoch.elapsed() < due {
            std::hint::spin_loop();
        }
        while !sender.try_send(due.as_nanos() as u64) {
            std::hint::spin_loop();
        }
    }
}

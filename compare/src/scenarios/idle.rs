//! The cost of channels without traffic.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::{Group, Row, Scenario, Size, Unit};
use crate::allocations;
use crate::executor::tokio_current;
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncWork, Receivers, TrySend, async_names, run_async,
};

const CAPACITY: usize = 64;

/// Many channels, each with a parked receiver: their memory, and the time to create them, to wake
/// all, to close all.
pub struct Idle;

impl Scenario for Idle {
    fn rows(&self) -> Vec<Row> {
        [
            ("memory", "heap per channel", Unit::Bytes),
            ("wake-all", "waking all, per channel", Unit::Nanoseconds),
            ("create", "creating, per channel", Unit::Nanoseconds),
            ("close-all", "closing all, per channel", Unit::Nanoseconds),
            (
                "close-all/allocations",
                "closing all, per channel",
                Unit::Allocations,
            ),
        ]
        .map(|(id, title, unit)| Row {
            id: format!("idle/{id}"),
            group: Group::Idle,
            title: title.into(),
            unit,
        })
        .into()
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    fn size(&self) -> Size {
        Size::Fixed {
            full: 10_000,
            quick: 10_000,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let totals = run_async(peer, &Run { count }).expect("a peer for tasks");
        totals.map(|total| total / count as f64).into()
    }
}

struct Run {
    count: u64,
}

impl AsyncWork for Run {
    /// The totals over all channels, in the order of the rows.
    type Output = [f64; 5];

    fn run<P: AsyncPeer>(&self) -> Self::Output {
        // On one thread, so that the run can wait until all are parked.
        tokio_current().block_on(async {
            let channels = self.count as usize;
            let parked = Parked::<P>::new(channels).await;
            let bytes = parked.bytes as f64;
            let wake = parked.wake_all().await;
            let create = create_all::<P>(channels);
            let close = Parked::<P>::new(channels).await.close_all().await;
            // Not the channels that are timed, because counting takes time.
            let parked = Parked::<P>::new(channels).await;
            let allocations = parked.allocations_of_closing().await as f64;
            let [wake, create, close] = [wake, create, close].map(|time| time.as_nanos() as f64);
            [bytes, wake, create, close, allocations]
        })
    }
}

/// Channels with a parked receiver each.
struct Parked<P: AsyncPeer> {
    senders: Vec<P::Sender<u64>>,
    tasks: Vec<JoinHandle<Option<u64>>>,
    /// The heap bytes of all channels and tasks.
    bytes: i64,
}

impl<P: AsyncPeer> Parked<P> {
    async fn new(channels: usize) -> Self {
        let about_to_park = Arc::new(AtomicU64::new(0));
        // The lists of handles are the measurement's own, so they are not counted.
        let mut senders = Vec::with_capacity(channels);
        let mut tasks = Vec::with_capacity(channels);
        let count = allocations::start();
        for _ in 0..channels {
            let (sender, mut receiver) = P::channel::<u64>(CAPACITY);
            let about_to_park = Arc::clone(&about_to_park);
            senders.push(sender);
            tasks.push(tokio::spawn(async move {
                about_to_park.fetch_add(1, Ordering::Relaxed);
                receiver.recv().await
            }));
        }
        // A task does nothing between the count and its first wait, and all tasks share one thread.
        // So when all have counted, all are parked.
        while about_to_park.load(Ordering::Relaxed) < channels as u64 {
            tokio::task::yield_now().await;
        }
        Self {
            senders,
            tasks,
            bytes: count.end().growth,
        }
    }

    /// Sends a message into each channel. Returns the time until all tasks are done.
    async fn wake_all(mut self) -> Duration {
        let start = Instant::now();
        for sender in &mut self.senders {
            assert!(sender.try_send(1));
        }
        self.tasks_return(Some(1)).await;
        start.elapsed()
    }

    /// Drops all senders. Returns the time until all tasks are done.
    async fn close_all(mut self) -> Duration {
        let start = Instant::now();
        self.senders.clear();
        self.tasks_return(None).await;
        start.elapsed()
    }

    /// Drops all senders. Returns the number of allocations that this caused.
    async fn allocations_of_closing(mut self) -> u64 {
        let count = allocations::start();
        self.senders.clear();
        let counted = count.end();
        self.tasks_return(None).await;
        counted.allocations
    }

    async fn tasks_return(&mut self, output: Option<u64>) {
        for task in self.tasks.drain(..) {
            assert_eq!(task.await.expect("a receiver panicked"), output);
        }
    }
}

/// Returns the time to create so many channels, without the time to drop them.
fn create_all<P: AsyncPeer>(channels: usize) -> Duration {
    let mut list = Vec::with_capacity(channels);
    let start = Instant::now();
    for _ in 0..channels {
        list.push(P::channel::<u64>(CAPACITY));
    }
    start.elapsed()
}

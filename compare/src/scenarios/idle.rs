//! What channels cost that nothing goes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::{Group, Row, Scenario, Size, Unit};
use crate::allocations;
use crate::executor::tokio_current;
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncWork, Receivers, TrySend, async_names, run_async,
};

const CAPACITY: usize = 64;

/// Many channels, each with a parked receiver: their memory, and the time to wake all.
pub struct Idle;

impl Scenario for Idle {
    fn rows(&self) -> Vec<Row> {
        vec![
            Row {
                id: "idle/memory".into(),
                group: Group::Idle,
                title: "heap per channel".into(),
                unit: Unit::Bytes,
            },
            Row {
                id: "idle/wake-all".into(),
                group: Group::Idle,
                title: "waking all, per channel".into(),
                unit: Unit::Nanoseconds,
            },
        ]
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
        run_async(peer, &Run { count }).expect("a peer for tasks")
    }
}

struct Run {
    count: u64,
}

impl AsyncWork for Run {
    type Output = Vec<f64>;

    fn run<P: AsyncPeer>(&self) -> Vec<f64> {
        // On one thread, so that "all are parked" is a state that can be waited for.
        tokio_current().block_on(async {
            let channels = self.count as usize;
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
            // A task does nothing between the count and its first wait, and all share one thread: when all
            // have counted, all are parked.
            while about_to_park.load(Ordering::Relaxed) < self.count {
                tokio::task::yield_now().await;
            }
            let bytes = count.growth() as f64 / self.count as f64;

            let start = Instant::now();
            for sender in &mut senders {
                assert!(sender.try_send(1));
            }
            for task in tasks {
                assert_eq!(task.await.expect("a receiver panicked"), Some(1));
            }
            let wake = start.elapsed().as_nanos() as f64 / self.count as f64;
            vec![bytes, wake]
        })
    }
}

//! A request and its answer between two threads that block, on channels of several capacities.

use std::thread;
use std::time::Instant;

use super::{Group, Row, Scenario, Size, Unit, check_received};
use crate::peers::{
    BlockingPeer, BlockingReceive, BlockingSend, BlockingWork, Receivers, blocking_names,
    run_blocking,
};
use crate::statistics::quantile;

/// The number of round trips before those that count.
const WARM_UP: u64 = 200;

/// Two threads, and a channel in each direction. A message always finds its channel empty, so only
/// one slot is needed; the row shows whether a channel uses its capacity to decide how it waits.
#[derive(Clone, Copy, Debug)]
pub struct RoundTrip {
    pub capacity: usize,
}

impl Scenario for RoundTrip {
    fn rows(&self) -> Vec<Row> {
        let capacity = self.capacity;
        vec![Row {
            id: format!("round-trip/capacity-{capacity}"),
            group: Group::RoundTrip,
            title: format!("capacity {capacity}, p50"),
            unit: Unit::Nanoseconds,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        blocking_names(Receivers::One)
    }

    /// Returns the size in round trips.
    fn size(&self) -> Size {
        Size::Fixed {
            full: 1_000,
            quick: 200,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            capacity: self.capacity,
            count,
        };
        let mut times = run_blocking(peer, &work).expect("a peer for threads");
        times.sort_by(f64::total_cmp);
        vec![quantile(&times, 0.5).expect("at least one round trip")]
    }
}

struct Run {
    capacity: usize,
    count: u64,
}

impl BlockingWork for Run {
    /// The nanoseconds of each round trip that counts.
    type Output = Vec<f64>;

    fn run<P: BlockingPeer>(&self) -> Vec<f64> {
        let (mut request, mut on_request) = P::channel::<u64>(self.capacity);
        let (mut answer, mut on_answer) = P::channel::<u64>(self.capacity);
        let total = WARM_UP + self.count;
        thread::scope(|scope| {
            let answering = scope.spawn(move || {
                let mut answered = 0;
                while let Some(number) = on_request.recv_blocking() {
                    assert!(answer.send_blocking(number), "closed early");
                    answered += 1;
                }
                answered
            });
            let mut times = Vec::with_capacity(total as usize);
            for number in 0..total {
                let start = Instant::now();
                assert!(request.send_blocking(number), "closed early");
                assert_eq!(on_answer.recv_blocking(), Some(number));
                times.push(start.elapsed().as_nanos() as f64);
            }
            drop(request);
            let answered = answering.join().expect("the other thread panicked");
            check_received(answered, total);
            times.split_off(WARM_UP as usize)
        })
    }
}

//! A request and its answer between two threads that block, on channels of several capacities.

use std::thread;
use std::time::Instant;

use super::{Group, Row, Scenario, Size, Unit, check_received};
use crate::conditions::Conditions;
use crate::peers::{
    BlockingPeer, BlockingReceive, BlockingSend, BlockingWork, Receivers, blocking_names,
    run_blocking,
};
use crate::statistics::quantile;
use crate::system;

/// The number of round trips before those that count.
const WARM_UP: u64 = 200;

/// Two threads, and a channel in each direction. A message always finds its channel empty, so only
/// one slot is needed; the row shows whether a channel uses its capacity to decide how it waits.
#[derive(Clone, Copy, Debug)]
pub struct RoundTrip {
    pub capacity: usize,
    /// Both threads are moved to the same core after half of the warm-up, when the channels have
    /// found out that there are several. Schedulers do that when the other cores are busy, and at
    /// times when they are not.
    pub shares_core: bool,
}

impl Scenario for RoundTrip {
    fn rows(&self) -> Vec<Row> {
        let capacity = self.capacity;
        let (suffix, place) = match self.shares_core {
            true => ("/shared-core", ", both on one core of several"),
            false => ("", ""),
        };
        vec![Row {
            id: format!("round-trip/capacity-{capacity}{suffix}"),
            group: Group::RoundTrip,
            title: format!("capacity {capacity}{place}, p50"),
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

    fn conditions(&self) -> Conditions {
        match self.shares_core {
            true => Conditions::OrdinaryScheduling,
            false => Conditions::Plain,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            scenario: *self,
            count,
        };
        let mut times = run_blocking(peer, &work).expect("a peer for threads");
        times.sort_by(f64::total_cmp);
        vec![quantile(&times, 0.5).expect("at least one round trip")]
    }
}

struct Run {
    scenario: RoundTrip,
    count: u64,
}

impl RoundTrip {
    /// Moves the calling thread if it is time. Both threads call this after each round trip.
    fn move_thread_after(&self, number: u64) {
        if self.shares_core && number == WARM_UP / 2 {
            system::pin_to_one_core().expect("a thread may run on fewer cores");
        }
    }
}

impl BlockingWork for Run {
    /// The nanoseconds of each round trip that counts.
    type Output = Vec<f64>;

    fn run<P: BlockingPeer>(&self) -> Vec<f64> {
        let (mut request, mut on_request) = P::channel::<u64>(self.scenario.capacity);
        let (mut answer, mut on_answer) = P::channel::<u64>(self.scenario.capacity);
        let total = WARM_UP + self.count;
        thread::scope(|scope| {
            let answering = scope.spawn(move || {
                let mut answered = 0;
                while let Some(number) = on_request.recv_blocking() {
                    assert!(answer.send_blocking(number), "closed early");
                    self.scenario.move_thread_after(number);
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
                self.scenario.move_thread_after(number);
            }
            drop(request);
            let answered = answering.join().expect("the other thread panicked");
            check_received(answered, total);
            times.split_off(WARM_UP as usize)
        })
    }
}

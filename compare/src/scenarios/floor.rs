//! The limits of the hardware: the two values beside the headline figures.
//!
//! Without batching, a message through any queue that several threads share takes a claim on each
//! side, which is two locked instructions. Between two cores it also moves at least one cache line
//! in each direction. Batches can stay below both, because they move several messages at the cost
//! of one.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use super::{Group, Row, Scenario, Size, Unit};
use crate::conditions::Conditions;
use crate::threads::run_together;

/// The one "peer" of these rows.
pub const FLOOR: &str = "hardware";

pub const LOCKED_PAIR: &str = "floor/two-locked-instructions";
pub const LINE_ROUND_TRIP: &str = "floor/cache-line-round-trip";

/// Two uncontended locked instructions on two cache lines.
pub struct LockedPair;

impl Scenario for LockedPair {
    fn rows(&self) -> Vec<Row> {
        vec![floor_row(
            LOCKED_PAIR,
            "two locked instructions, uncontended",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        let tail = CachePadded::new(AtomicU64::new(0));
        let head = CachePadded::new(AtomicU64::new(0));
        let start = Instant::now();
        for _ in 0..count {
            black_box(tail.fetch_add(1, Ordering::AcqRel));
            black_box(head.fetch_add(1, Ordering::AcqRel));
        }
        vec![start.elapsed().as_nanos() as f64 / count as f64]
    }
}

/// A cache line that moves to another core and back.
pub struct LineRoundTrip;

impl Scenario for LineRoundTrip {
    fn rows(&self) -> Vec<Row> {
        vec![floor_row(
            LINE_ROUND_TRIP,
            "one cache line to another core and back",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        const PARTS: u64 = 16;
        let trips = count.div_ceil(PARTS);
        // The best of several parts: the scheduler may run both threads on one core for a while,
        // which says nothing about the cache.
        let best = (0..PARTS)
            .map(|_| round_trips(trips))
            .fold(f64::INFINITY, f64::min);
        vec![best]
    }
}

fn round_trips(count: u64) -> f64 {
    let line = CachePadded::new(AtomicU64::new(0));
    let line = &line;
    // The threads alternately write odd and even numbers, each after it has seen the other's
    // number.
    let play = move |first: u64| {
        for round in 0..count {
            let mine = 2 * round + first;
            wait_for(line, mine);
            line.store(mine + 1, Ordering::Release);
        }
    };
    let (time, _) = run_together::<()>(vec![Box::new(move || play(0)), Box::new(move || play(1))]);
    time.as_nanos() as f64 / count as f64
}

/// Spins far longer than a cache line takes to move, so that it yields only if the other thread has
/// no core.
fn wait_for(line: &AtomicU64, value: u64) {
    const SPINS: u32 = 20_000;
    let mut spins = 0;
    while line.load(Ordering::Acquire) != value {
        spins += 1;
        if spins < SPINS {
            spin_loop();
        } else {
            thread::yield_now();
        }
    }
}

/// A scenario of other rows on [`Bare`](crate::peers), as rows of the floor.
pub struct OnBareChannel<S>(pub S);

impl<S: Scenario> Scenario for OnBareChannel<S> {
    fn rows(&self) -> Vec<Row> {
        let mut rows = self.0.rows();
        for row in &mut rows {
            row.id.insert_str(0, "floor/");
            row.group = Group::Floor;
        }
        rows
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn size(&self) -> Size {
        self.0.size()
    }

    fn conditions(&self) -> Conditions {
        self.0.conditions()
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        self.0.run(peer, count)
    }
}

pub(super) fn floor_row(id: impl Into<String>, title: &str) -> Row {
    Row {
        id: id.into(),
        group: Group::Floor,
        title: title.into(),
        unit: Unit::Nanoseconds,
    }
}

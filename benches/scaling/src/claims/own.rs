//! As the crate does it: `ClaimBackoff` in `src/sync/pause.rs`, and the loops around it.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::{ATTEMPTS, BACKOFF, Line};
use crate::measure::{Counter, is_over};
use crate::random::Random;

/// How long a pause takes here.
#[derive(Debug)]
pub(crate) struct Pauses {
    nanos: f64,
}

impl Pauses {
    pub(crate) fn measure() -> Self {
        const PAUSES: u32 = 1000;
        let shortest = (0..20)
            .map(|_| {
                let start = Instant::now();
                (0..PAUSES).for_each(|_| spin_loop());
                start.elapsed()
            })
            .min()
            .unwrap_or_default();
        Self {
            nanos: (shortest.as_nanos() as f64 / f64::from(PAUSES)).max(0.1),
        }
    }

    pub(crate) fn wait(&self, nanos: u32) {
        let pauses = (f64::from(nanos) / self.nanos) as u32;
        (0..pauses.max(1)).for_each(|_| spin_loop());
    }
}

/// Claims again and again, with `work` nanoseconds after each.
pub(crate) fn repeat(
    over: &AtomicBool,
    pauses: &Pauses,
    work: u32,
    mut claim: impl FnMut() -> u64,
) -> Counter {
    let mut counter = Counter::new();
    while !is_over(over) {
        std::hint::black_box(claim());
        if work > 0 {
            pauses.wait(work);
        }
        counter.count += 1;
    }
    counter
}

pub(crate) fn claim(line: &Line, pauses: &Pauses, random: &mut Random) -> u64 {
    if let Some(claimed) = attempt(line) {
        return claimed;
    }
    loop {
        let mut nanos = *BACKOFF.start();
        for _ in 0..ATTEMPTS {
            if let Some(claimed) = attempt(line) {
                return claimed;
            }
            pauses.wait(nanos / 2 + random.below(nanos));
            nanos = (2 * nanos).min(*BACKOFF.end());
        }
    }
}

fn attempt(Line(word): &Line) -> Option<u64> {
    // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
    let seen = word.load(Ordering::Relaxed);
    // ORDERING: AcqRel, as in the crate's claim. On failure Relaxed: nothing is done with it.
    word.compare_exchange_weak(seen, seen + 1, Ordering::AcqRel, Ordering::Relaxed)
        .ok()
}

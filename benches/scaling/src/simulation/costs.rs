//! What accesses cost on this machine.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::claims::Line;

/// In nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    /// Of a read-modify-write of a line that this core owns.
    pub(crate) rmw: f64,
    /// From a request for a line that another core owns to its arrival.
    pub(crate) transfer: f64,
    /// Of a load from a line that this core has.
    pub(crate) hit: f64,
    /// Of `spin_loop`.
    pub(crate) pause: f64,
    /// By what part a transfer takes longer or shorter, at random, so that cores do not stay in
    /// step.
    pub(crate) jitter: f64,
}

/// What a line takes on many machines, where there is only one core to measure with.
const USUAL_TRANSFER: f64 = 50.0;

/// What no line takes.
const MOST_TRANSFER: f64 = 500.0;

impl Costs {
    pub(crate) fn measure(cores: usize) -> Self {
        let line = Line::default();
        let rmw = shortest(|| {
            // ORDERING: Relaxed. One thread.
            line.0.fetch_add(1, Ordering::Relaxed);
        });
        let hit = shortest(|| {
            // ORDERING: Relaxed. One thread.
            std::hint::black_box(line.0.load(Ordering::Relaxed));
        });
        let pause = shortest(std::hint::spin_loop);
        let transfer = if cores > 1 {
            // A handover is two requests for the line: the reader's, when its copy is gone, and its
            // own to write.
            let transfer = ((handover() - rmw) / 2.0).max(1.0);
            if transfer > MOST_TRANSFER {
                println!(
                    "a transfer of a cache line took {transfer:.0} ns, which is what the scheduler takes if other \
                     programs have the cores; {USUAL_TRANSFER} ns instead"
                );
                USUAL_TRANSFER
            } else {
                transfer
            }
        } else {
            println!("one core: a transfer of a cache line is taken to be {USUAL_TRANSFER} ns");
            USUAL_TRANSFER
        };
        Self {
            rmw,
            transfer,
            hit,
            pause,
            jitter: 0.25,
        }
    }
}

/// Returns what `step` takes when nothing interrupts it.
fn shortest(step: impl Fn()) -> f64 {
    const STEPS: u32 = 10_000;
    let time = (0..50).map(|_| {
        let start = Instant::now();
        (0..STEPS).for_each(|_| step());
        start.elapsed()
    });
    per(time.min().unwrap_or_default(), STEPS)
}

fn per(time: Duration, steps: u32) -> f64 {
    time.as_nanos() as f64 / f64::from(steps)
}

/// Returns how long it takes two threads to hand a word over, when nothing interrupts either.
fn handover() -> f64 {
    const HANDOVERS: u32 = 20;
    const ROUNDS: u32 = 200;
    let line = Line::default();
    let mut times = Vec::new();
    thread::scope(|scope| {
        scope
            .spawn(|| (0..ROUNDS).for_each(|round| play(&line.0, 1, round * HANDOVERS, HANDOVERS)));
        for round in 0..ROUNDS {
            let start = Instant::now();
            play(&line.0, 0, round * HANDOVERS, HANDOVERS);
            times.push(start.elapsed());
        }
    });
    per(times.into_iter().min().unwrap_or_default(), HANDOVERS)
}

/// Takes every second turn from `first` to `first + count`.
fn play(word: &AtomicU64, parity: u32, first: u32, count: u32) {
    let mut looks = 0_u32;
    for turn in (first..first + count).filter(|turn| turn % 2 == parity) {
        // ORDERING: Acquire. Pairs with the Release below.
        while word.load(Ordering::Acquire) != u64::from(turn) {
            looks += 1;
            // Seldom, so that the system spreads two threads that spin over two cores.
            if looks % 65_536 == 0 {
                thread::yield_now();
            }
        }
        // ORDERING: Release. Pairs with the Acquire above.
        word.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_positive_and_in_order() {
        let costs = Costs::measure(2);
        assert!(costs.hit >= 0.0 && costs.rmw > costs.hit, "{costs:?}");
        assert!(
            costs.transfer > 0.0 && costs.transfer.is_finite(),
            "{costs:?}"
        );
    }
}

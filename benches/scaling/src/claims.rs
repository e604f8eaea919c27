//! Claims of one word, by three protocols, for real. What [`crate::simulation`] predicts.

mod combining;
mod own;
mod plain;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use crate::measure::{Counter, together};
use crate::random::Random;

/// A word on a cache line of its own (two, because some processors fetch them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Line(pub(crate) AtomicU64);

/// A way to claim the next position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Load, compare-exchange, and at once again if that failed.
    Plain,
    /// The same with the crate's backoff after the second loss.
    Backoff,
    /// A thread that lost claims for all that have lost.
    Combining,
}

impl Protocol {
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Backoff, Self::Combining];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Backoff => "backoff",
            Self::Combining => "combining",
        }
    }
}

/// The crate's constants, in nanoseconds: the first backoff and the longest one.
pub(crate) const BACKOFF: std::ops::RangeInclusive<u32> = 800..=25_600;
/// After how many losses the crate reports a contended claim, and starts again.
pub(crate) const ATTEMPTS: u32 = 16;

/// How many runs there are, of which that one counts in which the threads had their cores longest:
/// in the others, other programs had them.
const RUNS: u32 = 9;

/// What threads claimed, and whether they could.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// The part of the time that the threads were on a core, where the system tells.
    pub(crate) on_core: Option<f64>,
}

/// Has threads claim for a while, each with so much work of its own after each claim, in
/// nanoseconds.
pub(crate) fn measure(protocol: Protocol, threads: usize, work: u32, time: Duration) -> Measured {
    let runs = (0..RUNS).map(|_| measure_once(protocol, threads, work, time / RUNS));
    runs.max_by(|one, other| {
        f64::total_cmp(&one.on_core.unwrap_or(1.0), &other.on_core.unwrap_or(1.0))
    })
    .expect("there are runs")
}

fn measure_once(protocol: Protocol, threads: usize, work: u32, time: Duration) -> Measured {
    let word = Line::default();
    let spin = own::Pauses::measure();
    let board = combining::Board::new(threads);
    let on_core = Mutex::new(Some(0.0));
    let run = |number: usize, over: &AtomicBool| -> Counter {
        let mut random = Random::new(number as u64 + 1);
        let (start, before) = (Instant::now(), time_on_core());
        let counter = match protocol {
            Protocol::Plain => own::repeat(over, &spin, work, || plain::claim(&word)),
            Protocol::Backoff => {
                own::repeat(over, &spin, work, || own::claim(&word, &spin, &mut random))
            }
            Protocol::Combining => own::repeat(over, &spin, work, || board.claim(&word, number)),
        };
        let part = before.zip(time_on_core()).map(|(before, now)| {
            now.saturating_sub(before).as_secs_f64() / start.elapsed().as_secs_f64()
        });
        let mut sum = on_core.lock().expect("no panic under it");
        *sum = sum.zip(part).map(|(sum, part)| sum + part);
        counter
    };
    let outcome = together(threads, time, run);
    let sum = on_core.into_inner().expect("no panic under it");
    Measured {
        per_second: outcome.per_second,
        on_core: sum.map(|sum| sum / threads as f64),
    }
}

/// How long this thread has been on a core, which Linux tells.
fn time_on_core() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread;

    #[test]
    fn every_position_is_claimed_once() {
        const EACH: usize = 5_000;
        for protocol in Protocol::ALL {
            let word = Line::default();
            let spin = own::Pauses::measure();
            let board = combining::Board::new(4);
            let seen = Mutex::new(HashSet::new());
            thread::scope(|scope| {
                for number in 0..4 {
                    let (word, spin, board, seen) = (&word, &spin, &board, &seen);
                    scope.spawn(move || {
                        let mut random = Random::new(number as u64 + 1);
                        let claimed: Vec<u64> = (0..EACH)
                            .map(|_| match protocol {
                                Protocol::Plain => plain::claim(word),
                                Protocol::Backoff => own::claim(word, spin, &mut random),
                                Protocol::Combining => board.claim(word, number),
                            })
                            .collect();
                        seen.lock().unwrap().extend(claimed);
                    });
                }
            });
            let seen = seen.into_inner().unwrap();
            assert_eq!(seen.len(), 4 * EACH, "{protocol:?}");
            assert!(seen.iter().all(|&position| position < 4 * EACH as u64));
        }
    }

    /// This program has copies of them, because they are private in the crate.
    #[test]
    fn the_constants_are_those_of_the_crate() {
        let sources = [
            include_str!("../../../src/sync/pause.rs"),
            include_str!("../../../src/ring/claim.rs"),
        ];
        let (start, end) = (BACKOFF.start(), BACKOFF.end());
        assert!(
            end / 1000 > 0 && end % 1000 == 600,
            "written with a separator below"
        );
        let backoff = format!("= {start}..=25_600;");
        let attempts = format!("ATTEMPTS: usize = {ATTEMPTS};");
        assert!(
            sources[0].contains(&backoff),
            "src/sync/pause.rs: {backoff}"
        );
        assert!(
            sources[1].contains(&attempts),
            "src/ring/claim.rs: {attempts}"
        );
    }
}

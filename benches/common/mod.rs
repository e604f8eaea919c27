//! What the benches share: the shapes of the work, and how it is timed.

use std::fmt;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

/// Every message waits for its predecessor to leave; something in between; room enough to never wait
/// long.
pub(crate) const CAPACITIES: [usize; 3] = [1, 64, 1024];

/// How many senders and receivers share the work.
#[derive(Clone, Copy)]
pub(crate) struct Topology {
    pub(crate) senders: u64,
    pub(crate) receivers: u64,
}

impl Topology {
    pub(crate) const ONE_TO_ONE: Self = Self::new(1, 1);
    pub(crate) const FOUR_TO_ONE: Self = Self::new(4, 1);
    pub(crate) const ONE_TO_FOUR: Self = Self::new(1, 4);
    pub(crate) const FOUR_TO_FOUR: Self = Self::new(4, 4);

    const fn new(senders: u64, receivers: u64) -> Self {
        Self { senders, receivers }
    }

    /// One piece of work for each sender and each receiver, made from the number of messages that fall
    /// to it. Fixed shares, so that the work ends without a signal that would be timed too.
    pub(crate) fn divide<W>(
        self,
        messages: u64,
        sender: impl Fn(u64) -> W,
        receiver: impl Fn(u64) -> W,
    ) -> Vec<W> {
        let senders = shares(messages, self.senders).map(sender);
        let receivers = shares(messages, self.receivers).map(receiver);
        senders.chain(receivers).collect()
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.senders, self.receivers)
    }
}

fn shares(messages: u64, workers: u64) -> impl Iterator<Item = u64> {
    (0..workers).map(move |worker| messages / workers + u64::from(worker < messages % workers))
}

/// When a worker began and ended its work.
pub(crate) struct Span {
    start: Instant,
    end: Instant,
}

impl Span {
    pub(crate) fn since(start: Instant) -> Self {
        Self {
            start,
            end: Instant::now(),
        }
    }

    /// From the first start to the last end. The workers look at the clock themselves, for the thread
    /// that waits for them may be given a processor only after they have begun.
    pub(crate) fn of_all(spans: impl IntoIterator<Item = Self>) -> Duration {
        let all = spans.into_iter().reduce(|all, one| Self {
            start: all.start.min(one.start),
            end: all.end.max(one.end),
        });
        all.map_or(Duration::ZERO, |all| all.end - all.start)
    }
}

/// A group in which one iteration is one message, or one round trip.
pub(crate) fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    // Samples of equal length: starting the workers then weighs equally, and little, in each.
    group.sampling_mode(SamplingMode::Flat);
    group
}

/// Fewer samples than usual, so that each is long beside the start of its workers; and fewer resamples,
/// for drawing them in the report takes longer than measuring does. The command line can ask for more.
pub(crate) fn configuration() -> Criterion {
    Criterion::default().sample_size(20).nresamples(10_000)
}

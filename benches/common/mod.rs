//! The code that the benches share: the topologies of the work, and how it is timed.

use std::fmt;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

/// The capacities: with the first every message waits for its predecessor to leave, the last is
/// large enough that waits are short, and one lies between them.
pub(crate) const CAPACITIES: [usize; 3] = [1, 64, 1024];

/// The numbers of senders and receivers that share the work.
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

    /// Creates one piece of work for each sender and each receiver, from its number of messages.
    /// The shares are fixed, so that the work ends without a signal, which would be timed, too.
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

/// The times at which a worker began and ended its work.
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

    /// Returns the time from the first start to the last end. The workers read the clock
    /// themselves, because the thread that waits for them may get a processor only after they have
    /// begun.
    pub(crate) fn of_all(spans: impl IntoIterator<Item = Self>) -> Duration {
        let all = spans.into_iter().reduce(|all, one| Self {
            start: all.start.min(one.start),
            end: all.end.max(one.end),
        });
        all.map_or(Duration::ZERO, |all| all.end - all.start)
    }
}

/// Creates a group in which one iteration is one message, or one round trip.
pub(crate) fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    // Samples of equal length, so that starting the workers has the same small weight in each.
    group.sampling_mode(SamplingMode::Flat);
    group
}

/// Returns a configuration with fewer samples than usual, so that each is long compared with the
/// start of its workers; and with fewer resamples, because drawing them in the report takes longer
/// than measuring. The command line can request more.
pub(crate) fn configuration() -> Criterion {
    Criterion::default().sample_size(20).nresamples(10_000)
}

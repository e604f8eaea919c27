//! How long a thread spins: every constant, and what a pause takes on this machine.
//!
//! A pause ([`core::hint::spin_loop`]) takes 5 ns on one processor and 50 on another. So lengths are given in
//! nanoseconds here, and the first one that is needed measures what a pause takes, once per process.

use super::{pauses, random};

/// How long an operation of a task spins before it parks: about what it costs to park a task and to wake it on
/// another core.
pub(crate) const TASK_SPIN: u32 = 1_500;

/// Up to what time from one attempt to the next a blocking call spins on, doubling it each time, before it parks
/// its thread: 11 to 18 us in all, about what the system calls and the way back to a core take.
#[cfg(feature = "std")]
pub(crate) const THREAD_SPIN: u32 = 8_000;

/// How long an operation spins from one attempt to the next, per message that fits into the channel: a quarter of
/// the messages that fit can come meanwhile.
pub(crate) const STRIDE_PER_MESSAGE: u32 = 6;

/// The shortest time from one attempt to the next.
pub(crate) const SHORTEST_STRIDE: u32 = 25;

/// The longest one, by which a message may be late.
pub(crate) const LONGEST_STRIDE: u32 = 3_200;

/// For how long to spin costs as much as one operation of the cooperative budget.
pub(crate) const SPIN_PER_UNIT: u32 = 200;

/// How many waits of a new channel come before the first one for which a task yields to its executor.
pub(crate) const WAITS_BEFORE_YIELDS: u32 = if cfg!(shuttle) { 0 } else { 15 };

/// How long a thread leaves a word alone after it has lost a claim there: at first, and at most.
const CLAIM_BACKOFF: core::ops::RangeInclusive<u32> = 800..=6_400;

/// Keeps a thread off the contended word for a while, longer each time.
///
/// Losing means that another core has the word's cache line. To ask for it again at once takes it away from
/// that core in the middle of its next claim, and both get on worse than if each had it for several claims in
/// turn. Several threads that have lost do not come back at the same moment: the lengths are random.
#[derive(Debug)]
pub(crate) struct ClaimBackoff {
    nanos: u32,
}

impl ClaimBackoff {
    pub(crate) fn new() -> Self {
        Self {
            nanos: *CLAIM_BACKOFF.start(),
        }
    }

    /// To be called after a loss. The word must be loaded again after it.
    #[cold]
    pub(crate) fn step(&mut self) {
        let nanos = self.nanos / 2 + random() % self.nanos;
        for _ in 0..pauses(nanos) {
            core::hint::spin_loop();
        }
        self.nanos = (2 * self.nanos).min(*CLAIM_BACKOFF.end());
    }
}

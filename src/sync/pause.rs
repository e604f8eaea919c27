//! The lengths of spinning in nanoseconds, and their conversion into pauses.
//!
//! A pause ([`core::hint::spin_loop`]) takes 5 ns on one processor and 50 ns on another. So lengths
//! are given in nanoseconds here, and the first spin measures how long a pause takes, once per
//! process.

use super::{pauses, random};

/// The time that an operation of a task spins before it parks, in nanoseconds: about the cost of
/// parking a task and waking it on another core.
pub(crate) const TASK_SPIN: u32 = 1_500;

/// The longest pause of a blocking call that spins, in nanoseconds. The call doubles its pause each
/// time and parks its thread after this one: 8 to 18 µs in all, about the cost of the system calls
/// and of being scheduled again.
#[cfg(feature = "std")]
pub(crate) const THREAD_SPIN: u32 = 8_000;

/// The time from one attempt to the next, in nanoseconds for each message of the channel's
/// capacity. A quarter of the capacity can arrive in that time.
pub(crate) const STRIDE_PER_MESSAGE: u32 = 6;

/// The shortest time from one attempt to the next, in nanoseconds.
pub(crate) const SHORTEST_STRIDE: u32 = 25;

/// The longest time from one attempt to the next, in nanoseconds. A message may be this late.
pub(crate) const LONGEST_STRIDE: u32 = 3_200;

/// The time of spinning, in nanoseconds, that costs as much as one operation of the cooperative
/// budget.
pub(crate) const SPIN_PER_UNIT: u32 = 200;

/// The number of waits of a new channel before the first one in which a task yields to its
/// executor.
pub(crate) const WAITS_BEFORE_YIELDS: u32 = if cfg!(shuttle) { 0 } else { 15 };

/// The first and the longest time for which a thread backs off after a lost claim, in nanoseconds.
const CLAIM_BACKOFF: core::ops::RangeInclusive<u32> = 800..=25_600;

/// Backoff of a thread from a contended state, longer each time.
///
/// After a lost claim, another core has the state's cache line. Requesting the line at once takes
/// it away from that core in the middle of its next claim, and both cores are slower than if each
/// kept the line for several claims. The lengths are random, so that several threads that have lost
/// do not retry at the same time.
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

    /// Backs off after a lost claim. The caller must load the state again afterwards.
    #[cold]
    pub(crate) fn step(&mut self) {
        let nanos = self.nanos / 2 + random() % self.nanos;
        for _ in 0..pauses(nanos) {
            core::hint::spin_loop();
        }
        self.nanos = (2 * self.nanos).min(*CLAIM_BACKOFF.end());
    }
}

//! Looking again for a moment before parking, where that has been worth it lately.
//!
//! To park a task and to wake it costs a hundred nanoseconds and more, most of it in the executor, and perhaps
//! puts a core to sleep. If the other side runs on another core at this moment, what is waited for often
//! comes sooner. So an operation that is blocked looks again for some 80 pauses first (about a microsecond, depending on the machine), but
//!
//! * not if the other side was last about to wait on this very thread: it may wait for the thread again, and
//!   then nothing can come. On an executor of one thread nobody ever lingers.
//! * not in a large channel. There it is better to sleep while a backlog builds up, which then costs less per
//!   message than to take each one as it comes.
//! * less and less often while it comes to nothing: each time it is left out for twice as many parks as
//!   the time before.

use super::Operation;
use crate::budget;
use crate::sync::{Hint, LOOKS, spin_loop};

/// The largest capacity where it pays. Measured on two cores at 1, 2, 64 (it does, 10 to 60 % of a message's
/// time where several tasks are on each side) and 1024 (it does not).
const LARGEST_CAPACITY: usize = 64;

/// It is left out for so many parks in a row at most. One in 16 is the price of noticing that it pays again.
const LONGEST: usize = 15;

/// What has come of lingering lately.
#[derive(Debug)]
pub(super) struct Lingering {
    /// Whether the channel is small enough.
    pays: bool,
    /// For how many parks to leave it out.
    left_out: Hint,
    /// For how many it was left out the last time; 0 after a success.
    last: Hint,
    /// The thread on which somebody was last about to park; 0 if nobody ever was.
    thread: Hint,
}

impl Lingering {
    /// For a channel of `capacity` messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            pays: capacity <= LARGEST_CAPACITY,
            left_out: Hint::default(),
            last: Hint::default(),
            thread: Hint::default(),
        }
    }

    /// Attempts `operation`, which is blocked, a few times more.
    #[cold]
    pub(super) fn linger<O: Operation>(
        &self,
        operation: &mut O,
        opposite: &Self,
    ) -> Option<O::Output> {
        if !self.pays || !self.is_worth_it(opposite) {
            return None;
        }
        // None in a loom run.
        #[allow(clippy::reversed_empty_ranges)]
        for _ in 0..LOOKS {
            spin_loop();
            if let Some(output) = operation.attempt_at_once() {
                self.last.set(0);
                return Some(output);
            }
        }
        let next = (2 * self.last.get() + 1).min(LONGEST);
        self.last.set(next);
        self.left_out.set(next);
        None
    }

    fn is_worth_it(&self, opposite: &Self) -> bool {
        let here = budget::this_thread();
        self.thread.set(here);
        let there = opposite.thread.get();
        if there == here || there == 0 {
            return false;
        }
        let left_out = self.left_out.get();
        self.left_out.set(left_out.saturating_sub(1));
        left_out == 0
    }
}

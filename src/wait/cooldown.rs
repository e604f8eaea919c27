//! Cooldowns: an optimization is not tried for some waits after it has failed.

use crate::sync::RelaxedU32;

/// The number of coming waits without the optimization. Each cooldown is longer than the last one,
/// and success shortens the next. Relaxed values only: an update that is lost in a race makes a
/// cooldown longer or shorter.
#[derive(Debug, Default)]
pub(super) struct Cooldown {
    left: RelaxedU32,
    /// The length of the last cooldown, halved by every success since.
    last: RelaxedU32,
}

impl Cooldown {
    /// Starts with a cooldown that does not count as a failure.
    pub(super) fn starting_with(waits: u32) -> Self {
        Self {
            left: RelaxedU32::new(waits),
            last: RelaxedU32::default(),
        }
    }

    /// Counts a wait. Returns whether it is one without the optimization.
    pub(super) fn count_down(&self) -> bool {
        self.left.count_down()
    }

    /// Sets the number of coming waits without the optimization, whatever the length of cooldowns.
    pub(super) fn set_left(&self, waits: u32) {
        self.left.set(waits);
    }

    /// Records that the optimization has helped. A cooldown that has started continues.
    pub(super) fn record_success(&self) {
        self.last.set(self.last.get() / 2);
    }

    /// Starts a cooldown, twice as long as the last one and `first` more, up to `longest`. Returns
    /// its length.
    pub(super) fn start(&self, first: u32, longest: u32) -> u32 {
        let next = (2 * self.last.get() + first).min(longest);
        self.last.set(next);
        self.left.set(next);
        next
    }

    /// Returns the length of the last cooldown, halved by every success since.
    #[cfg(all(test, not(any(loom, shuttle))))]
    pub(super) fn last_length(&self) -> u32 {
        self.last.get()
    }
}

//! Waiting until everything that was sent before has been received.

use super::MpmcQueue;
use crate::ring::Position;
use crate::wait::{DrainWaiters, Draining, UntilDrained};

impl<T> MpmcQueue<T> {
    /// Waits until all that was sent before this call has been received.
    pub(crate) fn drained(&self) -> UntilDrained<'_, Self> {
        UntilDrained::new(self, self.ring.next_position())
    }

    /// Wakes the tasks whose messages have been received by now. Call this after a claim that found
    /// a mark in `head`.
    pub(super) fn notify_drained(&self) {
        if let Some(rare) = self.rare.get() {
            if rare.drains.is_waiting() {
                rare.drains.notify(|target| self.ring.has_passed(target));
            }
        }
    }

    /// Returns whether a task waits for messages to be received. Counts a task whose mark the
    /// caller has seen.
    #[inline]
    pub(super) fn has_drain_waiters(&self) -> bool {
        self.rare.get().is_some_and(|rare| rare.drains.is_waiting())
    }
}

impl<T> Draining for MpmcQueue<T> {
    fn drain_waiters(&self) -> &DrainWaiters {
        &self.rare().drains
    }

    fn is_drained(&self, target: Position) -> bool {
        self.ring.has_passed(target)
    }

    fn mark_undrained(&self, target: Position) -> bool {
        self.ring.mark_unless_passed(target)
    }
}

//! The progress of receivers through the positions.

use super::Ring;
use super::claim::{Direction, Head};
use super::state::{Position, State};
use crate::sync::{ClaimBackoff, Ordering};

impl<T, B> Ring<T, B> {
    /// Returns the position of the next message. All messages that were sent before lie before it.
    pub(crate) fn next_position(&self) -> Position {
        // ORDERING: Relaxed. What the caller has sent, or knows to have been sent, happens-before
        // this load.
        State::from_bits(self.tail.state.load(Ordering::Relaxed)).position()
    }

    /// Returns whether receivers have claimed all messages before `target`.
    pub(crate) fn has_passed(&self, target: Position) -> bool {
        // ORDERING: Acquire. Synchronizes with [claim] on `head`: a task that finds the messages
        // received sees what their receivers did before. Test: loom
        // `drained::a_task_sees_what_receivers_did_before`.
        let head = State::from_bits(self.head.state.load(Ordering::Acquire));
        head.position().has_reached(target)
    }

    /// Marks `head` as a parking sender does, unless receivers have claimed all messages before
    /// `target`. Returns whether it is marked.
    ///
    /// Retries only after another thread's success, at most once for each message before `target`
    /// and for each change of the marks.
    pub(crate) fn mark_unless_passed(&self, target: Position) -> bool {
        let mut backoff = ClaimBackoff::new();
        loop {
            // ORDERING: Acquire. As in `has_passed`. Test: loom
            // `drained::a_task_sees_what_receivers_did_before`.
            let seen = State::from_bits(Head::state(self).load(Ordering::Acquire));
            if seen.position().has_reached(target) {
                return false;
            }
            // ORDERING: Release [mark drain]. Synchronizes with [claim] on `head`: the task is
            // registered before a receiver searches for it. It writes even if the bits are set, as
            // in `mark_parked`. On failure Relaxed: the state is loaded again. Test: loom
            // `drained::a_mark_against_a_notification`.
            let marked = Head::state(self).compare_exchange(
                seen.bits(),
                seen.with_parked().bits(),
                Ordering::Release,
                Ordering::Relaxed,
            );
            if marked.is_ok() {
                return true;
            }
            backoff.step();
        }
    }
}

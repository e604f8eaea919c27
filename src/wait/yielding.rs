//! What an operation does before it registers: it spins, and then returns to its executor once.
//!
//! A wait costs a registration, a mark, a notification and a wake. If the other side runs on this
//! very thread, none of that is needed: the other side's next poll ends the wait. So the task wakes
//! itself, returns `Pending`, and looks again when the executor polls it next. It is as if the task
//! had been polled later: nothing is registered, and nothing is owed.
//!
//! One task of a side does so at a time. With several, each would come back before the other side
//! had done enough for all of them. Where the look after the return finds nothing, the next tasks
//! wait without it, for longer and longer.

use core::task::{Context, Poll};

use super::{Operation, Side, WaitQueue};
use crate::sync::{RelaxedU32, WAITS_BEFORE_YIELDS};

/// The largest number of waits without a yield between two attempts to find out whether it pays.
const LONGEST_COOLDOWN: u32 = 63;

/// In place of a cooldown: a task has yielded and has not looked again.
const ACTIVE: u32 = u32::MAX;

/// Which tasks of one side return to their executor before they wait. Hints only: an update that is
/// lost in a race costs a poll or a wait.
#[derive(Debug)]
pub(super) struct Yielding {
    /// The number of waits that are to come without a yield, or [`ACTIVE`].
    cooldown: RelaxedU32,
    /// The length of the last cooldown, halved by every success since.
    last: RelaxedU32,
}

impl Yielding {
    /// A channel's first waits are without a yield: they show nothing yet, and most channels of
    /// which nothing more is seen have few.
    pub(super) fn new() -> Self {
        Self {
            cooldown: RelaxedU32::new(WAITS_BEFORE_YIELDS),
            last: RelaxedU32::default(),
        }
    }

    /// Returns whether an operation that has to wait is to yield first. It must [`end`](Self::end)
    /// the yield.
    fn begin(&self) -> bool {
        if self.cooldown.get() == ACTIVE || self.cooldown.count_down() {
            return false;
        }
        self.cooldown.set(ACTIVE);
        true
    }

    /// Ends a yield. `success` says that the other side had done what the operation waited for.
    fn end(&self, success: bool) {
        if success {
            self.last.set(self.last.get() / 2);
            self.cooldown.set(0);
        } else {
            let next = (2 * self.last.get() + 1).min(LONGEST_COOLDOWN);
            self.last.set(next);
            self.cooldown.set(next);
        }
    }
}

/// How far an operation that was not possible at once is on its way to a registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BeforeWait {
    /// It has not spun.
    #[default]
    Spin,
    /// It has yielded, and has not looked again.
    Yielded,
    /// It registers if it has to wait.
    Done,
}

impl BeforeWait {
    /// Attempts `operation` without a registration. Returns `None` if that is no longer of use.
    pub(super) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Option<Poll<O::Output>> {
        let side = operation.side();
        let queue = side.queue();
        match core::mem::replace(self, Self::Done) {
            Self::Spin => {
                if let Some(output) = queue.spinner().spin(operation, &side) {
                    return Some(Poll::Ready(output));
                }
                if !peer_is_here(queue, side.opposite()) || !queue.yielding().begin() {
                    return None;
                }
                *self = Self::Yielded;
                cx.waker().wake_by_ref();
                Some(Poll::Pending)
            }
            Self::Yielded => {
                let output = operation.attempt_at_once();
                queue.yielding().end(output.is_some());
                output.map(Poll::Ready)
            }
            Self::Done => None,
        }
    }

    /// To be called when the operation is given up.
    pub(super) fn cancel<S: Side>(&mut self, side: &S) {
        if core::mem::take(self) == Self::Yielded {
            side.queue().yielding().end(false);
        }
    }
}

/// Returns whether both sides last had to wait on the same thread. Then the other side cannot do
/// anything before this task has returned to its executor.
fn peer_is_here(here: WaitQueue<'_>, there: WaitQueue<'_>) -> bool {
    here.spinner().is_adaptive() && here.spinner().is_on_thread_of(there.spinner())
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn cooldown_of(yielding: &Yielding) -> u32 {
        let mut waits = 0;
        while !yielding.begin() {
            waits += 1;
        }
        waits
    }

    #[test]
    fn the_first_waits_are_without_a_yield() {
        let yielding = Yielding::new();
        assert_eq!(cooldown_of(&yielding), WAITS_BEFORE_YIELDS);
    }

    #[test]
    fn one_task_yields_at_a_time() {
        let yielding = Yielding::new();
        cooldown_of(&yielding);
        assert!(!yielding.begin());
        yielding.end(true);
        assert!(yielding.begin());
    }

    #[test]
    fn cooldowns_grow_until_it_pays_again() {
        let yielding = Yielding::new();
        cooldown_of(&yielding);
        for expected in [1, 3, 7, 15, 31, 63, 63] {
            yielding.end(false);
            assert_eq!(cooldown_of(&yielding), expected);
        }
        for _ in 0..10 {
            yielding.end(true);
            assert_eq!(cooldown_of(&yielding), 0);
        }
        yielding.end(false);
        assert_eq!(cooldown_of(&yielding), 1);
    }
}

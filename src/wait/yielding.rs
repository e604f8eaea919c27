//! Steps of an operation before it registers: it spins, and then yields to its executor once.
//!
//! A wait costs a registration, a MARK, a notification and a wake. If the other side runs on this
//! very thread, none of them is needed, since the other side's next poll ends the wait. So the task
//! wakes itself, returns `Pending`, and attempts the operation again when the executor polls it
//! next. The effect is as if the task had been polled later: nothing is registered, and no
//! notification is held. An operation that a quick attempt cannot decide, such as one on a closed
//! channel, does not yield.
//!
//! One task of a side does so at a time. With several, each would be polled again before the other
//! side had done enough for all of them. When the attempt after a yield fails, the next tasks wait
//! without a yield, for longer and longer cooldowns. A cooldown also starts when a waiter has lost
//! a race: a task that yielded may have taken what the waiter was woken for.

use core::cell::Cell;
use core::task::{Context, Poll};

use super::cooldown::Cooldown;
use super::{Operation, Side, WaitQueue};
use crate::sync::{RelaxedU32, WAITS_BEFORE_YIELDS};
use crate::unwind::defer;

/// The largest number of waits without a yield between two attempts to find out whether yielding
/// helps.
const LONGEST_COOLDOWN: u32 = 63;

/// The number of waits without a yield while a task has yielded and has not made its next attempt.
/// Finite, so that a future that yielded and is forgotten does not end all yields.
const WAITS_WHILE_ACTIVE: u32 = 1024;

/// Decides which tasks of one side yield to their executor before they wait. Relaxed values only:
/// an update that is lost in a race costs some polls or waits.
#[derive(Debug)]
pub(super) struct Yielding {
    cooldown: Cooldown,
    /// 1 if a waiter of the side has lost a race that has not started a cooldown yet.
    lost_race: RelaxedU32,
}

impl Yielding {
    /// Starts with a cooldown. A channel's first waits do not show whether yielding helps, and most
    /// channels that have few waits never need it.
    pub(super) fn new() -> Self {
        Self {
            cooldown: Cooldown::starting_with(WAITS_BEFORE_YIELDS),
            lost_race: RelaxedU32::default(),
        }
    }

    /// Returns whether an operation that would block is to yield first. The caller must
    /// [`end`](Self::end) the yield.
    fn begin(&self) -> bool {
        if self.cooldown.count_down() {
            return false;
        }
        if self.lost_race.get() != 0 {
            self.lost_race.set(0);
            self.cooldown.start(1, LONGEST_COOLDOWN);
            return false;
        }
        self.cooldown.set_left(WAITS_WHILE_ACTIVE);
        true
    }

    /// Records that a waiter of the side was woken and found nothing.
    pub(super) fn record_lost_race(&self) {
        self.lost_race.set(1);
    }

    /// Ends a yield. `success` is `true` if the other side had done what the operation waited for.
    fn end(&self, success: bool) {
        if success {
            self.cooldown.record_success();
            self.cooldown.set_left(0);
        } else {
            self.cooldown.start(1, LONGEST_COOLDOWN);
        }
    }
}

/// The steps of an operation between its first attempt and its registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum BeforeWait {
    /// It has not spun.
    #[default]
    Spin,
    /// It has yielded, and has not made its next attempt.
    Yielded,
    /// It registers if it would block.
    Done,
}

impl BeforeWait {
    /// Attempts `operation` without a registration. Returns `None` if the operation has to
    /// register.
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
                // Otherwise the operation may be decided already: only a full attempt can tell.
                let may_yield = operation.may_succeed_at_once() && !side.is_closed();
                if !may_yield
                    || !peer_is_on_this_thread(queue, side.opposite())
                    || !queue.yielding().begin()
                {
                    return None;
                }
                *self = Self::Yielded;
                cx.waker().wake_by_ref();
                Some(Poll::Pending)
            }
            Self::Yielded => {
                let success = Cell::new(false);
                // Also if the attempt calls a waker that panics.
                let _end = defer(|| queue.yielding().end(success.get()));
                let output = operation.attempt_at_once();
                success.set(output.is_some());
                output.map(Poll::Ready)
            }
            Self::Done => None,
        }
    }

    /// Ends a yield of an operation that is dropped.
    pub(super) fn cancel<S: Side>(&mut self, side: &S) {
        if core::mem::take(self) == Self::Yielded {
            side.queue().yielding().end(false);
        }
    }
}

/// Returns whether both sides last had to wait on this thread. In that case the other side cannot
/// make progress before this task has returned to its executor.
fn peer_is_on_this_thread(here: WaitQueue<'_>, there: WaitQueue<'_>) -> bool {
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
    fn the_first_waits_do_not_yield() {
        let yielding = Yielding::new();
        assert_eq!(cooldown_of(&yielding), WAITS_BEFORE_YIELDS);
    }

    #[test]
    fn a_lost_race_starts_a_cooldown_although_the_yield_succeeded() {
        let yielding = Yielding::new();
        cooldown_of(&yielding);
        for _ in 0..3 {
            yielding.record_lost_race();
            yielding.end(true);
            // The wait that finds the lost race does not yield, nor does the next one.
            assert_eq!(cooldown_of(&yielding), 2);
        }
        yielding.end(true);
        assert_eq!(cooldown_of(&yielding), 0);
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
    fn cooldowns_grow_until_yielding_succeeds() {
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

//! Adaptive spinning: attempting again for a moment before parking, where that has been quicker lately.
//!
//! To park a task and to wake it costs a hundred nanoseconds and more, most of it in the executor, and perhaps
//! puts a core to sleep. If the other side runs on another core at this moment, what is waited for often
//! comes sooner. So an operation that was not possible at once is attempted again for some [`PAUSES`] first,
//! and even before it is found out why: for that, a receiver reads the senders' word, and the other way round,
//! and its cache line goes back and forth once more. (A batch reads it at each attempt.) But
//!
//! * not if the other side last waited on this very thread: it may need the thread again, and then nothing can
//!   come. A channel that was only ever used on one thread never spins; nor one where one side never waited.
//! * not more often than every [`stride`] of pauses. Each attempt takes a cache line from the side that is at
//!   work, and finds one message. Checking less often lets the other side build a batch.
//! * less and less often while it fails: each cooldown is longer than the one before.
//!
//! A channel of one message is a case of its own, for there every message is waited for on both sides. Two tasks
//! on two threads can go on for long without parking, at several times the speed, but only if both keep spinning;
//! and they get there only if one keeps spinning until the executor has moved a task to another thread. So there
//! the threshold of failures is higher, also on the same thread, and the cooldown is much longer. That holds also
//! where a cache line takes ten times as long from one core to another: parking costs several of them, too.
//!
//! Spinning counts against the cooperative budget. What it gains is in `compare/README.md`, "What was tried".

use core::iter::repeat_n;

use super::standby::StandingBy;
use super::{Operation, Side};
use crate::budget;
use crate::sync::{Hint, PAUSES, spin_loop};

/// Returns how many pauses there are from one attempt to the next: about as many as a quarter of the messages
/// that fit take.
fn stride(capacity: usize) -> u32 {
    (capacity / 4).clamp(1, LONGEST_STRIDE) as u32
}

/// Some microseconds, by which a message may be late.
const LONGEST_STRIDE: usize = 128;

/// Attempts `operation` after each of these numbers of pauses.
pub(super) fn attempt_after<O: Operation>(
    mut strides: impl Iterator<Item = u32>,
    operation: &mut O,
) -> Option<O::Output> {
    if !operation.may_succeed_at_once() {
        return None;
    }
    strides.find_map(|pauses| {
        for _ in 0..pauses {
            spin_loop();
        }
        operation.attempt_at_once()
    })
}

/// How many pauses cost as much as one operation of the cooperative budget.
const PAUSES_PER_UNIT: u32 = 8;

/// True one time in `many`. Not counted in the channel, for each count would take a cache line from the other
/// side.
fn by_chance(many: u32) -> bool {
    budget::random() % many == 0
}

/// When spinning pauses for a cooldown, and for how long.
#[derive(Debug)]
struct Rule {
    /// The outcome of one wait in so many is recorded.
    every: u32,
    /// How many more must have failed than succeeded before a cooldown.
    threshold: u32,
    /// For how many operations that have to wait a cooldown lasts, the first time. Twice as many and `first`
    /// more the next time.
    first: u32,
    /// For how many at most. A few attempts in so many are the price of noticing that it pays again.
    longest: u32,
    /// Once both sides were seen on different threads, they are expected to be so again.
    sticky: bool,
}

/// For channels of one message.
const ONE: Rule = Rule {
    every: 8,
    threshold: 2,
    first: 15,
    longest: 16_383,
    sticky: true,
};

/// For larger ones.
const MORE: Rule = Rule {
    every: 1,
    threshold: 1,
    first: 1,
    longest: 15,
    sticky: false,
};

/// The outcomes of spinning lately.
#[derive(Debug)]
pub(crate) struct Spinner {
    /// The channel holds one message.
    is_one: bool,
    stride: u32,
    /// The thread on which an operation last had to wait, for a full or empty channel or a lost claim; 0 if none
    /// ever had to.
    thread: Hint,
    /// 1 if the rule is sticky and the other side was ever on another thread.
    peer_elsewhere: Hint,
    /// How many more of the recorded outcomes were failures than successes.
    failures: Hint,
    /// How many operations that have to wait are not to spin.
    cooldown: Hint,
    /// How long the last cooldown was, halved by every success since.
    last: Hint,
}

impl Spinner {
    /// For a channel of `capacity` messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            is_one: capacity == 1,
            stride: stride(capacity),
            thread: Hint::default(),
            peer_elsewhere: Hint::default(),
            failures: Hint::default(),
            cooldown: Hint::default(),
            last: Hint::default(),
        }
    }

    fn rule(&self) -> &'static Rule {
        if self.is_one { &ONE } else { &MORE }
    }

    /// Attempts `operation`, which was not possible at once, a few times more.
    #[cold]
    pub(super) fn spin<O: Operation>(
        &self,
        operation: &mut O,
        side: &O::Side,
    ) -> Option<O::Output> {
        let rule = self.rule();
        let opposite = &side.opposite().spinner;
        if !operation.may_succeed_at_once()
            || !self.peer_may_run(opposite)
            || self.is_cooling_down()
        {
            return None;
        }
        // A model does not spin.
        let stands_by = PAUSES != 0 && side.queue().may_have_waiters();
        let standing_by = stands_by.then(|| StandingBy::new(side));
        let mut pauses = 0;
        let strides = self.strides().inspect(|stride| pauses += stride);
        let output = attempt_after(strides, operation);
        budget::charge(pauses / PAUSES_PER_UNIT);
        drop(standing_by);
        if by_chance(rule.every) {
            self.record(output.is_some());
        }
        output
    }

    /// For how many pauses to wait before each attempt; none in a loom run.
    pub(super) fn strides(&self) -> impl Iterator<Item = u32> + use<> {
        repeat_n(self.stride, PAUSES.div_ceil(self.stride) as usize)
    }

    /// Returns how many pauses there should be from one attempt to the next.
    #[cfg(feature = "std")]
    pub(super) fn stride(&self) -> u32 {
        self.stride
    }

    /// Returns whether the other side may be at work on another thread.
    fn peer_may_run(&self, opposite: &Self) -> bool {
        let here = budget::this_thread();
        self.thread.set(here);
        let there = opposite.thread.get();
        let differs = there != here && there != 0;
        if differs && self.rule().sticky {
            self.peer_elsewhere.set(1);
        }
        differs || self.peer_elsewhere.get() == 1
    }

    fn is_cooling_down(&self) -> bool {
        let cooldown = self.cooldown.get();
        self.cooldown.set(cooldown.saturating_sub(1));
        cooldown > 0
    }

    /// Records whether spinning was worth it.
    fn record(&self, success: bool) {
        let rule = self.rule();
        if success {
            self.failures.set(self.failures.get().saturating_sub(1));
            self.last.set(self.last.get() / 2);
            return;
        }
        let failures = self.failures.get() + 1;
        if failures < rule.threshold {
            self.failures.set(failures);
            return;
        }
        let next = (2 * self.last.get() + rule.first).min(rule.longest);
        self.failures.set(0);
        self.last.set(next);
        self.cooldown.set(next);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn cooldown_of(spinner: &Spinner) -> u32 {
        let mut parks = 0;
        while spinner.is_cooling_down() {
            parks += 1;
        }
        parks
    }

    fn fail(spinner: &Spinner) -> u32 {
        for _ in 0..spinner.rule().threshold {
            assert_eq!(cooldown_of(spinner), 0, "threshold");
            spinner.record(false);
        }
        cooldown_of(spinner)
    }

    #[test]
    fn cooldowns_grow_until_it_pays_again() {
        for capacity in [1, 2] {
            let spinner = Spinner::new(capacity);
            let rule = spinner.rule();
            let first: Vec<_> = (0..4).map(|_| fail(&spinner)).collect();
            assert_eq!(first, [1, 3, 7, 15].map(|times| times * rule.first));
            for _ in 0..20 {
                assert!(fail(&spinner) <= rule.longest);
            }
            assert_eq!(fail(&spinner), rule.longest);
            for _ in 0..20 {
                spinner.record(true);
            }
            assert_eq!(fail(&spinner), rule.first);
        }
    }

    #[test]
    fn one_failure_among_successes_is_forgiven() {
        let spinner = Spinner::new(1);
        for _ in 0..10 {
            spinner.record(false);
            spinner.record(true);
        }
        assert_eq!(cooldown_of(&spinner), 0);
    }

    #[test]
    fn nothing_is_expected_before_two_threads_were_seen() {
        for capacity in [1, 2] {
            let [here, there] = [(); 2].map(|()| Spinner::new(capacity));
            let sticky = here.rule().sticky;
            assert!(!here.peer_may_run(&there), "nobody was there");
            assert!(!there.peer_may_run(&here), "on this very thread");
            assert!(!here.peer_may_run(&there));
            std::thread::scope(|scope| {
                let other = scope.spawn(|| there.peer_may_run(&here));
                assert!(other.join().unwrap());
            });
            assert!(here.peer_may_run(&there));
            // Now both have been on this thread last.
            assert_eq!(there.peer_may_run(&here), sticky);
            assert_eq!(here.peer_may_run(&there), sticky);
        }
    }
}

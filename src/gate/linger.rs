//! Looking again for a moment before parking, where that has been quicker lately.
//!
//! To park a task and to wake it costs a hundred nanoseconds and more, most of it in the executor, and perhaps
//! puts a core to sleep. If the other side runs on another core at this moment, what is waited for often
//! comes sooner. So an operation that was not possible at once is tried again for some [`PAUSES`] first, and even
//! before it is found out why: for that, a receiver reads the senders' word, and the other way round, and the cache
//! line that it is in goes back and forth once more. (A batch reads it at each look.) But
//!
//! * not if the other side was last held up on this very thread: it may wait for the thread again, and then
//!   nothing can come. A channel that was only ever used on one thread never lingers; nor one where one side was
//!   never held up.
//! * not more often than every [`stride`] of pauses. Each look takes a cache line from the side that is at work, and
//!   finds one message. It is better to leave that side alone for a while, and to find many.
//! * less and less often while it comes to nothing: each time it is left out more often than the time before.
//!
//! A channel of one message is a case of its own, for there every message is waited for on both sides. Two tasks
//! on two threads can go on for long without parking, at several times the speed, but only if both keep looking; and
//! they get there only if somebody keeps looking until the executor has moved a task to another thread. So there it
//! is tried for longer, also on the same thread, and then left out for much longer. Whether it pays is a matter of
//! time: how long a cache line takes from one core to another differs by a factor of ten between machines, and where
//! that is more than parking costs, it is better to park and let a task of the same core run.
//!
//! What it gains is in `compare/README.md`, "What was tried".

use core::iter::repeat_n;
use core::time::Duration;

use super::Operation;
use crate::budget;
use crate::sync::{Hint, Instant, PAUSES, spin_loop};

/// How many pauses there are from one look to the next: about as many as a quarter of the messages that fit take.
fn stride(capacity: usize) -> u32 {
    (capacity / 4).clamp(1, LONGEST_STRIDE) as u32
}

/// Some microseconds, which a message may be late for it.
const LONGEST_STRIDE: usize = 128;

/// Attempts `operation` after each of these numbers of pauses.
pub(super) fn look_after<O: Operation>(
    mut looks: impl Iterator<Item = u32>,
    operation: &mut O,
) -> Option<O::Output> {
    if !operation.may_succeed_at_once() {
        return None;
    }
    looks.find_map(|pauses| {
        for _ in 0..pauses {
            spin_loop();
        }
        operation.attempt_at_once()
    })
}

/// True one time in `many`. Not counted at the gate, for each count would take a cache line from the other side.
fn by_chance(many: u32) -> bool {
    budget::random() % many == 0
}

/// When lingering is left out, and for how long.
#[derive(Debug)]
struct Rule {
    /// One wait in so many is judged.
    every: u32,
    /// What a wait may take; longer than that, and it has failed.
    limit: Option<Duration>,
    /// How many more must have failed than succeeded before it is left out.
    patience: u32,
    /// For how many operations that are held up, the first time. Twice as many and `first` more the next time.
    first: u32,
    /// For how many at most. A few waits in so many are the price of noticing that it pays again.
    longest: u32,
    /// Once both sides were seen on different threads, they are expected to be so again.
    insists: bool,
}

/// For channels of one message.
const ONE: Rule = Rule {
    every: 8,
    limit: Some(Duration::from_nanos(330)),
    patience: 2,
    first: 15,
    longest: 16_383,
    insists: true,
};

/// For larger ones.
const MORE: Rule = Rule {
    every: 1,
    limit: None,
    patience: 1,
    first: 1,
    longest: 15,
    insists: false,
};

/// What has come of lingering lately.
#[derive(Debug)]
pub(super) struct Lingering {
    rule: &'static Rule,
    stride: u32,
    /// The thread on which somebody was last held up, by a full or empty channel or a lost claim; 0 if nobody ever.
    thread: Hint,
    /// 1 if the rule insists and the other side was ever on another thread.
    elsewhere: Hint,
    /// How many more of those that were judged failed than succeeded.
    debt: Hint,
    /// For how many operations that are held up to leave it out.
    left_out: Hint,
    /// For how many it was left out the last time, halved by every success since.
    last: Hint,
}

impl Lingering {
    /// For a channel of `capacity` messages.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            rule: if capacity == 1 { &ONE } else { &MORE },
            stride: stride(capacity),
            thread: Hint::default(),
            elsewhere: Hint::default(),
            debt: Hint::default(),
            left_out: Hint::default(),
            last: Hint::default(),
        }
    }

    /// Attempts `operation`, which was not possible at once, a few times more.
    #[cold]
    pub(super) fn linger<O: Operation>(
        &self,
        operation: &mut O,
        opposite: &Self,
    ) -> Option<O::Output> {
        let rule = self.rule;
        if !operation.may_succeed_at_once() || !self.may_come(opposite) || self.is_left_out() {
            return None;
        }
        let judged = by_chance(rule.every);
        let start = rule.limit.filter(|_| judged).map(|_| Instant::now());
        let output = look_after(self.looks(), operation);
        if judged {
            let time = start.map(|start| start.elapsed());
            self.judge(output.is_some() && time <= rule.limit);
        }
        output
    }

    /// For how many pauses to wait before each look; none in a loom run.
    pub(super) fn looks(&self) -> impl Iterator<Item = u32> + use<> {
        repeat_n(self.stride, PAUSES.div_ceil(self.stride) as usize)
    }

    /// How many pauses there should be from one look to the next.
    #[cfg(feature = "std")]
    pub(super) fn stride(&self) -> u32 {
        self.stride
    }

    /// Whether somebody may be at work on another thread.
    fn may_come(&self, opposite: &Self) -> bool {
        let here = budget::this_thread();
        self.thread.set(here);
        let there = opposite.thread.get();
        let differs = there != here && there != 0;
        if differs && self.rule.insists {
            self.elsewhere.set(1);
        }
        differs || self.elsewhere.get() == 1
    }

    fn is_left_out(&self) -> bool {
        let left_out = self.left_out.get();
        self.left_out.set(left_out.saturating_sub(1));
        left_out > 0
    }

    /// Notes that a wait was worth it, or not.
    fn judge(&self, success: bool) {
        let rule = self.rule;
        if success {
            self.debt.set(self.debt.get().saturating_sub(1));
            self.last.set(self.last.get() / 2);
            return;
        }
        let debt = self.debt.get() + 1;
        if debt < rule.patience {
            self.debt.set(debt);
            return;
        }
        let next = (2 * self.last.get() + rule.first).min(rule.longest);
        self.debt.set(0);
        self.last.set(next);
        self.left_out.set(next);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn is_left_out_for(lingering: &Lingering) -> u32 {
        let mut parks = 0;
        while lingering.is_left_out() {
            parks += 1;
        }
        parks
    }

    fn fail(lingering: &Lingering) -> u32 {
        for _ in 0..lingering.rule.patience {
            assert_eq!(is_left_out_for(lingering), 0, "patience");
            lingering.judge(false);
        }
        is_left_out_for(lingering)
    }

    #[test]
    fn it_is_left_out_longer_each_time_until_it_pays_again() {
        for capacity in [1, 2] {
            let lingering = Lingering::new(capacity);
            let rule = lingering.rule;
            let first: Vec<_> = (0..4).map(|_| fail(&lingering)).collect();
            assert_eq!(first, [1, 3, 7, 15].map(|times| times * rule.first));
            for _ in 0..20 {
                assert!(fail(&lingering) <= rule.longest);
            }
            assert_eq!(fail(&lingering), rule.longest);
            for _ in 0..20 {
                lingering.judge(true);
            }
            assert_eq!(fail(&lingering), rule.first);
        }
    }

    #[test]
    fn one_long_wait_among_short_ones_is_forgiven() {
        let lingering = Lingering::new(1);
        for _ in 0..10 {
            lingering.judge(false);
            lingering.judge(true);
        }
        assert_eq!(is_left_out_for(&lingering), 0);
    }

    #[test]
    fn nothing_is_expected_before_two_threads_were_seen() {
        for capacity in [1, 2] {
            let [here, there] = [(); 2].map(|()| Lingering::new(capacity));
            let insists = here.rule.insists;
            assert!(!here.may_come(&there), "nobody was there");
            assert!(!there.may_come(&here), "on this very thread");
            assert!(!here.may_come(&there));
            std::thread::scope(|scope| {
                let other = scope.spawn(|| there.may_come(&here));
                assert!(other.join().unwrap());
            });
            assert!(here.may_come(&there));
            // Now both have been on this thread last.
            assert_eq!(there.may_come(&here), insists);
            assert_eq!(here.may_come(&there), insists);
        }
    }
}

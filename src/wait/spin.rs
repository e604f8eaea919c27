//! Adaptive spinning: attempting again for a moment before parking, where that has been quicker lately.
//!
//! To park a task and to wake it costs a hundred nanoseconds and more, most of it in the executor, and perhaps
//! puts a core to sleep. If the other side runs on another core at this moment, what is waited for often
//! comes sooner. So an operation that was not possible at once is attempted again for some time first
//! (`sync/pause.rs` has all lengths), and even before it is found out why: for that, a receiver reads the senders'
//! word, and the other way round, and its cache line goes back and forth once more. (A batch reads it at each
//! attempt.) But
//!
//! * not if the other side last waited on this very thread: it may need the thread again, and then nothing can
//!   come. A channel that was only ever used on one thread never spins; nor one where one side never waited.
//! * not on a single core, where nothing can come meanwhile. A blocking call yields its thread there.
//! * not more often than every [`stride`]. Each attempt takes a cache line from the side that is at work, and
//!   finds one message. Checking less often lets the other side build a batch. While strides bring no more than
//!   one message each, as in a round trip, attempts are dense at first, and a stride is tried now and then.
//! * less and less often while it fails: each cooldown is longer than the one before.
//!
//! A channel of one message is a case of its own, for there every message is waited for on both sides. Two tasks
//! on two threads can go on for long without parking, at several times the speed, but only if both keep spinning;
//! and they get there only if one keeps spinning until the executor has moved a task to another thread. So there
//! the threshold of failures is higher, also on the same thread, and the cooldown is much longer. That holds also
//! where a cache line takes ten times as long from one core to another: parking costs several of them, too.
//!
//! Spinning counts against the cooperative budget. What it gains is in `compare/README.md`, "What was tried".

use super::budget;
use super::standby::StandingBy;
use super::{Attempt, Operation, Side};
#[cfg(feature = "std")]
use crate::sync::THREAD_SPIN;
use crate::sync::{
    self, LONGEST_STRIDE, MAX_SPIN_ATTEMPTS, RelaxedU8, RelaxedU32, SHORTEST_STRIDE, SPIN_PER_UNIT,
    STRIDE_PER_MESSAGE, TASK_SPIN, pauses, spin_loop,
};

/// Returns how many nanoseconds there are from one attempt to the next.
fn stride(capacity: usize) -> u32 {
    u32::try_from(capacity)
        .unwrap_or(u32::MAX)
        .saturating_mul(STRIDE_PER_MESSAGE)
        .clamp(SHORTEST_STRIDE, LONGEST_STRIDE)
}

/// True one time in `many`. Not counted in the channel, for each count would take a cache line from the other
/// side.
fn by_chance(many: u32) -> bool {
    many == 1 || sync::random() % many == 0
}

/// Makes a thorough attempt.
fn attempt<O: Operation>(operation: &mut O) -> Option<O::Output> {
    match operation.attempt() {
        // The operation was not woken, so that it has nothing to pass on.
        Attempt::Done(output) | Attempt::GivenUp(output) => Some(output),
        Attempt::Blocked | Attempt::Busy => None,
    }
}

/// Whether operations spin before they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spin {
    /// While it helps.
    Adaptive,
    Never,
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
    /// For tasks: they are charged, and stand in for waiters. A thread that spins may be suspended in the middle.
    is_task: bool,
}

/// For channels of one message.
const ONE: Rule = Rule {
    every: 8,
    threshold: 2,
    first: 15,
    longest: 16_383,
    sticky: true,
    is_task: true,
};

/// For larger ones.
const MORE: Rule = Rule {
    every: 1,
    threshold: 1,
    first: 1,
    longest: 15,
    sticky: false,
    is_task: true,
};

/// For threads, whatever the capacity. To park one can cost tens of microseconds, so one failure is forgiven.
#[cfg(feature = "std")]
const THREAD: Rule = Rule {
    threshold: 2,
    is_task: false,
    ..MORE
};

/// How often a thread lets others run on a single core before it parks.
#[cfg(feature = "std")]
const YIELDS: u32 = 4;

/// One operation in so many that stood in for waiters checks whether there still are any, by forgetting them.
const FORGET_WAITERS_EVERY: u32 = 64;

/// After how many strides in a row that brought one message or slot attempts become dense.
const SINGLE_FINDS: u32 = 4;

/// For how many operations they are dense then. A round trip waits for so many strides in so many that it need
/// not wait for.
const SINGLES: u32 = 64;

/// The outcomes of spinning lately. Tasks and threads of one side share them.
#[derive(Debug)]
pub(crate) struct Spinner {
    spin: Spin,
    /// The channel holds one message.
    is_one: bool,
    /// Found out when the channel is created, since the system may need to allocate to tell.
    on_single_core: bool,
    /// How many nanoseconds there are from one attempt to the next.
    stride: u32,
    /// The thread on which an operation last had to wait, for a full or empty channel or a lost claim; 0 if none
    /// ever had to.
    thread: RelaxedU32,
    /// 1 if the rule is sticky and the other side was ever on another thread.
    peer_on_other_thread: RelaxedU8,
    /// How many more of the recorded outcomes were failures than successes.
    failures: RelaxedU8,
    /// How many attempts in a row found one message or slot after a whole stride.
    single_finds: RelaxedU8,
    /// How many operations are to attempt densely at first.
    singles: RelaxedU8,
    /// How many operations that have to wait are not to spin.
    cooldown: RelaxedU32,
    /// How long the last cooldown was, halved by every success since.
    last: RelaxedU32,
}

impl Spinner {
    /// For a channel of `capacity` messages.
    pub(super) fn new(capacity: usize, spin: Spin) -> Self {
        Self {
            spin,
            is_one: capacity == 1,
            on_single_core: sync::is_single_core(),
            stride: stride(capacity),
            thread: RelaxedU32::default(),
            peer_on_other_thread: RelaxedU8::default(),
            failures: RelaxedU8::default(),
            single_finds: RelaxedU8::default(),
            singles: RelaxedU8::default(),
            cooldown: RelaxedU32::default(),
            last: RelaxedU32::default(),
        }
    }

    /// Returns whether it is not turned off.
    pub(crate) fn is_adaptive(&self) -> bool {
        self.spin == Spin::Adaptive
    }

    /// Returns whether operations of both sides last had to wait on the same thread.
    pub(super) fn is_on_thread_of(&self, opposite: &Self) -> bool {
        let here = self.thread.get();
        here != 0 && here == opposite.thread.get()
    }

    fn rule(&self) -> &'static Rule {
        if self.is_one { &ONE } else { &MORE }
    }

    /// Attempts `operation` of a task, which was not possible at once, a few times more.
    #[cold]
    pub(super) fn spin<O: Operation>(
        &self,
        operation: &mut O,
        side: &O::Side,
    ) -> Option<O::Output> {
        let rule = self.rule();
        if self.spin == Spin::Never
            || !self.peer_may_run(side.opposite().spinner(), rule)
            || self.on_single_core
            || !self.may_spin(operation)
        {
            return None;
        }
        self.attempt_often(operation, side, rule, self.stride)
    }

    /// Attempts `operation` of a thread, as above, and then for longer and longer. On a single
    /// core the other side needs that core.
    #[cfg(feature = "std")]
    pub(super) fn spin_thread<O: Operation>(
        &self,
        operation: &mut O,
        side: &O::Side,
    ) -> Option<O::Output> {
        if self.spin == Spin::Never {
            return None;
        }
        if self.on_single_core {
            return (0..YIELDS).find_map(|_| {
                let output = attempt(operation);
                if output.is_none() {
                    sync::yield_thread();
                }
                output
            });
        }
        if !self.may_spin(operation) {
            return None;
        }
        let output = self.attempt_often(operation, side, &THREAD, THREAD_SPIN);
        if output.is_none() || self.thread.get() == 0 {
            self.thread.set(sync::this_thread());
        }
        output
    }

    /// Returns whether spinning may help `operation`, and was of use lately.
    fn may_spin<O: Operation>(&self, operation: &O) -> bool {
        MAX_SPIN_ATTEMPTS != 0 && operation.may_succeed_at_once() && !self.cooldown.count_down()
    }

    /// Attempts `operation` once per stride, and then after longer and longer pauses, up to `longest` nanoseconds.
    fn attempt_often<O: Operation>(
        &self,
        operation: &mut O,
        side: &O::Side,
        rule: &Rule,
        longest: u32,
    ) -> Option<O::Output> {
        let has_waiters = rule.is_task && side.queue().may_have_waiters();
        let standing_by = has_waiters.then(|| StandingBy::new(side));
        let mut pause = if self.singles.count_down() {
            SHORTEST_STRIDE
        } else {
            self.stride
        };
        let mut strides = TASK_SPIN.div_ceil(self.stride);
        let mut attempts = 0;
        let mut spent = 0;
        let output = loop {
            for _ in 0..pauses(pause) {
                spin_loop();
            }
            spent += pause;
            if let Some(output) = operation.attempt_at_once() {
                break Some(output);
            }
            attempts += 1;
            if attempts == MAX_SPIN_ATTEMPTS {
                break None;
            }
            if pause == self.stride && strides > 1 {
                strides -= 1;
            } else if pause < self.stride {
                pause = (2 * pause).min(self.stride);
            } else if 2 * pause <= longest {
                if pause == self.stride {
                    // Sees what the others do not: capacity beside permits, and a channel that is closed.
                    let output = attempt(operation);
                    if output.is_some() {
                        break output;
                    }
                }
                pause *= 2;
            } else {
                break None;
            }
        };
        drop(standing_by);
        if has_waiters && by_chance(FORGET_WAITERS_EVERY) {
            side.queue().forget_waiters();
        }
        if rule.is_task {
            budget::charge(spent / SPIN_PER_UNIT);
        }
        if output.is_some() && pause >= self.stride && pause > SHORTEST_STRIDE {
            self.record_find(side.is_ready());
        }
        if by_chance(rule.every) {
            self.record(output.is_some(), rule);
        }
        output
    }

    /// Returns whether the other side may be at work on another thread.
    fn peer_may_run(&self, opposite: &Self, rule: &Rule) -> bool {
        let here = sync::this_thread();
        self.thread.set(here);
        let there = opposite.thread.get();
        let differs = there != here && there != 0;
        if differs && rule.sticky {
            self.peer_on_other_thread.set(1);
        }
        differs || self.peer_on_other_thread.get() == 1
    }

    /// Records whether an attempt after a whole stride found more than one message or slot.
    fn record_find(&self, several: bool) {
        let in_a_row = if several {
            0
        } else {
            self.single_finds.get() + 1
        };
        if in_a_row < SINGLE_FINDS {
            self.single_finds.set(in_a_row);
        } else {
            self.single_finds.set(0);
            self.singles.set(SINGLES);
        }
    }

    /// Records whether spinning was worth it.
    fn record(&self, success: bool, rule: &Rule) {
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
        if next == rule.longest {
            // What was known of the other side's thread is not of use any more.
            self.peer_on_other_thread.set(0);
        }
        self.failures.set(0);
        self.last.set(next);
        self.cooldown.set(next);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::queue::{MpmcQueue, RecvOperation};

    fn cooldown_of(spinner: &Spinner) -> u32 {
        let mut parks = 0;
        while spinner.cooldown.count_down() {
            parks += 1;
        }
        parks
    }

    fn fail(spinner: &Spinner) -> u32 {
        for _ in 0..spinner.rule().threshold {
            assert_eq!(cooldown_of(spinner), 0, "threshold");
            spinner.record(false, spinner.rule());
        }
        cooldown_of(spinner)
    }

    #[test]
    fn cooldowns_grow_until_it_pays_again() {
        for capacity in [1, 2] {
            let spinner = Spinner::new(capacity, Spin::Adaptive);
            let rule = spinner.rule();
            let first: Vec<_> = (0..4).map(|_| fail(&spinner)).collect();
            assert_eq!(first, [1, 3, 7, 15].map(|times| times * rule.first));
            for _ in 0..20 {
                assert!(fail(&spinner) <= rule.longest);
            }
            assert_eq!(fail(&spinner), rule.longest);
            for _ in 0..20 {
                spinner.record(true, spinner.rule());
            }
            assert_eq!(fail(&spinner), rule.first);
        }
    }

    #[test]
    fn one_failure_among_successes_is_forgiven() {
        let spinner = Spinner::new(1, Spin::Adaptive);
        for _ in 0..10 {
            spinner.record(false, spinner.rule());
            spinner.record(true, spinner.rule());
        }
        assert_eq!(cooldown_of(&spinner), 0);
    }

    #[test]
    fn attempts_become_dense_while_strides_bring_single_messages() {
        let spinner = Spinner::new(1024, Spin::Adaptive);
        for several in [false, false, false, true, false, false, false] {
            spinner.record_find(several);
            assert!(
                !spinner.singles.count_down(),
                "never {SINGLE_FINDS} in a row"
            );
        }
        spinner.record_find(false);
        for _ in 0..SINGLES {
            assert!(spinner.singles.count_down());
        }
        assert!(
            !spinner.singles.count_down(),
            "one stride shows whether there are more now"
        );
    }

    #[test]
    fn nothing_is_expected_before_two_threads_were_seen() {
        for capacity in [1, 2] {
            let [here, there] = [(); 2].map(|()| Spinner::new(capacity, Spin::Adaptive));
            let rule = here.rule();
            let sticky = rule.sticky;
            assert!(!here.peer_may_run(&there, rule), "nobody was there");
            assert!(!there.peer_may_run(&here, rule), "on this very thread");
            assert!(!here.peer_may_run(&there, rule));
            std::thread::scope(|scope| {
                let other = scope.spawn(|| there.peer_may_run(&here, rule));
                assert!(other.join().unwrap());
            });
            assert!(here.peer_may_run(&there, rule));
            // Now both have been on this thread last.
            assert_eq!(there.peer_may_run(&here, rule), sticky);
            assert_eq!(here.peer_may_run(&there, rule), sticky);
        }
    }

    #[test]
    fn what_is_known_of_the_other_thread_expires() {
        let spinner = Spinner::new(1, Spin::Adaptive);
        spinner.peer_on_other_thread.set(1);
        while fail(&spinner) < spinner.rule().longest {
            assert_eq!(spinner.peer_on_other_thread.get(), 1);
        }
        assert_eq!(spinner.peer_on_other_thread.get(), 0);
    }

    #[test]
    fn spinning_can_be_turned_off() {
        for spin in [Spin::Adaptive, Spin::Never] {
            let queue = MpmcQueue::<u8>::late(1, spin);
            let side = queue.receivers_side();
            let spinner = side.queue().spinner();
            // A spin begins with a note of the thread.
            assert_eq!(
                spinner.spin(&mut RecvOperation { queue: &queue }, &side),
                None
            );
            let noted = spinner.thread.get() != 0;
            assert_eq!(noted, spin == Spin::Adaptive);
            #[cfg(feature = "std")]
            {
                let output = spinner.spin_thread(&mut RecvOperation { queue: &queue }, &side);
                assert_eq!(output, None);
                let stayed = spinner.failures.get() == 0 && spinner.last.get() == 0;
                assert!(stayed || spin == Spin::Adaptive);
            }
        }
    }
}

//! Adaptive spinning: retrying for a short time before parking, while that has been quicker
//! recently.
//!
//! Parking a task and waking it costs a hundred nanoseconds and more, most of it in the executor,
//! and may put a core to sleep. If the other side is running on another core, what the operation
//! waits for often arrives sooner. So an operation that failed is first retried for some time
//! (`sync/pause.rs` has all lengths), even before the reason for the failure is known. To learn the
//! reason, a receiver would load the senders' state, and a sender the receivers' state, and the
//! cache line would travel back and forth once more. (A batch loads it at each attempt.) An
//! operation does not spin
//!
//! * if the other side last waited on this very thread. The other side may need the thread, and
//!   then nothing can arrive. A channel that is used on one thread only never spins, and neither
//!   does one where one side never waited.
//! * on a single core, where no other thread can run meanwhile. A blocking call yields its thread
//!   there, and offers its operation to the other threads meanwhile (`help.rs`).
//! * more often than once per [`stride`]. Each attempt takes a cache line from the side that is
//!   running, and finds one message. Checking less often lets the other side build a batch. While
//!   strides find no more than one message each, as in a round trip, attempts are dense at first,
//!   and a stride is tried now and then.
//! * during a cooldown. Each cooldown after a failure is longer than the one before.
//!
//! A channel of one message is a special case, because both sides wait for every message. Two tasks
//! on two threads can run for a long time without parking, at several times the speed, but only if
//! both keep spinning. They get there only if one keeps spinning until the executor has moved a
//! task to another thread. So such a channel has a higher threshold of failures, also on the same
//! thread, and a much longer cooldown. This also pays where a cache line takes ten times as long
//! from one core to another, since parking costs several of those transfers, too.
//!
//! Spinning is charged to the cooperative budget. `compare/README.md`, "What was tried", lists what
//! it gains.

use super::budget;
use super::cooldown::Cooldown;
#[cfg(feature = "std")]
use super::help::yield_core;
use super::spin_tokens::SpinToken;
use super::{Attempt, Operation, Side};
#[cfg(feature = "std")]
use crate::sync::THREAD_SPIN;
use crate::sync::{
    self, LONGEST_STRIDE, MAX_SPIN_ATTEMPTS, RelaxedU8, RelaxedU32, SHORTEST_STRIDE, SPIN_PER_UNIT,
    STRIDE_PER_MESSAGE, TASK_SPIN, pauses, spin_loop,
};

/// Returns the time from one attempt to the next, in nanoseconds.
fn stride(capacity: u32) -> u32 {
    capacity
        .saturating_mul(STRIDE_PER_MESSAGE)
        .clamp(SHORTEST_STRIDE, LONGEST_STRIDE)
}

/// Returns `true` with a probability of 1 in `n`. Random, since a counter in the channel would take
/// a cache line from the other side.
pub(super) fn one_in(n: u32) -> bool {
    n == 1 || sync::random() % n == 0
}

/// Makes one full attempt.
pub(super) fn attempt<O: Operation>(operation: &mut O) -> Option<O::Output> {
    match operation.attempt() {
        // The operation was not woken, so it holds no notification to forward.
        Attempt::Done(output) | Attempt::GivenUp(output) => Some(output),
        Attempt::Blocked | Attempt::Busy => None,
    }
}

/// States whether operations spin before they wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spin {
    /// Operations spin while it helps.
    Adaptive,
    Never,
}

/// The rule for cooldowns of spinning.
#[derive(Debug)]
struct CooldownRule {
    /// The outcome of one wait in this many is recorded.
    record_one_in: u32,
    /// The number of recorded failures, minus successes, that starts a cooldown.
    threshold: u32,
    /// The length of the first cooldown, in operations that would block. Each further cooldown is
    /// twice as long as the last one, plus this.
    first_cooldown: u32,
    /// The largest length of a cooldown. A few attempts in that many operations are the cost of
    /// noticing that spinning helps again.
    longest_cooldown: u32,
    /// `true` if, once the two sides were seen on different threads, they are assumed to stay
    /// there.
    sticky: bool,
    /// `true` for tasks: their spinning is charged, and adds a token. A thread that spins may be
    /// suspended while it does.
    is_task: bool,
}

/// The rule for channels of one message.
const SINGLE_SLOT_RULE: CooldownRule = CooldownRule {
    record_one_in: 8,
    threshold: 2,
    first_cooldown: 15,
    longest_cooldown: 16_383,
    sticky: true,
    is_task: true,
};

/// The rule for larger channels.
const MULTI_SLOT_RULE: CooldownRule = CooldownRule {
    record_one_in: 1,
    threshold: 1,
    first_cooldown: 1,
    longest_cooldown: 15,
    sticky: false,
    is_task: true,
};

/// The rule for threads, whatever the capacity. Parking a thread can cost tens of microseconds, so
/// one failure is allowed.
#[cfg(feature = "std")]
const THREAD_RULE: CooldownRule = CooldownRule {
    threshold: 2,
    is_task: false,
    ..MULTI_SLOT_RULE
};

/// The number of times that a thread yields on a single core before it parks. In models one yield
/// explores as much as several.
#[cfg(feature = "std")]
const YIELDS: u32 = if cfg!(any(loom, shuttle)) { 1 } else { 4 };

/// One operation in this many that added a token marks the side as having no waiters, to find out
/// whether it still has any.
const FORGET_WAITERS_EVERY: u32 = 64;

/// The number of strides in a row with a single message or slot after which attempts become dense.
const SINGLE_FINDS: u32 = 4;

/// The number of operations with dense attempts. In a round trip, [`SINGLE_FINDS`] operations out
/// of about this many wait for a whole stride without need.
const DENSE_OPERATIONS: u32 = 64;

/// The recent outcomes of spinning. Tasks and threads of one side share them.
#[derive(Debug)]
pub(crate) struct Spinner {
    spin: Spin,
    /// The capacity of the channel, or `u32::MAX` if it is larger.
    capacity: RelaxedU32,
    /// Determined when the channel is created, since the system call may allocate.
    on_single_core: bool,
    /// The thread on which an operation last had to wait, for a full or empty channel or after
    /// losing a claim. 0 if none ever had to.
    thread: RelaxedU32,
    /// 1 if the rule is sticky and the other side was once seen on another thread.
    peer_on_other_thread: RelaxedU8,
    /// The number of recorded failures, minus successes.
    failures: RelaxedU8,
    /// The number of attempts in a row that found one message or slot after a whole stride.
    single_finds: RelaxedU8,
    /// The number of coming operations with dense attempts.
    dense_operations: RelaxedU8,
    /// Counts operations that would block and do not spin.
    cooldown: Cooldown,
}

impl Spinner {
    /// Creates the data for a channel of `capacity` messages.
    pub(super) fn new(capacity: usize, spin: Spin) -> Self {
        let spinner = Self {
            spin,
            capacity: RelaxedU32::default(),
            on_single_core: sync::is_single_core(),
            thread: RelaxedU32::default(),
            peer_on_other_thread: RelaxedU8::default(),
            failures: RelaxedU8::default(),
            single_finds: RelaxedU8::default(),
            dense_operations: RelaxedU8::default(),
            cooldown: Cooldown::default(),
        };
        spinner.set_capacity(capacity);
        spinner
    }

    /// Adapts to a new capacity of the channel.
    pub(super) fn set_capacity(&self, capacity: usize) {
        self.capacity
            .set(u32::try_from(capacity).unwrap_or(u32::MAX));
    }

    /// Returns the time from one attempt to the next, in nanoseconds.
    fn stride(&self) -> u32 {
        stride(self.capacity.get())
    }

    /// Returns whether spinning is enabled.
    pub(crate) fn is_adaptive(&self) -> bool {
        self.spin == Spin::Adaptive
    }

    /// Returns whether operations of both sides last had to wait on the same thread.
    pub(super) fn is_on_thread_of(&self, opposite: &Self) -> bool {
        let here = self.thread.get();
        here != 0 && here == opposite.thread.get()
    }

    fn rule(&self) -> &'static CooldownRule {
        if self.capacity.get() == 1 {
            &SINGLE_SLOT_RULE
        } else {
            &MULTI_SLOT_RULE
        }
    }

    /// Retries `operation` of a task, whose first attempt failed, a few times.
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
        self.attempt_often(operation, side, rule, self.stride())
    }

    /// Retries `operation` of a thread like [`spin`](Self::spin), and then after longer and longer
    /// pauses. On a single core the thread yields instead, since the other side needs that
    /// core, and another thread may complete the operation.
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
            return yield_core(operation, side, YIELDS);
        }
        if !self.may_spin(operation) {
            return None;
        }
        let output = self.attempt_often(operation, side, &THREAD_RULE, THREAD_SPIN);
        if output.is_none() || self.thread.get() == 0 {
            self.thread.set(sync::this_thread());
        }
        output
    }

    /// Returns whether spinning may help `operation` and no cooldown applies.
    fn may_spin<O: Operation>(&self, operation: &O) -> bool {
        MAX_SPIN_ATTEMPTS != 0 && operation.may_succeed_at_once() && !self.cooldown.count_down()
    }

    /// Attempts `operation` once per stride, and then after longer and longer pauses, up to
    /// `longest_pause` nanoseconds.
    fn attempt_often<O: Operation>(
        &self,
        operation: &mut O,
        side: &O::Side,
        rule: &CooldownRule,
        longest_pause: u32,
    ) -> Option<O::Output> {
        let stride = self.stride();
        let has_waiters = rule.is_task && side.queue().may_have_waiters();
        let token = has_waiters.then(|| SpinToken::new(side));
        let mut pause = if self.dense_operations.count_down() {
            SHORTEST_STRIDE
        } else {
            stride
        };
        let mut strides = TASK_SPIN.div_ceil(stride);
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
            if pause == stride && strides > 1 {
                strides -= 1;
            } else if pause < stride {
                pause = (2 * pause).min(stride);
            } else if 2 * pause <= longest_pause {
                if pause == stride {
                    // A full attempt also finds capacity beside permits, and a closed channel.
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
        drop(token);
        if has_waiters && one_in(FORGET_WAITERS_EVERY) {
            side.queue().forget_waiters();
        }
        if rule.is_task {
            budget::charge(spent / SPIN_PER_UNIT);
        }
        if output.is_some() && pause >= stride && pause > SHORTEST_STRIDE {
            self.record_find(side.is_ready());
        }
        if one_in(rule.record_one_in) {
            self.record(output.is_some(), rule);
        }
        output
    }

    /// Returns whether the other side may be running on another thread.
    fn peer_may_run(&self, opposite: &Self, rule: &CooldownRule) -> bool {
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
            self.dense_operations.set(DENSE_OPERATIONS);
        }
    }

    /// Records the outcome of spinning.
    fn record(&self, success: bool, rule: &CooldownRule) {
        if success {
            self.failures.set(self.failures.get().saturating_sub(1));
            self.cooldown.record_success();
            return;
        }
        let failures = self.failures.get() + 1;
        if failures < rule.threshold {
            self.failures.set(failures);
            return;
        }
        let length = self
            .cooldown
            .start(rule.first_cooldown, rule.longest_cooldown);
        if length == rule.longest_cooldown {
            // The other side may have moved to this thread since.
            self.peer_on_other_thread.set(0);
        }
        self.failures.set(0);
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
    fn cooldowns_grow_until_spinning_succeeds() {
        for capacity in [1, 2] {
            let spinner = Spinner::new(capacity, Spin::Adaptive);
            let rule = spinner.rule();
            let first: Vec<_> = (0..4).map(|_| fail(&spinner)).collect();
            assert_eq!(
                first,
                [1, 3, 7, 15].map(|times| times * rule.first_cooldown)
            );
            for _ in 0..20 {
                assert!(fail(&spinner) <= rule.longest_cooldown);
            }
            assert_eq!(fail(&spinner), rule.longest_cooldown);
            for _ in 0..20 {
                spinner.record(true, spinner.rule());
            }
            assert_eq!(fail(&spinner), rule.first_cooldown);
        }
    }

    #[test]
    fn alternating_outcomes_cause_no_cooldown() {
        let spinner = Spinner::new(1, Spin::Adaptive);
        for _ in 0..10 {
            spinner.record(false, spinner.rule());
            spinner.record(true, spinner.rule());
        }
        assert_eq!(cooldown_of(&spinner), 0);
    }

    #[test]
    fn attempts_become_dense_while_strides_find_single_messages() {
        let spinner = Spinner::new(1024, Spin::Adaptive);
        for several in [false, false, false, true, false, false, false] {
            spinner.record_find(several);
            assert!(
                !spinner.dense_operations.count_down(),
                "fewer than {SINGLE_FINDS} in a row"
            );
        }
        spinner.record_find(false);
        for _ in 0..DENSE_OPERATIONS {
            assert!(spinner.dense_operations.count_down());
        }
        assert!(
            !spinner.dense_operations.count_down(),
            "the next operation waits for a stride"
        );
    }

    #[test]
    fn the_peer_may_run_once_it_was_seen_on_another_thread() {
        for capacity in [1, 2] {
            let [here, there] = [(); 2].map(|()| Spinner::new(capacity, Spin::Adaptive));
            let rule = here.rule();
            let sticky = rule.sticky;
            assert!(
                !here.peer_may_run(&there, rule),
                "the other side never waited"
            );
            assert!(
                !there.peer_may_run(&here, rule),
                "both waited on this thread"
            );
            assert!(!here.peer_may_run(&there, rule));
            std::thread::scope(|scope| {
                let other = scope.spawn(|| there.peer_may_run(&here, rule));
                assert!(other.join().unwrap());
            });
            assert!(here.peer_may_run(&there, rule));
            // Now both have last waited on this thread.
            assert_eq!(there.peer_may_run(&here, rule), sticky);
            assert_eq!(here.peer_may_run(&there, rule), sticky);
        }
    }

    #[test]
    fn the_longest_cooldown_forgets_the_other_thread() {
        let spinner = Spinner::new(1, Spin::Adaptive);
        spinner.peer_on_other_thread.set(1);
        while fail(&spinner) < spinner.rule().longest_cooldown {
            assert_eq!(spinner.peer_on_other_thread.get(), 1);
        }
        assert_eq!(spinner.peer_on_other_thread.get(), 0);
    }

    #[test]
    fn spinning_can_be_turned_off() {
        for spin in [Spin::Adaptive, Spin::Never] {
            let queue = MpmcQueue::<u8>::lazy(1, spin);
            let side = queue.receivers_side();
            let spinner = side.queue().spinner();
            // Spinning starts by recording the thread.
            assert_eq!(
                spinner.spin(&mut RecvOperation::<_>::new(&queue), &side),
                None
            );
            let recorded = spinner.thread.get() != 0;
            assert_eq!(recorded, spin == Spin::Adaptive);
            #[cfg(feature = "std")]
            {
                let output = spinner.spin_thread(&mut RecvOperation::<_>::new(&queue), &side);
                assert_eq!(output, None);
                let unchanged = spinner.failures.get() == 0 && spinner.cooldown.last_length() == 0;
                assert!(unchanged || spin == Spin::Adaptive);
            }
        }
    }
}

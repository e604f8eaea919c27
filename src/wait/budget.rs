//! The cooperative budget: a task that always finds the channel ready still lets other tasks run.
//!
//! Every asynchronous operation charges one unit before it accesses the channel, and spinning
//! charges some. After [`LIMIT`] units the budget is exhausted and operations *yield*: they wake
//! their own task and return `Pending`, with nothing sent or received. This lasts until the task
//! has returned to its executor, so in a `select!` or `join!` every branch yields and the whole
//! task returns. An operation cannot ask the executor. It takes these as signs that the task has
//! returned:
//!
//! * A future that yielded is polled again.
//! * A handle that yielded is polled again. Combinators like `buffer_unordered` poll a stream again
//!   before they return, while they hold items that are ready. So one exhaustion in [`LONG_EVERY`]
//!   takes [`LONG_RETURNS`] such polls, enough for those combinators to run out of items.
//! * A future that yielded is dropped without another poll. The code that polled it does not wait
//!   for it (`now_or_never`, or `timeout_at` with a deadline in the past), and would only get
//!   `Pending` again.
//!
//! In the last case the next [`LONG_LIMIT`] units pass before any operation yields. The same limit
//! applies at the start, before it is known how the thread's tasks poll.
//!
//! The budget is kept per thread, not per task, so it needs no runtime. At worst a task yields once
//! too early, for units that its neighbors on the thread have spent. With the feature `tokio`,
//! inside a tokio runtime, tokio's own budget is used instead, which is kept per task.

use core::cell::Cell;
use core::task::{Context, Poll};

#[cfg(not(feature = "std"))]
use crate::sync::RelaxedU32;
#[cfg(feature = "std")]
use crate::sync::thread_local;

/// The number of operations in a row that may find the channel ready.
pub(crate) const LIMIT: u32 = 256;

/// The same limit while there is no sign that yielding returns the task to its executor.
const LONG_LIMIT: u32 = 1024;

/// The number of exhaustions in a row without a park after which one takes [`LONG_RETURNS`]
/// returns.
const LONG_EVERY: u32 = 4;

/// The number of times that handles which yielded are polled again before such an exhaustion ends.
const LONG_RETURNS: u32 = 32;

/// The largest number of operations that yield without any sign of a return.
const MAX_FORCED_YIELDS: u32 = 64;

/// The remaining budget of a thread.
struct Budget {
    /// The units that are left. 0 while operations yield.
    left: Cell<u32>,
    exhaustion: Cell<Exhaustion>,
}

/// Counters since the budget was exhausted.
#[derive(Clone, Copy)]
struct Exhaustion {
    /// The number of operations that yielded.
    forced_yields: u32,
    /// The number of polls of handles that had yielded before.
    returns: u32,
    /// The number of exhaustions since a task of this thread last parked.
    streak: u32,
}

impl Budget {
    #[cfg(feature = "std")]
    const fn new() -> Self {
        Self {
            left: Cell::new(LONG_LIMIT),
            exhaustion: Cell::new(Exhaustion {
                forced_yields: 0,
                returns: 0,
                streak: 0,
            }),
        }
    }

    /// Refills the budget with `limit` units.
    fn refill(&self, limit: u32) {
        self.left.set(limit);
        let streak = self.exhaustion.get().streak;
        self.exhaustion.set(Exhaustion {
            forced_yields: 0,
            returns: 0,
            streak,
        });
    }

    /// Spends one unit. If none is left, `decide` returns whether the operation proceeds anyway,
    /// which refills the budget for all operations.
    #[inline]
    fn spend(&self, decide: impl FnOnce(&mut Exhaustion) -> bool) -> bool {
        let left = self.left.get();
        if left > 0 {
            self.left.set(left - 1);
            return true;
        }
        self.spend_none(decide)
    }

    #[cold]
    fn spend_none(&self, decide: impl FnOnce(&mut Exhaustion) -> bool) -> bool {
        let mut exhaustion = self.exhaustion.get();
        let proceeds = decide(&mut exhaustion);
        self.exhaustion.set(exhaustion);
        if proceeds {
            self.refill(LIMIT);
        }
        proceeds
    }
}

impl Exhaustion {
    /// Returns whether an operation that has not yielded before proceeds although the budget is
    /// exhausted.
    fn proceeds_anyway(&mut self) -> bool {
        if self.forced_yields == 0 {
            self.streak += 1;
        }
        self.forced_yields += 1;
        self.forced_yields > MAX_FORCED_YIELDS
    }

    /// Returns whether a handle that has yielded proceeds when it is polled again.
    fn proceeds_after_return(&mut self) -> bool {
        self.returns += 1;
        let is_long = self.streak % LONG_EVERY == 0;
        !is_long || self.returns >= LONG_RETURNS
    }
}

#[cfg(feature = "std")]
thread_local! {
    static BUDGET: Budget = const { Budget::new() };
}

/// Accesses the thread's budget. It may be gone while the thread ends. Then there is no limit.
#[cfg(feature = "std")]
#[inline]
fn with_budget<R>(otherwise: R, access: impl FnOnce(&Budget) -> R) -> R {
    match BUDGET.try_with(|budget| access(budget)) {
        Ok(result) => result,
        Err(_) => otherwise,
    }
}

/// Accesses the one budget that all threads share, since threads are unknown without an operating
/// system.
#[cfg(not(feature = "std"))]
fn with_budget<R>(_otherwise: R, access: impl FnOnce(&Budget) -> R) -> R {
    static LEFT: RelaxedU32 = RelaxedU32::new(LONG_LIMIT);
    static RETURNS: RelaxedU32 = RelaxedU32::new(0);
    static STREAK: RelaxedU32 = RelaxedU32::new(0);
    static FORCED_YIELDS: RelaxedU32 = RelaxedU32::new(0);
    let budget = Budget {
        left: Cell::new(LEFT.get()),
        exhaustion: Cell::new(Exhaustion {
            forced_yields: FORCED_YIELDS.get(),
            returns: RETURNS.get(),
            streak: STREAK.get(),
        }),
    };
    let result = access(&budget);
    LEFT.set(budget.left.get());
    let exhaustion = budget.exhaustion.get();
    FORCED_YIELDS.set(exhaustion.forced_yields);
    RETURNS.set(exhaustion.returns);
    STREAK.set(exhaustion.streak);
    result
}

/// A charged unit.
#[must_use]
pub(crate) struct Charge {
    #[cfg(all(feature = "tokio", not(any(loom, shuttle))))]
    tokio: tokio::task::coop::RestoreOnPending,
}

impl Charge {
    /// Records that the operation has completed. With tokio's budget, an operation that has not is
    /// not charged.
    #[inline(always)]
    pub(crate) fn made_progress(self) {
        #[cfg(all(feature = "tokio", not(any(loom, shuttle))))]
        self.tokio.made_progress();
    }
}

/// Charges one operation. Returns `Pending`, with the task woken, if it has to yield.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<Charge> {
    poll_charged(cx, || {
        with_budget(true, |budget| budget.spend(Exhaustion::proceeds_anyway))
    })
}

#[inline]
fn poll_charged(cx: &mut Context<'_>, proceeds: impl FnOnce() -> bool) -> Poll<Charge> {
    #[cfg(all(feature = "tokio", not(any(loom, shuttle))))]
    {
        let charge = Charge {
            tokio: core::task::ready!(tokio::task::coop::poll_proceed(cx)),
        };
        if proceeds() {
            return Poll::Ready(charge);
        }
        if tokio::runtime::Handle::try_current().is_ok() {
            // Tokio's budget applies here and is not exhausted.
            with_budget((), |budget| budget.refill(LIMIT));
            return Poll::Ready(charge);
        }
    }
    #[cfg(not(all(feature = "tokio", not(any(loom, shuttle)))))]
    if proceeds() {
        return Poll::Ready(Charge {});
    }
    force_yield(cx)
}

#[cold]
fn force_yield<R>(cx: &mut Context<'_>) -> Poll<R> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Charges units beyond the one that each operation costs: for time spent spinning, and for large
/// batches.
pub(crate) fn charge(units: u32) {
    with_budget((), |budget| {
        budget.left.set(budget.left.get().saturating_sub(units));
    });
}

/// Records that a task of this thread has parked.
#[inline]
pub(crate) fn parked() {
    with_budget((), |budget| {
        let exhaustion = budget.exhaustion.get();
        budget.exhaustion.set(Exhaustion {
            streak: 0,
            ..exhaustion
        });
    });
}

/// The budget state that a handle keeps between polls.
#[derive(Debug, Default)]
pub(crate) struct HandleBudget {
    has_yielded: bool,
}

impl HandleBudget {
    /// Charges one operation, like [`poll_proceed`], of a handle that may have yielded before.
    #[inline]
    pub(crate) fn poll_proceed(&mut self, cx: &mut Context<'_>) -> Poll<Charge> {
        let has_yielded = self.has_yielded;
        let charge = poll_charged(cx, || {
            with_budget(true, |budget| {
                budget.spend(|exhaustion| {
                    if has_yielded {
                        exhaustion.proceeds_after_return()
                    } else {
                        exhaustion.proceeds_anyway()
                    }
                })
            })
        });
        self.has_yielded = charge.is_pending();
        charge
    }
}

/// A token of a future that yielded before its first attempt. Dropped if the future is not polled
/// again.
#[derive(Debug)]
pub(crate) struct ForcedYield(());

impl ForcedYield {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// Charges the operation when its future is polled again, so its task has returned to the
    /// executor.
    pub(crate) fn resume(self, cx: &mut Context<'_>) -> Poll<Charge> {
        core::mem::forget(self);
        poll_charged(cx, || with_budget(true, |budget| budget.spend(|_| true)))
    }
}

impl Drop for ForcedYield {
    fn drop(&mut self) {
        with_budget((), |budget| {
            if budget.left.get() == 0 {
                budget.refill(LONG_LIMIT);
            }
        });
    }
}

//! The cooperative budget: a task that always finds the channel ready still lets others run.
//!
//! Every asynchronous operation charges one unit before it looks at the channel, and spinning charges some. After
//! [`LIMIT`] units the budget is exhausted: operations are *refused*, which means that they wake their own task
//! and return `Pending`, with nothing sent or received. That lasts until the task has been back at its executor,
//! so that in a `select!` or `join!` every branch is refused and the whole task yields. An operation cannot ask the
//! executor. It takes these for signs of a return:
//!
//! * a future that was refused is polled again;
//! * a handle that was refused is polled again. Combinators like `buffer_unordered` poll a stream again before
//!   they return, as long as they hold items that are ready; so one time in [`LONG_EVERY`] it takes
//!   [`LONG_RETURNS`] such polls, enough for them to run out of items;
//! * a future that was refused is dropped unpolled: whatever polled it does not wait for it
//!   (`now_or_never`, `timeout_at` with a deadline in the past), and would only be told "not now" again.
//!
//! In the last case the next [`LONG_LIMIT`] units pass before anything is refused, and also at the beginning, while
//! nothing is known of how the thread's tasks poll.
//!
//! The count is kept per thread, not per task, so that it needs no runtime: a task pays at worst for what its
//! neighbors on the thread spent, with one early yield. With the feature `tokio`, inside a tokio runtime, tokio's
//! own budget is used instead, which is kept per task.

use core::cell::Cell;
use core::task::{Context, Poll};

#[cfg(not(feature = "std"))]
use crate::sync::RelaxedU32;
#[cfg(feature = "std")]
use crate::sync::thread_local;

/// How many operations in a row may find the channel ready.
pub(crate) const LIMIT: u32 = 256;

/// How many while nothing shows that a refusal leads to the executor.
const LONG_LIMIT: u32 = 1024;

/// How many exhaustions in a row without a park end with a long run of refusals.
const LONG_EVERY: u32 = 4;

/// How many polls of refused handles such a run takes.
const LONG_RETURNS: u32 = 32;

/// How many operations are refused at most without any sign of a return.
const MAX_REFUSALS: u32 = 64;

/// What is left of a thread's budget.
struct Budget {
    /// Units that are left; 0 while operations are refused.
    left: Cell<u32>,
    exhaustion: Cell<Exhaustion>,
}

/// What has happened since the budget was exhausted.
#[derive(Clone, Copy)]
struct Exhaustion {
    /// Operations that were refused.
    refusals: u32,
    /// Refused handles that were polled again.
    returns: u32,
    /// Exhaustions since a task of this thread last parked.
    streak: u32,
}

impl Budget {
    #[cfg(feature = "std")]
    const fn new() -> Self {
        Self {
            left: Cell::new(LONG_LIMIT),
            exhaustion: Cell::new(Exhaustion {
                refusals: 0,
                returns: 0,
                streak: 0,
            }),
        }
    }

    /// Begins again, with `limit` units.
    fn refill(&self, limit: u32) {
        self.left.set(limit);
        let streak = self.exhaustion.get().streak;
        self.exhaustion.set(Exhaustion {
            refusals: 0,
            returns: 0,
            streak,
        });
    }

    /// Spends one unit. If none is left, `decide` says whether the operation may go on nevertheless, and with
    /// it all others.
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
        let goes_on = decide(&mut exhaustion);
        self.exhaustion.set(exhaustion);
        if goes_on {
            self.refill(LIMIT);
        }
        goes_on
    }
}

impl Exhaustion {
    /// Whether an operation that was not refused before may go on although the budget is exhausted.
    fn gives_in(&mut self) -> bool {
        if self.refusals == 0 {
            self.streak += 1;
        }
        self.refusals += 1;
        self.refusals > MAX_REFUSALS
    }

    /// Whether a refused handle that is polled again may go on.
    fn has_returned(&mut self) -> bool {
        self.returns += 1;
        let is_long = self.streak % LONG_EVERY == 0;
        !is_long || self.returns >= LONG_RETURNS
    }
}

#[cfg(feature = "std")]
thread_local! {
    static BUDGET: Budget = const { Budget::new() };
}

/// Accesses the thread's budget. While the thread ends it may be gone; then there is no limit.
#[cfg(feature = "std")]
#[inline]
fn with_budget<R>(otherwise: R, access: impl FnOnce(&Budget) -> R) -> R {
    match BUDGET.try_with(|budget| access(budget)) {
        Ok(result) => result,
        Err(_) => otherwise,
    }
}

/// Without an operating system nothing is known of threads, and all have one budget together.
#[cfg(not(feature = "std"))]
fn with_budget<R>(_otherwise: R, access: impl FnOnce(&Budget) -> R) -> R {
    static LEFT: RelaxedU32 = RelaxedU32::new(LONG_LIMIT);
    static RETURNS: RelaxedU32 = RelaxedU32::new(0);
    static STREAK: RelaxedU32 = RelaxedU32::new(0);
    static REFUSALS: RelaxedU32 = RelaxedU32::new(0);
    let budget = Budget {
        left: Cell::new(LEFT.get()),
        exhaustion: Cell::new(Exhaustion {
            refusals: REFUSALS.get(),
            returns: RETURNS.get(),
            streak: STREAK.get(),
        }),
    };
    let result = access(&budget);
    LEFT.set(budget.left.get());
    let exhaustion = budget.exhaustion.get();
    REFUSALS.set(exhaustion.refusals);
    RETURNS.set(exhaustion.returns);
    STREAK.set(exhaustion.streak);
    result
}

/// A unit that was charged.
#[must_use]
pub(crate) struct Charge {
    #[cfg(all(feature = "tokio", not(any(loom, shuttle))))]
    tokio: tokio::task::coop::RestoreOnPending,
}

impl Charge {
    /// The operation was done. With tokio's budget, one that was not costs nothing.
    #[inline(always)]
    pub(crate) fn made_progress(self) {
        #[cfg(all(feature = "tokio", not(any(loom, shuttle))))]
        self.tokio.made_progress();
    }
}

/// Charges one operation. `Pending`, with the task woken, if it is refused.
#[inline]
pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<Charge> {
    poll_charged(cx, || {
        with_budget(true, |budget| budget.spend(Exhaustion::gives_in))
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
            // Tokio's budget counts here, and is not exhausted.
            with_budget((), |budget| budget.refill(LIMIT));
            return Poll::Ready(charge);
        }
    }
    #[cfg(not(all(feature = "tokio", not(any(loom, shuttle)))))]
    if proceeds() {
        return Poll::Ready(Charge {});
    }
    refuse(cx)
}

#[cold]
fn refuse<R>(cx: &mut Context<'_>) -> Poll<R> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Charges units for time that was spent otherwise.
pub(crate) fn charge(units: u32) {
    with_budget((), |budget| {
        budget.left.set(budget.left.get().saturating_sub(units));
    });
}

/// Notes that a task of this thread waits for others.
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

/// What a handle remembers of having been refused.
#[derive(Debug, Default)]
pub(crate) struct HandleBudget {
    refused: bool,
}

impl HandleBudget {
    /// [`poll_proceed`] for an operation that may have been refused before.
    #[inline]
    pub(crate) fn poll_proceed(&mut self, cx: &mut Context<'_>) -> Poll<Charge> {
        let refused = self.refused;
        let charge = poll_charged(cx, || {
            with_budget(true, |budget| {
                budget.spend(|exhaustion| {
                    if refused {
                        exhaustion.has_returned()
                    } else {
                        exhaustion.gives_in()
                    }
                })
            })
        });
        self.refused = charge.is_pending();
        charge
    }
}

/// A future that was refused before its first attempt. Dropped if it is not polled again.
#[derive(Debug)]
pub(crate) struct RefusedFuture(());

impl RefusedFuture {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// The future is polled again: its task has been at its executor.
    pub(crate) fn return_to(self, cx: &mut Context<'_>) -> Poll<Charge> {
        core::mem::forget(self);
        poll_charged(cx, || with_budget(true, |budget| budget.spend(|_| true)))
    }
}

impl Drop for RefusedFuture {
    fn drop(&mut self) {
        with_budget((), |budget| {
            if budget.left.get() == 0 {
                budget.refill(LONG_LIMIT);
            }
        });
    }
}

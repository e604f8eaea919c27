//! The wait queue of one side of a channel, and its notifications.

mod grants;
mod members;
mod registration;

pub(super) use members::LostRace;
#[cfg(doc)]
pub(crate) use members::MAX_LOSSES;
pub(super) use registration::Outcome;

use super::Side;
use super::batch::{WakerBatch, call_wakers};
#[cfg(feature = "std")]
use super::help::OfferSlot;
use super::list::QueueKind;
use super::spin::{Spin, Spinner, one_in};
use super::spin_tokens::SpinTokens;
use super::yielding::Yielding;
use crate::ring::State;
use crate::sync::{Lock, RelaxedU8};
use crate::trace;
use crate::unwind::defer;
use grants::Grants;
use members::{Cause, FastNotify, Members, QueueAfter, Remaining};

/// After this number, times [`RECORD_ONE_IN`], of extra waiters in a row that found nothing, such a
/// waiter wakes no extra waiter of the other side. Large, since it takes many useless wakes until
/// tasks on one thread run in an order in which most of them find something.
const MAX_USELESS_EXTRAS: u32 = 255;

/// One extra waiter that finds nothing is recorded in this many.
const RECORD_ONE_IN: u32 = 16;

/// The wait queue of one side: see the [module](super) documentation. It has two parts that are
/// used at different times: one lies next to the state that the waiters mark, the other away from
/// the state of both sides.
#[derive(Clone, Copy)]
pub(crate) struct WaitQueue<'a> {
    list: &'a WaitList,
    spin_state: &'a SpinState,
}

/// The waiters of one side. Lies next to the state that they mark: a thread that registers or
/// notifies needs that cache line anyway.
#[derive(Debug)]
pub(crate) struct WaitList {
    members: Lock<Members>,
    grants: Grants,
    #[cfg(feature = "std")]
    offer: OfferSlot,
}

/// The data of spinning operations of one side. Must not share a cache line with the state that a
/// side claims by, since spinning would take that line from the other side.
#[derive(Debug)]
pub(crate) struct SpinState {
    spinner: Spinner,
    yielding: Yielding,
    spin_tokens: SpinTokens,
    /// The recorded number of extra waiters in a row that found nothing.
    useless_extras: RelaxedU8,
    /// 1 if there were exclusive waiters recently.
    has_waiters: RelaxedU8,
    label: trace::Label,
}

/// A snapshot of a wait queue's counters. Informational only, taken at some time during the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WaitStats {
    pub(crate) waiting: u64,
    pub(crate) parks: u64,
    pub(crate) wakes: u64,
    pub(crate) spurious: u64,
}

impl WaitList {
    pub(crate) fn new() -> Self {
        Self {
            members: Lock::new(Members::new()),
            grants: Grants::new(),
            #[cfg(feature = "std")]
            offer: OfferSlot::new(),
        }
    }
}

impl SpinState {
    /// Creates the data for a channel of `capacity` messages. Trace events name it by `label`.
    pub(crate) fn new(capacity: usize, spin: Spin, label: trace::Label) -> Self {
        Self {
            spinner: Spinner::new(capacity, spin),
            yielding: Yielding::new(),
            spin_tokens: SpinTokens::new(),
            useless_extras: RelaxedU8::default(),
            has_waiters: RelaxedU8::default(),
            label,
        }
    }

    /// Sets the capacity that spinning assumes. Call this when the channel's capacity has changed.
    pub(crate) fn set_capacity(&self, capacity: usize) {
        self.spinner.set_capacity(capacity);
    }
}

impl<'a> WaitQueue<'a> {
    #[inline]
    pub(crate) fn new(list: &'a WaitList, spin_state: &'a SpinState) -> Self {
        Self { list, spin_state }
    }

    pub(crate) fn spinner(self) -> &'a Spinner {
        &self.spin_state.spinner
    }

    /// Returns the place for the offer of a thread of this side that yields.
    #[cfg(feature = "std")]
    pub(super) fn offer(self) -> &'a OfferSlot {
        &self.list.offer
    }

    pub(super) fn yielding(self) -> &'a Yielding {
        &self.spin_state.yielding
    }

    pub(super) fn spin_tokens(self) -> &'a SpinTokens {
        &self.spin_state.spin_tokens
    }

    /// Wakes `count` exclusive waiters and all non-exclusive waiters. If there are none, attempts
    /// the operation that a thread has offered, if there is one. The caller has published as many
    /// messages or freed as many slots, and its claim found one of the parked bits set.
    #[cold]
    pub(crate) fn notify<S: Side>(&self, side: &S, count: usize) {
        if count == 1 && self.spin_state.spin_tokens.take_for_notification() {
            return;
        }
        self.wake_waiters(side, count, Cause::Available);
    }

    /// Wakes `count` extra waiters, for messages or slots that are still available because the
    /// waiters that were woken for them may not have been polled.
    #[cold]
    pub(crate) fn notify_extra<S: Side>(&self, side: &S, count: usize) {
        if count == 1 && self.spin_state.spin_tokens.take_for_extra() {
            return;
        }
        self.wake_waiters(side, count, Cause::Unpolled);
    }

    fn wake_waiters<S: Side>(&self, side: &S, count: usize, cause: Cause) {
        let seen = side.load_state();
        let one = self
            .list
            .members
            .with(|members| members.take_one(count, cause));
        match one {
            FastNotify::Wake(waker, queue_after) => {
                if queue_after == QueueAfter::Empty {
                    // Before the waker is called, since its task accesses the state.
                    side.clear_keep(seen);
                } else {
                    self.spin_state.has_waiters.set(1);
                }
                waker.wake();
            }
            FastNotify::NoWaiters => {
                self.forget_waiters();
                side.clear_keep(seen);
                #[cfg(feature = "std")]
                self.list.offer.help();
            }
            FastNotify::SlowPath => self.notify_slow(side, count, cause, seen),
        }
        trace::notified(self);
    }

    #[cold]
    fn notify_slow<S: Side>(&self, side: &S, count: usize, cause: Cause, seen: State) {
        self.wake(Remaining::new(count, cause), |members, remaining, batch| {
            members.take(remaining, batch, Some((&self.list.grants, side)));
            // Before the last wakers are called, since their tasks access the state.
            if remaining.is_done() && members.list.is_empty(QueueKind::Exclusive) {
                side.clear_keep(seen);
            }
        });
    }

    /// Wakes all waiters after the channel was closed. Revokes the reservations of waiters, so that
    /// in a closed channel any task can take what is left.
    #[cold]
    pub(crate) fn notify_all<S: Side>(&self, side: &S) {
        let (revoked, mut one) = self.list.members.with(|members| {
            if core::mem::take(&mut members.starving) > 0 {
                side.end_fair();
            }
            (
                self.revoke_all(members),
                members.take_one(usize::MAX, Cause::Available),
            )
        });
        let _all = defer(
            || match core::mem::replace(&mut one, FastNotify::NoWaiters) {
                FastNotify::Wake(waker, _) => waker.wake(),
                FastNotify::NoWaiters => {}
                FastNotify::SlowPath => {
                    let remaining = Remaining::new(usize::MAX, Cause::Available);
                    self.wake(remaining, |members, remaining, batch| {
                        members.take::<S>(remaining, batch, None);
                    });
                }
            },
        );
        // Dropped first: wakes some of the waiters that `_all` wakes.
        let _revoked = defer(|| side.unreserve(revoked));
        trace::closed(self);
    }

    fn wake(
        &self,
        mut remaining: Remaining,
        mut take: impl FnMut(&mut Members, &mut Remaining, &mut WakerBatch),
    ) {
        call_wakers(|batch| {
            self.list
                .members
                .with(|members| take(members, &mut remaining, batch));
            !remaining.is_done()
        });
    }

    /// Records that an extra waiter found something.
    pub(super) fn record_extra_success(&self) {
        self.spin_state.useless_extras.set(0);
    }

    /// Records that an extra waiter found nothing.
    pub(super) fn record_extra_failure(&self) {
        if one_in(RECORD_ONE_IN) {
            let useless = &self.spin_state.useless_extras;
            useless.set((useless.get() + 1).min(MAX_USELESS_EXTRAS));
        }
    }

    /// Returns whether an extra waiter has found something recently. Informational: it only decides
    /// whether one that finds nothing wakes another.
    pub(super) fn extra_waiters_help(&self) -> bool {
        self.spin_state.useless_extras.get() < MAX_USELESS_EXTRAS
    }

    /// Returns whether there may be waiters that need not be woken while an operation spins.
    #[inline]
    pub(super) fn may_have_waiters(&self) -> bool {
        self.spin_state.has_waiters.get() != 0
    }

    /// Assumes that no waiter is left, until one registers or the fast path of a notification
    /// leaves one. Informational: it only decides whether spinning operations add tokens.
    pub(super) fn forget_waiters(&self) {
        self.spin_state.has_waiters.set(0);
    }

    pub(crate) fn stats(&self) -> WaitStats {
        self.list.members.with(|members| WaitStats {
            waiting: (members.list.count(QueueKind::Exclusive)
                + members.list.count(QueueKind::Shared)) as u64,
            parks: members.registrations,
            wakes: members.wakes,
            spurious: members.spurious,
        })
    }
}

impl trace::Labeled for WaitQueue<'_> {
    fn label(&self) -> trace::Label {
        self.spin_state.label
    }
}

//! Claiming a slot and finishing the claim: one loop for both directions and for permits.

mod direction;
mod kind;

pub(crate) use direction::{Direction, Head, Tail};
pub(super) use kind::{Kind, Recv, RecvGranted, Send, SendReserved};

use core::mem::MaybeUninit;

use super::state::{Layout, MAX_PERMITS, Position, State, Step};
use super::{ClaimError, Ring, Slot, invariant};
use crate::sync::{ClaimBackoff, Ordering};
use kind::{Evict, SendGranted};

/// The number of attempts before a claim fails with `Contended`. Each attempt but the first means
/// that the state has changed since it was loaded, or that its compare-exchange failed spuriously.
pub(super) const ATTEMPTS: usize = 16;

/// A slot that is ready to be claimed and, after the compare-exchange, a claimed slot before its
/// claim is finished (R1).
struct Claim<'a, T> {
    slot: &'a Slot<T>,
    /// The stamp that finishes the claim.
    stamp: u64,
    /// The state before the compare-exchange.
    seen: State,
}

impl<T> Claim<'_, T> {
    /// Accesses the value and then hands the slot to the other side.
    #[inline(always)]
    fn finish<R>(self, access: impl FnOnce(*mut MaybeUninit<T>) -> R) -> (R, State) {
        let result = self.slot.value.with_mut(access);
        // ORDERING: Release [publish], [free]. Synchronizes with [ready]: this access to the value
        // happens-before that of the slot's next owner.
        // Test: loom `capacity_one`, `capacity_two`.
        self.slot.stamp.store(self.stamp, Ordering::Release);
        (result, self.seen)
    }
}

/// The right to write one message, which must be used (R4).
#[must_use = "a claim that is not published blocks the ring"]
pub(crate) struct SendClaim<'a, T>(Claim<'a, T>);

impl<T> SendClaim<'_, T> {
    /// Returns the position that the message gets.
    pub(crate) fn position(&self) -> Position {
        self.0.seen.position()
    }

    /// Puts `value` into the ring.
    #[inline(always)]
    #[must_use = "a parked receiver must be notified"]
    pub(crate) fn publish(self, value: T) -> Sent {
        let ((), seen) = self.0.finish(|slot| {
            // SAFETY: R1: this claim owns the slot; R2: the slot is empty, so nothing is
            // overwritten.
            unsafe { slot.cast::<T>().write(value) };
        });
        Sent::new(seen, 1)
    }
}

/// The notifications that a sender must make after it has published.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Receivers wait: notify one for each message.
    pub(crate) receivers_parked: bool,
    /// No more messages can arrive: notify all receivers.
    pub(crate) receivers_finished: bool,
    /// No more permits could be counted before: notify the tasks that wait until permits can be
    /// counted.
    pub(crate) was_exhausted: bool,
}

impl Sent {
    /// Creates the result of a claim of `count` slots that changed `seen`. A closed ring is claimed
    /// with permits only.
    #[inline(always)]
    pub(super) fn new(seen: State, count: u64) -> Self {
        Self {
            receivers_parked: seen.has_waiters(),
            receivers_finished: seen.is_closed() && seen.permits() == count && seen.has_waiters(),
            was_exhausted: seen.permits() == MAX_PERMITS,
        }
    }
}

/// The right to read one message, which must be used (R4).
#[must_use = "a claim that is not taken blocks the ring"]
pub(crate) struct RecvClaim<'a, T>(Claim<'a, T>);

impl<T> RecvClaim<'_, T> {
    /// Returns the position of the message.
    pub(crate) fn position(&self) -> Position {
        self.0.seen.position()
    }

    /// Takes the message out of the ring. Returns it, and whether senders wait: then the caller
    /// must notify one of them.
    #[inline(always)]
    pub(crate) fn take(self) -> (T, bool) {
        let (value, seen) = self.0.finish(|slot| {
            // SAFETY: R1: this claim owns the slot; R2: it was full, and it is read this once.
            unsafe { slot.cast::<T>().read() }
        });
        (value, seen.has_waiters())
    }
}

impl<T, B> Ring<T, B> {
    /// Claims the next slot for a message if it is free at the first attempt.
    #[inline(always)]
    pub(crate) fn claim_send_at_once(&self) -> Option<SendClaim<'_, T>> {
        self.claim_at_once::<Send>().map(SendClaim)
    }

    /// Claims the next slot for a message if there is free capacity beside permits at the first
    /// attempt, which [`claim_send_at_once`](Self::claim_send_at_once) does not check.
    #[inline]
    pub(crate) fn claim_send_beside_permits(&self) -> Option<SendClaim<'_, T>> {
        let seen = self.load::<Tail>();
        if seen.permits() == 0 || seen.is_fair() || !self.fits_beside_permits(seen) {
            return None;
        }
        let (claim, step) =
            self.inspect::<Send>(seen, |layout, seen| layout.free(seen.position()))?;
        self.advance::<Send>(seen, step, 1)
            .then_some(SendClaim(claim))
    }

    /// Claims the oldest message if it is ready at the first attempt.
    #[inline(always)]
    pub(crate) fn claim_recv_at_once(&self) -> Option<RecvClaim<'_, T>> {
        self.claim_at_once::<Recv>().map(RecvClaim)
    }

    /// Claims the next slot for a message, if there is free capacity beside the permits.
    #[inline]
    pub(crate) fn claim_send(&self) -> Result<SendClaim<'_, T>, ClaimError> {
        self.claim::<Send>().map(SendClaim)
    }

    /// Claims the next slot for a message and uses up one permit. Works on a closed ring too. Fails
    /// only with `InFlight` or `Contended`.
    #[inline]
    pub(crate) fn claim_reserved(&self) -> Result<SendClaim<'_, T>, ClaimError> {
        self.claim::<SendReserved>().map(SendClaim)
    }

    /// Claims the next slot for a message and uses up one permit, if the slot is free at the first
    /// attempt.
    #[inline(always)]
    pub(crate) fn claim_reserved_at_once(&self) -> Option<SendClaim<'_, T>> {
        self.claim_at_once::<SendReserved>().map(SendClaim)
    }

    /// Claims the next slot for a message and uses up one reservation of a waiter. Fails only with
    /// `Closed`, `InFlight` or `Contended`.
    #[cold]
    pub(crate) fn claim_send_granted(&self) -> Result<SendClaim<'_, T>, ClaimError> {
        self.claim::<SendGranted>().map(SendClaim)
    }

    /// Claims the oldest message and uses up one reservation of a waiter. Fails only with `Closed`,
    /// `InFlight` or `Contended`.
    #[cold]
    pub(crate) fn claim_recv_granted(&self) -> Result<RecvClaim<'_, T>, ClaimError> {
        self.claim::<RecvGranted>().map(RecvClaim)
    }

    /// Claims the oldest message, reserved or not. The caller sends another one in its place. Fails
    /// only with `Blocked`, `InFlight` or `Contended`.
    pub(crate) fn claim_eviction(&self) -> Result<RecvClaim<'_, T>, ClaimError> {
        self.claim::<Evict>().map(RecvClaim)
    }

    /// Claims the oldest message.
    #[inline]
    pub(crate) fn claim_recv(&self) -> Result<RecvClaim<'_, T>, ClaimError> {
        self.claim::<Recv>().map(RecvClaim)
    }

    /// Claims the next slot for a message. Fails with `InFlight` if the slot is not free now,
    /// whatever the reason, or with `Contended`.
    #[inline]
    pub(crate) fn claim_send_or_would_block(&self) -> Result<SendClaim<'_, T>, ClaimError> {
        self.claim_with::<Send>(Self::explain_not_ready::<Tail>)
            .map(SendClaim)
    }

    /// Claims the oldest message. Fails with `InFlight` if no message is ready now, whatever the
    /// reason, or with `Contended`.
    #[inline]
    pub(crate) fn claim_recv_or_would_block(&self) -> Result<RecvClaim<'_, T>, ClaimError> {
        self.claim_with::<Recv>(Self::explain_not_ready::<Head>)
            .map(RecvClaim)
    }

    #[inline(always)]
    fn claim_at_once<K: Kind>(&self) -> Option<Claim<'_, T>> {
        let seen = self.load::<K::Direction>();
        let (claim, step) = self.inspect::<K>(seen, K::free_at_once)?;
        self.advance::<K>(seen, step, 1).then_some(claim)
    }

    /// Returns the state to attempt next, or `InFlight` if the state has not changed since the
    /// attempt: then its slot was not ready. Does not load the other side's state to find the
    /// reason, since that would take its cache line.
    fn explain_not_ready<D: Direction>(&self, seen: State) -> Result<State, ClaimError> {
        let now = self.load::<D>();
        if now == seen {
            Err(ClaimError::InFlight)
        } else {
            Ok(now)
        }
    }

    fn claim<K: Kind>(&self) -> Result<Claim<'_, T>, ClaimError> {
        self.claim_with::<K>(K::explain)
    }

    /// Claims; `explain` returns why a state could not be claimed, or another state to attempt.
    #[inline(always)]
    fn claim_with<K: Kind>(
        &self,
        explain: impl Fn(&Self, State) -> Result<State, ClaimError>,
    ) -> Result<Claim<'_, T>, ClaimError> {
        K::Direction::prepare(self);
        let mut backoff = ClaimBackoff::new();
        let mut seen = self.load::<K::Direction>();
        for _ in 0..ATTEMPTS {
            let ready = K::admits(self, seen)
                .then(|| self.inspect::<K>(seen, |layout, seen| layout.free(seen.position())));
            let Some((claim, step)) = ready.flatten() else {
                seen = explain(self, seen)?;
                continue;
            };
            if self.advance::<K>(seen, step, 1) {
                return Ok(claim);
            }
            backoff.step();
            seen = self.load::<K::Direction>();
        }
        Err(ClaimError::Contended)
    }

    /// Returns a recent value of the state.
    #[inline(always)]
    pub(super) fn load<D: Direction>(&self) -> State {
        // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
        State::from_bits(D::state(self).load(Ordering::Relaxed))
    }

    /// If the slot at the position of `seen` is ready, returns the claim as it will be after the
    /// compare-exchange, and the step by which to move the state.
    #[inline(always)]
    fn inspect<K: Kind>(
        &self,
        seen: State,
        free: impl FnOnce(&Layout, State) -> u64,
    ) -> Option<(Claim<'_, T>, Step)> {
        let slots = self.slots.if_allocated()?;
        // A copy, and all of it is used now: after the load of the stamp it would be loaded again,
        // and after the compare-exchange nothing may delay the claim.
        let layout = self.layout;
        let at = seen.position();
        let free = free(&layout, seen);
        let claim = Claim {
            slot: slots.get(layout.index(at)),
            stamp: K::Direction::finished(&layout, free),
            seen,
        };
        let step = layout.step(at, 1);
        (stamp(claim.slot) == K::Direction::ready(free)).then_some((claim, step))
    }

    /// Moves the state by `step`, past `count` slots that were ready. Returns `false` if the state
    /// has changed.
    #[inline(always)]
    pub(super) fn advance<K: Kind>(&self, seen: State, step: Step, count: u64) -> bool {
        let claimed = K::claimed(seen, step, count);
        // ORDERING: AcqRel [claim]. Acquire synchronizes with [mark] on this state, and with [mark
        // drain] on `head`: a waiter whose bits this claim sees is registered before it is
        // notified. Release synchronizes with the Acquire load of `head` in `try_snapshot`: a
        // thread that sees this `head` sees the `tail` that it stays behind. On failure Relaxed:
        // the value is not used.
        // Test: loom `drained_against_the_last_receive` for Acquire, and
        // `a_length_is_a_consistent_snapshot` for Release.
        let exchanged = K::Direction::state(self).compare_exchange_weak(
            seen.bits(),
            claimed.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        invariant(
            || exchanged.is_err() || self.is_ready::<K::Direction>(seen.position()),
            "R1: a claimed slot is still ready",
        );
        exchanged.is_ok()
    }

    /// Returns whether there is a message at `seen`, and one more for each reserved message.
    #[inline]
    pub(super) fn is_ready_beside_reserved(&self, seen: State) -> bool {
        seen.permits() < self.capacity() as u64
            && self.is_ready::<Head>(self.layout.ahead(seen.position(), seen.permits()))
            && self.is_ready::<Head>(seen.position())
    }

    /// Returns whether the next slot seems to be ready for a direction.
    pub(crate) fn is_next_ready<D: Direction>(&self) -> bool {
        self.is_ready::<D>(self.load::<D>().position())
    }

    #[inline(always)]
    pub(super) fn is_ready<D: Direction>(&self, at: Position) -> bool {
        self.slot(at)
            .is_some_and(|slot| stamp(slot) == D::ready(self.layout.free(at)))
    }
}

#[inline(always)]
pub(super) fn stamp<T>(slot: &Slot<T>) -> u64 {
    // ORDERING: Acquire [ready]. Synchronizes with [publish] and [free]: what the slot's last owner
    // did to the value happens-before this thread's access.
    // Test: loom `capacity_one`, `capacity_two`.
    slot.stamp.load(Ordering::Acquire)
}

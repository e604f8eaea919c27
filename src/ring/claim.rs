//! Claiming a slot and finishing the claim: one loop for both directions and for permits.

use core::mem::MaybeUninit;

use super::word::{Geometry, MAX_PERMITS, Position, Word};
use super::{Refusal, Ring, Slot, invariant};
use crate::sync::{AtomicU64, Ordering, Retreat};

/// How often a claim is tried before the caller is told that it is contended. Each try but the first means that
/// the word has changed since it was read, or that its swap failed spuriously.
pub(super) const ATTEMPTS: usize = 16;

/// What distinguishes the two directions: which word is swapped, which stamp is waited for and which is
/// left behind.
pub(super) trait Direction {
    fn word<T>(ring: &Ring<T>) -> &AtomicU64;

    /// The stamp of a slot that can be claimed.
    fn ready(geometry: &Geometry, at: Position) -> u64;

    /// The stamp that the finished claim leaves.
    fn finished(geometry: &Geometry, at: Position) -> u64;
}

/// Messages go in.
pub(super) struct Tail;
/// Messages come out.
pub(super) struct Head;

impl Direction for Tail {
    #[inline(always)]
    fn word<T>(ring: &Ring<T>) -> &AtomicU64 {
        &ring.tail
    }

    #[inline(always)]
    fn ready(geometry: &Geometry, at: Position) -> u64 {
        geometry.free(at)
    }

    #[inline(always)]
    fn finished(geometry: &Geometry, at: Position) -> u64 {
        geometry.full(at)
    }
}

impl Direction for Head {
    #[inline(always)]
    fn word<T>(ring: &Ring<T>) -> &AtomicU64 {
        &ring.head
    }

    #[inline(always)]
    fn ready(geometry: &Geometry, at: Position) -> u64 {
        geometry.full(at)
    }

    #[inline(always)]
    fn finished(geometry: &Geometry, at: Position) -> u64 {
        geometry.freed(at)
    }
}

/// What distinguishes the kinds of claim in one direction.
pub(super) trait Kind {
    type Direction: Direction;

    /// Whether a slot that is ready may be claimed, as far as the word alone tells.
    #[inline(always)]
    fn admits_at_once(_seen: Word) -> bool {
        true
    }

    /// Whether a slot that is ready may be claimed.
    #[inline(always)]
    fn admits<T>(_ring: &Ring<T>, _seen: Word) -> bool {
        true
    }

    /// The word after a claim of `count` slots, which leads to position `next`.
    #[inline(always)]
    fn claimed(seen: Word, next: Position, _count: u64) -> Word {
        seen.claimed_to(next)
    }

    /// Why `seen` could not be claimed, or another word to try.
    fn refuse<T>(ring: &Ring<T>, seen: Word) -> Result<Word, Refusal>;
}

/// Sends a message, if there is room beside the permits.
struct Send;
/// Sends messages, each on a permit.
pub(super) struct SendReserved;
/// Receives messages.
pub(super) struct Recv;

impl Kind for Send {
    type Direction = Tail;

    #[inline(always)]
    fn admits_at_once(seen: Word) -> bool {
        seen.is_plain()
    }

    #[inline(always)]
    fn admits<T>(ring: &Ring<T>, seen: Word) -> bool {
        seen.is_plain() || ring.fits_beside_permits(seen)
    }

    #[cold]
    fn refuse<T>(ring: &Ring<T>, seen: Word) -> Result<Word, Refusal> {
        ring.refuse_room(seen)
    }
}

impl Kind for SendReserved {
    type Direction = Tail;

    #[inline(always)]
    fn claimed(seen: Word, next: Position, count: u64) -> Word {
        seen.without_permits(count).claimed_to(next)
    }

    /// A permit is room (R5): the slot can only be waiting for its receiver to free it.
    #[cold]
    fn refuse<T>(ring: &Ring<T>, seen: Word) -> Result<Word, Refusal> {
        ring.refuse_for_now::<Tail>(seen)
    }
}

impl Kind for Recv {
    type Direction = Head;

    #[cold]
    fn refuse<T>(ring: &Ring<T>, seen: Word) -> Result<Word, Refusal> {
        let Some((head, tail)) = ring.try_snapshot() else {
            return Ok(seen);
        };
        if head.position() != seen.position() {
            return Ok(head);
        }
        if head.position() == tail.position() {
            return Err(if tail.is_finished() {
                Refusal::Closed
            } else {
                Refusal::Blocked
            });
        }
        if ring.is_ready::<Head>(head.position()) {
            Ok(head)
        } else {
            Err(Refusal::InFlight)
        }
    }
}

/// A slot that is ready to be claimed, and then one that is claimed, before its claim is finished (R1).
struct Claim<'a, T> {
    slot: &'a Slot<T>,
    /// The stamp that finishes the claim.
    stamp: u64,
    /// The word as it was before the swap.
    seen: Word,
}

impl<T> Claim<'_, T> {
    /// Accesses the value and then hands the slot to the other side.
    #[inline(always)]
    fn finish<R>(self, access: impl FnOnce(*mut MaybeUninit<T>) -> R) -> (R, Word) {
        let result = self.slot.value.with_mut(access);
        // ORDERING: Release [publish], [free]. Pairs with [ready]: our access to the value
        // happens-before that of the slot's next owner. Guard: loom `capacity_one`, `capacity_two`.
        self.slot.stamp.store(self.stamp, Ordering::Release);
        (result, self.seen)
    }
}

/// The right to write one message, which must be used (R4).
#[must_use = "a claim that is not published blocks the ring"]
pub(crate) struct SendClaim<'a, T>(Claim<'a, T>);

impl<T> SendClaim<'_, T> {
    /// Puts `value` into the ring.
    #[inline(always)]
    #[must_use = "a parked receiver must be notified"]
    pub(crate) fn publish(self, value: T) -> Sent {
        let ((), seen) = self.0.finish(|slot| {
            // SAFETY: R1: this claim owns the slot; R2: the slot is empty, so nothing is overwritten.
            unsafe { slot.cast::<T>().write(value) };
        });
        Sent::new(seen)
    }
}

/// What a sender owes after it has published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// The claim cleared the receivers' PARKED bit: notify one.
    pub(crate) receivers_parked: bool,
    /// No more permits could be counted before: notify those who wait for that to end.
    pub(crate) was_exhausted: bool,
}

impl Sent {
    /// After a claim that swapped `seen`.
    #[inline(always)]
    pub(super) fn new(seen: Word) -> Self {
        Self {
            receivers_parked: seen.is_parked(),
            was_exhausted: seen.permits() == MAX_PERMITS,
        }
    }
}

/// The right to read one message, which must be used (R4).
#[must_use = "a claim that is not taken blocks the ring"]
pub(crate) struct RecvClaim<'a, T>(Claim<'a, T>);

impl<T> RecvClaim<'_, T> {
    /// Takes the message out of the ring, and says whether the claim cleared the senders' PARKED bit,
    /// in which case one of them must be notified.
    #[inline(always)]
    pub(crate) fn take(self) -> (T, bool) {
        let (value, seen) = self.0.finish(|slot| {
            // SAFETY: R1: this claim owns the slot; R2: it was full, and it is read this once.
            unsafe { slot.cast::<T>().read() }
        });
        (value, seen.is_parked())
    }
}

impl<T> Ring<T> {
    /// Claims the next slot for a message if it is free at the first look.
    #[inline(always)]
    pub(crate) fn claim_send_at_once(&self) -> Option<SendClaim<'_, T>> {
        self.claim_at_once::<Send>().map(SendClaim)
    }

    /// Claims the oldest message if it is there at the first look.
    #[inline(always)]
    pub(crate) fn claim_recv_at_once(&self) -> Option<RecvClaim<'_, T>> {
        self.claim_at_once::<Recv>().map(RecvClaim)
    }

    /// Claims the next slot for a message, if there is room beside the permits.
    #[inline]
    pub(crate) fn claim_send(&self) -> Result<SendClaim<'_, T>, Refusal> {
        self.claim::<Send>().map(SendClaim)
    }

    /// Claims the next slot for a message and uses up one permit. Works on a closed ring too. Refused
    /// only as `InFlight` or `Contended`.
    #[inline]
    pub(crate) fn claim_reserved(&self) -> Result<SendClaim<'_, T>, Refusal> {
        self.claim::<SendReserved>().map(SendClaim)
    }

    /// Claims the next slot for a message and uses up one permit, if the slot is free at the first look.
    #[inline(always)]
    pub(crate) fn claim_reserved_at_once(&self) -> Option<SendClaim<'_, T>> {
        self.claim_at_once::<SendReserved>().map(SendClaim)
    }

    /// Claims the oldest message.
    #[inline]
    pub(crate) fn claim_recv(&self) -> Result<RecvClaim<'_, T>, Refusal> {
        self.claim::<Recv>().map(RecvClaim)
    }

    /// Claims the next slot for a message, or finds that it is not free now: for whatever reason, `InFlight`. Or
    /// `Contended`.
    #[inline]
    pub(crate) fn claim_send_or_not_now(&self) -> Result<SendClaim<'_, T>, Refusal> {
        self.claim_unless::<Send>(Self::refuse_for_now::<Tail>)
            .map(SendClaim)
    }

    /// Claims the oldest message, or finds that it is not there now: for whatever reason, `InFlight`. Or
    /// `Contended`.
    #[inline]
    pub(crate) fn claim_recv_or_not_now(&self) -> Result<RecvClaim<'_, T>, Refusal> {
        self.claim_unless::<Recv>(Self::refuse_for_now::<Head>)
            .map(RecvClaim)
    }

    #[inline(always)]
    fn claim_at_once<K: Kind>(&self) -> Option<Claim<'_, T>> {
        let seen = self.glance::<K::Direction>();
        if !K::admits_at_once(seen) {
            return None;
        }
        let (claim, next) = self.look::<K>(seen)?;
        self.swap::<K>(seen, next, 1).then_some(claim)
    }

    /// `InFlight` if the word has not changed since before the look: then it was its slot that was not ready. Else the
    /// word to try. Does not look for the reason in the other side's word, for that would take its cache line.
    fn refuse_for_now<D: Direction>(&self, seen: Word) -> Result<Word, Refusal> {
        let now = self.glance::<D>();
        if now == seen {
            Err(Refusal::InFlight)
        } else {
            Ok(now)
        }
    }

    fn claim<K: Kind>(&self) -> Result<Claim<'_, T>, Refusal> {
        self.claim_unless::<K>(K::refuse)
    }

    /// Claims; `refuse` says why a word could not be claimed, or names another one to try.
    #[inline(always)]
    fn claim_unless<K: Kind>(
        &self,
        refuse: impl Fn(&Self, Word) -> Result<Word, Refusal>,
    ) -> Result<Claim<'_, T>, Refusal> {
        let mut retreat = Retreat::new();
        let mut seen = self.glance::<K::Direction>();
        for _ in 0..ATTEMPTS {
            let ready = K::admits(self, seen).then(|| self.look::<K>(seen));
            let Some((claim, next)) = ready.flatten() else {
                seen = refuse(self, seen)?;
                continue;
            };
            if self.swap::<K>(seen, next, 1) {
                return Ok(claim);
            }
            retreat.step();
            seen = self.glance::<K::Direction>();
        }
        Err(Refusal::Contended)
    }

    /// The word as it is or was a moment ago.
    #[inline(always)]
    pub(super) fn glance<D: Direction>(&self) -> Word {
        // ORDERING: Relaxed. A guess, which the swap confirms.
        Word::from_bits(D::word(self).load(Ordering::Relaxed))
    }

    /// If the slot that `seen` leads to is ready: what the claim will be once the word has been swapped, and
    /// the position to swap it to.
    #[inline(always)]
    fn look<K: Kind>(&self, seen: Word) -> Option<(Claim<'_, T>, Position)> {
        // A copy, and everything from it at once: after the load of the stamp it would be read again, and
        // after the swap nothing may hold the claim up.
        let geometry = self.geometry;
        let at = seen.position();
        let claim = Claim {
            slot: self.slot(at),
            stamp: K::Direction::finished(&geometry, at),
            seen,
        };
        let next = geometry.next(at);
        (stamp(claim.slot) == K::Direction::ready(&geometry, at)).then_some((claim, next))
    }

    /// Moves the word to `next`, past `count` slots that were seen ready; `false` if it has changed.
    #[inline(always)]
    pub(super) fn swap<K: Kind>(&self, seen: Word, next: Position, count: u64) -> bool {
        let claimed = K::claimed(seen, next, count);
        // ORDERING: AcqRel [claim]. Acquire pairs with [arm] on this word: who set the PARKED bit that this
        // swap clears is on the gate's list before we notify it. Release pairs with the Acquire load of
        // `head` in `try_snapshot`: who sees this `head` sees the `tail` that it stays behind. On failure
        // Relaxed: nothing is done with it.
        // Guard: loom `park_and_wake_a_stream`, `park_and_wake_a_sink`, `a_length_is_of_one_moment`.
        let swapped = K::Direction::word(self).compare_exchange_weak(
            seen.bits(),
            claimed.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        invariant(
            || swapped.is_err() || self.is_ready::<K::Direction>(seen.position()),
            "R1: a claimed slot waits for its claimer",
        );
        swapped.is_ok()
    }

    #[inline(always)]
    pub(super) fn is_ready<D: Direction>(&self, at: Position) -> bool {
        stamp(self.slot(at)) == D::ready(&self.geometry, at)
    }
}

#[inline(always)]
pub(super) fn stamp<T>(slot: &Slot<T>) -> u64 {
    // ORDERING: Acquire [ready]. Pairs with [publish] and [free]: what the slot's last owner did to the
    // value happens-before what we do. Guard: loom `capacity_one`, `capacity_two`.
    slot.stamp.load(Ordering::Acquire)
}

//! The rare changes of state: parking, fairness and closing.
//!
//! Two words, one protocol for both directions. What a waiter waits for is decided by *both* words. A
//! sender waits until `head` moves, or a reservation comes back (`tail`), or the ring is closed (`tail`);
//! a receiver waits until `tail` moves, or a reservation comes back (`head`). A waiter marks itself in the
//! word that the other side claims by, and then looks at its own word once more. A thread that gives a
//! reservation back, or closes, changes the waiter's own word and then touches the other one with a
//! read-modify-write. Of the two accesses to that word one comes second, and has synchronized with the
//! first: either the waiter sees its own word changed, or the other thread sees the mark. Acquire and
//! Release are enough for that, because both accesses write.

use super::claim::{Direction, Tail};
use super::state::{State, change};
use super::{Ring, invariant};
use crate::sync::Ordering;

/// What came of marking a side as parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// There is, or may be, something to do.
    No,
    Yes,
    /// Yes, and the other side has waiters that have not been notified although this side waits for them.
    BesideOthers,
}

impl<T, B> Ring<T, B> {
    /// Sets PARKED and KEEP in the word that the other side claims by, if an operation of this direction has
    /// to wait. Once they are set, the next claim of the other side notifies a waiter.
    pub(crate) fn mark_parked<D: Direction>(&self) -> Parked {
        let Some((head, tail)) = self.try_snapshot() else {
            return Parked::No;
        };
        if !D::blocks(self, head, tail) {
            return Parked::No;
        }
        let seen = D::other(head, tail);
        let marked = seen.with_parked();
        // ORDERING: AcqRel [mark]. Release pairs with [claim] and [touch] on this word: the waiter is
        // registered before it is looked for. It writes also if the bits are set, so that every waiter is
        // ordered before the claim that clears PARKED. Acquire pairs with [touch]: if that came first, the
        // load below sees the change of the waiter's own word. On failure Relaxed: the caller looks again.
        // Guard: loom `released_permit_wakes_sender`, for Acquire.
        let exchanged = D::opposite(self).compare_exchange(
            seen.bits(),
            marked.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if exchanged.is_err() {
            return Parked::No;
        }
        // ORDERING: Acquire. Pairs with [unreserve] and [close], which precede [touch].
        let own = State::from_bits(D::state(self).load(Ordering::Acquire));
        let (head, tail) = D::pair(own, marked);
        if !D::blocks(self, head, tail) {
            // The bits stay set. The next claim then looks for waiters, and may find none.
            return Parked::No;
        }
        if own.has_waiters() {
            Parked::BesideOthers
        } else {
            Parked::Yes
        }
    }

    /// Returns the word that the waiters of a direction mark, as a notification begins.
    pub(crate) fn marks<D: Direction>(&self) -> State {
        // ORDERING: Acquire. Pairs with [mark]: a waiter whose mark this sees is registered.
        State::from_bits(D::opposite(self).load(Ordering::Acquire))
    }

    /// Clears KEEP, if the word is still the one that was seen when the notification began and no waiter has
    /// marked it since the last claim. To be called when no waiter is left.
    ///
    /// A mark that came later has set PARKED, which only a claim clears, and a claim moves the position.
    pub(crate) fn clear_keep<D: Direction>(&self, seen: State) {
        if seen.is_kept() {
            // ORDERING: Relaxed. Nothing is published: it only spares later claims a search. A failure means
            // that the bit is still needed, or that another thread sees to it.
            let _ = D::opposite(self).compare_exchange(
                seen.bits(),
                seen.without_keep().bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// Returns how many slots (messages) a claim could take, reserved ones counted as taken.
    pub(crate) fn available<D: Direction>(&self) -> usize {
        let (head, tail) = self.snapshot();
        D::available(self, head, tail)
    }

    /// From now on newcomers leave slots (messages) to waiters.
    pub(crate) fn start_fair<D: Direction>(&self) {
        // ORDERING: Relaxed. Followed by [mark], and what it means is in the word itself.
        D::state(self).fetch_or(change::START_FAIR, Ordering::Relaxed);
    }

    /// Newcomers may claim again what is not reserved.
    pub(crate) fn end_fair<D: Direction>(&self) {
        // ORDERING: Relaxed. As above.
        D::state(self).fetch_and(change::END_FAIR, Ordering::Relaxed);
    }

    /// Closes the ring: no more claims but those on permits. `false` if it was closed before.
    ///
    /// In the same step gives back the slots that are withheld, which number `withheld`: a closed ring
    /// that nothing can come into has no permits. To be called by one thread at a time, and not while
    /// another one is in [`withhold`](Self::withhold).
    pub(crate) fn close(&self, withheld: usize) -> bool {
        // ORDERING: Relaxed. Only closing changes this bit, and one thread at a time closes.
        let is_closed = State::from_bits(self.tail.state.load(Ordering::Relaxed)).is_closed();
        if is_closed {
            // ORDERING: AcqRel. As below: it orders the caller among those that change `tail`, which takes
            // a write.
            self.tail.state.fetch_or(change::CLOSE, Ordering::AcqRel);
            return false;
        }
        let change = change::close_without_permits(withheld as u64);
        // ORDERING: AcqRel [close]. Release pairs with the Acquire loads of `tail`: what the closing
        // thread did before is seen by a thread that finds the ring closed. Acquire continues the chain.
        // Guard: loom `what_senders_did_before_they_went_is_seen_at_the_end`.
        let before = State::from_bits(self.tail.state.fetch_add(change, Ordering::AcqRel));
        invariant(
            || !before.is_closed() && before.permits() >= withheld as u64,
            "one thread closes, and what is withheld is counted",
        );
        self.touch::<Tail>();
        true
    }

    /// To be called after the word that a direction claims by was changed in favor of its waiters. Returns
    /// whether some of them have to be notified. Changes nothing: PARKED must not be cleared while KEEP is
    /// set, see `clear_keep`.
    pub(crate) fn touch<D: Direction>(&self) -> bool {
        // ORDERING: AcqRel [touch]. Release pairs with [mark], Acquire too: see the module's documentation.
        // It must write even though it changes nothing.
        // Guard: loom `released_permit_wakes_sender`, for Release.
        State::from_bits(D::opposite(self).fetch_or(0, Ordering::AcqRel)).has_waiters()
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::ring::{Head, Reserved};
    use crate::sync::Arc;

    /// Sends, and returns whether receivers have to be notified.
    fn send(ring: &Ring<u8>) -> bool {
        let Ok(claim) = ring.claim_send() else {
            panic!("there is capacity")
        };
        claim.publish(0).receivers_parked
    }

    fn parked() -> Ring<u8> {
        let ring = Ring::new(4);
        assert_eq!(ring.mark_parked::<Head>(), Parked::Yes);
        ring
    }

    /// Two threads send the first messages.
    #[test]
    fn the_slots_are_allocated_once() {
        loom::model(|| {
            let ring = Arc::new(Ring::<u8>::without_slots(2, || ()));
            let theirs = Arc::clone(&ring);
            let other = loom::thread::spawn(move || send(&theirs));
            send(&ring);
            other.join().unwrap();
            assert!(
                ring.claim_recv_at_once()
                    .is_some_and(|claim| claim.take().0 == 0)
            );
            assert!(
                ring.claim_recv_at_once()
                    .is_some_and(|claim| claim.take().0 == 0)
            );
        });
    }

    /// A thread receives what another one sends as the first message, or finds nothing.
    #[test]
    fn a_receiver_sees_no_slots_or_initialized_ones() {
        loom::model(|| {
            let ring = Arc::new(Ring::<u8>::without_slots(1, || ()));
            let theirs = Arc::clone(&ring);
            let other = loom::thread::spawn(move || send(&theirs));
            let received = ring.claim_recv_at_once().map(|claim| claim.take().0);
            other.join().unwrap();
            let left = ring.claim_recv_at_once().map(|claim| claim.take().0);
            assert_eq!(received.xor(left), Some(0));
        });
    }

    #[test]
    fn keep_outlives_claims_until_it_is_cleared() {
        loom::model(|| {
            let ring = parked();
            assert!(send(&ring) && send(&ring));
            ring.clear_keep::<Head>(ring.marks::<Head>());
            assert!(!send(&ring));
        });
    }

    #[test]
    fn keep_is_not_cleared_while_there_is_a_mark() {
        loom::model(|| {
            let ring = parked();
            ring.clear_keep::<Head>(ring.marks::<Head>());
            assert!(send(&ring) && send(&ring));
        });
    }

    #[test]
    fn keep_is_not_cleared_after_another_claim() {
        loom::model(|| {
            let ring = parked();
            assert!(send(&ring));
            let seen = ring.marks::<Head>();
            assert!(send(&ring));
            ring.clear_keep::<Head>(seen);
            assert!(send(&ring));
        });
    }

    #[test]
    fn what_is_not_there_is_not_reserved() {
        loom::model(|| {
            let ring = Ring::<u8>::new(1);
            assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::Nothing);
            assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::One);
            assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::Nothing);
        });
    }
}

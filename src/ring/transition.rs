//! The rare changes of state: parking, fairness and closing.
//!
//! One protocol on the two states serves both directions. *Both* states decide when a wait ends. A
//! sender waits until `head` moves, or a reservation comes back (`tail`), or the ring is closed
//! (`tail`); a receiver waits until `tail` moves, or a reservation comes back (`head`). A waiter
//! marks the state that the other side claims by, and then loads its own state once more. A thread
//! that gives a reservation back, or closes, changes the waiter's own state and then touches the
//! other one with a read-modify-write. One of the two accesses to that other state comes second,
//! and has synchronized with the first: either the waiter sees its own state changed, or the other
//! thread sees the mark. Acquire and Release are enough for that, because both accesses write.

use super::claim::{Direction, Tail};
use super::state::{State, change};
use super::{Ring, invariant};
use crate::sync::Ordering;

/// The result of marking a side as parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parked {
    /// The operation is possible, or may be.
    No,
    Yes,
    /// Yes, and the other side has waiters that have not been notified although this side waits for
    /// them.
    BesideOthers,
}

impl<T, B> Ring<T, B> {
    /// Sets PARKED and KEEP in the state that the other side claims by, if an operation of this
    /// direction has to wait. Once they are set, the next claim of the other side notifies a
    /// waiter, or else attempts the operation that a thread has offered.
    pub(crate) fn mark_parked<D: Direction>(&self) -> Parked {
        let Some((head, tail)) = self.try_snapshot() else {
            return Parked::No;
        };
        if !D::blocks(self, head, tail) {
            return Parked::No;
        }
        let seen = D::other(head, tail);
        let marked = seen.with_parked();
        // ORDERING: AcqRel [mark]. Release synchronizes with [claim] and [touch] on this state: the
        // waiter is registered before another thread searches for it. It writes even if the bits
        // are set, so that every waiter is ordered before the claim that clears PARKED. Acquire
        // synchronizes with [touch]: if that came first, the load below sees the change of the
        // waiter's own state. On failure Relaxed: the caller attempts its operation again.
        // Test: loom `released_permit_wakes_sender`, for Acquire.
        let exchanged = D::opposite(self).compare_exchange(
            seen.bits(),
            marked.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        if exchanged.is_err() {
            return Parked::No;
        }
        // ORDERING: Acquire. Synchronizes with [unreserve] and [close], which precede [touch].
        let own = State::from_bits(D::state(self).load(Ordering::Acquire));
        let (head, tail) = D::pair(own, marked);
        if !D::blocks(self, head, tail) {
            // The bits stay set. The next claim then searches for waiters, and may find none.
            return Parked::No;
        }
        if own.has_waiters() {
            Parked::BesideOthers
        } else {
            Parked::Yes
        }
    }

    /// Loads the state that the waiters of a direction mark, at the start of a notification.
    pub(crate) fn marks<D: Direction>(&self) -> State {
        // ORDERING: Acquire. Synchronizes with [mark], and with [mark drain] on `head`: a waiter
        // whose mark this sees is registered. Otherwise the mark might be cleared. Test: loom
        // `drained::a_mark_and_a_claim_against_a_notification`.
        State::from_bits(D::opposite(self).load(Ordering::Acquire))
    }

    /// Clears KEEP if the state is still `seen`, which was loaded when the notification began, and
    /// no waiter has marked it since the last claim. Call this when no waiter is left.
    ///
    /// A later mark has set PARKED, which only a claim clears, and a claim moves the position.
    pub(crate) fn clear_keep<D: Direction>(&self, seen: State) {
        if seen.is_kept() {
            // ORDERING: Relaxed. Nothing is published: this only saves later claims a search. A
            // failure means that the bit is still needed, or that another thread handles it.
            let _ = D::opposite(self).compare_exchange(
                seen.bits(),
                seen.without_keep().bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// Returns the number of slots (messages) that can be claimed, counting reserved ones as used.
    pub(crate) fn available<D: Direction>(&self) -> usize {
        let (head, tail) = self.snapshot();
        D::available(self, head, tail)
    }

    /// Makes newcomers leave slots (messages) to waiters.
    pub(crate) fn start_fair<D: Direction>(&self) {
        // ORDERING: Relaxed. [mark] follows, and the state itself carries all of the information.
        D::state(self).fetch_or(change::START_FAIR, Ordering::Relaxed);
    }

    /// Lets newcomers claim again what is not reserved.
    pub(crate) fn end_fair<D: Direction>(&self) {
        // ORDERING: Relaxed. As above.
        D::state(self).fetch_and(change::END_FAIR, Ordering::Relaxed);
    }

    /// Closes the ring: from now on messages are sent on permits only. Returns `false` if it was
    /// closed before.
    ///
    /// The same step releases the withheld slots, `withheld` in number: no permits are counted in a
    /// closed ring that no message can enter. One thread may call this at a time, and none while
    /// another thread is in [`withhold`](Self::withhold).
    pub(crate) fn close(&self, withheld: usize) -> bool {
        // ORDERING: Relaxed. Only closing changes this bit, and one thread at a time closes.
        let is_closed = State::from_bits(self.tail.state.load(Ordering::Relaxed)).is_closed();
        if is_closed {
            // ORDERING: AcqRel, as for [close]. It must write. Release synchronizes with [claim] of
            // a permit: a sender that claims after this sees that no receiver is left.
            // Test: loom `a_permit_against_the_last_receiver_of_a_closed_channel`, for Release.
            self.tail.state.fetch_or(change::CLOSE, Ordering::AcqRel);
            return false;
        }
        let change = change::close_without_permits(withheld as u64);
        // ORDERING: AcqRel [close]. Release synchronizes with the Acquire loads of `tail`: a thread
        // that finds the ring closed sees what the closing thread did before. Acquire continues the
        // chain.
        // Test: loom `writes_of_dropped_senders_are_visible_at_the_end`.
        let before = State::from_bits(self.tail.state.fetch_add(change, Ordering::AcqRel));
        invariant(
            || !before.is_closed() && before.permits() >= withheld as u64,
            "one thread closes, and what is withheld is counted",
        );
        self.touch::<Tail>();
        true
    }

    /// Returns whether waiters of a direction must be notified. Call this after the state that the
    /// direction claims by was changed in favor of its waiters. Changes nothing: PARKED must not be
    /// cleared while KEEP is set, see `clear_keep`.
    pub(crate) fn touch<D: Direction>(&self) -> bool {
        // ORDERING: AcqRel [touch]. Release and Acquire synchronize with [mark]: see the module
        // documentation. It must write even though it changes nothing.
        // Test: loom `released_permit_wakes_sender`, for Release.
        State::from_bits(D::opposite(self).fetch_or(0, Ordering::AcqRel)).has_waiters()
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::ring::{Head, Reserved};
    use crate::sync::{Arc, AtomicUsize};

    /// Sends, and returns whether receivers must be notified.
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
            let shared = Arc::clone(&ring);
            let other = loom::thread::spawn(move || send(&shared));
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

    /// A thread receives the first message, which another thread sends, or finds nothing.
    #[test]
    fn a_receiver_sees_no_slots_or_initialized_ones() {
        loom::model(|| {
            let ring = Arc::new(Ring::<u8>::without_slots(1, || ()));
            let shared = Arc::clone(&ring);
            let other = loom::thread::spawn(move || send(&shared));
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

    /// One thread gives a reservation back, and another one reserves the same message or slot. The
    /// second sees what the first has done before.
    fn a_reservation_given_back<D: Direction>(ring: Ring<u8>, reserve: fn(&Ring<u8>) -> bool) {
        assert!(reserve(&ring));
        let shared = Arc::new((ring, AtomicUsize::new(0)));
        let theirs = Arc::clone(&shared);
        let other = loom::thread::spawn(move || {
            theirs.1.store(1, Ordering::Relaxed);
            theirs.0.unreserve::<D>(1);
        });
        if reserve(&shared.0) {
            assert_eq!(shared.1.load(Ordering::Relaxed), 1);
        }
        other.join().unwrap();
    }

    #[test]
    fn a_permit_given_back_orders_its_holders() {
        loom::model(|| {
            a_reservation_given_back::<Tail>(Ring::new(1), |ring| ring.reserve().is_ok());
        });
    }

    #[test]
    fn a_message_given_back_orders_its_holders() {
        loom::model(|| {
            let ring = Ring::new(1);
            send(&ring);
            a_reservation_given_back::<Head>(ring, |ring| ring.reserve_message().is_ok());
        });
    }

    #[test]
    fn nothing_is_reserved_in_an_empty_or_full_ring() {
        loom::model(|| {
            let ring = Ring::<u8>::new(1);
            assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::Nothing);
            assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::One);
            assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::Nothing);
        });
    }
}

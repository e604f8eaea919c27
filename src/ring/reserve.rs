//! Reservations: slots and messages that are reserved before they are claimed. One loop makes them
//! in both directions.
//!
//! A reserved slot is a permit, and their number is stored in `tail` (see `permit.rs`). The number
//! of reserved messages is stored in `head`. Both include what is reserved for waiters. A
//! reservation is a number, not a position: others continue with the rest, and the oldest message
//! goes to the receiver that claims first.

#[cfg(feature = "std")]
use super::claim::Recv;
use super::claim::{ATTEMPTS, Direction, Kind};
use super::state::{MAX_PERMITS, State, change};
use super::{ClaimError, Ring, invariant};
use crate::sync::{ClaimBackoff, Ordering};

/// The result of reserving a slot (message) for a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    One,
    /// There is none to reserve.
    Nothing,
    /// No more reservations can be counted.
    Uncountable,
}

impl<T, B> Ring<T, B> {
    /// Reserves one message without taking it out, also in a closed ring. The caller takes it with
    /// [`claim_recv_granted`](Self::claim_recv_granted), or gives it back with
    /// [`unreserve`](Self::unreserve).
    ///
    /// Fails with `Closed` if no more messages can arrive, and with `Exhausted` while no more
    /// reservations can be counted.
    #[cfg(feature = "std")]
    pub(crate) fn reserve_message(&self) -> Result<(), ClaimError> {
        self.reserve_one::<Recv>(Self::is_ready_beside_reserved)
    }

    /// Reserves one slot, or message, for a claim of kind `K`, if `fits` returns that there is one
    /// that is not reserved.
    pub(super) fn reserve_one<K: Kind>(
        &self,
        fits: impl Fn(&Self, State) -> bool,
    ) -> Result<(), ClaimError> {
        self.reserve_when::<K::Direction>(|ring, seen| {
            if seen.permits() == MAX_PERMITS {
                Err(ClaimError::Exhausted)
            } else if !seen.is_fair() && fits(ring, seen) {
                Ok(Ok(1))
            } else {
                K::explain(ring, seen).map(Err)
            }
        })
        .map(|_| ())
    }

    /// Adds as many reservations as `count_for` returns for the given state. `count_for` may return
    /// another state to try instead.
    pub(super) fn reserve_when<D: Direction>(
        &self,
        count_for: impl Fn(&Self, State) -> Result<Result<usize, State>, ClaimError>,
    ) -> Result<usize, ClaimError> {
        D::prepare(self);
        let mut backoff = ClaimBackoff::new();
        let mut seen = self.load::<D>();
        for _ in 0..ATTEMPTS {
            // Never `head`: the bit is in `tail`.
            if seen.is_closed() {
                return Err(ClaimError::Closed);
            }
            let count = match count_for(self, seen)? {
                Ok(count) => count,
                Err(other) => {
                    seen = other;
                    continue;
                }
            };
            if self.change_reserved::<D>(seen, seen.with_permits(count as u64)) {
                return Ok(count);
            }
            backoff.step();
            seen = self.load::<D>();
        }
        Err(ClaimError::Contended)
    }

    /// Changes the number of reservations by a compare-exchange. Returns `false` if the state has
    /// changed.
    #[inline(always)]
    pub(super) fn change_reserved<D: Direction>(&self, seen: State, next: State) -> bool {
        // ORDERING: AcqRel. Acquire synchronizes with [unreserve]: what was done under a
        // reservation happens-before the next one of the same slot or message. Release only adds to
        // the release sequences of [claim] and [mark], of [close] on `tail` and of [mark drain] on
        // `head`, which any read-modify-write continues. On failure Relaxed: the value is not used.
        // Test: loom `a_permit_given_back_orders_its_holders`,
        // `a_message_given_back_orders_its_holders`, for Acquire.
        let exchanged = D::state(self).compare_exchange_weak(
            seen.bits(),
            next.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        exchanged.is_ok()
    }

    /// Reserves a slot, or a message, for a waiter, if the ring is open and one is available that
    /// is not reserved. Newcomers cannot take it while the state is fair.
    ///
    /// Retries only after another thread's success, and newcomers have none in the meantime.
    pub(crate) fn reserve_for_waiter<D: Direction>(&self) -> Reserved {
        let mut backoff = ClaimBackoff::new();
        loop {
            let (head, tail) = self.snapshot();
            let seen = D::own(head, tail);
            if tail.is_closed() || D::available(self, head, tail) == 0 {
                return Reserved::Nothing;
            }
            if seen.permits() == MAX_PERMITS {
                return Reserved::Uncountable;
            }
            // ORDERING: AcqRel [reserve]. Release: a thread that sees the reservation sees that it
            // is counted in the wait queue. On failure Relaxed: the value is not used. Test: loom
            // `a_receiver_parks_while_a_slot_is_reserved`, for Release.
            let reserved = D::state(self).compare_exchange(
                seen.bits(),
                seen.with_permits(1).bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if reserved.is_ok() {
                return Reserved::One;
            }
            backoff.step();
        }
    }

    /// Gives `count` reservations of a direction back. Returns the state before, and whether
    /// waiters must be notified.
    pub(crate) fn unreserve<D: Direction>(&self, count: usize) -> (State, bool) {
        // ORDERING: AcqRel [unreserve]. Release synchronizes with the second load in `mark_parked`,
        // by way of [touch], and with the next reservation: what was done under this one
        // happens-before. Acquire synchronizes with [mark] on `tail`: a receiver that must be
        // notified is registered.
        // Test: loom `a_permit_given_back_orders_its_holders`, for Release.
        let before = D::state(self).fetch_sub(change::permits(count as u64), Ordering::AcqRel);
        let before = State::from_bits(before);
        invariant(
            || before.permits() >= count as u64,
            "released permits were counted",
        );
        (before, self.touch::<D>())
    }
}

#[cfg(all(test, feature = "std", not(loom)))]
mod tests {
    use super::*;
    use crate::ring::{Head, RecvClaim};

    fn send(ring: &Ring<u8>, message: u8) {
        let Ok(claim) = ring.claim_send() else {
            panic!("there is capacity")
        };
        assert!(!claim.publish(message).receivers_parked);
    }

    fn take(claim: Result<RecvClaim<'_, u8>, ClaimError>) -> Result<u8, ClaimError> {
        claim.map(|claim| claim.take().0)
    }

    #[test]
    fn other_receivers_leave_a_reserved_message() {
        let ring = Ring::new(4);
        assert_eq!(ring.reserve_message(), Err(ClaimError::Blocked));
        send(&ring, 1);
        assert_eq!(ring.reserve_message(), Ok(()));
        assert_eq!(ring.reserve_message(), Err(ClaimError::Blocked));
        assert_eq!(take(ring.claim_recv()), Err(ClaimError::Blocked));
        send(&ring, 2);
        // The oldest message goes to the receiver that claims first.
        assert_eq!(take(ring.claim_recv()), Ok(1));
        assert_eq!(take(ring.claim_recv()), Err(ClaimError::Blocked));
        assert_eq!(take(ring.claim_recv_granted()), Ok(2));
        assert_eq!(take(ring.claim_recv()), Err(ClaimError::Blocked));
    }

    #[test]
    fn a_message_is_available_after_its_reservation_is_given_back() {
        let ring = Ring::new(1);
        send(&ring, 1);
        assert_eq!(ring.reserve_message(), Ok(()));
        let (_, notify) = ring.unreserve::<Head>(1);
        assert!(!notify);
        assert_eq!(take(ring.claim_recv()), Ok(1));
    }

    #[test]
    fn a_reservation_outlives_closing_and_can_be_made_after_it() {
        let ring = Ring::new(2);
        send(&ring, 1);
        send(&ring, 2);
        assert_eq!(ring.reserve_message(), Ok(()));
        assert!(ring.close(0));
        assert_eq!(ring.reserve_message(), Ok(()));
        assert_eq!(ring.reserve_message(), Err(ClaimError::Blocked));
        assert_eq!(take(ring.claim_recv()), Err(ClaimError::Blocked));
        assert_eq!(take(ring.claim_recv_granted()), Ok(1));
        assert_eq!(take(ring.claim_recv_granted()), Ok(2));
        assert_eq!(ring.reserve_message(), Err(ClaimError::Closed));
    }

    /// The other reservation is for the message in flight.
    #[test]
    fn a_granted_batch_takes_its_message_while_the_next_one_is_in_flight() {
        let ring = Ring::new(4);
        send(&ring, 1);
        let Ok(in_flight) = ring.claim_send() else {
            panic!("there is capacity")
        };
        for _ in 0..2 {
            assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::One);
        }
        let mut received = alloc::vec::Vec::new();
        let Ok(batch) = ring.claim_recv_many_granted(&mut received, 8) else {
            panic!("its message is ready")
        };
        assert_eq!(batch.take(), (1, false));
        assert_eq!(received, [1]);
        assert!(ring.claim_recv_many_granted(&mut received, 8).is_err());
        assert!(!in_flight.publish(2).receivers_parked);
        assert_eq!(take(ring.claim_recv_granted()), Ok(2));
    }

    #[test]
    fn newcomers_reserve_nothing_while_the_state_is_fair() {
        let ring = Ring::new(2);
        send(&ring, 1);
        ring.start_fair::<Head>();
        assert_eq!(ring.reserve_message(), Err(ClaimError::Reserved));
        ring.end_fair::<Head>();
        assert_eq!(ring.reserve_message(), Ok(()));
    }
}

//! Reservations of messages before they are taken out, as a permit reserves a slot before it is
//! filled.
//!
//! Their number is stored in `head`, together with the messages that are reserved for waiting
//! receivers. A reservation is a number, not a position: other receivers continue with the rest,
//! and the oldest message goes to the receiver that claims first.

use super::claim::{ATTEMPTS, Head, Kind, Recv};
use super::state::MAX_PERMITS;
use super::{ClaimError, Ring};
use crate::sync::{ClaimBackoff, Ordering};

impl<T, B> Ring<T, B> {
    /// Reserves one message without taking it out, also in a closed ring. The caller takes it with
    /// [`claim_recv_granted`](Self::claim_recv_granted), or gives it back with
    /// [`unreserve`](Self::unreserve).
    ///
    /// Fails with `Closed` if no more messages can arrive, and with `Exhausted` while no more
    /// reservations can be counted.
    pub(crate) fn reserve_message(&self) -> Result<(), ClaimError> {
        let mut backoff = ClaimBackoff::new();
        let mut seen = self.load::<Head>();
        for _ in 0..ATTEMPTS {
            if seen.permits() == MAX_PERMITS {
                return Err(ClaimError::Exhausted);
            }
            if seen.is_fair() || !self.is_ready_beside_reserved(seen) {
                seen = Recv::explain(self, seen)?;
                continue;
            }
            // ORDERING: AcqRel. Acquire synchronizes with [unreserve], as for a permit. Release
            // only adds to the release sequences of [claim], [mark] and [mark drain] on `head`,
            // which any read-modify-write continues. On failure Relaxed: the value is not used.
            // Test: loom `a_message_given_back_orders_its_holders`, for Acquire.
            let reserved = self.head.state.compare_exchange_weak(
                seen.bits(),
                seen.with_permits(1).bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if reserved.is_ok() {
                return Ok(());
            }
            backoff.step();
            seen = self.load::<Head>();
        }
        Err(ClaimError::Contended)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn send(ring: &Ring<u8>, message: u8) {
        let Ok(claim) = ring.claim_send() else {
            panic!("there is capacity")
        };
        assert!(!claim.publish(message).receivers_parked);
    }

    fn take(claim: Result<super::super::RecvClaim<'_, u8>, ClaimError>) -> Result<u8, ClaimError> {
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

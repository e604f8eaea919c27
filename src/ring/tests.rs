//! Unit tests of the ring. Claims held open by hand show what another thread would see in between.

mod model;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::state::{MAX_CAPACITY, MAX_PERMITS};
use super::{ClaimError, Direction, Head, Parked, Reserved, Ring, Tail};

/// The first lap, and the last but one before the 44 bits of a position wrap.
const LAPS: [u64; 2] = [0, u64::MAX - 1];

/// Marks the waiters of a direction as parked, and returns whether that was possible.
fn may_park<D: Direction>(ring: &Ring<impl Sized>) -> bool {
    ring.mark_parked::<D>() != Parked::No
}

/// Clears KEEP, as a notification does that leaves no waiter.
fn clear_keep<D: Direction>(ring: &Ring<impl Sized>) {
    ring.clear_keep::<D>(ring.marks::<D>());
}

fn send<T>(ring: &Ring<T>, value: T) -> Result<(), ClaimError> {
    ring.claim_send().map(|claim| {
        let _ = claim.publish(value);
    })
}

fn send_reserved<T>(ring: &Ring<T>, value: T) -> Result<(), ClaimError> {
    ring.claim_reserved().map(|claim| {
        let _ = claim.publish(value);
    })
}

fn recv<T>(ring: &Ring<T>) -> Result<T, ClaimError> {
    ring.claim_recv().map(|claim| claim.take().0)
}

fn full(capacity: usize) -> Ring<usize> {
    let ring = Ring::new(capacity);
    for number in 0..capacity {
        send(&ring, number).unwrap();
    }
    ring
}

#[test]
fn exactly_capacity_messages_fit_at_every_offset() {
    for (capacity, lap) in (1..=9).flat_map(|capacity| LAPS.map(|lap| (capacity, lap))) {
        let ring = Ring::starting_in_lap(lap, capacity, || ());
        for round in 0..4 * capacity {
            for number in 0..capacity {
                assert_eq!(
                    (ring.len(), ring.free_capacity().0),
                    (number, capacity - number)
                );
                send(&ring, (round, number)).unwrap();
            }
            assert_eq!((ring.len(), ring.free_capacity().0), (capacity, 0));
            assert_eq!(send(&ring, (round, capacity)), Err(ClaimError::Blocked));
            for number in 0..capacity {
                assert_eq!(recv(&ring), Ok((round, number)));
            }
            assert_eq!(recv(&ring), Err(ClaimError::Blocked));
            // One more message moves the next round's start to another slot.
            send(&ring, (round, 0)).unwrap();
            recv(&ring).unwrap();
        }
    }
}

#[test]
fn an_unpublished_message_is_in_flight_and_holds_back_those_behind_it() {
    for capacity in [2, 3, 8] {
        let ring = Ring::new(capacity);
        let claim = ring.claim_send().ok().unwrap();
        assert_eq!(ring.len(), 1, "a claimed slot is used");
        assert_eq!(recv(&ring), Err(ClaimError::InFlight));
        assert!(ring.claim_recv_at_once().is_none());
        assert!(
            !may_park::<Head>(&ring),
            "no receiver parks while a message is in flight"
        );

        send(&ring, 1).unwrap();
        assert_eq!(recv(&ring), Err(ClaimError::InFlight));

        let _ = claim.publish(0);
        assert_eq!([recv(&ring), recv(&ring)], [Ok(0), Ok(1)]);
        assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    }
}

#[test]
fn an_unpublished_message_fills_a_ring_of_one() {
    let ring = Ring::new(1);
    let claim = ring.claim_send().ok().unwrap();
    assert_eq!(recv(&ring), Err(ClaimError::InFlight));
    assert_eq!(send(&ring, 1), Err(ClaimError::Blocked));
    assert!(
        may_park::<Tail>(&ring),
        "the receiver of the message will see the bit, so parking is safe"
    );
    let _ = claim.publish(0);
    assert_eq!(ring.claim_recv().ok().unwrap().take(), (0, true));
}

#[test]
fn a_message_not_yet_taken_out_is_in_flight_for_senders() {
    for capacity in [1, 2, 3, 8] {
        let ring = full(capacity);
        let claim = ring.claim_recv().ok().unwrap();
        assert_eq!((ring.len(), ring.free_capacity().0), (capacity - 1, 1));
        assert_eq!(send(&ring, capacity), Err(ClaimError::InFlight));
        assert_eq!(ring.reserve(), Err(ClaimError::InFlight));
        assert!(ring.claim_send_at_once().is_none());
        assert!(
            !may_park::<Tail>(&ring),
            "no sender parks while capacity becomes free"
        );

        assert_eq!(claim.take(), (0, false));
        send(&ring, capacity).unwrap();
        for number in 1..=capacity {
            assert_eq!(recv(&ring), Ok(number));
        }
    }
}

#[test]
fn a_claim_at_once_fails_where_a_claim_returns_an_error() {
    let ring = Ring::new(1);
    assert!(ring.claim_recv_at_once().is_none());
    let _ = ring.claim_send_at_once().unwrap().publish(1);
    assert!(ring.claim_send_at_once().is_none());
    assert_eq!(ring.claim_recv_at_once().unwrap().take().0, 1);
    ring.close(0);
    assert!(ring.claim_send_at_once().is_none());
    assert_eq!(send(&ring, 2), Err(ClaimError::Closed));
    assert_eq!(recv(&ring), Err(ClaimError::Closed));
}

#[test]
fn after_close_new_claims_fail_and_earlier_ones_are_completed() {
    let ring = Ring::new(3);
    send(&ring, 0).unwrap();
    let claim = ring.claim_send().ok().unwrap();
    assert!(ring.close(0));
    assert!(!ring.close(0), "only the first close counts");
    assert!(ring.is_closed());
    assert_eq!(send(&ring, 2), Err(ClaimError::Closed));
    assert_eq!(ring.reserve(), Err(ClaimError::Closed));

    assert_eq!(recv(&ring), Ok(0));
    assert_eq!(recv(&ring), Err(ClaimError::InFlight));
    let _ = claim.publish(1);
    assert_eq!(recv(&ring), Ok(1));
    assert_eq!(recv(&ring), Err(ClaimError::Closed));
}

#[test]
fn permits_and_messages_share_the_capacity() {
    for capacity in 1..=8 {
        for permits in 0..=capacity {
            let ring = Ring::new(capacity);
            for _ in 0..permits {
                ring.reserve().unwrap();
            }
            for number in permits..capacity {
                send(&ring, number).unwrap();
            }
            assert_eq!(
                (ring.len(), ring.free_capacity().0),
                (capacity - permits, 0)
            );
            assert_eq!(ring.reserve(), Err(ClaimError::Blocked));
            assert_eq!(send(&ring, 0), Err(ClaimError::Blocked));
            for number in 0..permits {
                send_reserved(&ring, capacity + number).unwrap();
            }
            assert_eq!((ring.len(), ring.free_capacity().0), (capacity, 0));
            for number in permits..capacity + permits {
                assert_eq!(recv(&ring), Ok(number));
            }
        }
    }
}

#[test]
fn a_permit_never_holds_back_messages_sent_after_it() {
    for lap in LAPS {
        let ring = Ring::starting_in_lap(lap, 3, || ());
        ring.reserve().unwrap();
        for number in 0..20 {
            send(&ring, number).unwrap();
            send(&ring, number + 100).unwrap();
            assert_eq!(send(&ring, 0), Err(ClaimError::Blocked));
            assert_eq!([recv(&ring), recv(&ring)], [Ok(number), Ok(number + 100)]);
        }
        send_reserved(&ring, 7).unwrap();
        assert_eq!(recv(&ring), Ok(7));
        assert_eq!(ring.free_capacity().0, 3);
    }
}

#[test]
fn permits_run_out_at_their_limit_and_leave_the_rest_to_messages() {
    let ring = Ring::new(MAX_PERMITS as usize + 2);
    for _ in 0..MAX_PERMITS {
        ring.reserve().unwrap();
    }
    assert_eq!(ring.reserve(), Err(ClaimError::Exhausted));
    assert_eq!([send(&ring, 1), send(&ring, 2)], [Ok(()), Ok(())]);
    assert_eq!(send(&ring, 3), Err(ClaimError::Blocked));
    let _ = ring.release(1);
    assert_eq!(ring.reserve(), Ok(()));
}

#[test]
fn a_closed_ring_ends_only_with_its_last_permit() {
    let ring = Ring::new(2);
    ring.reserve().unwrap();
    ring.reserve().unwrap();
    ring.close(0);
    assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    let _ = ring.claim_reserved().ok().unwrap().publish(1);
    assert_eq!(recv(&ring), Ok(1));
    assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    let _ = ring.release(1);
    assert_eq!(recv(&ring), Err(ClaimError::Closed));
}

#[test]
fn receivers_park_exactly_while_the_ring_is_empty_and_may_still_fill() {
    let ring = Ring::new(2);
    assert!(may_park::<Head>(&ring));
    assert!(may_park::<Head>(&ring), "a second mark succeeds, too");
    assert!(ring.claim_send().ok().unwrap().publish(1).receivers_parked);
    clear_keep::<Head>(&ring);
    assert!(!ring.claim_send().ok().unwrap().publish(2).receivers_parked);
    assert!(!may_park::<Head>(&ring), "there is something to receive");

    let ring = Ring::new(2);
    ring.reserve().unwrap();
    assert!(may_park::<Head>(&ring));
    ring.close(0);
    assert!(
        may_park::<Head>(&ring),
        "a message may still be sent on the permit"
    );
    let sent = ring.claim_reserved().ok().unwrap().publish(1);
    assert!(sent.receivers_parked);
    recv(&ring).unwrap();
    assert!(!may_park::<Head>(&ring), "no message can arrive any more");
}

#[test]
fn senders_park_exactly_while_the_ring_is_full_and_open() {
    let ring = Ring::new(2);
    assert!(!may_park::<Tail>(&ring));
    send(&ring, 1).unwrap();
    assert!(!may_park::<Tail>(&ring));
    ring.reserve().unwrap();
    assert!(may_park::<Tail>(&ring), "permits fill a ring, too");
    assert!(may_park::<Tail>(&ring), "a second mark succeeds, too");
    assert_eq!(ring.claim_recv().ok().unwrap().take(), (1, true));
    send(&ring, 2).unwrap();
    assert_eq!(
        ring.claim_recv().ok().unwrap().take(),
        (2, true),
        "while waiters may be left"
    );
    clear_keep::<Tail>(&ring);
    send(&ring, 2).unwrap();
    assert_eq!(ring.claim_recv().ok().unwrap().take(), (2, false));

    send(&ring, 3).unwrap();
    assert!(may_park::<Tail>(&ring));
    ring.close(0);
    assert!(
        !may_park::<Tail>(&ring),
        "a closed ring has no capacity to wait for"
    );
    assert_eq!(
        ring.claim_recv().ok().unwrap().take(),
        (3, true),
        "close does not clear the bits"
    );
}

#[test]
fn the_bits_stay_set_until_the_wait_ends() {
    let ring = Ring::new(2);
    assert!(may_park::<Head>(&ring));
    ring.reserve().unwrap();
    ring.reserve().unwrap();
    let _ = ring.release(1);
    ring.close(0);
    assert!(
        ring.claim_reserved()
            .ok()
            .unwrap()
            .publish(1)
            .receivers_parked
    );
}

#[test]
fn release_returns_which_side_to_notify() {
    for (close, parked, permits) in [false, true]
        .into_iter()
        .flat_map(|close| [false, true].map(|parked| (close, parked)))
        .flat_map(|(close, parked)| [1, 2].map(|permits| (close, parked, permits)))
    {
        let ring = Ring::<u8>::new(2);
        for _ in 0..permits {
            ring.reserve().unwrap();
        }
        if close {
            ring.close(0);
        }
        if parked {
            assert!(may_park::<Head>(&ring));
        }
        let senders_parked = may_park::<Tail>(&ring);
        assert_eq!(senders_parked, !close && permits == 2);
        let released = ring.release(1);
        assert_eq!(released.senders_parked, senders_parked);
        assert_eq!(
            released.receivers_finished,
            close && parked && permits == 1,
            "closed {close}, receivers parked {parked}, {permits} permits"
        );
    }
}

/// Counts its drops, and panics in them if `panics` is set.
struct Counted {
    drops: Arc<AtomicUsize>,
    panics: bool,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics, "the destructor panics");
    }
}

/// Fills a ring whose messages begin at slot `offset`, drops it, and returns how many of them were
/// dropped.
fn drops_with_the_ring(lap: u64, offset: usize, panicking: Option<usize>) -> usize {
    let capacity = 3;
    let drops = Arc::new(AtomicUsize::new(0));
    let message = |panics| Counted {
        drops: Arc::clone(&drops),
        panics,
    };
    let ring = Ring::starting_in_lap(lap, capacity, || ());
    for _ in 0..offset {
        send(&ring, message(false)).unwrap();
        drop(recv(&ring));
    }
    for number in 0..capacity {
        send(&ring, message(panicking == Some(number))).unwrap();
    }
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(ring)));
    assert_eq!(dropped.is_err(), panicking.is_some());
    drops.load(Ordering::Relaxed) - offset
}

#[test]
fn the_ring_drops_its_messages_even_if_a_destructor_panics() {
    for lap in LAPS {
        for offset in 0..7 {
            for panicking in [None, Some(0), Some(1), Some(2)] {
                assert_eq!(drops_with_the_ring(lap, offset, panicking), 3);
            }
        }
    }
}

fn panic_message(body: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(body)).expect_err("the body panics");
    *panic
        .downcast::<String>()
        .or_else(|panic| panic.downcast::<&str>().map(|text| text.to_string().into()))
        .expect("a panic with a message")
}

#[test]
fn an_invalid_capacity_panics_with_a_reason() {
    assert!(panic_message(|| drop(Ring::<u8>::new(0))).contains("must be at least 1"));
    let above = panic_message(|| drop(Ring::<u8>::new(MAX_CAPACITY + 1)));
    assert!(above.contains("is above the maximum"), "{above}");
    // More than the address space, so that no system can allocate it.
    let huge = panic_message(|| drop(Ring::<[u8; 1 << 24]>::new(MAX_CAPACITY)));
    assert!(huge.contains("cannot be allocated"), "{huge}");
}

/// The bit represents the waiters that a notification has left, and those that have marked since.
#[test]
fn keep_is_cleared_only_if_no_waiter_has_marked_since_the_last_claim() {
    let ring = Ring::new(3);
    assert!(may_park::<Head>(&ring));
    let marks = ring.marks::<Head>();
    ring.clear_keep::<Head>(marks);
    assert!(
        ring.claim_send().ok().unwrap().publish(1).receivers_parked,
        "a waiter has marked"
    );
    let marks = ring.marks::<Head>();
    recv(&ring).unwrap();
    assert!(may_park::<Head>(&ring));
    ring.clear_keep::<Head>(marks);
    assert!(
        ring.claim_send().ok().unwrap().publish(2).receivers_parked,
        "a waiter has marked since the notification began"
    );
    ring.clear_keep::<Head>(marks);
    assert!(
        ring.claim_send().ok().unwrap().publish(3).receivers_parked,
        "the state is a different one, although the bits are the same"
    );
    clear_keep::<Head>(&ring);
    recv(&ring).unwrap();
    assert!(!ring.claim_send().ok().unwrap().publish(4).receivers_parked);
}

#[test]
fn a_slot_reserved_for_a_waiter_is_kept_from_newcomers() {
    let ring = Ring::new(2);
    send(&ring, 1).unwrap();
    send(&ring, 2).unwrap();
    assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::Nothing);
    ring.start_fair::<Tail>();
    assert_eq!(send(&ring, 3), Err(ClaimError::Blocked));
    recv(&ring).unwrap();
    assert_eq!(
        send(&ring, 3),
        Err(ClaimError::Reserved),
        "about to be reserved"
    );
    assert_eq!(ring.reserve(), Err(ClaimError::Reserved));
    assert_eq!(ring.reserve_many(1, 2), Err(ClaimError::Reserved));
    assert!(ring.claim_send_at_once().is_none() && !ring.reserve_at_once());
    assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::One);
    ring.end_fair::<Tail>();
    assert_eq!(send(&ring, 3), Err(ClaimError::Blocked));
    recv(&ring).unwrap();
    send(&ring, 3).unwrap();
    let _ = ring.claim_send_granted().ok().unwrap().publish(4);
    assert_eq!((recv(&ring), recv(&ring)), (Ok(3), Ok(4)));
    assert_eq!(ring.permits().0, 0);
}

#[test]
fn a_message_reserved_for_a_waiter_is_kept_from_newcomers() {
    let ring = Ring::new(3);
    assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::Nothing);
    ring.start_fair::<Head>();
    assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    send(&ring, 1).unwrap();
    assert_eq!(recv(&ring), Err(ClaimError::Reserved));
    assert!(ring.claim_recv_at_once().is_none());
    let mut batch = Vec::new();
    assert!(ring.claim_recv_many(&mut batch, 3).is_err());
    assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::One);
    ring.end_fair::<Head>();
    assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    assert!(
        may_park::<Head>(&ring),
        "no message is left for other receivers"
    );
    send(&ring, 2).unwrap();
    send(&ring, 3).unwrap();
    assert_eq!(recv(&ring), Ok(1), "the oldest, and one is left");
    assert_eq!(
        ring.claim_recv_many(&mut batch, 3).ok().unwrap().take(),
        (1, false)
    );
    assert_eq!(recv(&ring), Err(ClaimError::Blocked));
    assert_eq!(ring.claim_recv_granted().ok().unwrap().take().0, 3);
    assert_eq!(batch, [2]);

    send(&ring, 4).unwrap();
    assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::One);
    send(&ring, 5).unwrap();
    batch.clear();
    let granted = ring.claim_recv_many_granted(&mut batch, 3).ok().unwrap();
    assert_eq!(granted.take().0, 2);
    assert_eq!(batch, [4, 5]);
}

#[test]
fn reservations_are_given_back_and_end_with_the_ring() {
    let ring = Ring::new(1);
    send(&ring, 1).unwrap();
    assert_eq!(ring.reserve_for_waiter::<Head>(), Reserved::One);
    assert!(may_park::<Head>(&ring));
    let (_, notify) = ring.unreserve::<Head>(1);
    assert!(notify, "a receiver waits for what was reserved");
    assert_eq!(recv(&ring), Ok(1));

    assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::One);
    ring.close(0);
    assert_eq!(ring.claim_send_granted().err(), Some(ClaimError::Closed));
    let _ = ring.release(1);
    assert_eq!(ring.reserve_for_waiter::<Tail>(), Reserved::Nothing);
    assert_eq!(recv(&ring), Err(ClaimError::Closed));
}

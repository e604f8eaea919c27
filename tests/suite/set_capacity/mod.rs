//! Checks changes of the capacity while the channel is in use.

mod closing;
mod threads;
mod waiting;

use mpmc_std::error::{SetCapacityError, TrySendError};
use mpmc_std::{Builder, Receiver, Sender, channel};

use crate::harness::{Task, panic_message, ready};

/// The largest difference between limit and capacity.
const FARTHEST: usize = 64_512;

fn fill(tx: &Sender<usize>, count: usize) {
    for message in 0..count {
        tx.try_send(message).unwrap();
    }
}

fn drain(rx: &Receiver<usize>) -> Vec<usize> {
    rx.try_iter().collect()
}

#[test]
fn every_capacity_up_to_the_limit_is_exact() {
    for limit in [1, 2, 3, 5, 8] {
        let (tx, rx) = channel(limit);
        let mut before = limit;
        for capacity in (1..=limit).rev().chain(1..=limit) {
            assert_eq!(tx.set_capacity(capacity), Ok(before));
            before = capacity;
            assert_eq!((tx.max_capacity(), rx.max_capacity()), (capacity, capacity));
            assert_eq!((tx.capacity_limit(), rx.capacity_limit()), (limit, limit));
            assert_eq!((tx.stats().max_capacity, tx.stats().permits), (capacity, 0));
            for used in 0..capacity {
                assert_eq!((tx.capacity(), tx.is_full()), (capacity - used, false));
                tx.try_send(used).unwrap();
            }
            assert_eq!((tx.capacity(), tx.is_full()), (0, true));
            assert_eq!(tx.try_send(99), Err(TrySendError::Full(99)));
            assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
            assert_eq!(drain(&rx), (0..capacity).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_channel_can_be_built_to_grow() {
    let (tx, rx) = Builder::new(2).growable_to(5).build();
    assert_eq!(
        (tx.max_capacity(), tx.capacity(), tx.capacity_limit()),
        (2, 2, 5)
    );
    fill(&tx, 2);
    assert!(tx.is_full());
    assert_eq!(rx.set_capacity(5), Ok(2));
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn a_failed_change_has_no_effect() {
    let limit = FARTHEST + 2;
    let (tx, rx) = channel::<u8>(limit);
    let error = |capacity| rx.set_capacity(capacity).unwrap_err();
    assert_eq!(error(0), SetCapacityError::Zero);
    assert_eq!(error(limit + 1), SetCapacityError::AboveLimit { limit });
    assert_eq!(error(usize::MAX), SetCapacityError::AboveLimit { limit });
    assert_eq!(error(1), SetCapacityError::TooFarBelowLimit { limit });
    assert_eq!((tx.max_capacity(), tx.capacity()), (limit, limit));

    assert_eq!(tx.set_capacity(2), Ok(limit));
    assert_eq!(tx.capacity(), 2);
    rx.close();
    assert_eq!(error(3), SetCapacityError::Closed);
    assert_eq!(tx.set_capacity(3), Err(SetCapacityError::Closed));
    assert_eq!((tx.max_capacity(), tx.capacity()), (2, 2));
}

#[test]
fn a_closed_handle_cannot_change_the_capacity() {
    let (tx, rx) = channel::<u8>(4);
    let mut closed = tx.clone();
    closed.close();
    assert_eq!(closed.set_capacity(2), Err(SetCapacityError::Closed));
    assert_eq!(rx.max_capacity(), 4);
    assert_eq!(tx.set_capacity(2), Ok(4));
}

#[test]
fn a_builder_rejects_invalid_limits() {
    let message = panic_message(|| Builder::new(3).growable_to(2).build::<u8>());
    assert_eq!(message, "mpmc-std: the limit 2 is below the capacity 3");
    let message = panic_message(|| Builder::new(1).growable_to(FARTHEST + 2).build::<u8>());
    assert_eq!(
        message,
        "mpmc-std: the limit 64514 is more than 64512 above the capacity 1"
    );
    let message = panic_message(|| Builder::new(0).growable_to(2).build::<u8>());
    assert!(message.contains("capacity"), "{message}");
    drop(Builder::new(1).growable_to(FARTHEST + 1).build::<u8>());
}

#[test]
fn a_capacity_below_the_length_evicts_nothing() {
    let (tx, rx) = channel(4);
    let permit = tx.try_reserve().unwrap();
    fill(&tx, 3);
    assert_eq!(tx.set_capacity(2), Ok(4));
    assert_eq!((tx.len(), tx.capacity(), tx.is_full()), (3, 0, true));
    assert_eq!(tx.stats().permits, 1);
    // A permit that was reserved before the change keeps its slot.
    permit.send(3);
    assert_eq!(tx.len(), 4);
    for message in 0..3 {
        assert!(tx.try_send(9).is_err());
        assert_eq!(rx.try_recv(), Ok(message));
    }
    assert_eq!(tx.capacity(), 1);
    tx.try_send(4).unwrap();
    assert!(tx.try_send(5).is_err());
    assert_eq!(drain(&rx), [3, 4]);
}

#[test]
fn permits_above_the_capacity_are_released_before_new_ones_are_reserved() {
    let (tx, _rx) = channel::<usize>(4);
    let mut permits = tx.try_reserve_many(4).unwrap();
    tx.set_capacity(2).unwrap();
    for _ in 0..2 {
        drop(permits.next());
        assert!(tx.try_reserve().is_err());
    }
    drop(permits.next());
    let again = tx.try_reserve().unwrap();
    assert!(tx.try_reserve().is_err());
    drop((again, permits));
    assert_eq!(tx.try_reserve_many(2).unwrap().len(), 2);
}

#[test]
fn each_forced_send_evicts_one_message() {
    let (tx, rx) = channel(4);
    tx.set_capacity(1).unwrap();
    assert_eq!(tx.force_send(0), Ok(None));
    assert_eq!(tx.force_send(1), Ok(Some(0)));
    tx.set_capacity(3).unwrap();
    assert_eq!(tx.force_send(2), Ok(None));
    assert_eq!(tx.force_send(3), Ok(None));
    // Messages above the capacity stay, but their number does not grow.
    tx.set_capacity(2).unwrap();
    assert_eq!(tx.force_send(4), Ok(Some(1)));
    assert_eq!(tx.len(), 3);
    assert_eq!(drain(&rx), [2, 3, 4]);
    assert_eq!(tx.force_send(5), Ok(None));
    assert_eq!(tx.force_send(6), Ok(None));
    assert_eq!(tx.force_send(7), Ok(Some(5)));
}

#[test]
fn forced_sends_fail_if_permits_hold_the_capacity() {
    let (tx, _rx) = channel(4);
    let permits = tx.try_reserve_many(3).unwrap();
    tx.set_capacity(2).unwrap();
    assert_eq!(tx.force_send(1), Err(TrySendError::Full(1)));
    assert_eq!((tx.stats().permits, tx.capacity()), (3, 0));
    tx.set_capacity(4).unwrap();
    assert_eq!(tx.force_send(1), Ok(None));
    assert_eq!(tx.force_send(2), Ok(Some(1)));
    drop(permits);
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn batches_stop_at_the_capacity() {
    let (tx, rx) = channel(64);
    tx.set_capacity(5).unwrap();
    assert_eq!(tx.try_send_many(0..3).unwrap(), 3);
    let mut sending = Task::parked(tx.send_many(3..10));
    assert_eq!(tx.len(), 5);
    tx.set_capacity(7).unwrap();
    assert!(sending.is_woken());
    sending.parks();
    assert_eq!(tx.len(), 7);
    assert_eq!(drain(&rx), (0..7).collect::<Vec<_>>());
    assert!(sending.is_woken());
    assert_eq!(sending.expect_ready().unwrap(), 7);
    assert_eq!(drain(&rx), [7, 8, 9]);
}

#[test]
fn withheld_capacity_counts_against_the_permit_limit() {
    const MOST: usize = 65_535;
    let limit = 70_000;
    let (tx, _rx) = channel::<usize>(limit);
    let permits = tx.try_reserve_many(MOST).unwrap();
    assert_eq!(
        tx.set_capacity(limit - 1),
        Err(SetCapacityError::TooManyPermits)
    );
    assert_eq!(tx.max_capacity(), limit);
    drop(permits);
    assert_eq!(tx.set_capacity(limit - 100), Ok(limit));
    assert!(tx.try_reserve_many(MOST - 99).is_err());
    assert!(ready(tx.reserve_many(MOST - 99)).is_err());
    let permits = tx.try_reserve_many(MOST - 100).unwrap();
    assert_eq!(tx.stats().permits, MOST - 100);
    assert_eq!(tx.capacity(), limit - 100 - (MOST - 100));
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    let mut waiting = [Task::parked(tx.reserve()), Task::parked(tx.reserve())];
    assert_eq!(tx.set_capacity(limit), Ok(limit - 100));
    for reserving in &mut waiting {
        assert!(reserving.is_woken(), "permits can be counted again");
        drop(reserving.expect_ready().unwrap());
    }
    drop(permits);
}

/// Permits are left even at the largest difference between limit and capacity.
#[test]
fn sinks_work_far_below_the_limit() {
    let (tx, _rx) = Builder::new(1024)
        .growable_to(1024 + FARTHEST)
        .build::<u8>();
    let permits = tx.try_reserve_many(1023).unwrap();
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    tx.try_send(1).unwrap();
    assert_eq!(tx.capacity(), 0);
    drop(permits);
    assert!(
        ready(tx.reserve_many(1024)).is_err(),
        "above the permit limit"
    );
}

//! The largest number of permits that can be out at a time.

use std::future::poll_fn;

use mpmc_std::channel;
use mpmc_std::error::{SendError, TrySendError};

use crate::harness::{Task, ready};

const MOST: usize = 65_535;

#[test]
fn at_most_65_535_permits_are_held_at_a_time() {
    let (tx, rx) = channel(70_000);
    let permits = tx.try_reserve_many(MOST).unwrap();
    assert_eq!(tx.stats().permits, MOST);
    assert_eq!(tx.capacity(), 70_000 - MOST);
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    assert_eq!(tx.force_send(()), Err(TrySendError::Full(())));
    assert!(matches!(tx.try_send_many([()]), Err(TrySendError::Full(_))));
    // Sends that need no permit are not affected.
    assert_eq!(tx.try_send(()), Ok(()));
    assert_eq!(ready(tx.send(())), Ok(()));
    assert_eq!(rx.try_iter().count(), 2);
    drop(permits);
    assert_eq!((tx.capacity(), tx.stats().permits), (70_000, 0));
    assert!(ready(tx.reserve_many(MOST + 1)).is_err());
    assert!(tx.try_reserve_many(MOST + 1).is_err());
}

#[test]
fn reserve_waits_while_65_535_permits_are_held() {
    let (tx, rx) = channel(70_000);
    let mut permits = tx.try_reserve_many(MOST).unwrap();

    let mut reserve = Task::parked(tx.reserve());
    drop(permits.next());
    assert!(reserve.is_woken());
    let last = reserve.expect_ready().unwrap();

    // Using a permit frees one for another task, like dropping it.
    let mut polled = tx.clone();
    let mut poll_reserve = Task::parked(poll_fn(|cx| polled.poll_reserve(cx)));
    last.send(());
    assert!(poll_reserve.is_woken());
    assert_eq!(poll_reserve.expect_ready(), Ok(()));
    drop(poll_reserve);
    drop(polled);

    let _last = tx.try_reserve().unwrap();
    let mut send_many = Task::parked(tx.send_many([(); 3]));
    let mut reserve_many = Task::parked(tx.reserve_many(2));
    drop(permits);
    assert!(send_many.is_woken() && reserve_many.is_woken());
    assert_eq!(send_many.expect_ready().unwrap(), 3);
    assert_eq!(reserve_many.expect_ready().unwrap().len(), 2);
    assert_eq!(rx.try_iter().count(), 4);
}

#[test]
fn closing_ends_a_wait_at_the_permit_limit() {
    let (tx, rx) = channel::<()>(70_000);
    let _permits = tx.try_reserve_many(MOST).unwrap();
    let mut polled = tx.clone();
    let mut reserve = Task::parked(tx.reserve());
    let mut send_many = Task::parked(tx.send_many([()]));
    let mut poll_reserve = Task::parked(poll_fn(|cx| polled.poll_reserve(cx)));
    rx.close();
    assert!(reserve.is_woken() && send_many.is_woken() && poll_reserve.is_woken());
    assert_eq!(reserve.expect_ready().unwrap_err(), SendError(()));
    assert_eq!(send_many.expect_ready().unwrap_err().0.count(), 1);
    assert_eq!(poll_reserve.expect_ready(), Err(SendError(())));
}

#[test]
fn a_cancelled_wait_at_the_permit_limit_leaves_no_waiter() {
    let (tx, _rx) = channel::<()>(70_000);
    let permits = tx.try_reserve_many(MOST).unwrap();
    drop(Task::parked(tx.reserve()));
    let mut second = Task::parked(tx.reserve());
    assert_eq!(tx.stats().senders.parked, 1);
    drop(permits);
    assert!(second.expect_ready().is_ok());
    drop(second);
    assert_eq!(tx.stats().senders.parked, 0);
    assert_eq!(tx.capacity(), 70_000);
}

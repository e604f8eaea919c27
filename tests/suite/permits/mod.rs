//! Checks permits: the capacity that they hold, for how long, and the tasks that wait for them.

mod limit;
mod together;

use std::mem;

use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{Drops, Task, ready};

#[test]
fn a_permit_holds_capacity_but_no_position() {
    let (tx, rx) = channel(3);
    let permit = tx.try_reserve().unwrap();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!((tx.capacity(), tx.len()), (0, 2));
    assert_eq!(rx.try_recv(), Ok(1));
    permit.send(4);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 4]);
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn a_dropped_permit_wakes_a_waiting_sender() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    let mut send = Task::parked(tx.send(1));
    drop(permit);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    drop(send);

    assert_eq!(rx.try_recv(), Ok(1));
    let permit = tx.clone().try_reserve_owned().unwrap();
    let mut reserve = Task::parked(tx.reserve());
    drop(permit);
    assert!(reserve.is_woken());
    assert!(reserve.expect_ready().is_ok());
}

#[test]
fn a_dropped_permit_iterator_releases_its_unused_permits() {
    let (tx, rx) = channel(3);
    let mut permits = tx.try_reserve_many(3).unwrap();
    assert_eq!(permits.len(), 3);
    permits.next().unwrap().send("sent");
    let kept = permits.next().unwrap();
    let mut send = Task::parked(tx.send("waited"));
    drop(permits);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(tx.capacity(), 0);
    kept.send("kept");
    assert_eq!(
        rx.try_iter().collect::<Vec<_>>(),
        ["sent", "waited", "kept"]
    );
}

#[test]
fn receivers_wait_for_the_permits_of_a_closed_channel() {
    let (tx, rx) = channel(2);
    let used = tx.clone().try_reserve_owned().unwrap();
    let dropped = tx.try_reserve_owned().unwrap();
    let mut first = Task::parked(rx.recv());
    let mut second = Task::parked(rx.recv());
    rx.close();
    first.parks();
    second.parks();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));

    drop(used.send(7));
    assert_eq!(first.expect_ready(), Some(7));
    second.parks();
    drop(dropped);
    assert!(second.is_woken());
    assert_eq!(second.expect_ready(), None);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn an_owned_permit_is_a_sender() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve_owned().unwrap();
    assert_eq!(rx.sender_strong_count(), 1);
    assert!(!rx.is_closed());
    let tx = permit.release();
    assert_eq!(tx.capacity(), 1);
    let permit = tx.try_reserve_owned().unwrap();
    drop(permit.send(1));
    assert!(rx.is_closed());
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_message_sent_on_a_permit_without_receivers_is_dropped_at_once() {
    let ledger = Drops::of(3);
    let (tx, rx) = channel(3);
    let mut permits = tx.try_reserve_many(2).unwrap();
    let owned = tx.clone().try_reserve_owned().unwrap();
    drop(rx);
    permits.next().unwrap().send(ledger.numbered(0));
    permits.next().unwrap().send(ledger.numbered(1));
    let tx = owned.send(ledger.numbered(2));
    ledger.assert_each_once();
    assert_eq!((tx.len(), tx.capacity()), (0, 3));
}

#[test]
fn a_leaked_permit_keeps_its_capacity() {
    let (tx, _rx) = channel(2);
    mem::forget(tx.try_reserve().unwrap());
    assert_eq!(tx.capacity(), 1);
    assert_eq!(tx.try_send(1), Ok(()));
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
}

#[test]
fn a_cancelled_reserve_holds_no_capacity() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let reserve = Task::parked(tx.reserve());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(reserve.is_woken());
    drop(reserve);
    assert_eq!((tx.capacity(), tx.stats().permits), (1, 0));
}

#[test]
fn a_cancelled_reserve_many_releases_all_permits() {
    let (tx, rx) = channel(4);
    tx.try_send(1).unwrap();
    let mut reserve = Task::parked(tx.reserve_many(4));
    // The future holds three permits while it waits for the fourth.
    assert_eq!((tx.capacity(), tx.stats().permits), (0, 3));
    let mut send = Task::parked(tx.send(2));
    reserve.parks();
    drop(reserve);
    assert_eq!(tx.stats().permits, 0);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_reserve_many_of_zero_does_not_wait() {
    let (tx, rx) = channel::<u8>(2);
    let _one = tx.try_reserve().unwrap();
    let _holder = Task::parked(tx.reserve_many(2));
    assert_eq!(ready(tx.reserve_many(0)).unwrap().len(), 0);
    rx.close();
    assert!(ready(tx.reserve_many(0)).is_err());
}

#[test]
fn closing_ends_a_reserve_many_that_waits_behind_another() {
    let (tx, rx) = channel::<u8>(2);
    let one = tx.try_reserve().unwrap();
    // This future is not polled again. It holds the reservation lock, but the other future still
    // sees the close.
    let holder = Task::parked(tx.reserve_many(2));
    let mut behind = Task::parked(tx.reserve_many(2));
    rx.close();
    assert!(behind.is_woken());
    assert!(behind.expect_ready().is_err());
    drop((holder, one));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn a_cancelled_reserve_many_forwards_the_reservation_lock() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let holder = Task::parked(tx.reserve_many(1));
    let waiting = Task::parked(tx.reserve_many(1));
    let mut last = Task::parked(tx.reserve_many(1));
    drop(holder);
    assert!(waiting.is_woken());
    // It has been woken for the reservation lock, but not polled.
    drop(waiting);
    assert!(last.is_woken());
    last.parks();
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(last.expect_ready().unwrap().len(), 1);
}

#[test]
fn an_owned_reservation_may_be_the_last_owner_of_its_channel() {
    // The future is dropped before its first poll, while it waits, and after it completed.
    let (tx, _) = channel::<String>(1);
    drop(tx.reserve_owned());

    let (tx, rx) = channel(1);
    tx.try_send("message".to_string()).unwrap();
    let reserve = Task::parked(tx.reserve_owned());
    drop(rx);
    drop(reserve);

    let (tx, rx) = channel(1);
    let mut reserve = Box::pin(tx.reserve_owned());
    let permit = ready(reserve.as_mut()).unwrap();
    drop(rx);
    drop(permit.send("message".to_string()));
    drop(reserve);
}

#[test]
fn an_owned_reservation_can_be_moved_until_it_is_polled() {
    let (tx, rx) = channel(1);
    let moved = vec![tx.clone().reserve_owned(), tx.reserve_owned()];
    let mut moved: Vec<_> = moved.into_iter().map(Box::pin).collect();
    let permit = ready(moved[1].as_mut()).unwrap();
    let mut waiting = Task::parked(moved.swap_remove(0));
    drop(permit.send(1));
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(waiting.is_woken());
    drop(waiting.expect_ready().unwrap().send(2));
    drop((waiting, moved));
    assert_eq!(
        (rx.try_recv(), rx.try_recv()),
        (Ok(2), Err(TryRecvError::Disconnected))
    );
}

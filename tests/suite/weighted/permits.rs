//! Permits and the weight that they hold.

use mpmc_std::error::TryRecvError;
use mpmc_std::weighted::{TooHeavyError, channel};

use super::{assert_contents, send, try_send};
use crate::harness::Task;

#[test]
fn a_permit_carries_its_weight() {
    let (tx, rx) = channel(2, 10);
    let permit = tx.try_reserve(8).unwrap();
    assert_eq!((permit.weight(), tx.weight(), tx.capacity()), (8, 8, 1));
    let waiting = Task::parked(send(&tx, 5));
    permit.send_with_weight(3, 3).unwrap();
    // The remaining weight is enough for the waiting sender.
    waiting.finish().unwrap();
    assert_contents(&tx, &[3, 5]);
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(3), Ok(5)));

    let permit = tx.try_reserve(8).unwrap();
    assert_eq!(permit.send_with_weight(9, 9), Err(TooHeavyError(9)));
    assert_contents(&tx, &[]);
    drop(tx.try_reserve(10).unwrap());
    assert_contents(&tx, &[]);
    tx.try_reserve(0).unwrap().send_with_weight(0, 0).unwrap();
    assert_contents(&tx, &[0]);
}

#[test]
fn a_dropped_permit_wakes_senders() {
    let (tx, _rx) = channel(2, 10);
    let permit = tx.try_reserve(10).unwrap();
    let waiting = [4, 6].map(|weight| Task::parked(send(&tx, weight)));
    drop(permit);
    for task in waiting {
        task.finish().unwrap();
    }
    assert_contents(&tx, &[4, 6]);
}

#[test]
fn a_permit_outlives_closing() {
    let (tx, rx) = channel(2, 10);
    let permit = tx.try_reserve(10).unwrap();
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    permit.send_with_weight(7, 7).unwrap();
    assert_eq!(rx.try_recv(), Ok(7));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_contents(&tx, &[]);
}

#[test]
fn a_reserve_that_waits_for_a_slot_holds_its_weight() {
    let (tx, rx) = channel(1, 10);
    try_send(&tx, 2).unwrap();
    let dropped = Task::parked(tx.reserve(4));
    let reserving = Task::parked(tx.reserve(4));
    assert_eq!(tx.weight(), 10);
    drop(dropped);
    assert_eq!(tx.weight(), 6);
    assert_eq!(rx.try_recv(), Ok(2));
    let permit = reserving.finish().unwrap();
    assert_eq!((permit.weight(), tx.weight(), tx.capacity()), (4, 4, 0));
}

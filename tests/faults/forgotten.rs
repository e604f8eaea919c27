//! The cost of `mem::forget`. Nothing here is unsound, and no message is lost. But a forgotten
//! value keeps its place in a wait queue, its capacity, the reservation lock, or its side of the
//! channel open.

use std::mem;
use std::pin::Pin;

use futures::FutureExt;
use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{Drops, Task, WakeCounter, poll_next, poll_once, poll_ready, reserve};

#[test]
fn a_forgotten_future_that_was_never_polled_costs_its_message_and_nothing_else() {
    let drops = Drops::default();
    let (tx, rx) = channel(1);
    mem::forget(tx.send(drops.message()));
    mem::forget(rx.recv());
    mem::forget(tx.reserve());
    let receiver = Task::parked(rx.recv());
    tx.try_send(drops.message()).unwrap();
    assert_eq!(receiver.finish().unwrap().number, 1);
    assert_eq!(drops.of_each(), [0, 1], "never sent, and leaked");
}

/// The first, the second and the third that waits: each costs one wakeup, whatever its place.
#[test]
fn a_forgotten_receiver_that_waits_swallows_one_wakeup_and_no_message() {
    for forgotten in 0..3 {
        let (tx, rx) = channel(4);
        let before: Vec<_> = (0..forgotten).map(|_| Task::parked(rx.recv())).collect();
        mem::forget(Task::parked(rx.recv()));
        let behind = Task::parked(rx.recv());
        for number in 0..forgotten {
            tx.try_send(number).unwrap();
        }
        for task in before {
            assert!(task.finish().is_some());
        }
        tx.try_send(10).unwrap();
        assert!(!behind.is_woken(), "the forgotten one has the wakeup");
        tx.try_send(11).unwrap();
        assert!(
            behind.is_woken(),
            "each message wakes a receiver of its own"
        );
        assert_eq!(behind.finish(), Some(10));
        assert_eq!(rx.try_recv(), Ok(11));
    }
}

#[test]
fn a_forgotten_sender_that_waits_swallows_a_wakeup_and_its_message() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    mem::forget(Task::parked(tx.send(9)));
    let other = Task::parked(tx.send(2));
    assert_eq!(rx.try_recv(), Ok(1));
    tx.try_send(3).unwrap();
    let next = Task::parked(tx.send(4));
    assert_eq!(rx.try_recv(), Ok(3));
    assert!(other.is_woken(), "who has waited longest");
    other.finish().unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
    assert!(next.is_woken());
    next.finish().unwrap();
    assert_eq!(rx.try_recv(), Ok(4));
}

#[test]
fn a_forgotten_wait_does_not_outlive_the_close() {
    let (tx, rx) = channel::<u8>(1);
    mem::forget(Task::parked(rx.recv()));
    let other = Task::parked(rx.recv());
    rx.close();
    assert!(other.is_woken());
    assert_eq!(other.finish(), None);
    assert!(tx.is_closed());
}

#[test]
fn a_forgotten_permit_keeps_its_room_and_the_end_from_its_receivers() {
    let (tx, rx) = channel(2);
    mem::forget(tx.try_reserve().unwrap());
    assert_eq!(tx.capacity(), 1);
    tx.try_send(1).unwrap();
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    rx.close();
    assert_eq!(rx.try_recv(), Ok(1));
    // As far as the channel knows, a message may still come.
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert!(poll_once(rx.recv()).is_pending());
}

#[test]
fn a_forgotten_owned_permit_keeps_its_sender_too() {
    let (tx, rx) = channel::<u8>(2);
    mem::forget(tx.try_reserve_owned().unwrap());
    assert_eq!((rx.sender_strong_count(), rx.capacity()), (1, 1));
    assert!(!rx.is_closed());
}

#[test]
fn a_forgotten_turn_at_many_permits_holds_up_other_many_permits_only() {
    let (tx, rx) = channel(2);
    tx.try_send(1).unwrap();
    mem::forget(Task::parked(tx.reserve_many(2)));
    // It had got hold of the one place that was free.
    assert_eq!(tx.capacity(), 0);
    let next = Task::parked(tx.reserve_many(1));
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(!next.is_woken());
    tx.try_reserve().unwrap().send(2);
    assert_eq!(rx.try_recv(), Ok(2));
    poll_once(tx.send(3)).map(Result::unwrap).is_ready();
    assert_eq!(rx.try_recv(), Ok(3));
    rx.close();
    assert!(next.is_woken());
    next.finish().unwrap_err();
}

#[test]
fn forgotten_handles_keep_their_side_open_until_it_is_closed() {
    let drops = Drops::default();
    let (tx, rx) = channel(2);
    mem::forget(tx.clone());
    mem::forget(rx.clone());
    tx.try_send(drops.message()).unwrap();
    drop(tx);
    assert_eq!(rx.sender_strong_count(), 1);
    assert!(!rx.is_closed());
    rx.close();
    drop(rx);
    // One receiver is left as far as the channel knows, so the message stays, and is leaked.
    assert_eq!(drops.total(), 0);
}

#[test]
fn a_forgotten_handle_that_was_polled_keeps_no_wakeup_from_others() {
    let (tx, rx) = channel(1);
    let mut stream = rx.clone();
    assert!(poll_next(&mut stream).is_pending());
    mem::forget(stream);
    let receiver = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    assert!(receiver.is_woken());
    let mut sink = tx.clone();
    assert!(poll_ready(&mut sink).is_pending());
    mem::forget(sink);
    let sender = Task::parked(tx.send(2));
    assert_eq!(receiver.finish(), Some(1));
    assert!(sender.is_woken());
    sender.finish().unwrap();
}

#[test]
fn a_forgotten_handle_that_was_ready_keeps_its_room() {
    let (tx, rx) = channel(2);
    let mut sink = tx.clone();
    reserve(&mut sink);
    mem::forget(sink);
    assert_eq!(rx.capacity(), 1);
    tx.try_send(1).unwrap();
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
}

#[test]
fn a_finished_future_that_is_forgotten_has_given_everything_back() {
    let (tx, rx) = channel(1);
    tx.try_send(0).unwrap();
    let mut forgotten: Pin<Box<_>> = Box::pin(tx.send(1));
    let woken = WakeCounter::default();
    assert!(woken.poll(|cx| forgotten.poll_unpin(cx)).is_pending());
    let other = Task::parked(tx.send(2));
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(woken.is_woken());
    assert!(woken.poll(|cx| forgotten.poll_unpin(cx)).is_ready());
    mem::forget(forgotten);
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(other.is_woken());
    other.finish().unwrap();
}

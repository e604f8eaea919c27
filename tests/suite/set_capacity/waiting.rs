//! Tasks that wait while the capacity changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures::Sink;
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Builder, channel};

use super::{drain, fill};
use crate::harness::{Task, callback_waker, panic_message, ready};

#[test]
fn raising_wakes_one_sender_for_each_new_slot() {
    for (limit, held, by, expected) in [
        (8, 1, 1, 1),
        (8, 1, 3, 3),
        (8, 1, 7, 5),
        // The channel holds more messages than the old capacity.
        (8, 4, 2, 0),
        (8, 4, 3, 0),
        (8, 4, 4, 1),
        (8, 4, 7, 4),
    ] {
        let (tx, rx) = channel(limit);
        fill(&tx, held);
        tx.set_capacity(1).unwrap();
        let mut waiting: Vec<_> = (0..5).map(|number| Task::parked(tx.send(number))).collect();
        assert_eq!(rx.set_capacity(1 + by), Ok(1));
        let woken = waiting.iter().filter(|send| send.is_woken()).count();
        assert_eq!(woken, expected, "{held} messages, raised by {by}");
        for send in &mut waiting[..woken] {
            assert_eq!(send.expect_ready(), Ok(()));
        }
        for send in &mut waiting[woken..] {
            send.parks();
        }
    }
}

/// Receivers wake the waiting senders, at most one for each message.
#[test]
fn receivers_wake_senders_of_a_channel_above_its_capacity() {
    let (tx, rx) = channel(8);
    fill(&tx, 4);
    tx.set_capacity(2).unwrap();
    let mut waiting: Vec<_> = (0..8).map(|number| Task::parked(tx.send(number))).collect();
    let mut sent = 0;
    for received in 1..=12 {
        assert!(rx.try_recv().is_ok());
        let before = waiting.len();
        waiting.retain_mut(|send| !(send.is_woken() && send.poll() == Poll::Ready(Ok(()))));
        sent += before - waiting.len();
        assert!(tx.len() <= 4_usize.saturating_sub(received).max(2));
        assert_eq!(sent, received.saturating_sub(2).min(8));
    }
}

#[test]
fn a_sink_waits_for_the_capacity_to_be_raised() {
    let (tx, _rx) = Builder::new(1).growable_to(2).build();
    fill(&tx, 1);
    let mut sink = tx.clone();
    let mut poll_ready = Task::parked(std::future::poll_fn(|cx| {
        std::pin::Pin::new(&mut sink).poll_ready(cx)
    }));
    tx.set_capacity(2).unwrap();
    assert!(poll_ready.is_woken());
    assert!(poll_ready.expect_ready().is_ok());
}

#[test]
fn a_send_that_was_granted_a_slot_uses_it_below_the_capacity() {
    let (tx, rx) = channel(2);
    fill(&tx, 2);
    let mut waiting = Task::parked(tx.send(7));
    // The sender loses the maximum number of races.
    for _ in 0..4 {
        rx.try_recv().unwrap();
        tx.try_send(0).unwrap();
        waiting.parks();
    }
    rx.try_recv().unwrap();
    assert_eq!(tx.stats().permits, 1, "a slot is reserved for the sender");
    tx.set_capacity(1).unwrap();
    assert_eq!(tx.stats().permits, 1);
    assert_eq!(waiting.expect_ready(), Ok(()));
    assert_eq!((tx.len(), tx.capacity()), (2, 0));
    assert_eq!(drain(&rx), [0, 7]);
    assert_eq!(tx.capacity(), 1);
}

#[test]
fn reserve_many_above_the_new_capacity_fails() {
    let (tx, rx) = channel(4);
    fill(&tx, 2);
    let mut four = Task::parked(tx.reserve_many(4));
    let mut three = Task::parked(tx.reserve_many(3));
    let mut two = Task::parked(tx.reserve_many(2));
    assert_eq!(tx.stats().permits, 2);
    assert_eq!(tx.set_capacity(2), Ok(4));
    assert!(four.is_woken());
    assert!(four.expect_ready().is_err());
    assert!(three.is_woken(), "it waits next");
    assert!(three.expect_ready().is_err());
    two.parks();
    assert_eq!(drain(&rx), [0, 1]);
    assert!(two.is_woken());
    assert_eq!(two.expect_ready().unwrap().len(), 2);
    assert!(ready(tx.reserve_many(3)).is_err());
    assert_eq!(tx.try_reserve_many(3).unwrap_err(), TrySendError::Full(()));
}

#[test]
fn reserve_many_that_waits_for_its_turn_fails_above_the_new_capacity() {
    let (tx, rx) = channel(5);
    fill(&tx, 5);
    let two = Task::parked(tx.reserve_many(2));
    let mut five = Task::parked(tx.reserve_many(5));
    assert_eq!(rx.set_capacity(3), Ok(5));
    assert!(five.is_woken());
    assert!(five.expect_ready().is_err());
    drop(two);
}

/// Lowering the capacity wakes all of them, to check whether their permits are still possible.
#[test]
fn reserve_many_keeps_its_turn_when_the_capacity_is_lowered() {
    let (tx, rx) = channel(6);
    fill(&tx, 5);
    let mut first = Task::parked(tx.reserve_many(2));
    let mut others: Vec<_> = (0..3).map(|_| Task::parked(tx.reserve_many(2))).collect();
    assert_eq!(tx.set_capacity(5), Ok(6));
    for other in &mut others {
        assert!(other.is_woken());
        other.parks();
    }
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(1)));
    let mut permits = first.expect_ready().unwrap();
    for next in 0..3 {
        let woken: Vec<_> = others.iter().map(Task::is_woken).collect();
        let expected: Vec<_> = (0..3).map(|other| other == next).collect();
        assert_eq!(woken, expected, "one task is woken, the next in turn");
        others[next].parks();
        drop(permits);
        permits = others[next].expect_ready().unwrap();
    }
}

#[test]
fn reserve_many_waits_below_the_limit() {
    let (tx, rx) = Builder::new(2).growable_to(8).build();
    fill(&tx, 2);
    let mut reserving = Task::parked(tx.reserve_many(2));
    rx.try_recv().unwrap();
    reserving.parks();
    assert_eq!(tx.set_capacity(3), Ok(2));
    assert!(reserving.is_woken());
    assert_eq!(reserving.expect_ready().unwrap().len(), 2);
}

#[test]
fn a_waker_may_change_the_capacity_and_panic() {
    let (tx, rx) = channel(3);
    tx.set_capacity(1).unwrap();
    fill(&tx, 1);
    let woken = Arc::new(AtomicBool::new(false));
    let waker = callback_waker({
        let (rx, woken) = (rx.clone(), Arc::clone(&woken));
        move || {
            woken.store(true, Ordering::Relaxed);
            rx.set_capacity(1).unwrap();
            rx.set_capacity(3).unwrap();
            panic!("a waker panics");
        }
    });
    let mut send = Task::new(tx.send(1));
    assert!(send.poll_with(&waker).is_pending());
    let message = panic_message(|| rx.set_capacity(2));
    assert_eq!(message, "a waker panics");
    assert!(woken.load(Ordering::Relaxed));
    assert_eq!(
        (tx.max_capacity(), tx.capacity(), tx.stats().permits),
        (3, 2, 0)
    );
    rx.close();
    assert_eq!(drain(&rx), [0]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

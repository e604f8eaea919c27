//! Waiting senders: parking against receiving, which of them is woken, and the wake of a sender
//! that is dropped.

use std::task::Poll;

use loom::thread;
use mpmc_std::{Sender, channel};

use crate::support::{
    Task, block_on, explore, parked, poll_once, poll_ready, reserve_waiting, send, send_reserved,
};

#[test]
fn park_and_wake_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(send(tx, 2)));
        assert_eq!(rx.try_recv(), Ok(1));
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

#[test]
fn park_and_wake_a_blocking_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || (tx.blocking_send(2), tx));
        assert_eq!(rx.blocking_recv(), Some(1));
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!(rx.blocking_recv(), Some(2));
    });
}

#[test]
fn park_and_wake_a_sink() {
    explore(3, || {
        let (mut tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || {
            block_on(reserve_waiting(&mut tx)).unwrap();
            send_reserved(&mut tx, 2).unwrap();
            tx
        });
        assert_eq!(rx.try_recv(), Ok(1));
        let _tx = sender.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

#[test]
fn park_and_wake_both_ways() {
    // A bound of two would take twenty times as many executions, because both threads wait twice.
    explore(1, || {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || {
            tx.blocking_send(1).unwrap();
            tx.blocking_send(2).unwrap();
            tx
        });
        assert_eq!(rx.blocking_recv(), Some(1));
        assert_eq!(rx.blocking_recv(), Some(2));
        let _tx = sender.join().unwrap();
    });
}

/// The first claim clears PARKED; KEEP tells the second one of the other waiter.
#[test]
fn two_senders_two_wakes() {
    explore(2, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let senders = [(tx.clone(), 3), (tx, 4)].map(|(tx, message)| parked(send(tx, message)));
        let senders = senders.map(|send| thread::spawn(move || block_on(send)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.try_recv(), Ok(2));
        for sender in senders {
            let (sent, _tx) = sender.join().unwrap();
            assert_eq!(sent, Ok(()));
        }
        assert_eq!(rx.try_recv().unwrap() + rx.try_recv().unwrap(), 7);
    });
}

#[test]
fn three_senders_three_wakes() {
    explore(1, || {
        let (tx, rx) = channel(3);
        for message in 1..=3 {
            tx.try_send(message).unwrap();
        }
        let [first, second, third] = [4, 5, 6].map(|message| parked(send(tx.clone(), message)));
        let two = thread::spawn(move || (block_on(first), block_on(second)));
        for message in 1..=3 {
            assert_eq!(rx.try_recv(), Ok(message));
        }
        let (here, _tx) = block_on(third);
        let ((first, _first_tx), (second, _second_tx)) = two.join().unwrap();
        assert_eq!((here, first, second), (Ok(()), Ok(()), Ok(())));
        assert_eq!(rx.len(), 3);
    });
}

/// A woken sender whose slot another sender took must park again, and be woken again.
#[test]
fn a_sender_that_has_lost_a_race_parks_again() {
    explore(2, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let waiting = parked(send(tx.clone(), 3));
        let receiver = thread::spawn(move || (rx.try_recv(), rx.try_recv(), rx));
        let stolen = tx.try_send(4).ok().map(|()| 4);
        let (sent, _tx) = block_on(waiting);
        assert_eq!(sent, Ok(()));
        let (first, second, rx) = receiver.join().unwrap();
        assert_eq!((first, second), (Ok(1), Ok(2)));
        let mut left: Vec<_> = rx.try_iter().collect();
        left.sort_unstable();
        assert!(left.into_iter().eq([3].into_iter().chain(stolen)));
    });
}

/// The sender is dropped before, during or after its notification, without having been polled.
#[test]
fn a_cancelled_sender_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let first = Task::parked(send(tx.clone(), 2));
        let second = Task::parked(send(tx, 3));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(first);
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(second.finish().0, Ok(()));
        assert_eq!((received, rx.try_recv()), (Ok(1), Ok(3)));
    });
}

/// The notified sender is the oldest, but the other one may take the slot first.
#[test]
fn a_notified_and_cancelled_sender_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let first = parked(send(tx.clone(), 2));
        let second = thread::spawn(move || block_on(send(tx, 3)));
        assert_eq!(rx.try_recv(), Ok(1));
        drop(first);
        let (sent, _tx) = second.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!(rx.try_recv(), Ok(3));
    });
}

/// The sender is dropped after a wake and an attempt that found the channel full or its slot not
/// yet freed.
#[test]
fn a_sender_cancelled_while_it_waits_out_a_recv_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let mut first = parked(send(tx.clone(), 3));
        let second = parked(send(tx.clone(), 4));
        let receiver = thread::spawn(move || {
            assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
            rx
        });
        let mut sent = Vec::new();
        if tx.try_send(5).is_ok() {
            sent.push(5);
        }
        if let Poll::Ready((result, _tx)) = poll_once(&mut first) {
            assert_eq!(result, Ok(()));
            sent.push(3);
        }
        drop(first);
        if sent.len() < 2 {
            let (result, _tx) = block_on(second);
            assert_eq!(result, Ok(()));
            sent.push(4);
        } else {
            drop(second);
        }
        let rx = receiver.join().unwrap();
        assert!(
            sent.into_iter()
                .eq(std::iter::from_fn(|| rx.try_recv().ok()))
        );
    });
}

/// The sink is registered and notified, and never polled again. Another sink is dropped during the
/// receive.
#[test]
fn an_abandoned_sink_keeps_no_wake() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sinks: [Sender<usize>; 2] = std::array::from_fn(|_| {
            let mut sink = tx.clone();
            assert!(poll_ready(&mut sink).is_pending());
            sink
        });
        let waiting = parked(send(tx, 2));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let [_abandoned, dropped] = sinks;
        drop(dropped);
        let (sent, _tx) = block_on(waiting);
        assert_eq!(sent, Ok(()));
        let (received, rx) = receiver.join().unwrap();
        assert_eq!((received, rx.try_recv()), (Ok(1), Ok(2)));
    });
}

//! The senders' gate: parking against receiving, who is woken, and what becomes of a wake whose owner is
//! gone.

use std::task::Poll;

use loom::thread;
use mpmc_std::{Sender, channel};

use crate::support::{
    block_on, explore, parked, poll_once, poll_ready, reserve_waiting, send, send_reserved,
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
    explore(2, || {
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

/// The claim of the first message clears the bit that both have armed, so one is woken; it must wake the
/// other, or arm the bit again for the second message.
#[test]
fn two_senders_one_wake() {
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

/// The chain goes on: each that was woken wakes the next.
#[test]
fn three_senders_one_wake() {
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

/// A woken sender whose slot another one takes must park again, and be woken again.
#[test]
fn a_sender_woken_in_vain_parks_again() {
    explore(2, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let waiting = parked(send(tx.clone(), 2));
        let receiver = thread::spawn(move || (rx.try_recv(), rx.blocking_recv(), rx));
        let stolen = tx.try_send(3).ok().map(|()| 3);
        let (sent, _tx) = block_on(waiting);
        assert_eq!(sent, Ok(()));
        let (first, second, rx) = receiver.join().unwrap();
        let received = first.into_iter().chain(second).chain(rx.try_recv().ok());
        assert!(received.eq([1].into_iter().chain(stolen).chain([2])));
    });
}

/// Dropped before, while or after it was notified, and in the last case before it looked.
#[test]
fn a_cancelled_sender_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let first = parked(send(tx.clone(), 2));
        let second = parked(send(tx, 3));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(first);
        let (sent, _tx) = block_on(second);
        assert_eq!(sent, Ok(()));
        let (received, rx) = receiver.join().unwrap();
        assert_eq!((received, rx.try_recv()), (Ok(1), Ok(3)));
    });
}

/// The notified one is first in line, but the other may come for the slot first.
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

/// Dropped after it was woken and has looked, in vain or while its slot was being freed.
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

/// It is registered, and was notified, and never looks; another one is dropped meanwhile.
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

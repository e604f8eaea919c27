//! Waiting receivers: parking against sending, which of them is woken, and the wake of a receiver
//! that is dropped.

use futures::StreamExt;
use loom::thread;
use mpmc_std::{Receiver, channel};

use crate::support::{Task, block_on, explore, parked, poll_next, poll_once, recv};

#[test]
fn park_and_wake_receiver() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let receiver = thread::spawn(move || block_on(recv(rx)));
        tx.try_send(7).unwrap();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Some(7));
    });
}

#[test]
fn park_and_wake_a_blocking_receiver() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let receiver = thread::spawn(move || (rx.blocking_recv(), rx));
        tx.blocking_send(7).unwrap();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Some(7));
    });
}

#[test]
fn park_and_wake_a_stream() {
    explore(3, || {
        let (tx, mut rx) = channel(1);
        let receiver = thread::spawn(move || (block_on(rx.next()), rx));
        tx.try_send(7).unwrap();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Some(7));
    });
}

/// The first claim clears PARKED; KEEP tells the second one of the other waiter.
#[test]
fn two_receivers_two_wakes() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let receivers = [rx.clone(), rx].map(|rx| parked(recv(rx)));
        let receivers = receivers.map(|recv| thread::spawn(move || block_on(recv)));
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let received = receivers.map(|receiver| receiver.join().unwrap());
        let sum: Option<usize> = received.iter().map(|(message, _rx)| *message).sum();
        assert_eq!(sum, Some(3));
    });
}

#[test]
fn three_receivers_three_wakes() {
    explore(1, || {
        let (tx, rx) = channel(3);
        let [first, second, third] = std::array::from_fn(|_| rx.clone()).map(|rx| parked(recv(rx)));
        let two = thread::spawn(move || (block_on(first), block_on(second)));
        for message in 1..=3 {
            tx.try_send(message).unwrap();
        }
        let (here, _rx) = block_on(third);
        let ((first, _first_rx), (second, _second_rx)) = two.join().unwrap();
        assert_eq!(here.unwrap() + first.unwrap() + second.unwrap(), 6);
    });
}

/// Like the model above, but the second receiver may start to wait at any time.
#[test]
fn a_receiver_parks_beside_another() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let first = parked(recv(rx.clone()));
        let second = thread::spawn(move || block_on(recv(rx)));
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let (here, _rx) = block_on(first);
        let (there, _rx) = second.join().unwrap();
        assert_eq!(here.unwrap() + there.unwrap(), 3);
    });
}

#[test]
fn two_streams_share_two_messages() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let [mut first, mut second] = [rx.clone(), rx];
        assert!(poll_next(&mut first).is_pending());
        assert!(poll_next(&mut second).is_pending());
        let receiver = thread::spawn(move || (block_on(first.next()), first));
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let here = block_on(second.next());
        let (there, _first) = receiver.join().unwrap();
        assert_eq!(here.unwrap() + there.unwrap(), 3);
    });
}

/// A woken receiver whose message another receiver took must park again, and be woken again.
#[test]
fn a_receiver_that_has_lost_a_race_parks_again() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let waiting = parked(recv(rx.clone()));
        let sender = thread::spawn(move || {
            tx.try_send(1).unwrap();
            tx.try_send(2).unwrap();
            tx
        });
        let stolen = rx.try_recv().ok();
        let (received, _rx) = block_on(waiting);
        let received: Vec<_> = stolen.into_iter().chain(received).collect();
        let _tx = sender.join().unwrap();
        let left = rx.try_recv().ok();
        assert!(received.into_iter().chain(left).eq([1, 2]));
    });
}

/// The receiver is dropped before, during or after its notification, without having been polled.
#[test]
fn a_cancelled_receiver_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let first = Task::parked(recv(rx.clone()));
        let second = Task::parked(recv(rx));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        drop(first);
        let _tx = sender.join().unwrap().unwrap();
        assert_eq!(second.finish().0, Some(1));
    });
}

/// The notified receiver is the oldest, but the other one may take the message first.
#[test]
fn a_notified_and_cancelled_receiver_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let first = parked(recv(rx.clone()));
        let second = thread::spawn(move || block_on(recv(rx)));
        tx.try_send(1).unwrap();
        drop(first);
        let (received, _rx) = second.join().unwrap();
        assert_eq!(received, Some(1));
    });
}

/// The receiver is dropped after a wake and an attempt that found the channel empty or its message
/// in flight.
#[test]
fn a_receiver_cancelled_while_it_waits_out_a_send_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let mut first = parked(recv(rx.clone()));
        let second = parked(recv(rx.clone()));
        let sender = thread::spawn(move || {
            tx.try_send(1).unwrap();
            tx.try_send(2).unwrap();
            tx
        });
        let mut received = Vec::from_iter(rx.try_recv());
        if let std::task::Poll::Ready((message, _rx)) = poll_once(&mut first) {
            received.extend(message);
        }
        drop(first);
        if received.len() < 2 {
            received.extend(block_on(second).0);
        } else {
            drop(second);
        }
        let _tx = sender.join().unwrap();
        received.extend(std::iter::from_fn(|| rx.try_recv().ok()));
        assert_eq!(received, [1, 2]);
    });
}

/// The stream is registered and notified, and never polled again.
#[test]
fn an_abandoned_stream_keeps_no_wake() {
    explore(3, || {
        let (tx, mut abandoned) = channel(1);
        let rx = abandoned.clone();
        assert!(poll_next(&mut abandoned).is_pending());
        let receiver = thread::spawn(move || block_on(recv(rx)));
        tx.try_send(1).unwrap();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Some(1));
    });
}

/// An abandoned stream and a stream that is dropped during the send precede a task in the queue.
#[test]
fn a_dropped_stream_keeps_no_wake() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let streams: [Receiver<usize>; 2] = std::array::from_fn(|_| {
            let mut stream = rx.clone();
            assert!(poll_next(&mut stream).is_pending());
            stream
        });
        let waiting = parked(recv(rx));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        let [_abandoned, dropped] = streams;
        drop(dropped);
        let (received, _rx) = block_on(waiting);
        assert_eq!(received, Some(1));
        let _tx = sender.join().unwrap().unwrap();
    });
}

//! Readiness waiters, which take nothing, beside waiters that take a message or a slot.

use std::task::Poll;

use loom::thread;
use mpmc_std::{Receiver, Sender, channel};

use crate::support::{Task, block_on, explore, recv, send};

async fn recv_ready(rx: Receiver<usize>) -> (bool, Receiver<usize>) {
    (rx.recv_ready().await, rx)
}

async fn send_ready(tx: Sender<usize>) -> (bool, Sender<usize>) {
    (tx.send_ready().await.is_ok(), tx)
}

#[test]
fn readiness_against_a_send() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let receiver = thread::spawn(move || block_on(recv_ready(rx)));
        tx.try_send(1).unwrap();
        let (ready, rx) = receiver.join().unwrap();
        assert!(ready);
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

#[test]
fn readiness_against_a_receive() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(send_ready(tx)));
        assert_eq!(rx.try_recv(), Ok(1));
        let (ready, tx) = sender.join().unwrap();
        assert!(ready);
        tx.try_send(2).unwrap();
    });
}

#[test]
fn readiness_against_the_close() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let receiver = thread::spawn(move || block_on(recv_ready(rx)));
        drop(tx);
        assert!(!receiver.join().unwrap().0);
    });
}

/// The readiness waiter registered first, and is dropped during the send.
#[test]
fn a_receiver_is_woken_beside_a_readiness_waiter() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let ready = Task::parked(recv_ready(rx.clone()));
        let receiver = Task::parked(recv(rx));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        drop(ready);
        let _tx = sender.join().unwrap().unwrap();
        assert_eq!(receiver.finish().0, Some(1));
    });
}

/// The readiness waiter starts to wait during the send.
#[test]
fn a_receiver_is_woken_against_a_readiness_waiter_that_parks() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let receiver = Task::parked(recv(rx.clone()));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        let mut ready = Task::new(recv_ready(rx));
        let polled = ready.poll();
        let _tx = sender.join().unwrap().unwrap();
        match polled {
            Poll::Ready((ready, _rx)) => assert!(ready),
            Poll::Pending => assert!(ready.finish().0),
        }
        assert_eq!(receiver.finish().0, Some(1));
    });
}

/// Neither receiver is polled before both messages are sent.
#[test]
fn two_messages_wake_two_receivers_beside_a_readiness_waiter() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let ready = Task::parked(recv_ready(rx.clone()));
        let receivers = [(); 2].map(|()| Task::parked(recv(rx.clone())));
        let other = tx.clone();
        let sender = thread::spawn(move || other.try_send(1).map(|()| other));
        tx.try_send(2).unwrap();
        let _other = sender.join().unwrap().unwrap();
        // Dropped first, so that it would forward a notification that it holds.
        let sum: usize = receivers
            .into_iter()
            .map(|task| task.finish().0.unwrap())
            .sum();
        assert_eq!(sum, 3);
        assert!(ready.is_woken());
    });
}

#[test]
fn a_sender_is_woken_beside_a_readiness_waiter() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut ready = Task::parked(send_ready(tx.clone()));
        let sender = Task::parked(send(tx, 1));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let polled = ready.poll();
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        assert!(polled.is_ready() || ready.is_woken());
        assert_eq!(sender.finish().0, Ok(()));
    });
}

/// The number of wakes would lead to a reservation for a receiver.
#[test]
fn a_readiness_waiter_holds_no_reservation() {
    explore(1, || {
        let (tx, rx) = channel(1);
        let mut ready = Task::parked(recv_ready(rx.clone()));
        for _ in 0..=crate::support::MAX_LOST_RACES {
            tx.try_send(0).unwrap();
            assert!(ready.is_woken());
            assert_eq!(rx.try_recv(), Ok(0));
            assert!(ready.poll().is_pending());
        }
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        let first = rx.try_recv();
        let _tx = sender.join().unwrap().unwrap();
        assert!(first == Ok(1) || rx.try_recv() == Ok(1));
    });
}

//! A channel bounded by weight. The models of the semaphore are beside its source.

use loom::thread;
use mpmc_std::weighted::{Receiver, SendError, Sender, channel};

use crate::support::{Task, block_on, explore};

type Sent = (Result<(), SendError<usize>>, Sender<usize>);

/// Sends a message whose value is its weight, and returns the handle.
async fn send(tx: Sender<usize>, weight: usize) -> Sent {
    (tx.send_with_weight(weight, weight).await, tx)
}

/// Creates a channel whose whole weight is used by one message.
fn full(capacity: usize, max_weight: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = channel(capacity, max_weight);
    tx.try_send_with_weight(max_weight, max_weight).unwrap();
    (tx, rx)
}

/// Only one of the two messages fits.
#[test]
fn two_senders_of_different_weight() {
    explore(1, || {
        let (tx, rx) = channel(2, 3);
        let senders = [3, 1].map(|weight| {
            let tx = tx.clone();
            thread::spawn(move || block_on(send(tx, weight)))
        });
        let first = block_on(rx.recv()).unwrap();
        assert!(rx.weight() <= 3);
        let second = block_on(rx.recv()).unwrap();
        assert_eq!(first + second, 4);
        for sender in senders {
            assert_eq!(sender.join().unwrap().0, Ok(()));
        }
        assert_eq!(tx.weight(), 0);
    });
}

/// The sender waits for its weight, and then for a slot. One receive frees both.
#[test]
fn a_sender_that_waits_for_weight_and_a_slot() {
    explore(3, || {
        let (tx, rx) = full(1, 1);
        let sender = thread::spawn(move || block_on(send(tx, 1)));
        assert_eq!(rx.try_recv(), Ok(1));
        let (sent, tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!((tx.weight(), rx.try_recv()), (1, Ok(1)));
    });
}

/// The canceled sender may have been granted its weight.
#[test]
fn a_canceled_sender_lets_the_next_one_send() {
    explore(3, || {
        let (tx, rx) = full(2, 1);
        let canceled = Task::parked(send(tx.clone(), 1));
        let next = Task::parked(send(tx.clone(), 1));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(canceled);
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(1));
        assert_eq!(next.finish().0, Ok(()));
        assert_eq!((rx.len(), rx.weight()), (1, 1));
    });
}

/// The sender holds its weight and waits for a slot when it is canceled.
#[test]
fn a_canceled_sender_that_waits_for_a_slot_releases_its_weight() {
    explore(3, || {
        let (tx, rx) = channel(1, 2);
        tx.try_send_with_weight(1, 1).unwrap();
        let canceled = Task::parked(send(tx.clone(), 1));
        let next = Task::parked(send(tx.clone(), 1));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(canceled);
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(1));
        assert_eq!(next.finish().0, Ok(()));
        assert_eq!((rx.len(), rx.weight()), (1, 1));
    });
}

#[test]
fn one_receive_wakes_all_senders_that_fit() {
    explore(3, || {
        let (tx, rx) = full(3, 2);
        let senders = [1, 1].map(|weight| Task::parked(send(tx.clone(), weight)));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        // Waits behind them.
        assert!(tx.try_send_with_weight(1, 1).is_err() || senders.iter().all(Task::is_woken));
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(2));
        for sender in senders {
            assert_eq!(sender.finish().0, Ok(()));
        }
        assert_eq!(rx.weight(), 2);
    });
}

#[test]
fn close_against_a_sender_that_begins_to_wait() {
    explore(3, || {
        let (tx, rx) = full(2, 1);
        let sender = thread::spawn(move || block_on(send(tx, 1)));
        rx.close();
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Err(SendError::Closed(1)));
        assert_eq!(rx.weight(), 1);
    });
}

#[test]
fn the_last_receiver_against_a_sender_that_begins_to_wait() {
    explore(3, || {
        let (tx, rx) = full(2, 1);
        let sender = thread::spawn(move || block_on(send(tx, 1)));
        drop(rx);
        let (sent, tx) = sender.join().unwrap();
        assert_eq!(sent, Err(SendError::Closed(1)));
        assert_eq!(tx.weight(), 0, "the messages are discarded");
    });
}

/// The weight that the sender waits for is not released.
#[test]
fn the_last_receiver_beside_a_permit() {
    explore(3, || {
        let (tx, rx) = channel(2, 1);
        let permit = tx.try_reserve(1).unwrap();
        let sender = {
            let tx = tx.clone();
            thread::spawn(move || block_on(send(tx, 1)))
        };
        drop(rx);
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Err(SendError::Closed(1)));
        drop(permit);
        assert_eq!(tx.weight(), 0);
    });
}

/// The message is received, discarded or not sent. Its weight is released.
#[test]
fn a_permit_against_the_last_receiver() {
    explore(3, || {
        let (tx, rx) = channel(2, 3);
        let sender = thread::spawn(move || {
            if let Ok(permit) = tx.try_reserve(3) {
                permit.send_with_weight(2, 2).unwrap();
            }
            tx
        });
        drop(rx);
        let tx = sender.join().unwrap();
        assert_eq!(tx.weight(), 0);
    });
}

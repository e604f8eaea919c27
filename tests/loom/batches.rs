//! Batches: one claim for several slots, in both directions, and the wakes that must follow it.

use loom::thread;
use mpmc_std::{Receiver, channel};

use crate::support::{block_on, explore, parked, send};

/// Returns the messages that are left in the channel.
fn rest(rx: &Receiver<usize>) -> impl Iterator<Item = usize> {
    std::iter::from_fn(|| rx.try_recv().ok())
}

/// The batch spans two laps, and a receiver may find any prefix of it.
#[test]
fn a_batch_crosses_the_wrap() {
    explore(3, || {
        let (tx, rx) = channel(3);
        for message in 0..2 {
            tx.try_send(message).unwrap();
            assert_eq!(rx.try_recv(), Ok(message));
        }
        let sender = thread::spawn(move || {
            assert_eq!(tx.try_send_many([2, 3, 4]).unwrap(), 3);
            tx
        });
        let mut received = Vec::new();
        let _ = rx.try_recv_many(&mut received, 2);
        let _ = rx.try_recv_many(&mut received, 3);
        let _tx = sender.join().unwrap();
        received.extend(rest(&rx));
        assert_eq!(received, [2, 3, 4]);
    });
}

/// A batch is written into the slots that another batch was read from one lap earlier.
#[test]
fn a_batch_follows_another_into_its_slots() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(0).unwrap();
        assert_eq!(rx.try_recv(), Ok(0));
        assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
        let sender = thread::spawn(move || {
            let sent = match tx.try_send_many([3, 4]) {
                Ok(sent) => sent,
                Err(unsent) => unsent.into_inner().sent(),
            };
            (sent, tx)
        });
        let mut received = Vec::new();
        assert_eq!(rx.try_recv_many(&mut received, 2), Ok(2), "both are there");
        let (sent, _tx) = sender.join().unwrap();
        received.extend(rest(&rx));
        assert!(received.into_iter().eq(1..=2 + sent));
    });
}

#[test]
fn two_batches_go_in_beside_each_other() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let other = tx.clone();
        let sender = thread::spawn(move || {
            assert_eq!(other.try_send_many([1, 2]).unwrap(), 2);
            other
        });
        assert_eq!(tx.try_send_many([3]).unwrap(), 1);
        let _other = sender.join().unwrap();
        let mut received = Vec::from_iter(rest(&rx));
        received.retain(|&message| message != 3);
        assert_eq!(received, [1, 2], "a sender's messages stay in order");
    });
}

#[test]
fn two_batches_take_each_message_once() {
    explore(3, || {
        let (tx, rx) = channel(3);
        assert_eq!(tx.try_send_many([1, 2, 3]).unwrap(), 3);
        let other = rx.clone();
        let receiver = thread::spawn(move || {
            let mut received = Vec::new();
            let _ = other.try_recv_many(&mut received, 2);
            (received, other)
        });
        let mut here = Vec::new();
        assert!(rx.try_recv_many(&mut here, 2).is_ok());
        let (there, _other) = receiver.join().unwrap();
        assert!(here.is_sorted() && there.is_sorted());
        let mut received = [here, there].concat();
        received.extend(rest(&rx));
        received.sort_unstable();
        assert_eq!(received, [1, 2, 3]);
    });
}

/// The claims of a single message and of a batch change the same word.
#[test]
fn a_batch_beside_a_single_receive() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv().ok(), other));
        assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
        let mut received = Vec::new();
        assert!(rx.try_recv_many(&mut received, 2).is_ok());
        let (there, _other) = receiver.join().unwrap();
        received.extend(there);
        received.extend(rest(&rx));
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

/// A batch does not skip a message in flight at the end of a lap, even if messages of the next lap
/// are published.
#[test]
fn a_batch_ends_before_a_gap() {
    explore(3, || {
        let (tx, rx) = channel(3);
        tx.try_send(0).unwrap();
        assert_eq!(rx.try_recv(), Ok(0));
        tx.try_send(1).unwrap();
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(2), other));
        tx.try_send(3).unwrap();
        let mut received = Vec::new();
        assert!(rx.try_recv_many(&mut received, 3).is_ok());
        let (sent, _other) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        received.extend(rest(&rx));
        assert_eq!(received[0], 1);
        received.sort_unstable();
        assert_eq!(received, [1, 2, 3]);
    });
}

#[test]
fn a_batch_wakes_a_receiver() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let receiver = thread::spawn(move || {
            let mut received = Vec::new();
            let count = block_on(rx.recv_many(&mut received, 2));
            assert_eq!(count, received.len());
            received.extend(rest(&rx));
            (received, rx)
        });
        assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
        let (mut received, rx) = receiver.join().unwrap();
        received.extend(rest(&rx));
        assert_eq!(received, [1, 2]);
    });
}

#[test]
fn a_batch_waits_for_capacity() {
    explore(2, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || (block_on(tx.send_many([2, 3])).unwrap(), tx));
        assert_eq!(rx.try_recv(), Ok(1));
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, 2);
        assert!(rest(&rx).eq([2, 3]));
    });
}

/// One claim frees two slots, and wakes a sender for each.
#[test]
fn a_received_batch_wakes_two_senders() {
    explore(2, || {
        let (tx, rx) = channel(2);
        assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
        let first = parked(send(tx.clone(), 3));
        let second = parked(send(tx, 4));
        let sender = thread::spawn(move || block_on(first));
        let mut received = Vec::new();
        assert_eq!(rx.try_recv_many(&mut received, 2), Ok(2));
        let (sent, _tx) = block_on(second);
        assert_eq!(sent, Ok(()));
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        received.extend(rest(&rx));
        received.sort_unstable();
        assert_eq!(received, [1, 2, 3, 4]);
    });
}

//! Claims and stamps: which thread gets which message, and that a message is written before it is
//! read.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::channel;
use mpmc_std::error::TryRecvError;

use crate::support::{Counted, drain, explore, queue};

#[test]
fn capacity_one() {
    explore(3, || {
        let (producer, consumer) = queue(1);
        let sender = thread::spawn(move || {
            let sent = (1..=2).filter(|&message| producer.send(message).is_ok());
            sent.collect::<Vec<_>>()
        });
        let mut received: Vec<_> = (0..2).filter_map(|_| consumer.recv()).collect();
        let sent = sender.join().unwrap();
        received.extend(drain(&consumer));
        assert_eq!(received, sent);
    });
}

#[test]
fn capacity_two() {
    explore(3, || {
        let (producer, consumer) = queue(2);
        let sender = thread::spawn(move || {
            let sent = (1..=3).filter(|&message| producer.send(message).is_ok());
            sent.collect::<Vec<_>>()
        });
        let mut received: Vec<_> = (0..2).filter_map(|_| consumer.recv()).collect();
        let sent = sender.join().unwrap();
        assert!(sent.starts_with(&[1, 2]), "there was capacity");
        received.extend(drain(&consumer));
        assert_eq!(received, sent);
    });
}

/// Indices wrap in the middle of a lap of the mask.
#[test]
fn capacity_three() {
    explore(3, || {
        let (tx, rx) = channel(3);
        for message in 0..5 {
            tx.try_send(message).unwrap();
            assert_eq!(rx.try_recv(), Ok(message));
        }
        let sender = thread::spawn(move || {
            tx.try_send(5).unwrap();
            tx.try_send(6).unwrap();
            tx
        });
        let mut received: Vec<_> = (0..2).filter_map(|_| rx.try_recv().ok()).collect();
        let _tx = sender.join().unwrap();
        received.extend(std::iter::from_fn(|| rx.try_recv().ok()));
        assert_eq!(received, [5, 6]);
    });
}

#[test]
fn two_producers_get_a_slot_each() {
    explore(3, || {
        let (producer, consumer) = queue(2);
        let other = producer.clone();
        let sender = thread::spawn(move || other.send(1));
        assert_eq!(producer.send(2), Ok(()));
        assert_eq!(sender.join().unwrap(), Ok(()));
        let mut received: Vec<_> = drain(&consumer).collect();
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

#[test]
fn two_producers_and_one_slot() {
    explore(3, || {
        let (producer, consumer) = queue(1);
        let other = producer.clone();
        let sender = thread::spawn(move || other.send(1).is_ok());
        let here = producer.send(2).is_ok();
        assert_ne!(
            here,
            sender.join().unwrap(),
            "there is capacity for one message"
        );
        let expected = if here { 2 } else { 1 };
        assert!(drain(&consumer).eq([expected]));
    });
}

#[test]
fn two_consumers_take_each_message_once() {
    explore(3, || {
        let (producer, consumer) = queue(2);
        let other = consumer.clone();
        let receiver = thread::spawn(move || [other.recv(), other.recv()]);
        assert_eq!(producer.send(1), Ok(()));
        assert_eq!(producer.send(2), Ok(()));
        let here = consumer.recv();
        let there = receiver.join().unwrap();
        assert!(!(there[0] > there[1] && there[1].is_some()), "in order");
        let left = drain(&consumer);
        let mut received: Vec<_> = there
            .into_iter()
            .flatten()
            .chain(here)
            .chain(left)
            .collect();
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

#[test]
fn two_producers_and_a_consumer() {
    explore(2, || {
        let (producer, consumer) = queue(2);
        let senders = [1, 2].map(|message| {
            let producer = producer.clone();
            thread::spawn(move || assert_eq!(producer.send(message), Ok(())))
        });
        let mut received: Vec<_> = (0..2).filter_map(|_| consumer.recv()).collect();
        for sender in senders {
            sender.join().unwrap();
        }
        received.extend(drain(&consumer));
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

#[test]
fn a_sent_message_is_visible_to_try_recv() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let other = tx.clone();
        // The message may be claimed first and published last. `try_recv` then waits for it.
        let sender = thread::spawn(move || other.try_send(1).map(|()| other));
        tx.try_send(2).unwrap();
        assert!(rx.try_recv().is_ok());
        let _other = sender.join().unwrap().unwrap();
        assert!(rx.try_recv().is_ok());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn a_freed_slot_is_visible_to_try_send() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let other = rx.clone();
        // The slot may be claimed first and freed last. `try_send` then waits for it.
        let receiver = thread::spawn(move || other.try_recv().map(|_| other));
        rx.try_recv().unwrap();
        assert!(tx.try_send(3).is_ok());
        let _other = receiver.join().unwrap().unwrap();
        assert!(tx.try_send(4).is_ok());
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(3), Ok(4)));
    });
}

#[test]
fn a_length_is_a_consistent_snapshot() {
    explore(3, || {
        let (tx, rx) = channel(3);
        let other = rx.clone();
        let busy = thread::spawn(move || {
            for message in 0..2 {
                tx.try_send(message).unwrap();
                assert_eq!(other.try_recv(), Ok(message));
            }
            (tx, other)
        });
        assert!(rx.len() <= 1);
        let _handles = busy.join().unwrap();
        assert_eq!(rx.len(), 0);
    });
}

/// The last handle drops the messages.
#[test]
fn a_queue_is_dropped_with_messages_inside() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (producer, consumer) = queue(2);
        let [first, second] = std::array::from_fn(|_| Counted(Arc::clone(&drops)));
        let sender = thread::spawn(move || {
            assert!(producer.send(first).is_ok());
            assert!(producer.send(second).is_ok());
        });
        drop(consumer.recv());
        drop(consumer);
        sender.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    });
}

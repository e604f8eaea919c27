//! Changes of the capacity while the channel is in use.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::error::{SetCapacityError, TryRecvError, TrySendError};
use mpmc_std::{Builder, Receiver, Sender, channel};

use crate::support::{Counted, Task, block_on, explore, parked, recv, send};

/// Creates a channel of capacity 1 that has slots for more messages.
fn lowered<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    Builder::new(1).growable_to(limit).build()
}

/// Of a send after the change and a concurrent send, one finds the channel full.
#[test]
fn lowering_against_a_send() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(1).is_ok(), other));
        assert_eq!(rx.set_capacity(1), Ok(2));
        let sent_here = tx.try_send(2).is_ok();
        let (sent_there, _other) = sender.join().unwrap();
        assert!(sent_here != sent_there);
        assert_eq!((rx.len(), rx.capacity(), rx.max_capacity()), (1, 0, 1));
    });
}

/// The channel holds more messages than the new capacity, and a receiver receives them.
#[test]
fn lowering_against_a_receiver() {
    explore(3, || {
        let (tx, rx) = channel(2);
        assert!(tx.try_send(1).is_ok() && tx.try_send(2).is_ok());
        let receiver = thread::spawn(move || {
            assert!(rx.try_recv().is_ok() && rx.try_recv().is_ok());
            rx
        });
        assert_eq!(tx.set_capacity(1), Ok(2));
        let sent = tx.try_send(3).is_ok();
        let rx = receiver.join().unwrap();
        assert_eq!(
            (rx.len(), rx.capacity()),
            (usize::from(sent), 1 - usize::from(sent))
        );
    });
}

#[test]
fn raising_against_a_sender_that_waits() {
    explore(3, || {
        let (tx, rx) = lowered(2);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(send(tx, 2)));
        assert_eq!(rx.set_capacity(2), Ok(1));
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!((sent, rx.len()), (Ok(()), 2));
    });
}

#[test]
fn raising_by_two_wakes_two_senders() {
    explore(2, || {
        let (tx, rx) = lowered(3);
        tx.try_send(1).unwrap();
        let first = Task::parked(send(tx.clone(), 2));
        let second = thread::spawn({
            let tx = tx.clone();
            move || block_on(send(tx, 3))
        });
        assert_eq!(rx.set_capacity(3), Ok(1));
        assert_eq!(first.finish().0, Ok(()));
        let (sent, _tx) = second.join().unwrap();
        assert_eq!((sent, rx.len()), (Ok(()), 3));
    });
}

/// The channel holds more messages than either capacity, so raising the capacity wakes no sender.
/// The receiver wakes one.
#[test]
fn raising_below_the_length_against_a_receiver() {
    explore(3, || {
        let (tx, rx) = channel(4);
        for message in 0..3 {
            tx.try_send(message).unwrap();
        }
        tx.set_capacity(1).unwrap();
        let waiting = Task::parked(send(tx.clone(), 3));
        let receiver = thread::spawn(move || {
            assert!(rx.try_recv().is_ok() && rx.try_recv().is_ok());
            rx
        });
        assert_eq!(tx.set_capacity(2), Ok(1));
        let rx = receiver.join().unwrap();
        assert_eq!(waiting.finish().0, Ok(()));
        assert_eq!(rx.capacity(), 0);
    });
}

#[test]
fn two_changes_at_once() {
    explore(3, || {
        let (tx, rx) = channel::<u8>(3);
        let other = tx.clone();
        let changing = thread::spawn(move || (other.set_capacity(1).unwrap(), other));
        let before_here = rx.set_capacity(2).unwrap();
        let (before_there, _other) = changing.join().unwrap();
        let expected = match (before_here, before_there) {
            (3, 2) => 1,
            (1, 3) => 2,
            other => panic!("the two changes are not sequential: {other:?}"),
        };
        assert_eq!((tx.max_capacity(), tx.capacity()), (expected, expected));
        assert_eq!(tx.stats().permits, 0);
    });
}

/// Receivers see the end of a closed channel, even while part of the capacity is withheld.
#[test]
fn closing_against_a_change() {
    explore(3, || {
        let (tx, rx) = lowered::<u8>(3);
        let changing = thread::spawn(move || (tx.set_capacity(2), tx));
        rx.close();
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        let (changed, tx) = changing.join().unwrap();
        let capacity = if changed.is_ok() { 2 } else { 1 };
        assert!(changed == Ok(1) || changed == Err(SetCapacityError::Closed));
        assert_eq!((tx.max_capacity(), tx.capacity()), (capacity, capacity));
        assert_eq!(tx.stats().permits, 0);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn closing_against_lowering() {
    explore(3, || {
        let (tx, rx) = channel::<u8>(2);
        let changing = thread::spawn(move || (tx.set_capacity(1), tx));
        rx.close();
        let (changed, tx) = changing.join().unwrap();
        let capacity = if changed.is_ok() { 1 } else { 2 };
        assert_eq!((tx.max_capacity(), tx.capacity()), (capacity, capacity));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn the_last_sender_goes_while_a_receiver_waits() {
    explore(3, || {
        let (tx, rx) = lowered::<u8>(2);
        let receiver = thread::spawn(move || block_on(recv(rx)).0);
        drop(tx);
        assert_eq!(receiver.join().unwrap(), None);
    });
}

/// A receiver of a closed channel waits for the permit, not for the withheld capacity.
#[test]
fn the_last_permit_against_closing() {
    explore(3, || {
        let (tx, rx) = lowered::<u8>(2);
        let permit = tx.try_reserve_owned().unwrap();
        let mut waiting = Task::parked(recv(rx.clone()));
        let closing = thread::spawn(move || {
            rx.close();
            rx
        });
        let tx = permit.release();
        let rx = closing.join().unwrap();
        assert_eq!(
            waiting.poll().map(|(received, _)| received),
            std::task::Poll::Ready(None)
        );
        drop((tx, rx));
    });
}

#[test]
fn the_last_receiver_goes_beside_a_change() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(2);
        for _ in 0..2 {
            tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        }
        let changing = thread::spawn(move || {
            let _ = tx.set_capacity(1);
            let _ = tx.set_capacity(2);
            tx
        });
        drop(rx);
        let tx = changing.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 2);
        assert!(matches!(tx.try_reserve(), Err(TrySendError::Closed(()))));
    });
}

#[test]
fn force_send_against_recv_below_the_limit() {
    explore(3, || {
        let (tx, rx) = lowered(2);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || (tx.force_send(2).unwrap(), tx));
        let received = rx.try_recv();
        let (evicted, _tx) = sender.join().unwrap();
        match evicted {
            Some(evicted) => assert_eq!(evicted + received.map_or(0, |_| 0), 1),
            None => assert_eq!(received, Ok(1)),
        }
        assert!(rx.len() <= 1, "above the capacity");
        let left = rx.try_recv().ok();
        assert_eq!(left.or(received.ok()), Some(2));
    });
}

/// One message is evicted for the new one, even if the channel holds more than its capacity.
#[test]
fn force_send_against_lowering() {
    explore(3, || {
        let (tx, rx) = channel(2);
        assert!(tx.try_send(1).is_ok() && tx.try_send(2).is_ok());
        let sender = thread::spawn(move || (tx.force_send(3), tx));
        assert_eq!(rx.set_capacity(1), Ok(2));
        let (evicted, _tx) = sender.join().unwrap();
        assert_eq!((evicted, rx.len()), (Ok(Some(1)), 2));
    });
}

#[test]
fn force_send_against_raising() {
    explore(3, || {
        let (tx, rx) = lowered(2);
        tx.try_send(1).unwrap();
        let waiting = Task::parked(send(tx.clone(), 2));
        let sender = thread::spawn(move || (tx.force_send(3).unwrap(), tx));
        assert_eq!(rx.set_capacity(2), Ok(1));
        let (evicted, tx) = sender.join().unwrap();
        if evicted.is_some() {
            assert_eq!(waiting.finish().0, Ok(()));
            assert_eq!(tx.len(), 2);
        }
        assert_eq!(rx.capacity(), 0);
    });
}

/// The task must fail, because it would hold one permit and wait for another forever.
#[test]
fn lowering_against_a_task_that_needs_two_permits() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let reserving = thread::spawn(move || {
            let failed = block_on(tx.reserve_many(2)).is_err();
            (failed, tx)
        });
        assert_eq!(rx.set_capacity(1), Ok(2));
        let (failed, tx) = reserving.join().unwrap();
        assert!(failed, "there was capacity for one");
        assert_eq!(tx.stats().permits, 0);
    });
}

/// A slot that is reserved for a waiting sender counts like a permit.
#[test]
fn lowering_against_a_reserved_slot() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let waiting = crate::support::starving_sender(&tx, &rx, 7);
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(0));
            rx
        });
        assert_eq!(tx.set_capacity(1), Ok(2));
        let rx = receiver.join().unwrap();
        // The slot was reserved before the change, or the new capacity has no slot for it.
        if waiting.is_woken() {
            assert_eq!(waiting.finish().0, Ok(()));
            assert_eq!(rx.len(), 2);
        } else {
            assert_eq!((rx.len(), rx.capacity()), (1, 0));
        }
    });
}

/// A future that waits and is dropped does not raise the capacity.
#[test]
fn a_dropped_wait_against_raising() {
    explore(3, || {
        let (tx, rx) = lowered(2);
        tx.try_send(1).unwrap();
        let first = parked(send(tx.clone(), 2));
        let second = Task::parked(send(tx.clone(), 3));
        let dropping = thread::spawn(move || drop(first));
        assert_eq!(rx.set_capacity(2), Ok(1));
        dropping.join().unwrap();
        assert_eq!(second.finish().0, Ok(()));
        assert_eq!(rx.len(), 2);
        drop(tx);
    });
}

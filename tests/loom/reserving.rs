//! Several permits at once, and sends that evict a message.

use loom::thread;
use mpmc_std::error::{SendError, TrySendError};
use mpmc_std::{Receiver, channel};

use crate::support::{block_on, explore, parked, poll_once, send};

/// Capacity for the second permit is freed while the first permit is already held.
#[test]
fn reserve_many_against_release() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(2);
        let held = tx.clone().try_reserve_owned().unwrap();
        let reserver = thread::spawn(move || {
            let count = block_on(tx.reserve_many(2)).unwrap().len();
            (count, tx)
        });
        let _other = held.release();
        let (count, _tx) = reserver.join().unwrap();
        assert_eq!((count, rx.capacity()), (2, 2));
    });
}

#[test]
fn reserve_many_against_recv() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let reserver = thread::spawn(move || {
            let mut permits = block_on(tx.reserve_many(2)).unwrap();
            permits.next().unwrap().send(2);
            permits.next().unwrap().send(3);
            drop(permits);
            tx
        });
        assert_eq!(rx.try_recv(), Ok(1));
        let _tx = reserver.join().unwrap();
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(2), Ok(3)));
        assert_eq!(rx.capacity(), 2);
    });
}

/// The two tasks must not wait for each other's permits.
#[test]
fn reserve_many_against_another() {
    explore(2, || {
        let (tx, rx) = channel::<usize>(2);
        let other = tx.clone();
        let reserver = thread::spawn(move || {
            drop(block_on(other.reserve_many(2)).unwrap());
            other
        });
        let permits = block_on(tx.reserve_many(2)).unwrap();
        assert_eq!((permits.len(), rx.capacity()), (2, 0));
        drop(permits);
        let _other = reserver.join().unwrap();
        assert_eq!(rx.capacity(), 2);
    });
}

/// The held permits and the reservation lock go to the task that waits behind the cancelled one.
#[test]
fn a_cancelled_reserve_many_releases_its_permits() {
    explore(2, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let reserving = tx.clone();
        let mut future = Box::pin(async move { reserving.reserve_many(2).await.is_ok() });
        assert!(poll_once(&mut future).is_pending());
        assert_eq!(rx.capacity(), 0);
        let waiting = thread::spawn(move || block_on(send(tx, 2)));
        drop(future);
        let (sent, tx) = waiting.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
        assert_eq!(tx.try_reserve_many(2).unwrap().len(), 2);
    });
}

#[test]
fn close_against_reserve_many() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let reserver = thread::spawn(move || {
            let reserved = block_on(tx.reserve_many(2)).is_ok();
            (reserved, tx)
        });
        rx.close();
        let (reserved, _tx) = reserver.join().unwrap();
        assert!(!reserved, "there was never capacity for both");
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

/// Several permits are counted by one compare-exchange, which a concurrent send must see.
#[test]
fn try_reserve_many_against_a_send() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(1), other));
        let reserved = tx.try_reserve_many(2);
        let count = reserved.as_ref().map_or(0, ExactSizeIterator::len);
        let (sent, _other) = sender.join().unwrap();
        match sent {
            Ok(()) => assert_eq!((count, rx.capacity()), (0, 1)),
            Err(error) => {
                assert_eq!(error, TrySendError::Full(1));
                assert_eq!((count, rx.capacity()), (2, 0));
            }
        }
        drop(reserved);
        assert_eq!(rx.capacity(), 2 - rx.len());
    });
}

/// Returns the messages taken and those still in the channel, in ascending order.
fn with_the_rest(taken: impl Iterator<Item = i32>, rx: &Receiver<i32>) -> Vec<i32> {
    let mut all: Vec<_> = taken.chain(rx.try_iter()).collect();
    all.sort_unstable();
    all
}

/// The forced send evicts the oldest message, or the receiver takes it first.
#[test]
fn force_send_against_recv() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || (tx.force_send(2).unwrap(), tx));
        let here = rx.try_recv();
        let (evicted, _tx) = sender.join().unwrap();
        let taken = evicted.into_iter().chain(here);
        assert_eq!(with_the_rest(taken, &rx), [1, 2]);
        assert_eq!(rx.capacity(), 1);
    });
}

/// Each forced send evicts at most one message, and both succeed: the capacity that they reserve
/// for a short time does not count as a permit.
#[test]
fn force_send_against_force_send() {
    explore(2, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let other = tx.clone();
        let sender = thread::spawn(move || (other.force_send(2), other));
        let here = tx.force_send(3);
        let (there, _other) = sender.join().unwrap();
        let evicted = [here, there].map(|sent| sent.unwrap());
        assert_eq!(with_the_rest(evicted.into_iter().flatten(), &rx), [1, 2, 3]);
        assert_eq!(rx.capacity(), 1);
    });
}

#[test]
fn two_force_sends_to_an_empty_channel() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let other = tx.clone();
        let sender = thread::spawn(move || (other.force_send(1).unwrap(), other));
        let here = tx.force_send(2).unwrap();
        let (there, _other) = sender.join().unwrap();
        let taken = here.into_iter().chain(there);
        assert_eq!(with_the_rest(taken, &rx), [1, 2]);
        assert_eq!(rx.capacity(), 1);
    });
}

/// A forced send that reserves over capacity, and then fails, does not make other sends fail.
#[test]
fn a_failed_forced_send_does_not_fill_the_channel() {
    explore(3, || {
        let (tx, _rx) = channel(1);
        let other = tx.clone();
        let permit = tx.try_reserve().unwrap();
        let sender = thread::spawn(move || (other.force_send(1).is_ok(), other));
        drop(permit);
        let here = tx.try_send(2);
        let (there, _other) = sender.join().unwrap();
        assert!(here.is_ok() || there, "the channel is never full");
    });
}

/// The forced send gets the slot that it frees, even if a sender waits.
#[test]
fn force_send_beside_a_waiting_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let waiting = parked(send(tx.clone(), 3));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        let evicted = tx.force_send(2).unwrap();
        let (here, rx) = receiver.join().unwrap();
        let second = rx.try_recv().ok();
        let (sent, _tx) = block_on(waiting);
        assert_eq!(sent, Ok(()));
        let mut all: Vec<_> = evicted.into_iter().chain(here).chain(second).collect();
        all.extend(rx.try_iter());
        assert_eq!(all, [1, 2, 3]);
    });
}

#[test]
fn close_against_force_send() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let closer = thread::spawn(move || {
            rx.close();
            rx
        });
        let sent = tx.force_send(2);
        let rx = closer.join().unwrap();
        match sent {
            Ok(evicted) => assert_eq!((evicted, rx.try_recv()), (Some(1), Ok(2))),
            Err(error) => {
                assert_eq!(SendError(error.into_inner()), SendError(2));
                assert_eq!(rx.try_recv(), Ok(1));
            }
        }
        assert!(rx.try_recv().is_err());
    });
}

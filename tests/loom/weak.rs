//! Weak handles: an upgrade while the last strong handle is dropped. Counts of handles.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::channel;
use mpmc_std::error::TryRecvError;

use crate::support::{Counted, block_on, explore, parked, recv};

/// Either the channel stays open, or it is closed and the upgrade fails.
#[test]
fn upgrade_against_the_last_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let weak = tx.downgrade();
        let dropper = thread::spawn(move || drop(tx));
        let revived = weak.upgrade();
        dropper.join().unwrap();
        match revived {
            Some(tx) => {
                assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
                tx.try_send(1).unwrap();
                assert_eq!(rx.try_recv(), Ok(1));
            }
            None => assert!(weak.upgrade().is_none()),
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

/// The message is received, or the last receiver has dropped it.
#[test]
fn upgrade_against_the_last_receiver() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(1);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let weak = rx.downgrade();
        let dropper = thread::spawn(move || drop(rx));
        if let Some(rx) = weak.upgrade() {
            assert!(rx.try_recv().is_ok());
            assert!(!tx.is_closed());
        }
        dropper.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert!(tx.is_closed());
    });
}

/// Two strong handles are dropped and one is created. The last of them wakes the receiver.
#[test]
fn an_upgraded_sender_closes_the_channel() {
    explore(2, || {
        let (tx, rx) = channel::<usize>(1);
        let weak = tx.downgrade();
        let waiting = parked(recv(rx));
        let other = thread::spawn(move || drop(weak.upgrade()));
        drop(tx);
        let (received, _rx) = block_on(waiting);
        assert_eq!(received, None);
        other.join().unwrap();
    });
}

/// A sender that finds that no other is left sees what was done before through the one that is
/// gone.
#[test]
fn a_count_shows_what_was_done_through_dropped_handles() {
    explore(3, || {
        let (tx, _rx) = channel::<usize>(1);
        let done = Arc::new(AtomicUsize::new(0));
        let dropper = {
            let (tx, done) = (tx.clone(), Arc::clone(&done));
            thread::spawn(move || {
                done.store(1, Ordering::Relaxed);
                drop(tx);
            })
        };
        if tx.strong_count() == 1 {
            assert_eq!(done.load(Ordering::Relaxed), 1);
        }
        dropper.join().unwrap();
    });
}

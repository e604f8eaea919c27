//! Checks weak handles: what they keep alive, and how long they can be upgraded.

use futures::{FutureExt, SinkExt};
use mpmc_std::channel;
use mpmc_std::error::TryRecvError;

use crate::harness::{Drops, Task, ready, threads};

#[test]
fn a_weak_sender_does_not_keep_the_channel_open() {
    let (tx, rx) = channel(2);
    let weak = tx.downgrade();
    tx.try_send(1).unwrap();
    let mut second = Task::parked(rx.recv().then(|_| rx.recv()));
    drop(tx);
    assert!(second.is_woken());
    assert_eq!(second.expect_ready(), None);
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
}

#[test]
fn an_upgraded_sender_keeps_the_channel_open() {
    let (tx, rx) = channel(2);
    let weak = tx.downgrade();
    let upgraded = weak.upgrade().unwrap();
    assert!(upgraded.same_channel(&tx));
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    upgraded.try_send(1).unwrap();
    let mut recv = Task::parked(rx.recv().then(|_| rx.recv()));
    drop(upgraded);
    assert!(recv.is_woken());
    assert_eq!(recv.expect_ready(), None);
}

#[test]
fn weak_handles_can_be_upgraded_until_the_last_handle_is_dropped() {
    let (tx, rx) = channel::<u8>(1);
    let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
    rx.close();
    assert!(weak_tx.upgrade().unwrap().is_closed());
    assert!(weak_rx.upgrade().unwrap().is_closed());
    drop(tx);
    assert!(weak_tx.upgrade().is_none());
    assert!(weak_rx.upgrade().is_some());
    drop(rx);
    assert!(weak_rx.upgrade().is_none());
    assert!(weak_tx.clone().upgrade().is_none());
    assert!(weak_rx.clone().upgrade().is_none());
}

#[test]
fn weak_handles_keep_no_message_alive() {
    let ledger = Drops::of(2);
    let (tx, rx) = channel(2);
    let weak = (tx.downgrade(), rx.downgrade());
    tx.try_send(ledger.numbered(0)).unwrap();
    tx.try_send(ledger.numbered(1)).unwrap();
    drop(tx);
    assert_eq!(ledger.total(), 0);
    drop(rx);
    ledger.assert_each_once();
    drop(weak);
    ledger.assert_each_once();
}

#[test]
fn each_side_counts_its_own_handles() {
    let (tx, rx) = channel::<u8>(1);
    let weak_tx = [tx.downgrade(), tx.downgrade()];
    let weak_rx = rx.downgrade();
    let more = (tx.clone(), rx.clone(), rx.clone());
    assert_eq!((tx.strong_count(), tx.weak_count()), (2, 2));
    assert_eq!((rx.strong_count(), rx.weak_count()), (3, 1));
    let seen = (rx.sender_strong_count(), rx.sender_weak_count());
    assert_eq!(seen, (2, 2));
    let seen = (tx.receiver_strong_count(), tx.receiver_weak_count());
    assert_eq!(seen, (3, 1));
    let seen = (weak_tx[0].strong_count(), weak_tx[0].weak_count());
    assert_eq!(seen, (2, 2));
    let seen = (weak_rx.strong_count(), weak_rx.weak_count());
    assert_eq!(seen, (3, 1));
    drop((more, weak_tx, weak_rx));
    assert_eq!((tx.strong_count(), tx.weak_count()), (1, 0));
    assert_eq!((rx.strong_count(), rx.weak_count()), (1, 0));
}

#[test]
fn weak_handles_identify_their_channel() {
    let (tx, rx) = channel::<u8>(1);
    let (other_tx, other_rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    assert!(weak.same_channel(&weak.clone()));
    assert!(!weak.same_channel(&other_tx.downgrade()));
    let weak = rx.downgrade();
    assert!(weak.same_channel(&rx.clone().downgrade()));
    assert!(!weak.same_channel(&other_rx.downgrade()));
}

/// A sender that was closed as a `Sink` is not counted. Its weak handles can still be upgraded.
#[test]
fn a_closed_sender_is_not_counted() {
    let (mut tx, rx) = channel::<u8>(1);
    let weak = tx.downgrade();
    let clone = tx.clone();
    ready(SinkExt::close(&mut tx)).unwrap();
    assert_eq!(weak.strong_count(), 1);
    let upgraded = tx.downgrade().upgrade().unwrap();
    assert_eq!(upgraded.try_send(1), Ok(()));
    drop((clone, upgraded));
    assert!(weak.upgrade().is_none());
    // A clone of it does not keep the channel open either.
    let closed = tx.clone();
    assert!(closed.try_send(2).is_err());
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    drop(closed);
    assert_eq!(weak.strong_count(), 0);
}

/// Threads upgrade while the last strong handle is dropped. Either an upgrade is first and keeps
/// the channel open, or it fails.
#[test]
fn an_upgrade_and_the_last_drop_exclude_each_other() {
    for _ in 0..500 {
        let (tx, rx) = channel(1000);
        let weak = tx.downgrade();
        let last = std::sync::Mutex::new(Some(tx));
        let sent: usize = threads(3, move |number| {
            if number == 0 {
                drop(last.lock().unwrap().take());
                return 0;
            }
            let mut sent = 0;
            while let Some(tx) = weak.upgrade() {
                // The channel is open while this handle exists.
                tx.try_send(()).unwrap();
                sent += 1;
                if sent == 400 {
                    break;
                }
            }
            sent
        })
        .into_iter()
        .sum();
        assert_eq!(rx.try_iter().count(), sent);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(rx.sender_strong_count(), 0);
    }
}

#[test]
fn an_upgraded_receiver_and_the_last_drop_exclude_each_other() {
    for _ in 0..500 {
        let ledger = Drops::of(100);
        let (tx, rx) = channel(100);
        for number in 0..100 {
            tx.try_send(ledger.numbered(number)).unwrap();
        }
        let weak = rx.downgrade();
        let last = std::sync::Mutex::new(Some(rx));
        threads(2, move |number| {
            if number == 0 {
                drop(last.lock().unwrap().take());
            } else {
                while let Some(rx) = weak.upgrade() {
                    // The channel is neither closed nor emptied while this handle exists.
                    match rx.try_recv() {
                        Ok(token) => drop(token),
                        Err(TryRecvError::Empty) => break,
                        Err(TryRecvError::Disconnected) => panic!("closed under a receiver"),
                    }
                }
            }
        });
        assert!(tx.is_closed());
        ledger.assert_each_once();
    }
}

#[test]
fn a_weak_handle_without_a_channel_cannot_be_upgraded() {
    let sender = mpmc_std::WeakSender::<u8>::new();
    let receiver = mpmc_std::WeakReceiver::<u8>::default();
    assert!(sender.upgrade().is_none() && receiver.upgrade().is_none());
    assert_eq!((sender.strong_count(), sender.weak_count()), (0, 0));
    assert_eq!((receiver.strong_count(), receiver.weak_count()), (0, 0));
    let stats = sender.clone().stats();
    assert!(stats.closed && stats.max_capacity == 0);
    assert_eq!(stats, receiver.stats());
    assert!(sender.same_channel(&mpmc_std::WeakSender::default()));
    assert!(receiver.same_channel(&receiver.clone()));
    assert_eq!(format!("{sender:?}"), "WeakSender { channel: None }");

    let (tx, rx) = channel(1);
    assert!(!sender.same_channel(&tx.downgrade()));
    assert!(!rx.downgrade().same_channel(&receiver));
    static PLACE: std::sync::Mutex<mpmc_std::WeakSender<u8>> =
        std::sync::Mutex::new(mpmc_std::WeakSender::new());
    *PLACE.lock().unwrap() = tx.downgrade();
    PLACE
        .lock()
        .unwrap()
        .upgrade()
        .unwrap()
        .try_send(1)
        .unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
}

//! Closing, and the last handle of a side.

use std::task::Poll;

use futures::StreamExt;
use mpmc_std::error::TryRecvError;
use mpmc_std::weighted::{Receiver, SendError, Sender, TrySendError, channel};

use super::{Message, assert_contents, send, try_send};
use crate::harness::{Drops, Task};

#[test]
fn closing_ends_all_waits() {
    for close in [
        |tx: &Sender<Message>, _: &Receiver<Message>| assert!(tx.close_channel()),
        |_: &Sender<Message>, rx: &Receiver<Message>| rx.close(),
    ] {
        let (tx, rx) = channel(2, 10);
        try_send(&tx, 4).unwrap();
        try_send(&tx, 1).unwrap();
        let for_slot = Task::parked(send(&tx, 3));
        let for_weight = Task::parked(send(&tx, 5));
        let reserving = Task::parked(tx.reserve(5));
        let mut closed = Task::parked(tx.closed());
        close(&tx, &rx);
        assert!(for_slot.is_woken() && for_weight.is_woken() && reserving.is_woken());
        assert!(closed.poll().is_ready());
        assert_eq!(for_slot.finish(), Err(SendError::Closed(3)));
        assert_eq!(for_weight.finish(), Err(SendError::Closed(5)));
        assert_eq!(reserving.finish().unwrap_err(), SendError::Closed(()));
        assert!(!tx.close_channel());

        // The sends fail, with and without enough weight.
        for weight in [1, 9] {
            assert_eq!(try_send(&tx, weight), Err(TrySendError::Closed(weight)));
            assert_eq!(
                tx.try_reserve(weight).unwrap_err(),
                TrySendError::Closed(())
            );
            let sent = Task::new(send(&tx, weight)).finish();
            assert_eq!(sent, Err(SendError::Closed(weight)));
            let sent = tx.blocking_send_with_weight(weight, weight);
            assert_eq!(sent, Err(SendError::Closed(weight)));
            assert!(Task::new(tx.reserve(weight)).finish().is_err());
        }
        assert_contents(&tx, &[4, 1]);
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(4), Ok(1)));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        assert_contents(&tx, &[]);
    }
}

#[test]
fn without_senders_the_channel_drains() {
    let (tx, mut rx) = channel(2, 10);
    try_send(&tx, 4).unwrap();
    let other = tx.clone();
    drop(tx);
    assert!(!rx.is_closed());
    drop(other);
    assert!(rx.is_closed());
    let mut drained = Task::new(async { (rx.next().await, rx.next().await) });
    assert_eq!(drained.poll(), Poll::Ready((Some(4), None)));
}

#[test]
fn the_last_receiver_discards_messages_and_releases_their_weight() {
    let (tx, rx) = channel(3, 10);
    let drops = Drops::default();
    tx.try_send_with_weight(drops.message(), 4).unwrap();
    tx.try_send_with_weight(drops.message(), 5).unwrap();
    let permit = tx.try_reserve(1).unwrap();
    let waiting = Task::parked(tx.send_with_weight(drops.message(), 10));
    let other = rx.clone();
    drop(rx);
    assert!(!tx.is_closed() && !waiting.is_woken());
    drop(other);
    assert!(tx.is_closed() && waiting.is_woken());
    drop(waiting.finish().unwrap_err());
    assert_eq!((tx.weight(), tx.len(), drops.total()), (1, 0, 3));
    permit.send_with_weight(drops.message(), 1).unwrap();
    assert_eq!((tx.weight(), tx.len(), drops.total()), (0, 0, 4));
    assert_eq!(drops.of_each(), [1; 4]);
}

//! Checks closing: sent messages are drained, waiters are woken, and messages are dropped in time.

use std::pin::Pin;
use std::sync::mpsc;
use std::thread;

use futures::Sink;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{Drops, Task, poll_once, reserve, within_limit};

/// Closes the channel, and returns the sender if it was not dropped for that.
type End = fn(Sender<u8>, &Receiver<u8>) -> Option<Sender<u8>>;

/// The two ways to close a channel that has a receiver.
const ENDS: [End; 2] = [
    |tx, rx| {
        rx.close();
        Some(tx)
    },
    |tx, _rx| {
        drop(tx);
        None
    },
];

#[test]
fn sent_messages_are_received_before_the_end() {
    for end in ENDS {
        let (tx, rx) = channel(3);
        for number in 0..3 {
            tx.try_send(number).unwrap();
        }
        let _kept = end(tx, &rx);
        assert!(rx.is_closed());
        assert_eq!(rx.try_recv(), Ok(0));
        assert_eq!(poll_once(rx.recv()), Some(1).into());
        assert_eq!(rx.blocking_recv(), Some(2));
        // Later calls also return the end.
        for _ in 0..3 {
            assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
            assert_eq!(poll_once(rx.recv()), None.into());
            assert_eq!(rx.blocking_recv(), None);
        }
    }
}

#[test]
fn every_parked_receiver_sees_the_end() {
    for end in ENDS {
        let (tx, rx) = channel(1);
        let others = [rx.clone(), rx.clone(), rx.clone()];
        let parked: Vec<_> = others.iter().map(|rx| Task::parked(rx.recv())).collect();
        let _kept = end(tx, &rx);
        for receiver in parked {
            assert!(receiver.is_woken());
            assert_eq!(receiver.finish(), None);
        }
    }
}

#[test]
fn every_parked_sender_gets_back_its_message() {
    for keeps_the_receiver in [true, false] {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let parked = [1, 2, 3].map(|number| Task::parked(tx.send(number)));
        let kept = keeps_the_receiver.then(|| rx.clone());
        match &kept {
            Some(rx) => rx.close(),
            None => drop(rx),
        }
        for (sender, number) in parked.into_iter().zip(1..) {
            assert!(sender.is_woken());
            assert_eq!(sender.finish(), Err(SendError(number)));
        }
        if let Some(rx) = kept {
            assert_eq!(rx.try_recv(), Ok(0), "the messages in the channel remain");
        }
    }
}

#[test]
fn every_send_method_fails_on_a_closed_channel() {
    let (tx, rx) = channel(1);
    rx.close();
    assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(poll_once(tx.send(2)), Err(SendError(2)).into());
    assert_eq!(tx.blocking_send(3), Err(SendError(3)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn close_affects_all_clones_and_happens_once() {
    let (tx, rx) = channel::<u8>(1);
    let (other_tx, other_rx) = (tx.clone(), rx.clone());
    other_rx.close();
    rx.close();
    other_rx.close();
    assert!(tx.is_closed() && other_tx.is_closed() && rx.is_closed());
    assert_eq!(tx.clone().try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(rx.clone().try_recv(), Err(TryRecvError::Disconnected));
    // Closing does not change the counts of handles.
    assert_eq!((tx.strong_count(), rx.strong_count()), (2, 2));
}

#[test]
fn only_the_last_sender_closes_the_channel() {
    let (tx, rx) = channel::<u8>(1);
    let others = [tx.clone(), tx.clone()];
    let receiver = Task::parked(rx.recv());
    drop(tx);
    drop(others[0].clone());
    assert!(!receiver.is_woken() && !rx.is_closed());
    drop(others);
    assert!(receiver.is_woken() && rx.is_closed());
    assert_eq!(receiver.finish(), None);
}

#[test]
fn only_the_last_receiver_closes_the_channel() {
    let (tx, rx) = channel(1);
    let other = rx.clone();
    tx.try_send(0).unwrap();
    let sender = Task::parked(tx.send(1));
    drop(rx);
    assert!(!sender.is_woken() && !tx.is_closed());
    assert_eq!(other.try_recv(), Ok(0), "no message was discarded");
    assert_eq!(sender.finish(), Ok(()));
    drop(other);
    assert!(tx.is_closed());
}

#[test]
fn the_last_receiver_drops_buffered_messages_at_once() {
    let drops = Drops::default();
    let (tx, rx) = channel(4);
    for _ in 0..3 {
        tx.try_send(drops.message()).unwrap();
    }
    let other = rx.clone();
    drop(rx);
    assert_eq!(drops.of_each(), [0; 3]);
    drop(other);
    assert_eq!(drops.of_each(), [1; 3], "while the sender exists");
    assert_eq!((tx.len(), tx.capacity()), (0, 4));
    drop(tx);
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn buffered_messages_outlive_the_last_sender_but_not_the_channel() {
    let drops = Drops::default();
    let (tx, rx) = channel(4);
    for _ in 0..3 {
        tx.try_send(drops.message()).unwrap();
    }
    drop(tx);
    assert_eq!(drops.of_each(), [0; 3]);
    drop(rx.try_recv().unwrap());
    drop(rx);
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn a_returned_message_belongs_to_the_sender() {
    let drops = Drops::default();
    let (tx, rx) = channel(1);
    tx.try_send(drops.message()).unwrap();
    let parked = Task::parked(tx.send(drops.message()));
    drop(rx);
    let SendError(message) = parked.finish().unwrap_err();
    assert_eq!((message.number, drops.of_each()), (1, vec![1, 0]));
    drop(message);
    assert_eq!(drops.of_each(), [1, 1]);
}

#[test]
fn a_permit_outlives_close_and_its_message_is_received() {
    let (mut tx, rx) = channel(2);
    reserve(&mut tx);
    let receiver = Task::parked(rx.recv());
    rx.close();
    assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    Pin::new(&mut tx).start_send(2).unwrap();
    assert_eq!(receiver.finish(), Some(2));
    assert_eq!(poll_once(rx.recv()), None.into());
}

#[test]
fn the_last_permit_of_a_closed_channel_ends_every_wait() {
    let (mut tx, rx) = channel::<u8>(1);
    reserve(&mut tx);
    let parked = [(); 3].map(|()| Task::parked(rx.recv()));
    rx.close();
    let parked = parked.map(|mut receiver| {
        assert!(
            receiver.poll().is_pending(),
            "the permit may still send a message"
        );
        receiver
    });
    drop(tx);
    for receiver in parked {
        assert!(receiver.is_woken());
        assert_eq!(receiver.finish(), None);
    }
}

/// Starts `operation` on three threads, closes the channel with `end`, and returns the results.
///
/// The threads have parked or are about to make an attempt. In both cases they must see the close.
fn end_under_threads<R: Send>(operation: impl Fn(u8) -> R + Sync, end: impl FnOnce()) -> Vec<R> {
    let (started, start) = mpsc::channel();
    let operation = &operation;
    thread::scope(|scope| {
        let threads: Vec<_> = (1..4)
            .map(|number| {
                let started = started.clone();
                scope.spawn(move || {
                    started.send(()).unwrap();
                    operation(number)
                })
            })
            .collect();
        start.iter().take(threads.len()).for_each(drop);
        end();
        let outcomes = threads.into_iter().map(|thread| thread.join().unwrap());
        outcomes.collect()
    })
}

#[test]
fn close_wakes_blocked_threads() {
    within_limit(|| {
        let (tx, rx) = channel::<u8>(1);
        let received = end_under_threads(|_| rx.blocking_recv(), || drop(tx));
        assert_eq!(received, [None; 3]);

        let (tx, rx) = channel(1);
        tx.blocking_send(0).unwrap();
        let sent = end_under_threads(|number| tx.blocking_send(number), || rx.close());
        assert_eq!(sent, [1, 2, 3].map(|number| Err(SendError(number))));
        assert_eq!([rx.blocking_recv(), rx.blocking_recv()], [Some(0), None]);
    });
}

//! Checks `force_send`: the message that it evicts, and that no permit, wakeup or message is lost.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;

use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{
    Drops, Task, assert_all_once, callback_waker, panicking_waker, panics_as_intended,
    report_progress, threads,
};

#[test]
fn a_full_channel_keeps_the_newest_messages() {
    for capacity in [1, 2, 3, 5] {
        let (tx, rx) = channel(capacity);
        for message in 0..3 * capacity {
            let evicted = tx.force_send(message).unwrap();
            assert_eq!(evicted, message.checked_sub(capacity));
            assert_eq!(tx.len(), (message + 1).min(capacity));
        }
        let kept: Vec<_> = rx.try_iter().collect();
        assert_eq!(kept, (2 * capacity..3 * capacity).collect::<Vec<_>>());
        assert_eq!((tx.capacity(), tx.stats().permits), (capacity, 0));
    }
}

#[test]
fn force_send_never_evicts_a_permit() {
    let (tx, rx) = channel(2);
    let first = tx.try_reserve().unwrap();
    assert_eq!(tx.force_send(1), Ok(None));
    // The channel holds one message beside the permit. That message is evicted.
    assert_eq!(tx.force_send(2), Ok(Some(1)));
    assert_eq!(rx.try_recv(), Ok(2));
    let second = tx.try_reserve().unwrap();
    assert_eq!(tx.force_send(3), Err(TrySendError::Full(3)));
    assert_eq!((tx.capacity(), tx.stats().permits), (0, 2));
    first.send(4);
    second.send(5);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_closed_channel_returns_the_message_and_keeps_its_messages() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    rx.close();
    assert_eq!(tx.force_send(2), Err(TrySendError::Closed(2)));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(tx.force_send(3), Err(TrySendError::Closed(3)));
    drop(rx);
    assert_eq!(tx.force_send(4), Err(TrySendError::Closed(4)));
}

#[test]
fn force_send_wakes_a_receiver_and_no_sender() {
    let (tx, rx) = channel(1);
    let mut recv = Task::parked(rx.recv());
    assert_eq!(tx.force_send(1), Ok(None));
    assert!(recv.is_woken());
    assert_eq!(recv.expect_ready(), Some(1));
    drop(recv);

    tx.try_send(2).unwrap();
    let mut send = Task::parked(tx.send(3));
    assert_eq!(tx.force_send(4), Ok(Some(2)));
    // The forced message has taken the slot, so the sender must wait.
    send.parks();
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(rx.try_recv(), Ok(3));
}

#[test]
fn a_failed_force_send_takes_no_capacity_from_waiting_senders() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    let mut send = Task::parked(tx.send(1));
    assert_eq!(tx.force_send(2), Err(TrySendError::Full(2)));
    send.parks();
    drop(permit);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_panicking_waker_loses_no_capacity() {
    let (tx, rx) = channel(1);
    let mut stream = rx.clone();
    let waker = panicking_waker::in_wake();
    let waiting = stream.poll_recv(&mut Context::from_waker(&waker));
    assert!(waiting.is_pending());
    panics_as_intended(|| assert!(tx.force_send(2).is_ok()));
    // Wakers are called last, so the message has been sent.
    assert_eq!((tx.capacity(), tx.stats().permits), (0, 0));
    // A lost permit would keep the channel from ending.
    drop(tx);
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

/// The slot is not free between the eviction of the oldest message and the send.
#[test]
fn an_evicted_message_wakes_no_sender() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let waiting = Task::parked(tx.send(2));
    assert_eq!(tx.force_send(3), Ok(Some(1)));
    assert!(!waiting.is_woken());
    assert_eq!(rx.try_recv(), Ok(3));
    assert!(waiting.is_woken());
}

/// Many threads call `force_send`, beside receivers, permits and other senders. Each message is
/// received or returned once. The channel never holds more messages than fit, or a permit would
/// wait for its slot forever.
#[test]
fn each_message_is_received_or_returned_once() {
    const EACH: usize = 4_000;
    for (forcing, receiving, capacity) in [(3, 1, 1), (2, 2, 3), (4, 0, 5), (2, 1, 64)] {
        let ledger = Drops::of((forcing + 1) * EACH);
        let messages = ledger.clone();
        let (tx, rx) = channel(capacity);
        let left = rx.clone();
        let done = AtomicBool::new(false);
        let numbers = threads(forcing + 1 + receiving, move |number| {
            let mut numbers = Vec::new();
            let mine = number * EACH..(number + 1) * EACH;
            if number < forcing {
                for message in mine {
                    match tx.force_send(messages.numbered(message)) {
                        Ok(evicted) => numbers.extend(evicted.map(|token| token.number)),
                        Err(error) => numbers.push(error.into_inner().number),
                    }
                    assert!(tx.len() <= capacity);
                    report_progress();
                }
            } else if number == forcing {
                // Sometimes sends on a permit, which must not be evicted.
                for message in mine {
                    let token = messages.numbered(message);
                    match tx.try_reserve() {
                        Ok(permit) => permit.send(token),
                        Err(_) => match tx.try_send(token) {
                            Ok(()) => {}
                            Err(error) => numbers.push(error.into_inner().number),
                        },
                    }
                }
                done.store(true, Ordering::SeqCst);
            } else {
                while !done.load(Ordering::SeqCst) {
                    numbers.extend(rx.try_recv().map(|token| token.number));
                }
            }
            numbers
        });
        let left = left.try_iter().map(|token| token.number);
        let numbers = numbers.into_iter().flatten().chain(left);
        assert_all_once(numbers, (forcing + 1) * EACH);
        ledger.assert_each_once();
    }
}

/// The last receiver may be dropped during a forced send. A message sent after that must be
/// dropped.
#[test]
fn no_message_remains_after_the_last_receiver_is_dropped() {
    let ledger = Drops::of(1);
    let (tx, rx) = channel(1);
    let other = rx.clone();
    let rx = Mutex::new(Some(rx));
    let waker = callback_waker(move || drop(rx.lock().unwrap().take()));
    // Owns its receiver, and is dropped explicitly together with it.
    let mut waiting = Task::new(async move { other.recv().await.map(|_| ()) });
    assert!(waiting.poll_with(&waker).is_pending());
    assert_eq!(
        tx.force_send(ledger.numbered(0))
            .unwrap()
            .map(|token| token.number),
        None
    );
    assert!(!tx.is_closed());
    drop(waiting);
    assert!(tx.is_closed());
    ledger.assert_each_once();
    assert_eq!((tx.len(), tx.stats().permits), (0, 0));
}

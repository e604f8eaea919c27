//! Waiting until all sent messages have been received.

use std::task::Poll;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::{Receiver, Sender, channel};

use crate::support::{Task, block_on, explore, send};

/// Creates a task that waits for `drained`, whose position is that of this call.
fn drained(tx: &Sender<usize>) -> Task<()> {
    let tx = tx.clone();
    Task::new(async move { tx.drained().await })
}

fn parked(tx: &Sender<usize>) -> Task<()> {
    let mut task = drained(tx);
    assert!(task.poll().is_pending());
    task
}

fn full(capacity: usize) -> (Sender<usize>, Receiver<usize>) {
    let (tx, rx) = channel(capacity);
    while tx.try_send(0).is_ok() {}
    (tx, rx)
}

#[test]
fn drained_against_the_last_receive() {
    explore(3, || {
        let (tx, rx) = full(1);
        let waiter = thread::spawn(move || block_on(tx.drained()));
        assert_eq!(rx.try_recv(), Ok(0));
        waiter.join().unwrap();
    });
}

/// The task finds at once that the message was received, or when it is about to wait.
#[test]
fn a_task_sees_what_receivers_did_before() {
    explore(3, || {
        let (tx, rx) = full(1);
        let done = Arc::new(AtomicUsize::new(0));
        let receiver = {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                done.store(1, Ordering::Relaxed);
                (rx.try_recv(), rx)
            })
        };
        if drained(&tx).poll().is_ready() {
            assert_eq!(done.load(Ordering::Relaxed), 1);
        }
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
    });
}

/// Either receiver may claim the last message, and be suspended before it notifies.
#[test]
fn drained_against_two_receivers() {
    explore(3, || {
        let (tx, rx) = full(2);
        let task = parked(&tx);
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv(), other));
        assert_eq!(rx.try_recv(), Ok(0));
        let (received, _other) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        task.finish();
    });
}

/// The notification of the sender does not clear the mark.
#[test]
fn drained_beside_a_sender() {
    explore(2, || {
        let (tx, rx) = full(2);
        let task = parked(&tx);
        let sender = Task::parked(send(tx, 1));
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv(), other));
        assert_eq!(rx.try_recv(), Ok(0));
        let (received, _other) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        task.finish();
        assert_eq!(sender.finish().0, Ok(()));
    });
}

/// The task starts to wait while a notification finds no waiting sender.
#[test]
fn a_mark_against_a_notification() {
    explore(3, || {
        let (tx, rx) = full(3);
        let sender = Task::parked(send(tx.clone(), 1));
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv(), other));
        let mut task = drained(&tx);
        let polled = task.poll();
        let (received, _other) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        assert_eq!(polled, Poll::Pending, "two messages are left");
        assert_eq!(rx.try_recv(), Ok(0));
        assert_eq!(rx.try_recv(), Ok(0));
        task.finish();
        assert_eq!(sender.finish().0, Ok(()));
    });
}

/// The task starts to wait, and another message is received, while a notification finds no waiting
/// sender. The notification does not clear the mark, which the last receive needs.
#[test]
fn a_mark_and_a_claim_against_a_notification() {
    explore(3, || {
        let (tx, rx) = full(3);
        let sender = Task::parked(send(tx.clone(), 1));
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv(), other));
        let task = parked(&tx);
        assert_eq!(rx.try_recv(), Ok(0));
        let (received, _other) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        assert_eq!(rx.try_recv(), Ok(0));
        task.finish();
        assert_eq!(sender.finish().0, Ok(()));
    });
}

/// Two receives follow each other on one thread, while the task starts to wait.
#[test]
fn a_mark_against_claims_in_a_row() {
    explore(3, || {
        let (tx, rx) = full(2);
        let receiver = thread::spawn(move || {
            assert_eq!(rx.try_recv(), Ok(0));
            assert_eq!(rx.try_recv(), Ok(0));
            rx
        });
        let mut task = drained(&tx);
        let polled = task.poll();
        let _rx = receiver.join().unwrap();
        assert!(polled.is_ready() || task.is_woken());
    });
}

#[test]
fn a_task_that_is_dropped_against_its_wake() {
    explore(3, || {
        let (tx, rx) = full(1);
        let dropped = parked(&tx);
        let kept = parked(&tx);
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(dropped);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        kept.finish();
    });
}

#[test]
fn drained_against_a_forced_send() {
    explore(2, || {
        let (tx, rx) = full(1);
        let task = parked(&tx);
        let forcing = thread::spawn(move || (tx.force_send(1), tx));
        let received = rx.try_recv();
        let (evicted, _tx) = forcing.join().unwrap();
        assert!(evicted == Ok(Some(0)) || received == Ok(0));
        task.finish();
    });
}

#[test]
fn drained_against_the_last_receiver() {
    explore(2, || {
        let (tx, rx) = full(2);
        let task = parked(&tx);
        let receiver = thread::spawn(move || drop(rx));
        receiver.join().unwrap();
        task.finish();
    });
}

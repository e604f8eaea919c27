//! Checks threads that block in a call: their park tokens, timeouts and spurious polls.

use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;
use mpmc_std::error::RecvTimeoutError;

use crate::harness::{Task, within_limit};

/// A blocking call neither consumes the thread's park token nor returns because of it.
#[test]
fn a_blocking_call_leaves_the_park_token() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        thread::current().unpark();
        let sender = thread::spawn(move || {
            // Long enough for the receiver to park.
            thread::sleep(Duration::from_millis(30));
            tx.try_send(1).unwrap();
        });
        assert_eq!(rx.blocking_recv(), Some(1));
        sender.join().unwrap();
        let start = Instant::now();
        thread::park_timeout(Duration::from_secs(10));
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "the token was used up"
        );
    });
}

/// A wait that timed out leaves no registration: the message wakes the next task.
#[test]
fn a_blocking_call_that_timed_out_leaves_no_waiter() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let timeout = Duration::from_millis(5);
        assert_eq!(
            rx.blocking_recv_timeout(timeout),
            Err(RecvTimeoutError::Timeout)
        );
        let behind = Task::parked(rx.recv());
        assert_eq!(rx.stats().receivers.parked, 1);
        tx.try_send(1).unwrap();
        assert!(behind.is_woken());
        assert_eq!(behind.finish(), Some(1));
    });
}

/// A poll without a wake, with another waker, does not cost a waiter its place.
#[test]
fn a_spurious_poll_keeps_the_place() {
    let (tx, rx) = channel(2);
    let mut first = Task::parked(rx.recv());
    let second = Task::parked(rx.recv());
    for _ in 0..3 {
        first.parks();
    }
    tx.try_send(1).unwrap();
    assert!(first.is_woken() && !second.is_woken());
    assert_eq!(first.finish(), Some(1));
    drop(second);

    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let mut first = Task::parked(tx.send(3));
    let second = Task::parked(tx.send(4));
    first.parks();
    rx.try_recv().unwrap();
    assert!(first.is_woken() && !second.is_woken());
}

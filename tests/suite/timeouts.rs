//! Checks blocking calls with a timeout: when they return, what they return, and that nothing is
//! lost.

use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;
use mpmc_std::error::{RecvTimeoutError, SendTimeoutError};

use crate::harness::{assert_all_once, report_progress, threads};

const MOMENT: Duration = Duration::from_millis(30);
/// A timeout longer than any test.
const LONG: Duration = Duration::from_secs(100);

#[test]
fn calls_time_out_not_before_their_deadline() {
    let (tx, rx) = channel(1);
    let start = Instant::now();
    assert_eq!(
        rx.blocking_recv_timeout(MOMENT),
        Err(RecvTimeoutError::Timeout)
    );
    assert!(start.elapsed() >= MOMENT);
    tx.try_send(1).unwrap();
    let start = Instant::now();
    let back = tx.blocking_send_timeout(2, MOMENT);
    assert_eq!(back, Err(SendTimeoutError::Timeout(2)));
    assert!(start.elapsed() >= MOMENT);
    let deadline = Instant::now() + MOMENT;
    let back = tx.blocking_send_deadline(2, deadline);
    assert_eq!(back, Err(SendTimeoutError::Timeout(2)));
    assert!(Instant::now() >= deadline);
    assert_eq!(rx.len(), 1);
}

#[test]
fn a_deadline_in_the_past_allows_calls_that_need_no_wait() {
    let (tx, rx) = channel(1);
    let past = Instant::now();
    assert_eq!(tx.blocking_send_deadline(1, past), Ok(()));
    assert_eq!(
        tx.blocking_send_deadline(2, past),
        Err(SendTimeoutError::Timeout(2))
    );
    assert_eq!(rx.blocking_recv_deadline(past), Ok(1));
    assert_eq!(
        rx.blocking_recv_deadline(past),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(tx.blocking_send_timeout(3, Duration::ZERO), Ok(()));
    assert_eq!(rx.blocking_recv_timeout(Duration::ZERO), Ok(3));
}

#[test]
fn the_other_side_wakes_a_call_before_its_deadline() {
    for timeout in [LONG, Duration::MAX] {
        let (tx, rx) = channel(1);
        let receiver = rx.clone();
        let received = thread::spawn(move || receiver.blocking_recv_timeout(timeout));
        thread::sleep(MOMENT / 3);
        tx.try_send(1).unwrap();
        assert_eq!(received.join().unwrap(), Ok(1));

        tx.try_send(2).unwrap();
        let sender = tx.clone();
        let sent = thread::spawn(move || sender.blocking_send_timeout(3, timeout));
        thread::sleep(MOMENT / 3);
        assert_eq!(rx.try_recv(), Ok(2));
        assert_eq!(sent.join().unwrap(), Ok(()));
        assert_eq!(rx.try_recv(), Ok(3));
    }
}

#[test]
fn closing_ends_the_wait() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let sender = tx.clone();
    let sent = thread::spawn(move || sender.blocking_send_timeout(2, LONG));
    thread::sleep(MOMENT / 3);
    rx.close();
    assert_eq!(sent.join().unwrap(), Err(SendTimeoutError::Closed(2)));
    assert_eq!(
        tx.blocking_send_deadline(3, Instant::now()),
        Err(SendTimeoutError::Closed(3))
    );
    // Messages sent before the close are received, and then the end.
    assert_eq!(rx.blocking_recv_timeout(LONG), Ok(1));
    assert_eq!(
        rx.blocking_recv_timeout(LONG),
        Err(RecvTimeoutError::Disconnected)
    );

    let (tx, rx) = channel::<u8>(1);
    let received = thread::spawn(move || rx.blocking_recv_timeout(LONG));
    thread::sleep(MOMENT / 3);
    drop(tx);
    assert_eq!(
        received.join().unwrap(),
        Err(RecvTimeoutError::Disconnected)
    );
}

/// A park token of the thread that other code has set does not shorten the wait.
#[test]
fn a_stray_unpark_does_not_end_the_wait() {
    let (_tx, rx) = channel::<u8>(1);
    let waiting = thread::current();
    let stop = std::sync::Arc::new(());
    let stopped = std::sync::Arc::downgrade(&stop);
    let stray = thread::spawn(move || {
        while stopped.strong_count() > 0 {
            waiting.unpark();
            thread::sleep(Duration::from_millis(1));
        }
    });
    let start = Instant::now();
    assert_eq!(
        rx.blocking_recv_timeout(MOMENT),
        Err(RecvTimeoutError::Timeout)
    );
    assert!(start.elapsed() >= MOMENT);
    drop(stop);
    stray.join().unwrap();
}

#[test]
fn a_call_that_timed_out_is_not_registered() {
    let (tx, rx) = channel(1);
    assert!(rx.blocking_recv_timeout(Duration::ZERO).is_err());
    tx.try_send(1).unwrap();
    assert!(tx.blocking_send_timeout(2, Duration::ZERO).is_err());
    let stats = tx.stats();
    assert_eq!((stats.senders.parked, stats.receivers.parked), (0, 0));
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(rx.try_recv().is_err());
}

/// Both sides time out repeatedly, at the moment when the other side is about to arrive.
#[test]
fn timeouts_lose_and_duplicate_nothing() {
    const EACH: usize = 1_500;
    let (tx, rx) = channel(1);
    let received = threads(4, move |number| {
        let tiny = Duration::from_micros(number as u64 * 20);
        let mut received = Vec::new();
        if number < 2 {
            for message in number * EACH..(number + 1) * EACH {
                let mut sent = tx.blocking_send_timeout(message, tiny);
                while let Err(SendTimeoutError::Timeout(back)) = sent {
                    assert_eq!(back, message);
                    sent = tx.blocking_send_timeout(back, tiny);
                }
                sent.unwrap();
                report_progress();
            }
        } else {
            while tx.stats().received < 2 * EACH as u64 {
                received.extend(rx.blocking_recv_timeout(tiny));
            }
        }
        received
    });
    assert_all_once(received.into_iter().flatten(), 2 * EACH);
}

/// The calls panic before they have an effect, and the message names the call.
#[cfg(feature = "tokio")]
#[test]
fn calls_inside_a_task_panic_if_they_would_block() {
    let (tx, rx) = channel(1);
    let (full, outbox) = channel(1);
    full.try_send(1).unwrap();
    let calls: [(&str, &dyn Fn()); 6] = [
        ("`blocking_send`", &|| full.blocking_send(2).unwrap()),
        ("`blocking_send_timeout`", &|| {
            full.blocking_send_timeout(2, MOMENT).unwrap();
        }),
        ("`blocking_send_deadline`", &|| {
            full.blocking_send_deadline(2, Instant::now() + LONG)
                .unwrap();
        }),
        ("`blocking_recv`", &|| assert!(rx.blocking_recv().is_some())),
        ("`blocking_recv_timeout`", &|| {
            rx.blocking_recv_timeout(MOMENT).unwrap();
        }),
        ("`blocking_recv_many`", &|| {
            rx.blocking_recv_many(&mut Vec::new(), 4);
        }),
    ];
    for (name, call) in calls {
        let message = crate::harness::panic_message(|| crate::harness::run(async { call() }));
        assert!(message.contains(name), "{message}");
        assert!(message.contains("would block"), "{message}");
    }
    assert_eq!(outbox.try_iter().collect::<Vec<_>>(), [1]);
    tx.try_send(7).unwrap();
    assert_eq!(rx.try_recv(), Ok(7));
}

/// This holds with and without the feature.
#[test]
fn calls_inside_a_task_succeed_without_a_wait() {
    crate::harness::run(async {
        let (tx, rx) = channel(2);
        tx.blocking_send(1).unwrap();
        tx.blocking_send_timeout(2, LONG).unwrap();
        let past = Instant::now();
        assert!(tx.blocking_send_deadline(3, past).is_err());
        assert_eq!(rx.blocking_recv(), Some(1));
        assert_eq!(rx.blocking_recv_timeout(LONG), Ok(2));
        assert!(rx.blocking_recv_deadline(past).is_err());
        let closed = tx.clone();
        rx.close();
        assert!(closed.blocking_send(4).is_err());
        assert_eq!(rx.blocking_recv(), None);
        assert_eq!(rx.blocking_iter().next(), None);
        // A permit makes the first attempt fail.
        let (tx, rx) = channel(2);
        let permit = tx.try_reserve().unwrap();
        tx.blocking_send(5).unwrap();
        drop(permit);
        assert_eq!(rx.blocking_recv_many(&mut Vec::new(), 4), 1);
    });
}

//! Deadlines that have passed, that never come, and a clock that stands still or jumps.

use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::blocking::{self, Select};
use mpmc_std::channel;
use mpmc_std::error::{RecvTimeoutError, SendTimeoutError};
use tokio::time;

use crate::harness::{soon, within_limit};

/// The longest time that may be added to now.
fn far() -> Instant {
    let mut far = Instant::now();
    for shift in (0..63).rev() {
        let step = Duration::from_secs(1 << shift);
        far = far.checked_add(step).unwrap_or(far);
    }
    far
}

#[test]
fn a_time_that_never_comes_waits_like_no_time() {
    within_limit(|| {
        let (tx, rx) = channel::<u32>(1);
        let late = tx.clone();
        let thread = thread::spawn(move || {
            for number in 0..6 {
                thread::sleep(Duration::from_millis(5));
                late.blocking_send(number).unwrap();
            }
        });
        assert_eq!(rx.blocking_recv_timeout(Duration::MAX), Ok(0));
        assert_eq!(rx.blocking_recv_deadline(far()), Ok(1));
        assert_eq!(rx.blocking_recv_ready_timeout(Duration::MAX), Ok(()));
        assert!(!tx.blocking_drained_timeout(Duration::ZERO) || rx.is_empty());
        assert_eq!(rx.blocking_recv_ready_deadline(far()), Ok(()));
        let rx = rx.into_blocking();
        assert_eq!(rx.recv_timeout(Duration::MAX), Ok(2));
        assert_eq!(rx.recv_deadline(far()), Ok(3));
        for deadline in [false, true] {
            let mut select = Select::new();
            select.recv(&rx);
            let selected = if deadline {
                select.select_deadline(far())
            } else {
                select.select_timeout(Duration::MAX)
            };
            let received = selected.unwrap().recv(&rx);
            assert_eq!(received, Ok(if deadline { 5 } else { 4 }));
        }
        thread.join().unwrap();
        assert!(tx.blocking_drained_timeout(Duration::MAX));
        assert!(tx.blocking_drained_deadline(far()));
    });
}

#[test]
fn a_time_that_has_passed_looks_once_and_does_not_wait() {
    within_limit(|| {
        let past = Instant::now();
        thread::sleep(Duration::from_millis(1));
        let (tx, rx) = blocking::bounded(1);
        let begun = Instant::now();
        for _ in 0..100 {
            assert_eq!(rx.recv_deadline(past), Err(RecvTimeoutError::Timeout));
            assert_eq!(
                rx.recv_timeout(Duration::ZERO),
                Err(RecvTimeoutError::Timeout)
            );
            assert_eq!(tx.send_deadline(1, past), Ok(()));
            assert_eq!(tx.send_deadline(2, past), Err(SendTimeoutError::Timeout(2)));
            let zero = Duration::ZERO;
            assert_eq!(tx.send_timeout(3, zero), Err(SendTimeoutError::Timeout(3)));
            let mut select = Select::new();
            select.recv(&rx);
            assert_eq!(select.select_deadline(past).unwrap().recv(&rx), Ok(1));
            assert!(select.select_deadline(past).is_err());
            assert!(select.select_timeout(zero).is_err());
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
    });
}

/// Tokio's paused clock jumps to the next timer whenever nothing else is to be done. A channel that
/// asked that clock for anything of its own would be disturbed.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_that_jumps_loses_nothing() {
    let (tx, rx) = channel(2);
    let receiver = tokio::spawn(async move {
        let (mut received, mut timeouts) = (Vec::new(), 0);
        loop {
            match time::timeout(Duration::from_secs(3_600), rx.recv()).await {
                Ok(Some(number)) => received.push(number),
                Ok(None) => return (received, timeouts),
                Err(_) => timeouts += 1,
            }
        }
    });
    let begun = Instant::now();
    for number in 0..50 {
        time::sleep(Duration::from_secs(5 * 3_600 / 2)).await;
        time::timeout(Duration::from_nanos(1), tx.send(number))
            .await
            .unwrap()
            .unwrap();
        if number % 10 == 0 {
            time::advance(Duration::from_secs(1 << 30)).await;
        }
    }
    drop(tx);
    let (received, timeouts) = soon(receiver).await.unwrap();
    assert_eq!(received, (0..50).collect::<Vec<_>>());
    assert!(timeouts >= 100, "{timeouts}");
    // Years of the paused clock took no time.
    assert!(begun.elapsed() < Duration::from_secs(20));
}

//! Checks `drained`, which waits until all messages sent before the call have been received.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;

use crate::harness::{
    Task, panicking_waker, panics_as_intended, poll_once, report_progress, soon, within_limit,
};

const MOMENT: Duration = Duration::from_millis(2);

#[test]
fn drained_is_ready_if_nothing_was_sent() {
    let (tx, rx) = channel::<u8>(2);
    assert!(poll_once(tx.drained()).is_ready());
    tx.try_send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(poll_once(rx.drained()).is_ready());
    let _permit = tx.try_reserve().unwrap();
    assert!(
        poll_once(tx.drained()).is_ready(),
        "a permit is not a message"
    );
}

#[test]
fn the_receive_that_passes_the_position_wakes_the_task() {
    for capacity in 1..5 {
        let (tx, rx) = channel(capacity);
        for lap in 0..3 {
            for count in 1..=capacity {
                tx.try_send_many(0..count).unwrap();
                let drained = Task::parked(tx.drained());
                for left in (0..count).rev() {
                    assert!(!drained.is_woken(), "{capacity} {lap} {left}");
                    rx.try_recv().unwrap();
                }
                assert!(drained.is_woken(), "{capacity} {lap}");
                drained.finish();
                // Makes the next positions start at a different index.
                tx.try_send(0).unwrap();
                rx.try_recv().unwrap();
            }
        }
    }
}

#[test]
fn messages_sent_after_the_call_do_not_delay_it() {
    let (tx, rx) = channel(2);
    tx.try_send(1).unwrap();
    let first = tx.drained();
    tx.try_send(2).unwrap();
    let mut first = Task::parked(first);
    let mut second = Task::parked(rx.drained());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(first.is_woken() && !second.is_woken());
    for message in 3..10 {
        tx.try_send(message).unwrap();
        rx.try_recv().unwrap();
    }
    assert!(second.is_woken());
    for task in [&mut first, &mut second] {
        assert!(task.poll().is_ready());
        assert!(task.poll().is_ready(), "the future stays ready");
    }
}

#[test]
fn a_waiting_sender_is_woken_beside_drained() {
    let (tx, rx) = channel(2);
    tx.try_send_many([1, 2]).unwrap();
    let drained = Task::parked(tx.drained());
    let [first, second] = [3, 4].map(|message| Task::parked(tx.send(message)));
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(first.is_woken() && !second.is_woken() && !drained.is_woken());
    // No task is polled in between, so no mark is set again.
    assert_eq!(rx.try_recv(), Ok(2));
    assert!(second.is_woken() && drained.is_woken());
    first.finish().unwrap();
    second.finish().unwrap();
    drained.finish();
}

#[test]
fn a_received_batch_wakes_the_tasks_whose_positions_it_passes() {
    let (tx, rx) = channel(8);
    let mut waiting = Vec::new();
    for message in 0..8 {
        tx.try_send(message).unwrap();
        waiting.push(Task::parked(tx.drained()));
    }
    let mut received = Vec::new();
    rx.try_recv_many(&mut received, 5).unwrap();
    let woken = waiting.iter().filter(|task| task.is_woken()).count();
    assert_eq!(woken, 5);
    rx.try_recv_many(&mut received, 8).unwrap();
    assert!(waiting.into_iter().all(|task| task.is_woken()));
}

/// There are more tasks than are woken during one hold of the lock.
#[test]
fn many_tasks_wait_for_the_same_message() {
    let (tx, rx) = channel(2);
    tx.try_send(1).unwrap();
    let first: Vec<_> = (0..40).map(|_| Task::parked(tx.drained())).collect();
    tx.try_send(2).unwrap();
    let second: Vec<_> = (0..40).map(|_| Task::parked(tx.drained())).collect();
    rx.try_recv().unwrap();
    assert!(first.into_iter().all(|task| task.is_woken()));
    assert!(!second.iter().any(|task| task.is_woken()));
    rx.try_recv().unwrap();
    assert!(second.into_iter().all(|task| task.is_woken()));
}

#[test]
fn a_dropped_wait_keeps_the_other_tasks_registered() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let kept = Task::parked(tx.drained());
    let dropped = Task::parked(tx.drained());
    let sender = Task::parked(tx.send(2));
    drop(dropped);
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(sender.is_woken());
    kept.finish();
    sender.finish().unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn an_evicted_or_dropped_message_counts_as_received() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let evicted = Task::parked(tx.drained());
    assert_eq!(tx.force_send(2), Ok(Some(1)));
    evicted.finish();
    let dropped = Task::parked(tx.drained());
    drop(rx);
    dropped.finish();
    assert!(poll_once(tx.drained()).is_ready());
}

#[test]
fn drained_works_on_a_closed_channel() {
    let (tx, rx) = channel(2);
    tx.try_send(1).unwrap();
    rx.close();
    let mut drained = Task::parked(rx.drained());
    drained.parks();
    assert_eq!(rx.try_recv(), Ok(1));
    drained.finish();
}

#[test]
fn a_panicking_waker_loses_no_wakeup_of_a_sender() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let mut drained = Box::pin(tx.drained());
    let waker = panicking_waker::in_wake();
    let poll = drained
        .as_mut()
        .poll(&mut std::task::Context::from_waker(&waker));
    assert!(poll.is_pending());
    let other = Task::parked(tx.drained());
    let sender = Task::parked(tx.send(2));
    panics_as_intended(|| {
        let _ = rx.try_recv();
    });
    assert!(other.is_woken() && sender.is_woken());
    sender.finish().unwrap();
    assert!(poll_once(drained).is_ready());
}

#[test]
fn threads_wait_for_a_limited_time() {
    within_limit(|| {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let start = Instant::now();
        assert!(!tx.blocking_drained_timeout(MOMENT));
        assert!(start.elapsed() >= MOMENT);
        let worker = {
            let rx = rx.clone();
            thread::spawn(move || {
                thread::sleep(MOMENT);
                rx.blocking_recv()
            })
        };
        rx.blocking_drained();
        assert_eq!(worker.join().unwrap(), Some(1));
        assert!(tx.blocking_drained_timeout(Duration::MAX));
        assert!(rx.blocking_drained_deadline(Instant::now()));
    });
}

/// The channel is never empty, and the wait still ends.
#[test]
fn drained_completes_under_load() {
    within_limit(|| {
        for capacity in [1, 2, 64] {
            let (tx, rx) = channel(capacity);
            let stop = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..2 {
                    let (tx, stop) = (tx.clone(), &stop);
                    scope.spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            tx.blocking_send(()).unwrap();
                        }
                    });
                    let rx = rx.clone();
                    scope.spawn(move || rx.blocking_iter().count());
                }
                for _ in 0..200 {
                    tx.blocking_drained();
                    report_progress();
                }
                stop.store(true, Ordering::Relaxed);
                drop(tx);
            });
        }
    });
}

/// Spinning tasks take freed slots without a notification.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drained_completes_under_the_load_of_tasks() {
    for capacity in [1, 4, 64] {
        let (tx, rx) = channel(capacity);
        let mut senders = Vec::new();
        for _ in 0..2 {
            let tx = tx.clone();
            senders.push(tokio::spawn(
                async move { while tx.send(()).await.is_ok() {} },
            ));
            let rx = rx.clone();
            tokio::spawn(async move { while rx.recv().await.is_some() {} });
        }
        for _ in 0..500 {
            tx.send(()).await.unwrap();
            soon(tx.drained()).await;
        }
        rx.close();
        soon(rx.drained()).await;
        for sender in senders {
            soon(sender).await.unwrap();
        }
    }
}

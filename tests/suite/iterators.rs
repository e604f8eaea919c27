//! Checks iterators over messages: when they wait, when they end, and which messages they leave.

use std::thread;
use std::time::Duration;

use mpmc_std::channel;

use crate::harness::{Drops, Task, assert_all_once, report_progress, threads};

#[test]
fn a_blocking_iterator_waits_for_messages_and_ends_with_the_channel() {
    let (tx, rx) = channel(2);
    let sender = thread::spawn(move || {
        for message in 0..200 {
            if message % 50 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            tx.blocking_send(message).unwrap();
        }
    });
    let mut received = Vec::new();
    for message in rx.blocking_iter() {
        received.push(message);
    }
    assert_eq!(received, (0..200).collect::<Vec<_>>());
    assert_eq!(rx.blocking_iter().next(), None);
    sender.join().unwrap();
}

#[test]
fn a_dropped_iterator_leaves_the_rest() {
    let (tx, rx) = channel(5);
    tx.try_send_many(0..5).unwrap();
    assert_eq!(rx.blocking_iter().take(2).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(rx.try_iter().next(), Some(2));
    assert_eq!(rx.drain().next(), Some(3));
    assert_eq!(rx.len(), 1);
    let mut owned = rx.into_blocking().into_iter();
    assert_eq!(owned.next(), Some(4));
    assert!(!tx.is_closed());
    // The iterator owned the last receiver.
    drop(owned);
    assert!(tx.is_closed());
}

#[test]
fn into_iter_keeps_the_rest_until_it_is_dropped() {
    let ledger = Drops::of(3);
    let (tx, rx) = channel(3);
    tx.try_send_many((0..3).map(|number| ledger.numbered(number)))
        .unwrap();
    drop(tx);
    let mut messages = rx.into_blocking().into_iter();
    assert_eq!(messages.next().unwrap().number, 0);
    assert_eq!(ledger.total(), 1);
    drop(messages);
    ledger.assert_each_once();
}

#[test]
fn try_iter_ends_on_an_empty_channel_and_can_continue_later() {
    let (tx, rx) = channel(3);
    let mut messages = rx.try_iter();
    assert_eq!(messages.next(), None);
    tx.try_send_many([1, 2]).unwrap();
    assert_eq!((messages.next(), messages.next()), (Some(1), Some(2)));
    assert_eq!(messages.next(), None);
    tx.try_send(3).unwrap();
    drop(tx);
    assert_eq!((messages.next(), messages.next()), (Some(3), None));
}

#[test]
fn drain_ends_while_senders_continue() {
    let (tx, rx) = channel(3);
    tx.try_send_many(0..3).unwrap();
    let mut drain = rx.drain();
    assert_eq!(drain.size_hint(), (0, Some(3)));
    let mut drained = Vec::new();
    while let Some(message) = drain.next() {
        drained.push(message);
        tx.try_send(message + 10).unwrap();
        assert_eq!(drain.size_hint(), (0, Some(3 - drained.len())));
    }
    assert_eq!(drained, [0, 1, 2]);
    // The iterator has ended, although the channel holds messages.
    assert_eq!(drain.next(), None);
    assert_eq!(rx.drain().collect::<Vec<_>>(), [10, 11, 12]);
}

#[test]
fn drain_ends_early_if_other_receivers_take_the_messages() {
    let (tx, rx) = channel(3);
    tx.try_send_many(0..3).unwrap();
    let mut drain = rx.drain();
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!((drain.next(), drain.next()), (Some(1), Some(2)));
    assert_eq!(drain.next(), None);
}

#[test]
fn iterators_wake_waiting_senders() {
    let (tx, rx) = channel(1);
    for take in [
        |rx: &mpmc_std::Receiver<_>| rx.blocking_iter().next(),
        |rx: &mpmc_std::Receiver<_>| rx.try_iter().next(),
        |rx: &mpmc_std::Receiver<_>| rx.drain().next(),
    ] {
        tx.try_send(1).unwrap();
        let mut send = Task::parked(tx.send(2));
        assert_eq!(take(&rx), Some(1));
        assert!(send.is_woken());
        assert_eq!(send.expect_ready(), Ok(()));
        assert_eq!(rx.try_recv(), Ok(2));
    }
}

#[test]
fn threads_share_the_messages_of_their_iterators() {
    const COUNT: usize = 6_000;
    let (tx, rx) = channel(7);
    let ends = std::sync::Mutex::new(Some(tx));
    let received = threads(4, move |number| match number {
        0 => {
            let tx = ends.lock().unwrap().take().unwrap();
            (0..COUNT).for_each(|message| {
                tx.blocking_send(message).unwrap();
                report_progress();
            });
            Vec::new()
        }
        1 => rx.clone().into_blocking().into_iter().collect(),
        2 => rx.blocking_iter().collect(),
        _ => {
            let mut received = Vec::new();
            while !rx.is_closed() || !rx.is_empty() {
                received.extend(rx.drain());
            }
            received
        }
    });
    assert!(received.iter().all(|messages| messages.is_sorted()));
    assert_all_once(received.into_iter().flatten(), COUNT);
}

/// The loops would block, which is not allowed in a task. The panic names the loop.
#[cfg(feature = "tokio")]
#[test]
fn a_blocking_loop_inside_a_task_panics_with_its_location() {
    use crate::harness::{panic_file, run};

    let (_tx, rx) = channel::<u32>(2);
    let mut sum = 0;
    let by_reference = panic_file(|| {
        run(async {
            for message in rx.blocking_iter() {
                sum += message;
            }
        })
    });
    assert_eq!(by_reference, file!());
    let by_value = panic_file(|| {
        run(async {
            for message in rx.into_blocking() {
                sum += message;
            }
        })
    });
    assert_eq!(by_value, file!());
    assert_eq!(sum, 0);
}

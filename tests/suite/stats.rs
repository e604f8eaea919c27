//! Checks `stats`: each value after the operations that change it.

use std::future::poll_fn;

use mpmc_std::channel;

use crate::harness::{Task, ready, report_progress, threads};

#[test]
fn the_stats_of_a_new_channel_are_zero() {
    let (tx, rx) = channel::<u8>(5);
    let stats = tx.stats();
    assert_eq!(stats, rx.stats());
    assert_eq!((stats.sent, stats.received, stats.len), (0, 0, 0));
    assert_eq!((stats.max_capacity, stats.permits), (5, 0));
    assert!(!stats.closed);
    for side in [stats.senders, stats.receivers] {
        assert_eq!((side.handles, side.weak_handles, side.parked), (1, 0, 0));
        assert_eq!((side.parks, side.wakes, side.spurious_wakes), (0, 0, 0));
    }
}

/// Runs many laps: positions skip numbers at the end of each lap of an odd capacity, but the counts
/// must not.
#[test]
fn messages_of_all_methods_are_counted() {
    for capacity in [1, 3, 4, 5] {
        let (tx, rx) = channel(capacity);
        let in_and_out = |sent: usize, received: usize| {
            let stats = tx.stats();
            assert_eq!((stats.sent, stats.received), (sent as u64, received as u64));
            assert_eq!(stats.len, sent - received);
        };
        for round in 0..10 {
            let before = round * (capacity + 3);
            tx.try_send(()).unwrap();
            in_and_out(before + 1, before);
            ready(rx.recv()).unwrap();
            in_and_out(before + 1, before + 1);
            tx.try_send_many(vec![(); capacity]).unwrap();
            in_and_out(before + capacity + 1, before + 1);
            // Evicts one message and sends one.
            tx.force_send(()).unwrap();
            in_and_out(before + capacity + 2, before + 2);
            rx.try_recv_many(&mut Vec::new(), capacity).unwrap();
            in_and_out(before + capacity + 2, before + capacity + 2);
            tx.try_reserve().unwrap().send(());
            in_and_out(before + capacity + 3, before + capacity + 2);
            rx.try_recv().unwrap();
        }
        tx.try_send(()).unwrap();
        drop(rx);
        // Messages that the last receiver drops count as received.
        let all = 10 * (capacity + 3) + 1;
        in_and_out(all, all);
    }
}

#[test]
fn stats_show_handles_permits_and_closing() {
    let (tx, rx) = channel::<u8>(5);
    let clone = tx.clone();
    let weak = (tx.downgrade(), tx.downgrade(), rx.downgrade());
    let receivers = [rx.clone(), rx.clone()];
    let permit = tx.try_reserve_many(3).unwrap();
    let stats = rx.stats();
    assert_eq!((stats.senders.handles, stats.senders.weak_handles), (2, 2));
    let side = stats.receivers;
    assert_eq!((side.handles, side.weak_handles), (3, 1));
    assert_eq!((stats.permits, stats.closed), (3, false));
    drop((clone, weak, receivers, permit));
    rx.close();
    let stats = rx.stats();
    assert_eq!((stats.senders.handles, stats.senders.weak_handles), (1, 0));
    let side = stats.receivers;
    assert_eq!((side.handles, side.weak_handles), (1, 0));
    assert_eq!((stats.permits, stats.closed), (0, true));
}

#[test]
fn parks_wakes_and_lost_races_are_counted() {
    let (tx, rx) = channel(2);
    let mut recv = Task::parked(rx.recv());
    let side = tx.stats().receivers;
    assert_eq!((side.parked, side.parks, side.wakes), (1, 1, 0));
    tx.try_send(1).unwrap();
    // Another receiver takes the message first.
    rx.try_recv().unwrap();
    recv.parks();
    let side = tx.stats().receivers;
    assert_eq!((side.parked, side.parks), (1, 2));
    assert_eq!((side.wakes, side.spurious_wakes), (1, 1));
    tx.try_send(2).unwrap();
    recv.expect_ready();
    let side = tx.stats().receivers;
    assert_eq!((side.parked, side.parks), (0, 2));
    assert_eq!((side.wakes, side.spurious_wakes), (2, 1));

    tx.try_send_many([3, 4]).unwrap();
    let mut sends = [Task::parked(tx.send(5)), Task::parked(tx.send(6))];
    let side = rx.stats().senders;
    assert_eq!((side.parked, side.parks, side.wakes), (2, 2, 0));
    rx.try_recv().unwrap();
    sends[0].expect_ready().unwrap();
    assert_eq!(rx.stats().senders.parked, 1);
    drop(sends);
    let side = rx.stats().senders;
    assert_eq!((side.parked, side.parks, side.wakes), (0, 2, 1));
    assert_eq!(side.spurious_wakes, 0);
}

/// A wake is counted when it happens, so that waiters that were woken and not polled are visible.
#[test]
fn wakes_are_counted_when_they_happen() {
    let (tx, rx) = channel(4);
    let mut first = Task::parked(rx.recv());
    let mut second = Task::parked(rx.recv());
    let third = Task::parked(rx.recv());
    tx.try_send_many([1, 2]).unwrap();
    assert!(first.is_woken() && second.is_woken() && !third.is_woken());
    let side = tx.stats().receivers;
    assert_eq!((side.parked, side.parks, side.wakes), (1, 3, 2));
    first.expect_ready();
    second.expect_ready();
    assert_eq!(tx.stats().receivers, side);
    drop(third);
    assert_eq!(tx.stats().receivers.parked, 0);
}

#[test]
fn weak_handles_report_the_same_stats_after_the_close() {
    let (tx, rx) = channel(4);
    let (weak_tx, weak_rx) = (tx.downgrade(), rx.downgrade());
    tx.try_send_many([1, 2]).unwrap();
    rx.try_recv().unwrap();
    assert_eq!(weak_tx.stats(), tx.stats());
    assert_eq!(weak_rx.stats(), tx.stats());
    drop((tx, rx));
    let stats = weak_tx.stats();
    assert_eq!(stats, weak_rx.stats());
    assert_eq!((stats.sent, stats.received, stats.closed), (2, 2, true));
    assert_eq!((stats.senders.handles, stats.receivers.handles), (0, 0));
}

#[test]
fn polled_handles_count_while_they_wait() {
    let (tx, rx) = channel(1);
    let mut stream = rx.clone();
    let recv = Task::parked(poll_fn(|cx| stream.poll_recv(cx)));
    let side = tx.stats().receivers;
    assert_eq!((side.parked, side.parks), (1, 1));
    tx.try_send(1).unwrap();
    assert_eq!(tx.stats().receivers.parked, 0);
    drop(recv);

    let mut sink = tx.clone();
    let reserve = Task::parked(poll_fn(|cx| sink.poll_reserve(cx)));
    assert_eq!(tx.stats().senders.parked, 1);
    drop(reserve);
    // The registration belongs to the handle, not to the future.
    assert_eq!(tx.stats().senders.parked, 1);
    drop(sink);
    assert_eq!(tx.stats().senders.parked, 0);
}

/// `sent`, `received` and `len` are a consistent snapshot under concurrent operations.
#[test]
fn the_counts_always_add_up() {
    const COUNT: usize = 30_000;
    for capacity in [3, 64] {
        let (tx, rx) = channel(capacity);
        let observer = rx.clone();
        threads(4, move |number| match number {
            0 | 1 => (0..COUNT).for_each(|i| {
                tx.blocking_send(i).unwrap();
                report_progress();
            }),
            2 => rx.blocking_iter().take(2 * COUNT).for_each(drop),
            _ => {
                let mut last = 0;
                while last < 2 * COUNT as u64 {
                    let stats = observer.stats();
                    assert_eq!(stats.sent - stats.received, stats.len as u64);
                    assert!(stats.len <= capacity && stats.received >= last);
                    last = stats.received;
                }
            }
        });
    }
}

//! The order of senders that wait for weight or a slot, and what happens when one of them is dropped.

use futures::StreamExt;
use mpmc_std::weighted::{TrySendError, channel};

use super::{Message, assert_contents, send, try_send};
use crate::harness::{Task, soon};

#[test]
fn a_heavy_message_is_not_overtaken() {
    let (tx, rx) = channel(8, 10);
    try_send(&tx, 4).unwrap();
    try_send(&tx, 4).unwrap();
    let heavy = Task::parked(send(&tx, 8));
    let light = Task::parked(send(&tx, 1));
    assert_eq!(tx.available_weight(), 2);
    for weight in [0, 1, 2] {
        assert_eq!(try_send(&tx, weight), Err(TrySendError::Full(weight)));
        assert!(tx.try_reserve(weight).is_err());
    }
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(
        !heavy.is_woken() && !light.is_woken(),
        "a weight of 6 is not enough"
    );
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(heavy.is_woken() && light.is_woken());
    heavy.finish().unwrap();
    light.finish().unwrap();
    assert_contents(&tx, &[8, 1]);
    // No sender waits any more.
    try_send(&tx, 1).unwrap();
}

#[test]
fn weightless_messages_keep_their_order() {
    let (tx, rx) = channel(8, 1);
    try_send(&tx, 1).unwrap();
    let first = Task::parked(send(&tx, 1));
    let weightless = Task::parked(send(&tx, 0));
    assert!(!weightless.is_woken());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(first.is_woken() && weightless.is_woken());
    first.finish().unwrap();
    weightless.finish().unwrap();
    assert_contents(&tx, &[1, 0]);
}

#[test]
fn one_receive_wakes_all_senders_that_fit() {
    // There are more waiters than are woken during one hold of the lock.
    const WAITERS: usize = 40;
    let (tx, rx) = channel(2 * WAITERS, WAITERS);
    try_send(&tx, WAITERS).unwrap();
    let waiting: Vec<_> = (0..=WAITERS).map(|_| Task::parked(send(&tx, 1))).collect();
    assert_eq!(rx.try_recv(), Ok(WAITERS));
    let woken = waiting.iter().filter(|task| task.is_woken()).count();
    assert_eq!(woken, WAITERS);
    assert!(!waiting[WAITERS].is_woken());
    assert_eq!(tx.weight(), WAITERS, "granted");
    // No waiter is polled. Each of them forwards the weight that it was granted.
    drop(waiting);
    assert_contents(&tx, &[]);
}

#[test]
fn a_dropped_granted_sender_forwards_its_weight() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let dropped = Task::parked(send(&tx, 4));
    let next = [1, 3, 1].map(|weight| Task::parked(send(&tx, weight)));
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(dropped.is_woken() && !next[0].is_woken());
    drop(dropped);
    assert_eq!(next.each_ref().map(Task::is_woken), [true, true, false]);
    let [one, three, last] = next;
    one.finish().unwrap();
    three.finish().unwrap();
    assert_contents(&tx, &[1, 3]);
    drop(last);
    assert_contents(&tx, &[1, 3]);
}

#[test]
fn a_dropped_heavy_sender_lets_lighter_ones_send() {
    let (tx, _rx) = channel(8, 4);
    try_send(&tx, 2).unwrap();
    let heavy = Task::parked(send(&tx, 3));
    let light = Task::parked(send(&tx, 2));
    drop(heavy);
    light.finish().unwrap();
    assert_contents(&tx, &[2, 2]);
}

#[test]
fn dropping_a_queued_sender_behind_the_first_has_no_effect() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let first = Task::parked(send(&tx, 3));
    let second = Task::parked(send(&tx, 1));
    let third = Task::parked(send(&tx, 1));
    drop(second);
    assert!(!first.is_woken() && !third.is_woken());
    assert_eq!(rx.try_recv(), Ok(4));
    first.finish().unwrap();
    third.finish().unwrap();
}

#[test]
fn a_sender_that_waits_for_a_slot_holds_its_weight() {
    let (tx, rx) = channel(1, 10);
    try_send(&tx, 2).unwrap();
    let waiting = Task::parked(send(&tx, 5));
    assert_eq!((tx.len(), tx.weight()), (1, 7));
    let dropped = Task::parked(send(&tx, 3));
    assert_eq!(tx.weight(), 10);
    drop(dropped);
    assert_eq!(tx.weight(), 7);
    assert_eq!(rx.try_recv(), Ok(2));
    waiting.finish().unwrap();
    assert_contents(&tx, &[5]);
}

/// Light senders send continuously, and heavy messages need the whole weight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heavy_message_is_not_starved() {
    let (tx, rx) = channel::<Message>(64, 32);
    let light: Vec<_> = (0..8)
        .map(|_| {
            let tx = tx.clone();
            tokio::spawn(async move {
                let mut count = 0_u64;
                while send(&tx, 1).await.is_ok() {
                    count += 1;
                }
                count
            })
        })
        .collect();
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let mut rx = rx.clone();
            tokio::spawn(async move { while rx.next().await.is_some() {} })
        })
        .collect();
    for _ in 0..200 {
        soon(send(&tx, 32)).await.unwrap();
    }
    rx.close();
    for task in light {
        soon(task).await.unwrap();
    }
    for task in receivers {
        soon(task).await.unwrap();
    }
    assert_contents(&tx, &[]);
}

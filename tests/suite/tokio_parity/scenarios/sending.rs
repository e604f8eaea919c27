//! `Sender` and `WeakSender`, without permits.

// tokio's receivers take `&mut self`.
#![allow(unused_mut)]

use std::thread;

use super::mpsc;
use crate::harness::{Task, ready, run};
use crate::tokio_parity::Log;

pub(crate) fn send_waits_for_capacity(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    log.note("first", ready(tx.send(1)));
    log.note("second", ready(tx.send(2)));
    let mut third = Task::parked(tx.send(3));
    log.note("received", ready(rx.recv()));
    log.note("woken", third.is_woken());
    log.note("third", third.poll_until_parked());
    drop(third);
    let cancelled = Task::parked(tx.send(4));
    log.note("received", ready(rx.recv()));
    drop(cancelled);
    log.note("received", ready(rx.recv()));
    log.note("nothing of a cancelled send", rx.try_recv());
}

pub(crate) fn send_to_a_closed_channel(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    ready(tx.send(1)).unwrap();
    let mut waiting = Task::parked(tx.send(2));
    rx.close();
    log.note("woken", waiting.is_woken());
    log.note("waiting", waiting.poll_until_parked());
    log.note("later", ready(tx.send(3)));
    log.note("its message", ready(tx.send(4)).unwrap_err().0);
    drop(rx);
    log.note("without a receiver", ready(tx.send(5)).unwrap_err().0);
}

pub(crate) fn try_send(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    log.note("not full", tx.try_send(1));
    log.note("full", tx.try_send(2));
    log.note("its message", tx.try_send(2).unwrap_err().into_inner());
    log.note("received", rx.try_recv());
    log.note("not full again", tx.try_send(3));
    rx.close();
    log.note("closed and full", tx.try_send(4));
    log.note("received", rx.try_recv());
    log.note("closed", tx.try_send(5));
    drop(rx);
    log.note("without a receiver", tx.try_send(6));
}

pub(crate) fn blocking_send(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let sender = thread::spawn(move || {
        let sent: Vec<_> = (0..100).map(|i| tx.blocking_send(i)).collect();
        (sent, tx)
    });
    let received = run(async {
        let mut received = Vec::new();
        while received.len() < 100 {
            received.extend(rx.recv().await);
        }
        received
    });
    let (sent, tx) = sender.join().unwrap();
    log.note("received", received);
    log.note("sent", sent);
    drop(rx);
    log.note("closed", tx.blocking_send(7));
}

pub(crate) fn closed_and_is_closed(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel::<u8>(1);
    let other = tx.clone();
    let mut closed = Task::parked(tx.closed());
    let mut also = Task::parked(other.closed());
    log.note("open", (tx.is_closed(), other.is_closed()));
    rx.close();
    log.note("woken", (closed.is_woken(), also.is_woken()));
    log.note(
        "closed",
        (closed.poll_until_parked(), also.poll_until_parked()),
    );
    log.note("is_closed", (tx.is_closed(), other.is_closed()));
    log.note("at once", Task::new(tx.closed()).poll_until_parked());

    let (tx, rx) = mpsc::channel::<u8>(1);
    let mut closed = Task::parked(tx.closed());
    drop(rx);
    log.note("woken by a drop", closed.is_woken());
    log.note("closed", closed.poll_until_parked());
    log.note("is_closed", tx.is_closed());
}

pub(crate) fn capacity_and_max_capacity(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(3);
    let both = |log: &mut Log| log.note("capacity", (tx.capacity(), tx.max_capacity()));
    both(log);
    tx.try_send(1).unwrap();
    both(log);
    let permit = tx.try_reserve().unwrap();
    both(log);
    let permits = tx.try_reserve_many(1).unwrap();
    both(log);
    drop(permits);
    both(log);
    permit.send(2);
    both(log);
    rx.try_recv().unwrap();
    both(log);
    rx.close();
    both(log);
    rx.try_recv().unwrap();
    both(log);
    drop(rx);
    both(log);
}

pub(crate) fn same_channel(log: &mut Log) {
    let (a, _rx) = mpsc::channel::<u8>(2);
    let (b, _rx) = mpsc::channel::<u8>(2);
    log.note("clone", a.same_channel(&a.clone()));
    log.note("other", a.same_channel(&b));
    log.note(
        "upgraded",
        a.same_channel(&a.downgrade().upgrade().unwrap()),
    );
    let permit = a.clone().try_reserve_owned().unwrap();
    let second = a.clone().try_reserve_owned().unwrap();
    let foreign = b.clone().try_reserve_owned().unwrap();
    log.note("permits", permit.same_channel(&second));
    log.note("permits of two", permit.same_channel(&foreign));
    log.note("permit and sender", permit.same_channel_as_sender(&a));
    log.note("permit and other", permit.same_channel_as_sender(&b));
}

pub(crate) fn counts_of_handles(log: &mut Log) {
    let (tx, rx) = mpsc::channel::<u8>(2);
    let counts = |log: &mut Log| {
        let receivers = (rx.sender_strong_count(), rx.sender_weak_count());
        log.note("by the receiver", receivers);
    };
    counts(log);
    let clone = tx.clone();
    counts(log);
    let weak = tx.downgrade();
    log.note("by a sender", (tx.strong_count(), tx.weak_count()));
    log.note("by a weak one", (weak.strong_count(), weak.weak_count()));
    let second = weak.clone();
    counts(log);
    let upgraded = weak.upgrade();
    counts(log);
    drop((weak, clone));
    counts(log);
    let permit = tx.try_reserve_owned().unwrap();
    counts(log);
    drop(permit);
    counts(log);
    drop(upgraded);
    counts(log);
    log.note("by the last", (second.strong_count(), second.weak_count()));
    drop(second);
    counts(log);
}

pub(crate) fn weak_senders(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    let weak = tx.downgrade();
    log.note("sent", weak.upgrade().unwrap().try_send(1));
    rx.close();
    // The channel is closed, but a sender exists.
    log.note("closed", weak.upgrade().map(|tx| tx.try_send(2)));
    let permitted = weak.upgrade().unwrap();
    drop(tx);
    log.note("one is left", weak.upgrade().is_some());
    drop(permitted);
    log.note("none is left", weak.upgrade().is_some());
    log.note("of a clone", weak.clone().upgrade().is_some());
    log.note("received", rx.try_recv());
    log.note("end", rx.try_recv());
}

pub(crate) fn dropping_senders_ends_the_channel(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    let clone = tx.clone();
    tx.try_send(1).unwrap();
    drop(tx);
    log.note("first", ready(rx.recv()));
    let mut recv = Task::parked(rx.recv());
    drop(clone);
    log.note("woken", recv.is_woken());
    log.note("end", recv.poll_until_parked());
    drop(recv);
    log.note("again", ready(rx.recv()));
}

pub(crate) fn freed_slots_wake_as_many_senders(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let mut first = Task::parked(tx.send(3));
    let mut second = Task::parked(tx.send(4));
    rx.try_recv().unwrap();
    rx.try_recv().unwrap();
    log.note("first woken", first.is_woken());
    log.note("second woken", second.is_woken());
    log.note("first sends", first.poll_until_parked());
    log.note("then second woken", second.is_woken());
}

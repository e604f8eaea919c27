//! The intended differences between the two channels.

// tokio's receivers take `&mut self`.
#![allow(unused_mut)]

use super::mpsc;
use crate::harness::{Drops, Task, run};
use crate::tokio_parity::Log;

pub(crate) fn freed_slot(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(1).unwrap();
    let mut waiting = Task::parked(tx.send(2));
    rx.try_recv().unwrap();
    log.note("woken", waiting.is_woken());
    log.note("capacity", tx.capacity());
    log.note("sent by another", tx.try_send(3).is_ok());
    log.note("sent after all", waiting.poll_until_parked().is_ready());
}

pub(crate) fn close_before_a_woken_sender_is_polled(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel::<u8>(1);
    let permit = tx.try_reserve().unwrap();
    let mut reserve = Task::parked(tx.reserve());
    drop(permit);
    rx.close();
    log.note("receiver", Task::new(rx.recv()).poll_until_parked());
    log.note("sender", reserve.expect_ready().is_err());
}

pub(crate) fn message_on_a_permit_without_a_receiver(log: &mut Log) {
    let ledger = Drops::of(1);
    let (tx, rx) = mpsc::channel(1);
    let permit = tx.try_reserve().unwrap();
    drop(rx);
    permit.send(ledger.numbered(0));
    log.note("dropped", ledger.total());
    drop(tx);
    log.note("dropped with the sender", ledger.total());
}

pub(crate) fn many_permits(log: &mut Log) {
    let (tx, _rx) = mpsc::channel::<()>(70_000);
    log.note("65_535", tx.try_reserve_many(65_535).is_ok());
    log.note("65_536", tx.try_reserve_many(65_536).is_ok());
}

pub(crate) fn blocking_calls_that_need_no_wait_inside_a_task(log: &mut Log) {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let (tx, mut rx) = mpsc::channel(1);
    let mut inside = |what: &str, call: &mut dyn FnMut()| {
        let panics = catch_unwind(AssertUnwindSafe(|| run(async { call() }))).is_err();
        log.note(what, panics);
    };
    inside("send panics", &mut || tx.blocking_send(1).unwrap());
    let _ = tx.try_send(1);
    inside("recv panics", &mut || assert!(rx.blocking_recv().is_some()));
}

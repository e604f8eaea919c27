//! The methods that reserve capacity, `Permit`, `OwnedPermit` and `PermitIterator`.

// tokio's receivers take `&mut self`.
#![allow(unused_mut)]

use super::mpsc;
use crate::harness::{Drops, Task, ready};
use crate::tokio_parity::Log;

pub(crate) fn reserve(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let permit = ready(tx.reserve()).unwrap();
    log.note("capacity", tx.capacity());
    let mut waiting = Task::parked(tx.reserve());
    permit.send(1);
    log.note("woken early", waiting.is_woken());
    log.note("received", rx.try_recv());
    log.note("woken", waiting.is_woken());
    drop(waiting.expect_ready());
    log.note("capacity", tx.capacity());
    tx.try_send(2).unwrap();
    let mut waiting = Task::parked(tx.reserve());
    rx.close();
    log.note("woken by close", waiting.is_woken());
    log.note("closed", waiting.expect_ready().err());
    log.note("closed", ready(tx.reserve()).err());
}

pub(crate) fn reserve_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    tx.try_send(0).unwrap();
    let mut waiting = Task::parked(tx.reserve_many(4));
    log.note("held while it waits", tx.capacity());
    log.note("received", rx.try_recv());
    log.note("woken", waiting.is_woken());
    let permits = waiting.expect_ready().unwrap();
    log.note("permits", permits.len());
    for (message, permit) in permits.enumerate() {
        permit.send(message);
    }
    for _ in 0..4 {
        log.note("received", rx.try_recv());
    }
    let half = ready(tx.reserve_many(2)).unwrap();
    let mut waiting = Task::parked(tx.reserve_many(3));
    rx.close();
    log.note("woken by close", waiting.is_woken());
    log.note("closed", waiting.expect_ready().err());
    log.note("closed", ready(tx.reserve_many(1)).err());
    drop(half);
    log.note("end", rx.try_recv());
}

pub(crate) fn reserve_owned(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let permit = ready(tx.clone().reserve_owned()).unwrap();
    let mut waiting = Task::parked(tx.clone().reserve_owned());
    drop(permit);
    log.note("woken", waiting.is_woken());
    let permit = waiting.expect_ready().unwrap();
    drop(waiting);
    log.note("senders", (tx.strong_count(), rx.sender_strong_count()));
    let same = permit.send(1);
    log.note("returned", same.same_channel(&tx));
    let cancelled = Task::parked(tx.clone().reserve_owned());
    log.note("senders", tx.strong_count());
    drop(cancelled);
    log.note("senders", tx.strong_count());
    rx.close();
    log.note("closed", ready(same.reserve_owned()).err());
    log.note("its sender is gone", tx.strong_count());
}

pub(crate) fn try_reserve(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let permit = tx.try_reserve().unwrap();
    log.note("full", tx.try_reserve().err());
    log.note("sending", tx.try_send(1));
    permit.send(2);
    log.note("full", tx.try_reserve().err());
    log.note("received", rx.try_recv());
    rx.close();
    log.note("closed", tx.try_reserve().err());
}

pub(crate) fn try_reserve_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(5);
    tx.try_send(0).unwrap();
    let mut permits = tx.try_reserve_many(3).unwrap();
    log.note("capacity", tx.capacity());
    log.note("not enough", tx.try_reserve_many(2).err());
    log.note("nothing held", tx.capacity());
    permits.next().unwrap().send(1);
    drop(permits);
    log.note("capacity", tx.capacity());
    log.note("all", tx.try_reserve_many(3).map(|permits| permits.len()));
    rx.close();
    log.note("closed", tx.try_reserve_many(1).err());
    log.note("received", (rx.try_recv(), rx.try_recv(), rx.try_recv()));
}

pub(crate) fn try_reserve_owned(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel::<u8>(1);
    let permit = tx.clone().try_reserve_owned().unwrap();
    let error = tx.try_reserve_owned().unwrap_err();
    log.note("full", &error);
    log.note("full", error.to_string());
    let tx = error.into_inner();
    log.note("senders", tx.strong_count());
    let second = permit.release();
    log.note("capacity", second.capacity());
    rx.close();
    let error = tx.try_reserve_owned().unwrap_err();
    log.note("closed", &error);
    log.note("same", error.into_inner().same_channel(&second));
}

pub(crate) fn unusual_numbers(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    let len = |permits: mpsc::PermitIterator<'_, u8>| permits.len();
    let all = |log: &mut Log| {
        for count in [0, 3, 1_000_000, usize::MAX] {
            log.note("reserve", ready(tx.reserve_many(count)).map(len));
            log.note("try_reserve", tx.try_reserve_many(count).map(len));
        }
    };
    all(log);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    all(log);
    // A call for zero permits does not wait, not even behind a waiting call.
    let waiting = Task::parked(tx.reserve_many(2));
    log.note("none", ready(tx.reserve_many(0)).map(len));
    drop(waiting);
    rx.close();
    all(log);
    drop(rx);
    all(log);
}

pub(crate) fn a_cancelled_reserve(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(1).unwrap();
    let first = Task::parked(tx.reserve());
    let mut second = Task::parked(tx.reserve());
    log.note("received", rx.try_recv());
    log.note("woken", (first.is_woken(), second.is_woken()));
    drop(first);
    log.note("forwarded", second.is_woken());
    log.note("reserved", second.expect_ready().is_ok());
    drop(second);
    log.note("capacity", tx.capacity());
}

pub(crate) fn a_cancelled_reserve_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    let message = tx.try_send(1);
    let mut reserve = Task::parked(tx.reserve_many(4));
    let mut send = Task::parked(tx.send(2));
    log.note("capacity", (message, tx.capacity()));
    drop(reserve);
    log.note("woken", send.is_woken());
    log.note("sent", send.poll_until_parked());
    drop(send);
    log.note("released", tx.capacity());
    log.note("received", (rx.try_recv(), rx.try_recv()));
}

pub(crate) fn permits_outlive_close(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    let used = tx.try_reserve().unwrap();
    let dropped = tx.clone().try_reserve_owned().unwrap();
    let released = tx.clone().try_reserve_owned().unwrap();
    rx.close();
    log.note("more", tx.try_reserve().err());
    log.note("waits", rx.try_recv());
    {
        let mut recv = Task::parked(rx.recv());
        used.send(1);
        log.note("woken", recv.is_woken());
        log.note("received", recv.poll_until_parked());
    }
    drop(dropped);
    {
        let mut recv = Task::parked(rx.recv());
        let sender = released.release();
        log.note("woken by the end", recv.is_woken());
        log.note("end", recv.poll_until_parked());
        log.note("sender", sender.is_closed());
    }
    log.note("end", rx.try_recv());
}

pub(crate) fn dropped_permits_wake_waiting_tasks(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    let permits = tx.try_reserve_many(2).unwrap();
    let mut both = Task::parked(tx.reserve_many(2));
    drop(permits);
    log.note("woken", both.is_woken());
    log.note("permits", both.expect_ready().map(|permits| permits.len()));
    drop(both);

    let owned = tx.clone().try_reserve_owned().unwrap();
    tx.try_send(1).unwrap();
    let mut send = Task::parked(tx.send(2));
    drop(owned);
    log.note("woken", send.is_woken());
    log.note("sent", send.poll_until_parked());
    drop(send);
    log.note("received", (rx.try_recv(), rx.try_recv()));
}

pub(crate) fn permit_iterator(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(3);
    let mut permits = tx.try_reserve_many(3).unwrap();
    log.note("size_hint", (permits.size_hint(), permits.len()));
    permits.next().unwrap().send(1);
    log.note("size_hint", (permits.size_hint(), permits.len()));
    drop(permits.next());
    log.note("capacity", tx.capacity());
    permits.next().unwrap().send(2);
    log.note("end", permits.next().is_none());
    log.note("fused", permits.next().is_none());
    log.note("size_hint", (permits.size_hint(), permits.len()));
    drop(permits);
    log.note("capacity", tx.capacity());
    log.note("received", (rx.try_recv(), rx.try_recv(), rx.try_recv()));
    fn fused(_: impl ExactSizeIterator + std::iter::FusedIterator) {}
    fused(tx.try_reserve_many(1).unwrap());
}

pub(crate) fn owned_permit(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let permit = tx.try_reserve_owned().unwrap();
    log.note("open", rx.is_closed());
    let tx = permit.send(1);
    log.note("received", rx.try_recv());
    let permit = tx.try_reserve_owned().unwrap();
    let tx = permit.release();
    log.note("capacity", tx.capacity());
    let permit = tx.try_reserve_owned().unwrap();
    let mut recv = Task::parked(rx.recv());
    drop(permit);
    log.note("woken by the end", recv.is_woken());
    log.note("end", recv.poll_until_parked());
}

pub(crate) fn permits_without_a_receiver(log: &mut Log) {
    let ledger = Drops::of(3);
    let (tx, rx) = mpsc::channel(3);
    let permit = tx.try_reserve().unwrap();
    let mut permits = tx.try_reserve_many(1).unwrap();
    let owned = tx.clone().try_reserve_owned().unwrap();
    drop(rx);
    permit.send(ledger.numbered(0));
    permits.next().unwrap().send(ledger.numbered(1));
    log.note("returned", owned.send(ledger.numbered(2)).is_closed());
    // tokio keeps such messages until the last sender goes.
    drop(permits);
    drop(tx);
    log.note("dropped", ledger.total());
}

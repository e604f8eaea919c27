//! `Receiver`.

// tokio's receivers take `&mut self`.
#![allow(unused_mut)]

use std::future::poll_fn;
use std::thread;

use super::mpsc;
use crate::harness::{Drops, Task, ready, run};
use crate::tokio_parity::Log;

pub(crate) fn recv(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    log.note("in order", (ready(rx.recv()), ready(rx.recv())));
    let mut waiting = Task::parked(rx.recv());
    log.note("woken early", waiting.is_woken());
    tx.try_send(3).unwrap();
    log.note("woken", waiting.is_woken());
    log.note("received", waiting.poll_until_parked());
    drop(waiting);
    tx.try_send(4).unwrap();
    drop(tx);
    log.note("what is left", ready(rx.recv()));
    log.note("end", (ready(rx.recv()), ready(rx.recv())));
}

pub(crate) fn recv_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(8);
    let mut buffer = vec![0];
    log.note("none wanted", ready(rx.recv_many(&mut buffer, 0)));
    for i in 1..=5 {
        tx.try_send(i).unwrap();
    }
    log.note("none wanted", ready(rx.recv_many(&mut buffer, 0)));
    log.note("two", ready(rx.recv_many(&mut buffer, 2)));
    log.note("buffer", &buffer);
    log.note("capacity", tx.capacity());
    log.note("rest", ready(rx.recv_many(&mut buffer, 100)));
    log.note("buffer", &buffer);
    {
        let mut waiting = Task::parked(rx.recv_many(&mut buffer, usize::MAX));
        tx.try_send(6).unwrap();
        log.note("woken", waiting.is_woken());
        log.note("received", waiting.poll_until_parked());
    }
    tx.try_send(7).unwrap();
    drop(tx);
    log.note("what is left", ready(rx.recv_many(&mut buffer, 3)));
    log.note("end", ready(rx.recv_many(&mut buffer, 3)));
    log.note("none wanted", ready(rx.recv_many(&mut buffer, 0)));
    log.note("buffer", &buffer);
}

pub(crate) fn a_cancelled_recv(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    let recv = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    drop(recv);
    log.note("still there", rx.len());
    log.note("received", ready(rx.recv()));
    let mut buffer = Vec::new();
    let recv = Task::parked(rx.recv_many(&mut buffer, 4));
    tx.try_send(2).unwrap();
    tx.try_send(3).unwrap();
    drop(recv);
    log.note("nothing taken", (buffer, rx.len()));
}

pub(crate) fn try_recv(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    log.note("empty", rx.try_recv());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    log.note("first", rx.try_recv());
    let permit = tx.clone().try_reserve_owned().unwrap();
    drop(tx);
    log.note("second", rx.try_recv());
    log.note("a permit is out", rx.try_recv());
    rx.close();
    log.note("a permit is out and closed", rx.try_recv());
    drop(permit);
    log.note("end", (rx.try_recv(), rx.try_recv()));

    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(1).unwrap();
    rx.close();
    log.note("closed with a message", rx.try_recv());
    log.note("closed with a sender", rx.try_recv());
    drop(tx);
    log.note("end", rx.try_recv());
}

pub(crate) fn blocking_recv(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    let receiver = thread::spawn(move || {
        let received: Vec<_> = std::iter::from_fn(|| rx.blocking_recv()).collect();
        (received, rx.blocking_recv())
    });
    run(async move {
        for i in 0..100 {
            tx.send(i).await.unwrap();
        }
    });
    log.note("received", receiver.join().unwrap());
}

pub(crate) fn blocking_recv_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(3);
    let receiver = thread::spawn(move || {
        let mut buffer = Vec::new();
        let none = rx.blocking_recv_many(&mut buffer, 0);
        while rx.blocking_recv_many(&mut buffer, 2) > 0 {}
        (none, buffer, rx.blocking_recv_many(&mut Vec::new(), 1))
    });
    run(async move {
        for i in 0..100 {
            tx.send(i).await.unwrap();
        }
    });
    log.note("received", receiver.join().unwrap());
}

pub(crate) fn close_drains(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    rx.close();
    rx.close();
    log.note("sending", tx.try_send(3));
    log.note("what is left", (ready(rx.recv()), ready(rx.recv())));
    log.note("end", (ready(rx.recv()), ready(rx.recv())));
    let mut buffer = Vec::new();
    log.note("end", ready(rx.recv_many(&mut buffer, 4)));
    log.note("blocking", (rx.blocking_recv(), rx.try_recv()));
}

pub(crate) fn is_closed(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel::<u8>(2);
    log.note("open", rx.is_closed());
    tx.try_send(1).unwrap();
    rx.close();
    log.note("closed", rx.is_closed());

    let (tx, mut rx) = mpsc::channel::<u8>(2);
    let weak = tx.downgrade();
    let permit = tx.try_reserve_owned().unwrap();
    log.note("a permit is out", rx.is_closed());
    drop(permit.send(1));
    log.note("no sender but a message", rx.is_closed());
    rx.try_recv().unwrap();
    log.note("only a weak sender", rx.is_closed());
    drop(weak);
    log.note("end", rx.is_closed());
}

pub(crate) fn len_and_is_empty(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(100);
    let state = |log: &mut Log, rx: &mpsc::Receiver<_>| log.note("len", (rx.len(), rx.is_empty()));
    state(log, &rx);
    for i in 0..40 {
        tx.try_send(i).unwrap();
        state(log, &rx);
    }
    let permit = tx.clone().try_reserve_owned().unwrap();
    state(log, &rx);
    drop(tx);
    for _ in 0..30 {
        rx.try_recv().unwrap();
        state(log, &rx);
    }
    rx.close();
    state(log, &rx);
    drop(permit.send(7));
    state(log, &rx);
}

pub(crate) fn capacity(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    log.note("new", (rx.capacity(), rx.max_capacity()));
    tx.try_send(1).unwrap();
    let permit = tx.try_reserve_owned().unwrap();
    log.note("full", (rx.capacity(), rx.max_capacity()));
    drop(permit);
    log.note("no sender", (rx.capacity(), rx.max_capacity()));
    rx.close();
    rx.try_recv().unwrap();
    log.note("drained", (rx.capacity(), rx.max_capacity()));
}

pub(crate) fn poll_recv(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(2);
    {
        let mut recv = Task::parked(poll_fn(|cx| rx.poll_recv(cx)));
        tx.try_send(1).unwrap();
        log.note("woken", recv.is_woken());
        log.note("received", recv.poll_until_parked());
        recv.parks();
        tx.try_send(2).unwrap();
        log.note("woken again", recv.is_woken());
    }
    // Only the task of the last poll is woken.
    log.note("received", ready(poll_fn(|cx| rx.poll_recv(cx))));
    drop(Task::parked(poll_fn(|cx| rx.poll_recv(cx))));
    let mut recv = Task::parked(poll_fn(|cx| rx.poll_recv(cx)));
    drop(tx);
    log.note("woken by the end", recv.is_woken());
    log.note("end", recv.poll_until_parked());
    log.note("end", recv.poll_until_parked());
}

pub(crate) fn poll_recv_many(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(4);
    let mut buffer = Vec::new();
    let none = poll_fn(|cx| rx.poll_recv_many(cx, &mut buffer, 0));
    log.note("none wanted", ready(none));
    {
        let mut recv = Task::parked(poll_fn(|cx| rx.poll_recv_many(cx, &mut buffer, 2)));
        for i in 1..=3 {
            tx.try_send(i).unwrap();
        }
        log.note("woken", recv.is_woken());
        log.note("received", recv.poll_until_parked());
        log.note("received", recv.poll_until_parked());
        recv.parks();
        drop(tx);
        log.note("woken by the end", recv.is_woken());
        log.note("end", recv.poll_until_parked());
    }
    log.note("buffer", buffer);
}

pub(crate) fn the_last_receiver_drops_what_is_left(log: &mut Log) {
    let ledger = Drops::of(3);
    let (tx, rx) = mpsc::channel(3);
    for number in 0..2 {
        tx.try_send(ledger.numbered(number)).unwrap();
    }
    drop(rx);
    log.note("dropped", ledger.total());
    let token = tx.try_send(ledger.numbered(2)).unwrap_err().into_inner();
    log.note("handed back", token.number);
    log.note("capacity", tx.capacity());
    drop((tx, token));
    ledger.assert_each_once();
}

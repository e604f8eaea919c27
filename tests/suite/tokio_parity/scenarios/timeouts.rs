//! The methods that need tokio's runtime, with the Cargo feature `tokio`.

// tokio's receivers take `&mut self`.
#![allow(unused_mut)]

use std::time::Duration;

use super::mpsc;
use crate::harness::{Task, panic_file, panic_message, run};
use crate::tokio_parity::Log;

const MOMENT: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(50);

pub(crate) fn send_timeout(log: &mut Log) {
    run(async {
        let (tx, mut rx) = mpsc::channel(1);
        log.note("not full", tx.send_timeout(1, MOMENT).await);
        log.note("full", tx.send_timeout(2, MOMENT).await);
        let message = tx.send_timeout(2, MOMENT).await.unwrap_err().into_inner();
        log.note("its message", message);
        log.note("not full, zero timeout", {
            rx.try_recv().unwrap();
            tx.send_timeout(3, Duration::ZERO).await
        });
        let mut waiting = Task::parked(tx.send_timeout(4, LONG));
        log.note("received", rx.try_recv());
        log.note("woken", waiting.is_woken());
        log.note("sent", waiting.poll_until_parked());
        drop(waiting);
        drop(Task::parked(tx.send_timeout(5, LONG)));
        let mut waiting = Task::parked(tx.send_timeout(6, LONG));
        rx.close();
        log.note("closed", waiting.poll_until_parked());
        log.note("received", (rx.try_recv(), rx.try_recv()));
        log.note("closed", tx.send_timeout(7, MOMENT).await);
    });
}

pub(crate) fn send_timeout_without_a_runtime(log: &mut Log) {
    let (tx, _rx) = mpsc::channel(1);
    let message = panic_message(|| drop(Task::parked(tx.send_timeout(1, MOMENT))));
    log.note("panics", message);
}

pub(crate) fn blocking_calls_inside_a_task(log: &mut Log) {
    let (tx, mut rx) = mpsc::channel(1);
    let mut buffer = Vec::new();
    tx.try_send(1).unwrap();
    let mut inside = |what: &str, call: &mut dyn FnMut()| {
        let file = panic_file(|| run(async { call() }));
        log.note(what, file);
    };
    inside("send", &mut || tx.blocking_send(2).unwrap());
    assert_eq!(rx.try_recv(), Ok(1));
    inside("recv", &mut || assert!(rx.blocking_recv().is_some()));
    inside("recv_many", &mut || {
        rx.blocking_recv_many(&mut buffer, 4);
    });
    log.note("nothing happened", (rx.len(), buffer));
    tx.try_send(3).unwrap();
    // Both channels may block on a thread where tokio allows blocking.
    run(async {
        let blocking = tokio::task::spawn_blocking(move || rx.blocking_recv());
        log.note("on a blocking thread", blocking.await.unwrap());
    });
}

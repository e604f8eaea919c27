//! Cancellation where the registration outlives the future: a `Sink` or `Stream` handle that waited
//! and was then dropped, or kept and never polled again.

use std::pin::Pin;
use std::task::Poll;

use futures::{Sink, SinkExt, Stream, StreamExt};
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{Drops, Task, WakeCounter, poll_next, poll_once, poll_ready, reserve};

#[test]
fn a_dropped_next_takes_no_message() {
    let (tx, mut rx) = channel(2);
    drop(rx.next());
    drop(Task::parked(rx.next()));
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    drop(rx.next());
    assert_eq!(rx.len(), 2);
    assert_eq!(poll_once(rx.next()), Some(1).into());
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn a_next_dropped_after_its_wake_takes_no_message() {
    let (tx, mut rx) = channel(1);
    let next = Task::parked(rx.next());
    tx.try_send(1).unwrap();
    assert!(next.is_woken());
    drop(next);
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn an_abandoned_stream_holds_no_wakeup() {
    let (tx, mut abandoned) = channel(2);
    let (rx, mut stream) = (abandoned.clone(), abandoned.clone());
    assert!(poll_next(&mut abandoned).is_pending());
    let receiver = Task::parked(rx.recv());
    let next = Task::parked(stream.next());
    tx.try_send(1).unwrap();
    assert!(receiver.is_woken() && next.is_woken());
    assert_eq!(receiver.finish(), Some(1));
    tx.try_send(2).unwrap();
    assert_eq!(next.finish(), Some(2));
    // The stream itself has missed no message.
    tx.try_send(3).unwrap();
    assert_eq!(poll_next(&mut abandoned), Some(3).into());
}

#[test]
fn an_abandoned_sink_holds_no_wakeup() {
    let (mut abandoned, rx) = channel(1);
    let (tx, mut sink) = (abandoned.clone(), abandoned.clone());
    tx.try_send(0).unwrap();
    assert!(poll_ready(&mut abandoned).is_pending());
    let sender = Task::parked(tx.send(1));
    let feed = Task::parked(sink.feed(2));
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(sender.is_woken() && feed.is_woken());
    sender.finish().unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    feed.finish().unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn a_handle_dropped_while_it_waits_is_deregistered() {
    let (tx, rx) = channel(1);
    let mut waiting = rx.clone();
    let woken = WakeCounter::default();
    let pending = woken.poll(|context| Pin::new(&mut waiting).poll_next(context));
    assert!(pending.is_pending());
    drop(waiting);
    tx.try_send(1).unwrap();
    assert!(!woken.is_woken(), "the dropped handle was still registered");

    let mut waiting = tx.clone();
    let pending = woken.poll(|context| Pin::new(&mut waiting).poll_ready(context));
    assert!(pending.is_pending());
    drop(waiting);
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(!woken.is_woken(), "the dropped handle was still registered");
    assert_eq!(tx.capacity(), 1);
}

/// Creates a channel of capacity 2 with one message, one permit and a parked sender.
fn with_a_permit_held() -> (Sender<u8>, Receiver<u8>, Sender<u8>) {
    let (tx, rx) = channel(2);
    let mut ready = tx.clone();
    reserve(&mut ready);
    tx.try_send(0).unwrap();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    (tx, rx, ready)
}

#[test]
fn a_handle_dropped_when_ready_releases_its_capacity() {
    let (tx, rx, ready) = with_a_permit_held();
    let parked = Task::parked(tx.send(1));
    drop(ready);
    assert!(parked.is_woken());
    parked.finish().unwrap();
    assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(0), Ok(1)]);
    assert_eq!(tx.capacity(), 2);
}

#[test]
fn a_handle_dropped_when_ready_wakes_a_waiting_sink() {
    let (mut tx, rx, ready) = with_a_permit_held();
    let feed = Task::parked(tx.feed(1));
    drop(ready);
    assert!(feed.is_woken());
    feed.finish().unwrap();
    assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(0), Ok(1)]);
}

#[test]
fn a_handle_closed_when_ready_releases_its_capacity() {
    let (tx, rx, mut ready) = with_a_permit_held();
    let parked = Task::parked(tx.send(1));
    assert_eq!(poll_once(SinkExt::close(&mut ready)), Ok(()).into());
    assert!(parked.is_woken());
    parked.finish().unwrap();
    assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(0), Ok(1)]);
}

#[test]
fn a_reservation_outlives_the_future_that_made_it() {
    let (mut tx, rx) = channel(1);
    // `feed` reserves and sends in one poll, so only `poll_ready` can leave a reservation.
    reserve(&mut tx);
    assert_eq!(rx.capacity(), 0);
    assert_eq!(poll_ready(&mut tx), Ok(()).into(), "reserved only once");
    assert_eq!(rx.capacity(), 0);
    Pin::new(&mut tx).start_send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_dropped_feed_sends_nothing_and_drops_its_message_once() {
    let drops = Drops::default();
    let (mut tx, rx) = channel(1);
    drop(tx.feed(drops.message()));
    assert!(rx.is_empty());
    tx.try_send(drops.message()).unwrap();
    let feed = Task::parked(tx.feed(drops.message()));
    assert_eq!(rx.try_recv().unwrap().number, 1);
    assert!(feed.is_woken());
    drop(feed);
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(rx.capacity(), 1, "nothing stays reserved");
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn a_stream_can_move_to_another_task() {
    let (tx, mut rx) = channel(1);
    let (old, new) = (WakeCounter::default(), WakeCounter::default());
    for woken in [&old, &new] {
        let poll = woken.poll(|context| Pin::new(&mut rx).poll_next(context));
        assert_eq!(poll, Poll::Pending);
    }
    tx.try_send(1).unwrap();
    assert!(new.is_woken() && !old.is_woken());
}

//! Streams, sinks and tasks that wait for something other than messages and slots: registering,
//! replacing a waker and dropping against a notification.

use std::task::Poll;

use futures::StreamExt;
use loom::thread;
use mpmc_std::{Receiver, Sender, channel};

use crate::support::{Task, block_on, explore, poll_next, poll_ready, recv, reserve, send};

/// Returns a waiting stream that has been polled after each of its wakes.
fn trusted_stream(tx: &Sender<usize>, mut stream: Receiver<usize>) -> Receiver<usize> {
    assert!(poll_next(&mut stream).is_pending());
    tx.try_send(0).unwrap();
    assert_eq!(poll_next(&mut stream), Poll::Ready(Some(0)));
    assert!(poll_next(&mut stream).is_pending());
    stream
}

#[test]
fn a_trusted_stream_that_is_dropped_after_its_wake_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let stream = trusted_stream(&tx, rx.clone());
        let next = Task::parked(recv(rx));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        drop(stream);
        let _tx = sender.join().unwrap().unwrap();
        assert_eq!(next.finish().0, Some(1));
    });
}

/// A trusted stream is woken for one message, and the task behind it for the next.
#[test]
fn a_trusted_stream_beside_a_receiver() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let mut stream = trusted_stream(&tx, rx.clone());
        let next = Task::parked(recv(rx));
        let receiver = thread::spawn(move || (block_on(stream.next()), stream));
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        // If the stream finds the first message before its wake, it forwards the notification.
        let (there, _stream) = receiver.join().unwrap();
        let (here, _rx) = next.finish();
        assert_eq!(here.unwrap() + there.unwrap(), 3);
    });
}

#[test]
fn a_trusted_sink_that_is_dropped_after_its_wake_wakes_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut sink = tx.clone();
        assert!(poll_ready(&mut sink).is_pending());
        assert_eq!(rx.try_recv(), Ok(0));
        reserve(&mut sink);
        crate::support::send_reserved(&mut sink, 0).unwrap();
        assert!(poll_ready(&mut sink).is_pending());
        let next = Task::parked(send(tx, 1));
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        drop(sink);
        let rx = receiver.join().unwrap().unwrap();
        assert_eq!(next.finish().0, Ok(()));
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

/// The task is woken by the old waker or by the new one.
#[test]
fn a_new_waker_against_a_notification() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let receiving = Task::parked(recv(rx)).into_future();
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        assert_eq!(block_on(receiving).0, Some(1));
        let _tx = sender.join().unwrap().unwrap();
    });
}

#[test]
fn a_sinks_new_waker_against_a_notification() {
    explore(3, || {
        let (mut tx, rx) = channel(1);
        reserve(&mut tx);
        crate::support::send_reserved(&mut tx, 1).unwrap();
        assert!(poll_ready(&mut tx).is_pending());
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        block_on(crate::support::reserve_waiting(&mut tx)).unwrap();
        let rx = receiver.join().unwrap().unwrap();
        assert_eq!(rx.capacity(), 0);
    });
}

/// A waiter completes and is dropped while another thread notifies it. That thread no longer
/// accesses the waiter then.
#[test]
fn a_woken_receiver_may_be_dropped_at_once() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = Task::parked(recv(rx.clone()));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        if let Poll::Ready((message, _rx)) = task.poll() {
            assert_eq!(message, Some(1));
        }
        drop(task);
        let _tx = sender.join().unwrap().unwrap();
    });
}

/// Both tasks are woken, also the one that registers during the close.
#[test]
fn close_wakes_two_tasks_that_wait_for_it() {
    explore(2, || {
        let (tx, rx) = channel::<usize>(1);
        let other = tx.clone();
        let first = Task::parked(async move { other.closed().await });
        let second = thread::spawn(move || {
            block_on(tx.closed());
            tx
        });
        drop(rx);
        first.finish();
        let tx = second.join().unwrap();
        assert!(tx.is_closed());
    });
}

/// One of the waiting tasks is dropped during the close.
#[test]
fn one_of_two_tasks_that_wait_for_the_close_is_dropped() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let other = tx.clone();
        let first = Task::parked(async move { tx.closed().await });
        let second = Task::parked(async move { other.closed().await });
        let closer = thread::spawn(move || drop(rx));
        drop(first);
        closer.join().unwrap();
        second.finish();
    });
}

fn reserving(tx: &Sender<usize>) -> Task<Option<usize>> {
    let tx = tx.clone();
    Task::new(async move {
        let permits = tx.reserve_many(2).await;
        permits.ok().map(|permits| permits.len())
    })
}

fn reserving_parked(tx: &Sender<usize>) -> Task<Option<usize>> {
    let mut task = reserving(tx);
    assert!(task.poll().is_pending());
    task
}

/// A task that was woken for the reservation lock and is dropped forwards the lock.
#[test]
fn a_cancelled_reserve_many_forwards_the_lock() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(0).unwrap();
        let holding = reserving_parked(&tx);
        let first = reserving_parked(&tx);
        let mut second = reserving_parked(&tx);
        let dropping = thread::spawn(move || drop(holding));
        drop(first);
        dropping.join().unwrap();
        assert!(second.is_woken());
        assert!(second.poll().is_pending());
        assert_eq!(rx.try_recv(), Ok(0));
        assert_eq!(second.finish(), Some(2));
        assert_eq!(rx.capacity(), 2);
    });
}

/// The attempt finds the lock free, or its release wakes the task.
#[test]
fn the_reservation_lock_against_its_release() {
    explore(3, || {
        let (tx, rx) = channel(2);
        tx.try_send(0).unwrap();
        let holding = reserving_parked(&tx);
        let other = tx.clone();
        let waiting = thread::spawn(move || block_on(other.reserve_many(1)).is_ok());
        drop(holding);
        assert!(waiting.join().unwrap());
        assert_eq!(rx.capacity(), 1);
    });
}

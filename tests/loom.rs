//! Loom models: every interleaving (up to a bound on preemptions) of two or three threads.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --release --test loom`
#![cfg(loom)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures::future::poll_fn;
use futures::task::noop_waker;
use futures::{Sink, Stream, StreamExt};
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

fn queue<T>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

fn send_raw(producer: &Producer<usize>, mut message: usize) {
    while let Err(back) = producer.send(message) {
        message = back;
        thread::yield_now();
    }
}

fn recv_raw(consumer: &Consumer<usize>) -> usize {
    loop {
        match consumer.recv() {
            Some(message) => return message,
            None => thread::yield_now(),
        }
    }
}

/// Polls once with a waker that does nothing.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&noop_waker()))
}

/// Takes a permit through the `Sink` side, without waiting.
fn reserve_now<T>(sender: &mut Sender<T>) -> bool {
    let mut context = Context::from_waker(std::task::Waker::noop());
    Pin::new(sender).poll_ready(&mut context).is_ready()
}

async fn reserve<T>(sender: &mut Sender<T>) -> Result<(), SendError<Option<T>>> {
    poll_fn(|cx| Pin::new(&mut *sender).poll_ready(cx)).await
}

/// Counts how often it was dropped.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn capacity_one() {
    loom::model(|| {
        let (producer, consumer) = queue(1);
        let sender = thread::spawn(move || {
            send_raw(&producer, 1);
            send_raw(&producer, 2);
        });
        assert_eq!(recv_raw(&consumer), 1);
        assert_eq!(recv_raw(&consumer), 2);
        assert_eq!(consumer.recv(), None);
        sender.join().unwrap();
    });
}

#[test]
fn capacity_two() {
    loom::model(|| {
        let (producer, consumer) = queue(2);
        let other = producer.clone();
        let sender = thread::spawn(move || send_raw(&other, 1));
        send_raw(&producer, 2);
        let mut received = [recv_raw(&consumer), recv_raw(&consumer)];
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
        sender.join().unwrap();
    });
}

#[test]
fn two_consumers_take_each_message_once() {
    loom::model(|| {
        let (producer, consumer) = queue(2);
        let other = consumer.clone();
        let receiver = thread::spawn(move || recv_raw(&other));
        send_raw(&producer, 1);
        send_raw(&producer, 2);
        let here = recv_raw(&consumer);
        assert_eq!(here + receiver.join().unwrap(), 3);
        assert_eq!(consumer.recv(), None);
    });
}

#[test]
fn a_third_lap_of_an_odd_capacity() {
    loom::model(|| {
        let (tx, rx) = channel(3);
        for round in 0..2 {
            for i in 0..3 {
                tx.try_send(3 * round + i).unwrap();
            }
            for i in 0..3 {
                assert_eq!(rx.try_recv(), Ok(3 * round + i));
            }
        }
        let sender = thread::spawn(move || {
            tx.try_send(6).unwrap();
            tx.try_send(7).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Some(6));
        assert_eq!(block_on(rx.recv()), Some(7));
        sender.join().unwrap();
    });
}

#[test]
fn a_sent_message_is_visible_to_try_recv() {
    loom::model(|| {
        let (tx, rx) = channel(2);
        let other = tx.clone();
        // May be claimed first and published last; `try_recv` then waits for it.
        let sender = thread::spawn(move || other.try_send(1).unwrap());
        tx.try_send(2).unwrap();
        assert!(rx.try_recv().is_ok());
        sender.join().unwrap();
        assert!(rx.try_recv().is_ok());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn park_and_wake_receiver() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let receiver = thread::spawn(move || block_on(rx.recv()));
        tx.try_send(7).unwrap();
        assert_eq!(receiver.join().unwrap(), Some(7));
    });
}

#[test]
fn park_and_wake_sender() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(tx.send(2)));
        assert_eq!(block_on(rx.recv()), Some(1));
        assert_eq!(block_on(rx.recv()), Some(2));
        sender.join().unwrap().unwrap();
    });
}

#[test]
fn two_receivers_one_wake() {
    loom::model(|| {
        let (tx, rx) = channel(2);
        let receivers: Vec<_> = [rx.clone(), rx]
            .into_iter()
            .map(|rx| thread::spawn(move || block_on(rx.recv()).unwrap()))
            .collect();
        // The first claim may clear the bit that both have armed; the one it wakes wakes the other.
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let sum: usize = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn two_senders_one_wake() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let senders: Vec<_> = [(tx.clone(), 1), (tx, 2)]
            .into_iter()
            .map(|(tx, message)| thread::spawn(move || block_on(tx.send(message)).unwrap()))
            .collect();
        let sum: usize = (0..3).map(|_| block_on(rx.recv()).unwrap()).sum();
        assert_eq!(sum, 3);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn close_wakes_a_receiver() {
    loom::model(|| {
        let (tx, rx) = channel::<usize>(1);
        let receiver = thread::spawn(move || block_on(rx.recv()));
        drop(tx);
        assert_eq!(receiver.join().unwrap(), None);
    });
}

#[test]
fn close_drains_before_it_ends() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || {
            tx.try_send(1).unwrap();
            drop(tx);
        });
        assert_eq!(block_on(rx.recv()), Some(1));
        assert_eq!(block_on(rx.recv()), None);
        sender.join().unwrap();
    });
}

#[test]
fn close_wakes_a_sender() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(tx.send(2)));
        rx.close();
        assert_eq!(sender.join().unwrap(), Err(SendError(2)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn close_against_send() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || tx.try_send(1));
        rx.close();
        match sender.join().unwrap() {
            Ok(()) => assert_eq!(rx.try_recv(), Ok(1)),
            Err(error) => assert_eq!(error, TrySendError::Closed(1)),
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn close_is_seen_by_who_waits_for_it() {
    loom::model(|| {
        let (tx, rx) = channel::<usize>(1);
        let watcher = thread::spawn(move || block_on(tx.closed()));
        drop(rx);
        watcher.join().unwrap();
    });
}

#[test]
fn a_cancelled_receiver_passes_its_wake_on() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let other = rx.clone();
        let receiver = thread::spawn(move || block_on(other.recv()));
        let sender = thread::spawn(move || tx.try_send(1).unwrap());
        {
            let mut recv = pin!(rx.recv());
            // It may be parked, and then notified, when it is dropped.
            if poll_once(recv.as_mut()).is_ready() {
                // Ours by right; the other gets the end.
                drop(rx.clone());
            }
        }
        drop(rx);
        sender.join().unwrap();
        let _ = receiver.join().unwrap();
    });
}

#[test]
fn a_cancelled_receiver_loses_no_message() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        {
            let mut recv = pin!(rx.recv());
            assert!(poll_once(recv.as_mut()).is_pending());
            let other = rx.clone();
            let receiver = thread::spawn(move || block_on(other.recv()));
            let sender = tx.clone();
            let sender = thread::spawn(move || sender.try_send(1).unwrap());
            // Dropped while it is parked first in line, perhaps notified.
            #[allow(clippy::drop_non_drop)]
            drop(recv);
            let _ = (receiver, sender);
        }
    });
}

#[test]
fn a_woken_and_cancelled_receiver_wakes_another() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let mut first = Box::pin(rx.recv());
        assert!(poll_once(first.as_mut()).is_pending());
        let other = rx.clone();
        let receiver = thread::spawn(move || block_on(other.recv()));
        tx.try_send(1).unwrap();
        // `first` was first in line, so it holds the notification unless the other took the message.
        drop(first);
        assert_eq!(receiver.join().unwrap(), Some(1));
    });
}

#[test]
fn a_cancelled_sender_wakes_another() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut first = Box::pin(tx.send(1));
        assert!(poll_once(first.as_mut()).is_pending());
        let other = tx.clone();
        let sender = thread::spawn(move || block_on(other.send(2)).unwrap());
        assert_eq!(rx.try_recv(), Ok(0));
        drop(first);
        assert_eq!(block_on(rx.recv()), Some(2));
        sender.join().unwrap();
    });
}

#[test]
fn an_abandoned_stream_keeps_no_wake() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let other = rx.clone();
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut rx).poll_next(&mut context).is_pending());
        let receiver = thread::spawn(move || block_on(other.recv()));
        tx.try_send(1).unwrap();
        // `rx` is registered, and was notified, and never looks.
        assert_eq!(receiver.join().unwrap(), Some(1));
        drop(rx);
    });
}

#[test]
fn two_streams_share_two_messages() {
    loom::model(|| {
        let (tx, rx) = channel(2);
        let receivers: Vec<_> = [rx.clone(), rx]
            .into_iter()
            .map(|mut rx| thread::spawn(move || block_on(rx.next()).unwrap()))
            .collect();
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let sum: usize = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn a_permit_counts_against_the_capacity() {
    loom::model(|| {
        let (tx, rx) = channel(2);
        let mut reserving = tx.clone();
        let reserver = thread::spawn(move || {
            let reserved = reserve_now(&mut reserving);
            (reserving, reserved)
        });
        let sent = [tx.try_send(1).is_ok(), tx.try_send(2).is_ok()];
        let (reserving, reserved) = reserver.join().unwrap();
        let used = usize::from(sent[0]) + usize::from(sent[1]) + usize::from(reserved);
        assert_eq!(used, 2, "neither too many nor too few");
        assert_eq!(rx.capacity(), 0);
        drop(reserving);
        assert_eq!(rx.capacity(), usize::from(reserved));
    });
}

#[test]
fn a_permit_never_blocks_later_messages() {
    loom::model(|| {
        let (mut tx, rx) = channel(2);
        assert!(reserve_now(&mut tx));
        let other = tx.clone();
        let sender = thread::spawn(move || block_on(other.send(1)).unwrap());
        assert_eq!(block_on(rx.recv()), Some(1));
        sender.join().unwrap();
        Pin::new(&mut tx).start_send(2).unwrap();
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

#[test]
fn released_permit_wakes_sender() {
    loom::model(|| {
        let (tx, rx) = channel(1);
        let mut reserving = tx.clone();
        assert!(reserve_now(&mut reserving));
        let sender = thread::spawn(move || block_on(tx.send(1)).unwrap());
        drop(reserving);
        sender.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

#[test]
fn reserving_waits_like_sending() {
    loom::model(|| {
        let (mut tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || {
            block_on(reserve(&mut tx)).unwrap();
            Pin::new(&mut tx).start_send(2).unwrap();
        });
        assert_eq!(block_on(rx.recv()), Some(1));
        assert_eq!(block_on(rx.recv()), Some(2));
        sender.join().unwrap();
    });
}

#[test]
fn last_permit_ends_a_closed_ring() {
    loom::model(|| {
        let (mut tx, rx) = channel::<usize>(1);
        assert!(reserve_now(&mut tx));
        rx.close();
        let receiver = thread::spawn(move || block_on(rx.recv()));
        drop(tx);
        assert_eq!(receiver.join().unwrap(), None);
    });
}

#[test]
fn last_permit_used_ends_a_closed_ring_for_all() {
    loom::model(|| {
        let (mut tx, rx) = channel(1);
        assert!(reserve_now(&mut tx));
        rx.close();
        let receivers: Vec<_> = [rx.clone(), rx]
            .into_iter()
            .map(|rx| thread::spawn(move || block_on(rx.recv())))
            .collect();
        Pin::new(&mut tx).start_send(1).unwrap();
        let mut received: Vec<_> = receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap())
            .collect();
        received.sort_unstable();
        assert_eq!(received, [None, Some(1)]);
        drop(tx);
    });
}

#[test]
fn a_permit_against_the_last_receiver() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (mut tx, rx) = channel(1);
        assert!(reserve_now(&mut tx));
        let receiver = thread::spawn(move || drop(rx));
        let returned = Pin::new(&mut tx)
            .start_send(Counted(Arc::clone(&drops)))
            .is_err();
        receiver.join().unwrap();
        // Either handed back and dropped here, or in the channel and dropped with its last receiver, not
        // with its last sender.
        let _ = returned;
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(tx);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn last_handles() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(2);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let message = Counted(Arc::clone(&drops));
        let sender = thread::spawn(move || {
            let _ = tx.try_send(message);
        });
        drop(rx);
        sender.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn the_last_of_two_receivers_empties_the_channel() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(1);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let other: Receiver<_> = rx.clone();
        let receiver = thread::spawn(move || drop(other));
        drop(rx);
        receiver.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert!(tx.is_closed());
    });
}

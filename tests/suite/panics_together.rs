//! Checks several panicking destructors in one call: every message is dropped once, the first panic
//! continues, and the process does not abort. Each test runs in a process of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::harness::in_own_process;
use crate::harness::{
    Counted, Drops, Task, panic_message, panicking_waker, panics_as_intended, poll_once,
};

/// Creates a channel with `count` messages whose destructors all panic.
fn of_bombs(drops: &Drops, count: usize) -> (Sender<Counted>, Receiver<Counted>) {
    let (tx, rx) = channel(count);
    for _ in 0..count {
        tx.try_send(drops.bomb()).unwrap();
    }
    (tx, rx)
}

#[test]
fn the_last_receiver_drops_all_messages() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, rx) = of_bombs(&drops, 4);
        rx.close();
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1; 4], "while the sender exists");
        assert!(tx.is_empty());
    });
}

#[test]
fn the_last_receiver_drops_all_messages_while_its_thread_unwinds() {
    in_own_process(|| {
        let drops = Drops::default();
        let (_tx, rx) = of_bombs(&drops, 3);
        let message = panic_message(|| {
            let _rx = rx;
            panic!("the first");
        });
        assert_eq!(message, "the first");
        assert_eq!(drops.of_each(), [1; 3]);
    });
}

#[test]
fn the_last_receiver_drops_all_messages_though_a_senders_waker_panics() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, rx) = of_bombs(&drops, 3);
        let mut send = Box::pin(tx.send(drops.message()));
        let waker = panicking_waker::in_wake();
        let poll = send.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1, 1, 1, 0]);
        drop(send);
        assert_eq!(drops.of_each(), [1; 4]);
    });
}

#[test]
fn a_queue_drops_all_messages() {
    in_own_process(|| {
        let drops = Drops::default();
        let queue = Arc::new(MpmcQueue::new(4));
        let producer = Producer::new(Arc::clone(&queue));
        for _ in 0..4 {
            producer.send(drops.bomb()).unwrap();
        }
        let consumer = Consumer::new(queue);
        drop(producer);
        panics_as_intended(|| drop(consumer));
        assert_eq!(drops.of_each(), [1; 4]);
    });
}

/// The messages of a batch are on the stack when the iterator panics.
#[test]
fn a_batch_drops_what_it_has_collected() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, rx) = channel(8);
        let items = (0..8).map(|number| {
            assert_ne!(number, 5, "the iterator");
            drops.bomb()
        });
        let message = panic_message(|| {
            let _ = tx.try_send_many(items);
        });
        assert!(message.contains("the iterator"), "{message}");
        assert_eq!(drops.of_each(), [1; 5]);
        assert_eq!((rx.len(), tx.capacity()), (0, 8));
    });
}

/// The iterator owns the messages that were not sent. The channel holds none of them.
#[test]
fn a_cancelled_batch_does_not_change_the_channel() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, rx) = channel(1);
        let mut made = 0;
        let items = std::iter::repeat_with(|| {
            made += 1;
            drops.bomb()
        });
        assert!(poll_once(tx.send_many(items.take(3))).is_pending());
        assert_eq!((made, drops.total()), (1, 0));
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1]);
    });
}

#[test]
fn a_cancelled_recv_many_drops_no_message() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, rx) = channel(4);
        let mut buffer = Vec::new();
        let receive = Task::parked(rx.recv_many(&mut buffer, 4));
        for _ in 0..3 {
            tx.try_send(drops.bomb()).unwrap();
        }
        assert!(receive.is_woken());
        drop(receive);
        assert_eq!((drops.total(), rx.len(), buffer.len()), (0, 3, 0));
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1; 3]);
    });
}

#[test]
fn messages_that_panic_one_after_the_other_come_out_one_after_the_other() {
    in_own_process(|| {
        let drops = Drops::default();
        let (tx, mut rx) = of_bombs(&drops, 4);
        panics_as_intended(|| drop(rx.try_recv()));
        panics_as_intended(|| rx.drain().for_each(drop));
        let mut context = Context::from_waker(std::task::Waker::noop());
        panics_as_intended(|| match Pin::new(&mut rx).poll_next(&mut context) {
            Poll::Ready(message) => drop(message),
            Poll::Pending => unreachable!("there are two"),
        });
        assert_eq!((drops.of_each(), rx.len()), (vec![1, 1, 1, 0], 1));
        tx.try_send(drops.bomb()).unwrap();
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1; 5]);
    });
}

/// All wakers are called, although each of them panics.
#[test]
fn panicking_wakers_lose_no_wakeup() {
    in_own_process(|| {
        let (tx, rx) = channel::<u8>(1);
        let waker = panicking_waker::in_wake();
        let mut panicking = [rx.recv(), rx.recv(), rx.recv()].map(Box::pin);
        for future in &mut panicking {
            let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
        }
        let last = Task::parked(rx.recv());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(tx))).is_err());
        assert!(last.is_woken());
        assert_eq!(last.finish(), None);
    });
}

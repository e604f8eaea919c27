//! Checks panics of destructors and wakers: every message is still dropped exactly once, a dropped
//! handle is still uncounted, and the channel remains usable.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use futures::{Sink, Stream};
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Sender, channel};

use crate::harness::in_own_process;
use crate::harness::{Drops, Task, panicking_waker, panics_as_intended, poll_once, reserve};

/// A future whose waker panics in `wake`. It is leaked if a test has already failed, because a
/// second panic would abort the process.
struct Parked<F>(ManuallyDrop<Pin<Box<F>>>);

impl<F: Future> Parked<F> {
    fn new(future: F) -> Self {
        let mut future = Box::pin(future);
        let waker = panicking_waker::in_wake();
        let poll = future.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        Self(ManuallyDrop::new(future))
    }

    fn cancel(self) {
        let future = ManuallyDrop::into_inner(self.0);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

#[test]
fn the_last_receiver_empties_the_channel_though_one_destructor_panics() {
    for bomb in 0..4 {
        let drops = Drops::default();
        let (tx, rx) = channel(4);
        for number in 0..4 {
            let message = if number == bomb {
                drops.bomb()
            } else {
                drops.message()
            };
            tx.try_send(message).unwrap();
        }
        panics_as_intended(|| drop(rx));
        assert_eq!(drops.of_each(), [1; 4], "while the sender exists");
        assert!(tx.is_closed() && tx.is_empty());
        drop(tx);
        assert_eq!(drops.of_each(), [1; 4]);
    }
}

#[test]
fn a_cancelled_send_forwards_its_wakeup_though_its_message_panics() {
    let drops = Drops::default();
    let (tx, rx) = channel(1);
    tx.try_send(drops.message()).unwrap();
    let first = Task::parked(tx.send(drops.bomb()));
    let second = Task::parked(tx.send(drops.message()));
    drop(rx.try_recv());
    assert!(first.is_woken());
    panics_as_intended(|| drop(first));
    assert!(second.is_woken());
    second.finish().unwrap();
    drop(rx.try_recv());
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn a_message_is_sent_once_though_the_receivers_waker_panics() {
    let drops = Drops::default();
    let (tx, rx) = channel(2);
    let parked = Parked::new(rx.recv());
    panics_as_intended(|| tx.try_send(drops.message()).unwrap());
    assert_eq!((rx.len(), drops.total()), (1, 0));

    tx.try_send(drops.message()).unwrap();
    assert!(matches!(
        tx.try_send(drops.message()),
        Err(TrySendError::Full(_))
    ));
    let numbers = [(); 2].map(|()| rx.try_recv().unwrap().number);
    assert_eq!(numbers, [0, 1]);
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    parked.cancel();
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn a_message_is_dropped_once_and_the_rest_stays_though_the_senders_waker_panics() {
    let drops = Drops::default();
    let (tx, rx) = channel(2);
    tx.try_send(drops.message()).unwrap();
    tx.try_send(drops.message()).unwrap();
    let parked = Parked::new(tx.send(drops.message()));
    // The message leaves the channel before the waker is called, so the panic drops it.
    panics_as_intended(|| drop(rx.try_recv()));
    assert_eq!(drops.of_each(), [1, 0, 0]);

    tx.try_send(drops.message()).unwrap();
    let numbers = [(); 2].map(|()| rx.try_recv().unwrap().number);
    assert_eq!(numbers, [1, 3]);
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    parked.cancel();
    assert_eq!(drops.of_each(), [1; 4]);
}

#[test]
fn a_channel_closes_and_drains_though_a_waker_panics() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let parked = Parked::new(tx.send(2));
    panics_as_intended(|| rx.close());
    assert!(tx.is_closed());
    assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    parked.cancel();
}

#[test]
fn the_last_receiver_empties_the_channel_though_a_senders_waker_panics() {
    let drops = Drops::default();
    let (tx, rx) = channel(2);
    tx.try_send(drops.message()).unwrap();
    tx.try_send(drops.message()).unwrap();
    let parked = Parked::new(tx.send(drops.message()));
    panics_as_intended(|| drop(rx));
    assert_eq!(drops.of_each(), [1, 1, 0], "while the sender exists");
    parked.cancel();
    assert_eq!(drops.of_each(), [1; 3]);
}

#[test]
fn a_handle_dropped_when_ready_is_uncounted_though_a_waker_panics() {
    let (tx, rx) = channel::<u8>(1);
    let mut ready = tx.clone();
    reserve(&mut ready);
    let parked = Parked::new(tx.send(1));
    panics_as_intended(|| drop(ready));
    assert_eq!((rx.sender_strong_count(), rx.capacity()), (1, 1));
    parked.cancel();
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn handles_are_uncounted_though_the_destructor_of_their_waker_panics() {
    let waker = panicking_waker::in_drop();
    let mut context = Context::from_waker(&waker);

    let (tx, mut rx) = channel::<u8>(1);
    assert!(Pin::new(&mut rx).poll_next(&mut context).is_pending());
    panics_as_intended(|| drop(rx));
    assert!(tx.is_closed());

    let (mut tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    assert!(Pin::new(&mut tx).poll_ready(&mut context).is_pending());
    panics_as_intended(|| drop(tx));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

/// The last receiver is dropped while a batch is being sent. The sender must then drop its
/// messages.
#[test]
fn messages_of_a_panicking_iterator_do_not_outlive_the_last_receiver() {
    // The message is large, so that buffers of four messages are sent.
    type Large = (crate::harness::Counted, [u8; 128]);
    let drops = Drops::default();
    let (tx, rx) = channel::<Large>(8);
    let mut rx = Some(rx);
    let items = (0..8).map(|number| {
        assert_ne!(number, 6, "intended by the test");
        drop(rx.take());
        (drops.message(), [0; 128])
    });
    assert!(catch_unwind(AssertUnwindSafe(|| drop(tx.try_send_many(items)))).is_err());
    assert_eq!(drops.of_each(), [1; 6], "while the sender exists");
    assert_eq!((tx.len(), tx.stats().permits), (0, 0));
}

fn poll_with_a_panicking_clone(poll: impl FnOnce(&mut Context<'_>)) {
    let waker: Waker = panicking_waker::in_clone();
    panics_as_intended(|| poll(&mut Context::from_waker(&waker)));
}

#[test]
fn a_waker_that_panics_in_clone_affects_only_its_own_future() {
    in_own_process(|| {
        let (tx, rx) = channel(1);
        poll_with_a_panicking_clone(|context| assert!(pin!(rx.recv()).poll(context).is_ready()));
        let receiver = Task::parked(rx.recv());
        tx.try_send(1).unwrap();
        assert!(receiver.is_woken());
        poll_with_a_panicking_clone(|context| assert!(pin!(tx.send(2)).poll(context).is_ready()));
        let sender = Task::parked(tx.send(3));
        assert_eq!(receiver.finish(), Some(1));
        assert!(sender.is_woken());
        sender.finish().unwrap();
        assert_eq!(poll_once(rx.recv()), Some(3).into());
    });
}

#[test]
fn a_waker_that_panics_in_clone_affects_only_its_own_handle() {
    in_own_process(|| {
        let (tx, rx) = channel(1);
        let (mut sink, mut stream) = (tx.clone(), rx.clone());
        poll_with_a_panicking_clone(|context| {
            assert!(Pin::new(&mut stream).poll_next(context).is_ready());
        });
        drop(stream);
        let receiver = Task::parked(rx.recv());
        tx.try_send(1).unwrap();
        assert!(receiver.is_woken());
        poll_with_a_panicking_clone(|context| {
            assert!(Pin::new(&mut sink).poll_ready(context).is_ready());
        });
        drop(sink);
        let sender = Task::parked(tx.send(2));
        assert_eq!(receiver.finish(), Some(1));
        assert!(sender.is_woken());
    });
}

/// A task that was not woken reserves a slot, and its waker panics when its registration ends.
#[test]
fn capacity_that_a_panicking_poll_has_reserved_is_given_back() {
    fn check<F: Future>(reserve: impl FnOnce(Sender<u8>) -> F) {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let woken = Task::parked(tx.send(1));
        let mut reserving = Box::pin(reserve(tx.clone()));
        let waker = panicking_waker::in_drop();
        let parked = reserving.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(parked.is_pending());

        rx.try_recv().unwrap();
        assert!(woken.is_woken());
        let mut context = Context::from_waker(Waker::noop());
        panics_as_intended(|| drop(reserving.as_mut().poll(&mut context)));
        drop(reserving);
        assert_eq!(tx.capacity(), 1);
        woken.finish().unwrap();
    }

    check(|tx| async move { tx.reserve().await.is_ok() });
    check(|tx| async move { tx.reserve_owned().await.is_ok() });
    check(|tx| async move { tx.send_many([2]).await.is_ok() });
}

//! Wakers that use the channel from inside `wake`, and wakers that panic when they are cloned.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures::Stream;
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::in_own_process;
use crate::harness::{Task, panicking_waker, panics_as_intended, within_limit};

/// A waker that calls a function.
struct Calling<F>(F);

impl<F: Fn() + Send + Sync + 'static> Wake for Calling<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

fn calling(function: impl Fn() + Send + Sync + 'static) -> Waker {
    Waker::from(Arc::new(Calling(function)))
}

/// Something that is taken or dropped from inside a waker.
type Shared<T> = Arc<Mutex<Option<T>>>;

fn shared<T>(value: T) -> Shared<T> {
    Arc::new(Mutex::new(Some(value)))
}

fn take<T>(shared: &Shared<T>) -> Option<T> {
    shared.lock().unwrap().take()
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

fn receiving(rx: &Receiver<u8>) -> Waiting {
    let rx = rx.clone();
    Box::pin(async move {
        rx.recv().await;
    })
}

fn sending(tx: &Sender<u8>, message: u8) -> Waiting {
    let tx = tx.clone();
    Box::pin(async move {
        let _ = tx.send(message).await;
    })
}

#[track_caller]
fn park(waiting: &mut Waiting, waker: &Waker) {
    let poll = waiting.as_mut().poll(&mut Context::from_waker(waker));
    assert!(poll.is_pending());
}

#[test]
fn the_first_that_waits_may_be_polled_from_its_own_waker() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let waiting = shared(receiving(&rx));
        let to_poll = Arc::clone(&waiting);
        let waker = calling(move || {
            let mut waiting = take(&to_poll).unwrap();
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_ready());
        });
        let mut parked = take(&waiting).unwrap();
        park(&mut parked, &waker);
        *waiting.lock().unwrap() = Some(parked);
        tx.try_send(1).unwrap();
        assert!(waiting.lock().unwrap().is_none(), "polled and done");
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn the_first_wakers_waker_may_use_the_channel_and_drop_others_that_wait() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let other = shared(receiving(&rx));
        let to_drop = Arc::clone(&other);
        let (sender, receiver) = (tx.clone(), rx.clone());
        let waker = calling(move || {
            // Waits on the list behind the first.
            drop(take(&to_drop));
            assert_eq!(receiver.try_recv(), Ok(1));
            sender.try_send(2).unwrap();
            assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
        });
        let mut first = receiving(&rx);
        park(&mut first, &waker);
        park(other.lock().unwrap().as_mut().unwrap(), Waker::noop());
        tx.try_send(1).unwrap();
        assert!(other.lock().unwrap().is_none());
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn a_waker_may_drop_the_last_receiver() {
    within_limit(|| {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let permit = tx.try_reserve().unwrap();
        let rx = shared(rx);
        let to_drop = Arc::clone(&rx);
        let mut first = sending(&tx, 2);
        park(&mut first, &calling(move || drop(take(&to_drop))));
        drop(permit);
        assert!(rx.lock().unwrap().is_none());
        assert!(tx.is_closed() && tx.is_empty());
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_ready());
    });
}

#[test]
fn a_waker_may_drop_the_last_sender() {
    within_limit(|| {
        let (tx, rx) = channel(2);
        let weak = tx.downgrade();
        let tx = shared(tx);
        let to_drop = Arc::clone(&tx);
        let mut first = receiving(&rx);
        park(&mut first, &calling(move || drop(take(&to_drop))));
        weak.upgrade().unwrap().try_send(1).unwrap();
        assert!(rx.is_closed());
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_ready());
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn a_polled_handles_waker_may_poll_its_handle_and_drop_another() {
    within_limit(|| {
        let (tx, rx) = channel(2);
        let poll = |rx: &mut Receiver<u8>, waker: &Waker| {
            Pin::new(rx).poll_next(&mut Context::from_waker(waker))
        };
        let (stream, other) = (shared(rx.clone()), shared(rx.clone()));
        let (to_poll, to_drop) = (Arc::clone(&stream), Arc::clone(&other));
        let waker = calling(move || {
            drop(take(&to_drop));
            let mut stream = take(&to_poll).unwrap();
            assert_eq!(poll(&mut stream, Waker::noop()), Poll::Ready(Some(1)));
        });
        assert!(poll(stream.lock().unwrap().as_mut().unwrap(), &waker).is_pending());
        assert!(poll(other.lock().unwrap().as_mut().unwrap(), Waker::noop()).is_pending());
        tx.try_send(1).unwrap();
        assert_eq!(rx.strong_count(), 1);
    });
}

#[test]
fn a_waker_that_hears_of_the_close_may_drop_others_that_wait_for_it() {
    within_limit(|| {
        let (tx, rx) = channel::<u8>(1);
        let closed = |tx: &Sender<u8>| -> Waiting {
            let tx = tx.clone();
            Box::pin(async move { tx.closed().await })
        };
        let other = shared(closed(&tx));
        let to_drop = Arc::clone(&other);
        let mut first = closed(&tx);
        park(&mut first, &calling(move || drop(take(&to_drop))));
        park(other.lock().unwrap().as_mut().unwrap(), Waker::noop());
        drop(rx);
        assert!(other.lock().unwrap().is_none());
    });
}

#[test]
fn the_second_waiters_waker_may_drop_others_that_wait() {
    within_limit(|| {
        let (tx, rx) = channel(2);
        let third = shared(receiving(&rx));
        let to_drop = Arc::clone(&third);
        let (mut first, mut second) = (receiving(&rx), receiving(&rx));
        park(&mut first, Waker::noop());
        park(&mut second, &calling(move || drop(take(&to_drop))));
        park(third.lock().unwrap().as_mut().unwrap(), Waker::noop());
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        assert!(third.lock().unwrap().is_none());
    });
}

/// The first in line is in `tests/suite/panics.rs`; this is one behind it.
#[test]
fn a_waker_behind_the_first_that_panics_in_clone_harms_only_its_own_future() {
    in_own_process(|| {
        let (tx, rx) = channel(2);
        let first = Task::parked(rx.recv());
        let waker = panicking_waker::in_clone();
        panics_as_intended(|| {
            let _ = receiving(&rx)
                .as_mut()
                .poll(&mut Context::from_waker(&waker));
        });
        let others = [(); 2].map(|()| Task::parked(rx.recv()));
        tx.try_send(0).unwrap();
        assert_eq!(first.finish(), Some(0));
        for (number, task) in (1..).zip(others) {
            tx.try_send(number).unwrap();
            assert!(task.is_woken());
            assert_eq!(task.finish(), Some(number));
        }
    });
}

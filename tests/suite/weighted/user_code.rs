//! Wakers, destructors and `Weight::weight` that panic or use the channel.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use mpmc_std::error::TryRecvError;
use mpmc_std::weighted::{Receiver, SendError, Sender, TrySendError, Weight, channel};

use super::{Message, assert_contents, send, try_send};
use crate::harness::{
    Counted, Drops, EventWaker, Task, WakerEvent, panicking_waker, panics_as_intended, poll_once,
    within_limit,
};

/// A message whose `weight` panics.
#[derive(Debug)]
struct Unweighable(#[expect(dead_code, reason = "counts drops")] Counted);

impl Weight for Unweighable {
    fn weight(&self) -> usize {
        panic!("intended by the test")
    }
}

#[test]
fn a_message_whose_weight_panics_is_not_sent() {
    let (tx, rx) = channel(1, 10);
    let drops = Drops::default();
    let message = || Unweighable(drops.message());
    panics_as_intended(|| drop(tx.send(message())));
    panics_as_intended(|| drop(tx.try_send(message())));
    panics_as_intended(|| drop(tx.blocking_send(message())));
    let permit = tx.try_reserve(3).unwrap();
    panics_as_intended(|| drop(permit.send(message())));
    assert_eq!(drops.of_each(), [1; 4]);
    assert_eq!((tx.len(), tx.weight(), tx.capacity()), (0, 0, 1));
    assert!(rx.try_recv().is_err());
}

/// `Weight::weight` may use the same channel.
#[test]
fn weight_may_use_the_channel() {
    struct Sending(Sender<Sending>);
    impl Weight for Sending {
        fn weight(&self) -> usize {
            drop(self.0.try_reserve(10).unwrap());
            4
        }
    }
    let (tx, rx) = channel(4, 10);
    assert!(tx.try_send(Sending(tx.clone())).is_ok());
    assert_eq!(tx.weight(), 4);
    drop(rx);
    assert_eq!(tx.weight(), 0);
}

type Boxed = Pin<Box<dyn Future<Output = Result<(), SendError<Message>>> + Send>>;

/// A future that a hook can poll and drop.
#[derive(Clone)]
struct Shared(Arc<Mutex<Option<Boxed>>>);

impl Shared {
    fn new(tx: &Sender<Message>, weight: usize) -> Self {
        let tx = tx.clone();
        let future: Boxed = Box::pin(async move { tx.send_with_weight(weight, weight).await });
        Self(Arc::new(Mutex::new(Some(future))))
    }

    fn poll(&self, waker: &Waker) -> Poll<Result<(), SendError<Message>>> {
        let mut future = self.0.lock().unwrap().take().expect("not dropped");
        let polled = future.as_mut().poll(&mut Context::from_waker(waker));
        *self.0.lock().unwrap() = Some(future);
        polled
    }

    fn drop_it(&self) {
        let future = self.0.lock().unwrap().take();
        drop(future);
    }
}

/// A message of weight 4 is received while three senders wait, with weights 2, 2 and 1. The waker
/// of the first one runs the action. The table has the messages that are in the channel after that,
/// and after the two woken senders are polled, if they still exist.
#[test]
fn wakers_may_use_the_channel() {
    type Action = fn(&Sender<Message>, &Receiver<Message>, &Shared, &Shared);
    let actions: [(Action, &[Message]); 7] = [
        (|_, _, own, _| own.drop_it(), &[2, 1]),
        (|_, _, _, next| next.drop_it(), &[2, 1]),
        (
            |_, _, own, _| assert!(own.poll(Waker::noop()).is_ready()),
            &[2, 2],
        ),
        (|tx, _, _, _| assert!(tx.close_channel()), &[]),
        (
            |tx, _, _, _| assert_eq!(try_send(tx, 1), Err(TrySendError::Full(1))),
            &[2, 2],
        ),
        (
            |_, rx, _, _| assert_eq!(rx.try_recv(), Err(TryRecvError::Empty)),
            &[2, 2],
        ),
        (
            |tx, _, _, _| assert!(poll_once(tx.reserve(4)).is_pending()),
            &[2, 2],
        ),
    ];
    for (index, (action, expected)) in actions.into_iter().enumerate() {
        within_limit(move || {
            let (tx, rx) = channel(8, 4);
            try_send(&tx, 4).unwrap();
            let own = Shared::new(&tx, 2);
            let next = Shared::new(&tx, 2);
            let last = Shared::new(&tx, 1);
            let hook = {
                let (tx, rx, own, next) = (tx.clone(), rx.clone(), own.clone(), next.clone());
                EventWaker::with_hook(WakerEvent::Wake, move || action(&tx, &rx, &own, &next))
            };
            assert!(own.poll(&hook).is_pending());
            drop(hook);
            assert!(next.poll(Waker::noop()).is_pending());
            assert!(last.poll(Waker::noop()).is_pending());
            assert_eq!(rx.try_recv(), Ok(4));
            for future in [&own, &next, &last] {
                let is_there = future.0.lock().unwrap().is_some();
                let is_done = index == 2 && Arc::ptr_eq(&future.0, &own.0);
                if is_there && !is_done {
                    let _ = future.poll(Waker::noop());
                }
                future.drop_it();
            }
            let mut received = Vec::new();
            while let Ok(message) = rx.try_recv() {
                received.push(message);
            }
            assert_eq!(received, expected, "action {index}");
            assert_contents(&tx, &[]);
        });
    }
}

/// The panic loses a message, but no weight and no wake.
#[test]
fn a_waker_that_panics_loses_no_weight() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let mut panicking = Box::pin(send(&tx, 1));
    let waker = panicking_waker::in_wake();
    assert!(
        panicking
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let next = Task::parked(send(&tx, 1));
    panics_as_intended(|| assert!(rx.try_recv().is_err()));
    assert!(next.is_woken());
    assert_eq!(tx.weight(), 2, "weight granted to both senders");
    drop(panicking);
    next.finish().unwrap();
    assert_contents(&tx, &[1]);
}

#[test]
fn a_waker_that_panics_for_a_slot_loses_no_weight() {
    let (tx, rx) = channel(1, 4);
    try_send(&tx, 1).unwrap();
    let mut panicking = Box::pin(send(&tx, 1));
    let waker = panicking_waker::in_wake();
    assert!(
        panicking
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    panics_as_intended(|| assert!(rx.try_recv().is_err()));
    drop(panicking);
    assert_contents(&tx, &[]);
}

#[test]
fn wakers_that_panic_when_cloned_or_dropped_lose_no_weight() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let mut future = Box::pin(send(&tx, 1));
    let in_clone = panicking_waker::in_clone();
    panics_as_intended(|| {
        let _ = future.as_mut().poll(&mut Context::from_waker(&in_clone));
    });
    drop(future);

    // Not an `async fn`, which would be completed by a panic.
    let mut first = Box::pin(tx.send_with_weight(1, 1));
    let in_drop = panicking_waker::in_drop();
    let mut context = Context::from_waker(&in_drop);
    assert!(first.as_mut().poll(&mut context).is_pending());
    let second = Task::parked(send(&tx, 4));
    // The wait continues with the new waker.
    panics_as_intended(|| {
        let _ = first.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    });
    assert_eq!(rx.try_recv(), Ok(4));
    assert_eq!(tx.weight(), 1);
    assert!(!second.is_woken());
    drop(first);
    second.finish().unwrap();
    assert_contents(&tx, &[4]);
}

/// The weight of a discarded message is released before its destructor runs.
#[test]
fn destructors_may_use_the_channel() {
    struct Looks(Sender<Looks>, Arc<AtomicUsize>);
    impl Drop for Looks {
        fn drop(&mut self) {
            self.1.fetch_add(self.0.weight(), Ordering::Relaxed);
            assert!(self.0.try_reserve(1).is_err(), "closed");
        }
    }
    let (tx, rx) = channel(2, 10);
    let seen = Arc::new(AtomicUsize::new(0));
    for weight in [3, 4] {
        let message = Looks(tx.clone(), Arc::clone(&seen));
        assert!(tx.try_send_with_weight(message, weight).is_ok());
    }
    drop(rx);
    assert_eq!(seen.load(Ordering::Relaxed), 4, "4 and then 0");
}

//! Checks the channel bounded by weight: its exact bounds, its order of senders and cancel safety.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use crate::support::{
    Drops, PseudoRandom, Task, panic_message, panicking_waker, panics_as_wanted, poll_once, soon,
    within_limit,
};
use futures::StreamExt;
use mpmc_std::error::TryRecvError;
use mpmc_std::weighted::{
    self, Permit, Receiver, SendError, Sender, TooHeavyError, TrySendError, Weight, channel,
};
use proptest::prelude::*;

type Message = usize;

/// Sends a message whose value is its weight.
async fn send(tx: &Sender<Message>, weight: usize) -> Result<(), SendError<Message>> {
    tx.send_with_weight(weight, weight).await
}

fn try_send(tx: &Sender<Message>, weight: usize) -> Result<(), TrySendError<Message>> {
    tx.try_send_with_weight(weight, weight)
}

/// Asserts that the channel holds exactly the weights of these messages.
#[track_caller]
fn assert_contents(tx: &Sender<Message>, messages: &[Message]) {
    assert_eq!(tx.len(), messages.len());
    assert_eq!(tx.capacity(), tx.max_capacity() - messages.len());
    let weight = messages.iter().sum::<usize>();
    assert_eq!(tx.weight(), weight);
    assert_eq!(tx.available_weight(), tx.max_weight() - weight);
}

#[test]
fn weight_and_count_are_bounds() {
    let (tx, rx) = channel(3, 10);
    try_send(&tx, 6).unwrap();
    assert_eq!(try_send(&tx, 5), Err(TrySendError::Full(5)));
    assert_contents(&tx, &[6]);
    try_send(&tx, 4).unwrap();
    assert_eq!(try_send(&tx, 1), Err(TrySendError::Full(1)));
    // A send without a slot uses no weight.
    try_send(&tx, 0).unwrap();
    assert_eq!(rx.try_recv(), Ok(6));
    try_send(&tx, 1).unwrap();
    assert_eq!(try_send(&tx, 1), Err(TrySendError::Full(1)), "by count");
    assert_contents(&tx, &[4, 0, 1]);
    assert_eq!(
        [rx.try_recv(), rx.try_recv(), rx.try_recv()],
        [Ok(4), Ok(0), Ok(1)]
    );
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_contents(&tx, &[]);
}

#[test]
fn the_weight_of_bytes_is_their_length() {
    let mut long = Vec::with_capacity(100);
    long.extend_from_slice(b"abc");
    assert_eq!(long.weight(), 3);
    assert_eq!("abc".to_string().weight(), 3);
    assert_eq!("abc".weight(), 3);
    assert_eq!(b"abc".weight(), 3);
    assert_eq!(b"abc"[..].weight(), 3);
    assert_eq!(Weight::weight(&&b"abc"[..]), 3);
    assert_eq!(Box::<[u8]>::from(&b"abc"[..]).weight(), 3);
    assert_eq!(Box::<str>::from("abc").weight(), 3);
    assert_eq!(Arc::<[u8]>::from(&b"abc"[..]).weight(), 3);
    assert_eq!(std::rc::Rc::<str>::from("abc").weight(), 3);
    assert_eq!(Cow::Borrowed("abc").weight(), 3);
    assert_eq!(Cow::<[u8]>::Owned(vec![1, 2, 3]).weight(), 3);
}

#[test]
fn impossible_channels_panic() {
    let none = panic_message(|| drop(channel::<u8>(1, 0)));
    assert!(none.contains("maximum weight 0"), "{none}");
    let most = panic_message(|| drop(channel::<u8>(1, usize::MAX / 2 + 1)));
    assert!(most.contains("usize::MAX / 2"), "{most}");
    assert!(panic_message(|| drop(channel::<u8>(0, 1))).contains("capacity"));
    let (tx, _rx) = channel(2, usize::MAX / 2);
    try_send(&tx, usize::MAX / 2).unwrap();
    assert_eq!(tx.available_weight(), 0);
}

#[test]
fn a_message_above_the_maximum_weight_fails_at_once() {
    let (tx, rx) = channel(2, 10);
    for weight in [11, usize::MAX] {
        for _ in ["open", "closed"] {
            assert_eq!(
                poll_once(send(&tx, weight)),
                Poll::Ready(Err(SendError::TooHeavy(weight)))
            );
            assert_eq!(try_send(&tx, weight), Err(TrySendError::TooHeavy(weight)));
            let reserved = poll_once(tx.reserve(weight)).map(Result::err);
            assert_eq!(reserved, Poll::Ready(Some(SendError::TooHeavy(()))));
            assert_eq!(
                tx.try_reserve(weight).unwrap_err(),
                TrySendError::TooHeavy(())
            );
            assert_eq!(
                tx.blocking_send_with_weight(weight, weight),
                Err(SendError::TooHeavy(weight))
            );
            rx.close();
        }
    }
    assert_contents(&tx, &[]);
}

#[test]
fn error_texts_describe_the_failure() {
    assert_eq!(SendError::Closed(1).to_string(), "channel closed");
    assert_eq!(
        SendError::TooHeavy(1).to_string(),
        "message heavier than the channel's maximum weight"
    );
    assert_eq!(TrySendError::Full(1).to_string(), "no available capacity");
    assert_eq!(format!("{:?}", TrySendError::Full(1)), "Full(..)");
    assert_eq!(
        TrySendError::from(SendError::TooHeavy(1)),
        TrySendError::TooHeavy(1)
    );
    assert_eq!(
        TrySendError::from(SendError::Closed(1)),
        TrySendError::Closed(1)
    );
}

#[test]
fn a_heavy_message_is_not_overtaken() {
    let (tx, rx) = channel(8, 10);
    try_send(&tx, 4).unwrap();
    try_send(&tx, 4).unwrap();
    let heavy = Task::parked(send(&tx, 8));
    let light = Task::parked(send(&tx, 1));
    assert_eq!(tx.available_weight(), 2);
    for weight in [0, 1, 2] {
        assert_eq!(try_send(&tx, weight), Err(TrySendError::Full(weight)));
        assert!(tx.try_reserve(weight).is_err());
    }
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(
        !heavy.is_woken() && !light.is_woken(),
        "a weight of 6 is not enough"
    );
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(heavy.is_woken() && light.is_woken());
    heavy.finish().unwrap();
    light.finish().unwrap();
    assert_contents(&tx, &[8, 1]);
    // No sender waits any more.
    try_send(&tx, 1).unwrap();
}

#[test]
fn weightless_messages_keep_their_order() {
    let (tx, rx) = channel(8, 1);
    try_send(&tx, 1).unwrap();
    let first = Task::parked(send(&tx, 1));
    let weightless = Task::parked(send(&tx, 0));
    assert!(!weightless.is_woken());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(first.is_woken() && weightless.is_woken());
    first.finish().unwrap();
    weightless.finish().unwrap();
    assert_contents(&tx, &[1, 0]);
}

#[test]
fn one_receive_wakes_all_senders_that_fit() {
    // There are more waiters than are woken during one hold of the lock.
    const WAITERS: usize = 40;
    let (tx, rx) = channel(2 * WAITERS, WAITERS);
    try_send(&tx, WAITERS).unwrap();
    let waiting: Vec<_> = (0..=WAITERS).map(|_| Task::parked(send(&tx, 1))).collect();
    assert_eq!(rx.try_recv(), Ok(WAITERS));
    let woken = waiting.iter().filter(|task| task.is_woken()).count();
    assert_eq!(woken, WAITERS);
    assert!(!waiting[WAITERS].is_woken());
    assert_eq!(tx.weight(), WAITERS, "granted");
    // No waiter is polled. Each of them forwards the weight that it was granted.
    drop(waiting);
    assert_contents(&tx, &[]);
}

#[test]
fn a_dropped_granted_sender_forwards_its_weight() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let dropped = Task::parked(send(&tx, 4));
    let next = [1, 3, 1].map(|weight| Task::parked(send(&tx, weight)));
    assert_eq!(rx.try_recv(), Ok(4));
    assert!(dropped.is_woken() && !next[0].is_woken());
    drop(dropped);
    assert_eq!(next.each_ref().map(Task::is_woken), [true, true, false]);
    let [one, three, last] = next;
    one.finish().unwrap();
    three.finish().unwrap();
    assert_contents(&tx, &[1, 3]);
    drop(last);
    assert_contents(&tx, &[1, 3]);
}

#[test]
fn a_dropped_heavy_sender_lets_lighter_ones_send() {
    let (tx, _rx) = channel(8, 4);
    try_send(&tx, 2).unwrap();
    let heavy = Task::parked(send(&tx, 3));
    let light = Task::parked(send(&tx, 2));
    drop(heavy);
    light.finish().unwrap();
    assert_contents(&tx, &[2, 2]);
}

#[test]
fn dropping_a_queued_sender_behind_the_first_has_no_effect() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let first = Task::parked(send(&tx, 3));
    let second = Task::parked(send(&tx, 1));
    let third = Task::parked(send(&tx, 1));
    drop(second);
    assert!(!first.is_woken() && !third.is_woken());
    assert_eq!(rx.try_recv(), Ok(4));
    first.finish().unwrap();
    third.finish().unwrap();
}

#[test]
fn a_sender_that_waits_for_a_slot_holds_its_weight() {
    let (tx, rx) = channel(1, 10);
    try_send(&tx, 2).unwrap();
    let waiting = Task::parked(send(&tx, 5));
    assert_eq!((tx.len(), tx.weight()), (1, 7));
    let dropped = Task::parked(send(&tx, 3));
    assert_eq!(tx.weight(), 10);
    drop(dropped);
    assert_eq!(tx.weight(), 7);
    assert_eq!(rx.try_recv(), Ok(2));
    waiting.finish().unwrap();
    assert_contents(&tx, &[5]);
}

#[test]
fn closing_ends_all_waits() {
    for close in [
        |tx: &Sender<Message>, _: &Receiver<Message>| assert!(tx.close_channel()),
        |_: &Sender<Message>, rx: &Receiver<Message>| rx.close(),
    ] {
        let (tx, rx) = channel(2, 10);
        try_send(&tx, 4).unwrap();
        try_send(&tx, 1).unwrap();
        let for_slot = Task::parked(send(&tx, 3));
        let for_weight = Task::parked(send(&tx, 5));
        let reserving = Task::parked(tx.reserve(5));
        let mut closed = Task::parked(tx.closed());
        close(&tx, &rx);
        assert!(for_slot.is_woken() && for_weight.is_woken() && reserving.is_woken());
        assert!(closed.poll().is_ready());
        assert_eq!(for_slot.finish(), Err(SendError::Closed(3)));
        assert_eq!(for_weight.finish(), Err(SendError::Closed(5)));
        assert_eq!(reserving.finish().unwrap_err(), SendError::Closed(()));
        assert!(!tx.close_channel());

        // The sends fail, with and without enough weight.
        for weight in [1, 9] {
            assert_eq!(try_send(&tx, weight), Err(TrySendError::Closed(weight)));
            assert_eq!(
                tx.try_reserve(weight).unwrap_err(),
                TrySendError::Closed(())
            );
            let sent = Task::new(send(&tx, weight)).finish();
            assert_eq!(sent, Err(SendError::Closed(weight)));
            let sent = tx.blocking_send_with_weight(weight, weight);
            assert_eq!(sent, Err(SendError::Closed(weight)));
            assert!(Task::new(tx.reserve(weight)).finish().is_err());
        }
        assert_contents(&tx, &[4, 1]);
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(4), Ok(1)));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
        assert_contents(&tx, &[]);
    }
}

#[test]
fn without_senders_the_channel_drains() {
    let (tx, mut rx) = channel(2, 10);
    try_send(&tx, 4).unwrap();
    let other = tx.clone();
    drop(tx);
    assert!(!rx.is_closed());
    drop(other);
    assert!(rx.is_closed());
    let mut drained = Task::new(async { (rx.next().await, rx.next().await) });
    assert_eq!(drained.poll(), Poll::Ready((Some(4), None)));
}

#[test]
fn the_last_receiver_discards_messages_and_releases_their_weight() {
    let (tx, rx) = channel(3, 10);
    let drops = Drops::default();
    tx.try_send_with_weight(drops.message(), 4).unwrap();
    tx.try_send_with_weight(drops.message(), 5).unwrap();
    let permit = tx.try_reserve(1).unwrap();
    let waiting = Task::parked(tx.send_with_weight(drops.message(), 10));
    let other = rx.clone();
    drop(rx);
    assert!(!tx.is_closed() && !waiting.is_woken());
    drop(other);
    assert!(tx.is_closed() && waiting.is_woken());
    drop(waiting.finish().unwrap_err());
    assert_eq!((tx.weight(), tx.len(), drops.total()), (1, 0, 3));
    permit.send_with_weight(drops.message(), 1).unwrap();
    assert_eq!((tx.weight(), tx.len(), drops.total()), (0, 0, 4));
    assert_eq!(drops.of_each(), [1; 4]);
}

#[test]
fn a_permit_carries_its_weight() {
    let (tx, rx) = channel(2, 10);
    let permit = tx.try_reserve(8).unwrap();
    assert_eq!((permit.weight(), tx.weight(), tx.capacity()), (8, 8, 1));
    let waiting = Task::parked(send(&tx, 5));
    permit.send_with_weight(3, 3).unwrap();
    // The remaining weight is enough for the waiting sender.
    waiting.finish().unwrap();
    assert_contents(&tx, &[3, 5]);
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(3), Ok(5)));

    let permit = tx.try_reserve(8).unwrap();
    assert_eq!(permit.send_with_weight(9, 9), Err(TooHeavyError(9)));
    assert_contents(&tx, &[]);
    drop(tx.try_reserve(10).unwrap());
    assert_contents(&tx, &[]);
    tx.try_reserve(0).unwrap().send_with_weight(0, 0).unwrap();
    assert_contents(&tx, &[0]);
}

#[test]
fn a_dropped_permit_wakes_senders() {
    let (tx, _rx) = channel(2, 10);
    let permit = tx.try_reserve(10).unwrap();
    let waiting = [4, 6].map(|weight| Task::parked(send(&tx, weight)));
    drop(permit);
    for task in waiting {
        task.finish().unwrap();
    }
    assert_contents(&tx, &[4, 6]);
}

#[test]
fn a_permit_outlives_closing() {
    let (tx, rx) = channel(2, 10);
    let permit = tx.try_reserve(10).unwrap();
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    permit.send_with_weight(7, 7).unwrap();
    assert_eq!(rx.try_recv(), Ok(7));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_contents(&tx, &[]);
}

#[test]
fn a_reserve_that_waits_for_a_slot_holds_its_weight() {
    let (tx, rx) = channel(1, 10);
    try_send(&tx, 2).unwrap();
    let dropped = Task::parked(tx.reserve(4));
    let reserving = Task::parked(tx.reserve(4));
    assert_eq!(tx.weight(), 10);
    drop(dropped);
    assert_eq!(tx.weight(), 6);
    assert_eq!(rx.try_recv(), Ok(2));
    let permit = reserving.finish().unwrap();
    assert_eq!((permit.weight(), tx.weight(), tx.capacity()), (4, 4, 0));
}

/// A message whose `weight` panics.
#[derive(Debug)]
struct Unweighable(#[expect(dead_code, reason = "counts drops")] crate::support::Counted);

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
    panics_as_wanted(|| drop(tx.send(message())));
    panics_as_wanted(|| drop(tx.try_send(message())));
    panics_as_wanted(|| drop(tx.blocking_send(message())));
    let permit = tx.try_reserve(3).unwrap();
    panics_as_wanted(|| drop(permit.send(message())));
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

/// A waker that calls its hook.
struct Hook(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Hook {
    fn waker(hook: impl FnOnce() + Send + 'static) -> Waker {
        Waker::from(Arc::new(Self(Mutex::new(Some(Box::new(hook))))))
    }
}

impl Wake for Hook {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let hook = self.0.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
    }
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
                Hook::waker(move || action(&tx, &rx, &own, &next))
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
    panics_as_wanted(|| assert!(rx.try_recv().is_err()));
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
    panics_as_wanted(|| assert!(rx.try_recv().is_err()));
    drop(panicking);
    assert_contents(&tx, &[]);
}

#[test]
fn wakers_that_panic_when_cloned_or_dropped_lose_no_weight() {
    let (tx, rx) = channel(8, 4);
    try_send(&tx, 4).unwrap();
    let mut future = Box::pin(send(&tx, 1));
    let in_clone = panicking_waker::in_clone();
    panics_as_wanted(|| {
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
    panics_as_wanted(|| {
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

#[test]
fn handles_and_futures_are_send_and_sync() {
    fn check<T: std::marker::Send + Sync>(value: T) -> T {
        value
    }
    let (tx, rx) = channel::<Vec<u8>>(1, 1);
    fn check_handle<T: UnwindSafe + RefUnwindSafe + Unpin>(_: &T) {}
    let (tx, rx) = (check(tx), check(rx));
    check_handle(&tx);
    check_handle(&rx);
    drop(check(tx.send(Vec::new())));
    drop(check(tx.reserve(1)));
    drop(check(rx.recv()));
    drop(check(tx.try_reserve(1).unwrap()));
    assert!(format!("{tx:?}").contains("max_weight: 1"), "{tx:?}");
    assert!(format!("{rx:?}").contains("weight: 0"), "{rx:?}");
}

/// The weight of held permits never exceeds the maximum, and their number never exceeds the
/// capacity.
#[test]
fn permits_are_exact_between_threads() {
    const MAX: usize = 10;
    const COUNT: usize = 3;
    within_limit(|| {
        let (tx, _rx) = channel::<Message>(COUNT, MAX);
        let held = [AtomicUsize::new(0), AtomicUsize::new(0)];
        thread::scope(|scope| {
            for seed in 0..4 {
                let (tx, held) = (&tx, &held);
                scope.spawn(move || {
                    let mut random = PseudoRandom(seed);
                    for round in 0..2000 {
                        let weight = random.below(MAX as u64 + 1) as usize;
                        if random.below(8) == 0 {
                            // Cancels the wait at a random point.
                            let _ = poll_once(tx.reserve(weight));
                            continue;
                        }
                        let permit = futures::executor::block_on(tx.reserve(weight)).unwrap();
                        let weights = held[0].fetch_add(weight, Ordering::SeqCst) + weight;
                        let count = held[1].fetch_add(1, Ordering::SeqCst) + 1;
                        assert!(weights <= MAX && count <= COUNT, "{weights}, {count}");
                        assert!(tx.weight() <= MAX);
                        if round % 64 == 0 {
                            thread::yield_now();
                        }
                        held[0].fetch_sub(weight, Ordering::SeqCst);
                        held[1].fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_contents(&tx, &[]);
    });
}

/// The weight of the messages in the channel never exceeds the maximum, and each message arrives
/// once.
#[test]
fn messages_are_exact_between_threads() {
    const MAX: usize = 100;
    const COUNT: usize = 8;
    const SENDERS: usize = 4;
    const EACH: usize = 2000;
    within_limit(|| {
        let (tx, rx) = channel::<(usize, usize, usize)>(COUNT, MAX);
        let sent = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (tx, sent) = (tx.clone(), Arc::clone(&sent));
                thread::spawn(move || {
                    let mut random = PseudoRandom(sender as u64);
                    for number in 0..EACH {
                        let weight = random.below(MAX as u64 + 1) as usize;
                        let message = (sender, number, weight);
                        if sender % 2 == 0 {
                            tx.blocking_send_with_weight(message, weight).unwrap();
                        } else {
                            let send = tx.send_with_weight(message, weight);
                            futures::executor::block_on(send).unwrap();
                        }
                        sent[0].fetch_add(weight, Ordering::SeqCst);
                        sent[1].fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        drop(tx);
        let mut next = [0; SENDERS];
        let (mut weight, mut count) = (0, 0);
        loop {
            // A lower bound: the counted messages were sent before.
            let lightest = sent[0].load(Ordering::SeqCst).saturating_sub(weight);
            let fewest = sent[1].load(Ordering::SeqCst).saturating_sub(count);
            assert!(lightest <= MAX && fewest <= COUNT, "{lightest}, {fewest}");
            assert!(rx.weight() <= MAX && rx.len() <= COUNT);
            let Some((sender, number, heavy)) = rx.blocking_recv() else {
                break;
            };
            assert_eq!(number, next[sender]);
            next[sender] += 1;
            weight += heavy;
            count += 1;
        }
        assert_eq!(next, [EACH; SENDERS]);
        assert_eq!((rx.weight(), rx.available_weight()), (0, MAX));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Light senders send continuously, and heavy messages need the whole weight.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heavy_message_is_not_starved() {
    let (tx, rx) = channel::<Message>(64, 32);
    let light: Vec<_> = (0..8)
        .map(|_| {
            let tx = tx.clone();
            tokio::spawn(async move {
                let mut count = 0_u64;
                while send(&tx, 1).await.is_ok() {
                    count += 1;
                }
                count
            })
        })
        .collect();
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let mut rx = rx.clone();
            tokio::spawn(async move { while rx.next().await.is_some() {} })
        })
        .collect();
    for _ in 0..200 {
        soon(send(&tx, 32)).await.unwrap();
    }
    rx.close();
    for task in light {
        soon(task).await.unwrap();
    }
    for task in receivers {
        soon(task).await.unwrap();
    }
    assert_contents(&tx, &[]);
}

/// A step of the random walk. Indices are taken modulo the number of items.
#[derive(Clone, Debug)]
enum Step {
    TrySend(usize),
    StartSend(usize),
    CancelSend(usize),
    Recv,
    TryReserve(usize),
    DropPermit(usize),
    SendPermit(usize, usize),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let weight = 0..14_usize;
    let step = prop_oneof![
        3 => weight.clone().prop_map(Step::TrySend),
        6 => weight.clone().prop_map(Step::StartSend),
        2 => any::<usize>().prop_map(Step::CancelSend),
        6 => Just(Step::Recv),
        2 => weight.clone().prop_map(Step::TryReserve),
        1 => any::<usize>().prop_map(Step::DropPermit),
        1 => (any::<usize>(), weight).prop_map(|(index, weight)| Step::SendPermit(index, weight)),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A model of the channel. Waiting senders are identified by their messages.
#[derive(Default)]
struct Model {
    capacity: usize,
    max: usize,
    messages: VecDeque<(usize, usize)>,
    /// The weights of permits.
    permits: Vec<usize>,
    for_weight: VecDeque<(usize, usize)>,
    for_slot: VecDeque<(usize, usize)>,
    closed: bool,
}

impl Model {
    fn weight(&self) -> usize {
        let weights = |senders: &VecDeque<(usize, usize)>| {
            senders.iter().map(|(_, weight)| weight).sum::<usize>()
        };
        weights(&self.messages) + weights(&self.for_slot) + self.permits.iter().sum::<usize>()
    }

    fn has_slot(&self) -> bool {
        self.messages.len() + self.permits.len() < self.capacity
    }

    fn try_take(&mut self, weight: usize) -> Result<(), TrySendError<()>> {
        if weight > self.max {
            Err(TrySendError::TooHeavy(()))
        } else if self.closed {
            Err(TrySendError::Closed(()))
        } else if !self.for_weight.is_empty()
            || self.weight() + weight > self.max
            || !self.has_slot()
        {
            Err(TrySendError::Full(()))
        } else {
            Ok(())
        }
    }

    /// Completes the sends that are possible now. Returns their numbers.
    fn settle(&mut self) -> Vec<usize> {
        let mut sent = Vec::new();
        loop {
            if let Some(&(id, weight)) = self.for_weight.front() {
                if self.weight() + weight <= self.max {
                    self.for_weight.pop_front();
                    self.for_slot.push_back((id, weight));
                    continue;
                }
            }
            if self.has_slot() {
                if let Some(sender) = self.for_slot.pop_front() {
                    sent.push(sender.0);
                    self.messages.push_back(sender);
                    continue;
                }
            }
            return sent;
        }
    }
}

type Outcome = Result<(), SendError<(usize, usize)>>;

/// Polls woken senders until no sender is woken. Removes and returns the completed ones.
fn run(tasks: &mut Vec<(usize, Task<'_, Outcome>)>) -> Vec<(usize, Outcome)> {
    let mut done = Vec::new();
    while let Some(index) = tasks.iter().position(|(_, task)| task.is_woken()) {
        if let Poll::Ready(outcome) = tasks[index].1.poll() {
            done.push((tasks.remove(index).0, outcome));
        }
    }
    done
}

fn walk(capacity: usize, max: usize, steps: &[Step]) {
    let (tx, rx) = weighted::channel::<(usize, usize)>(capacity, max);
    let mut model = Model {
        capacity,
        max,
        ..Model::default()
    };
    let mut permits: Vec<Permit<'_, (usize, usize)>> = Vec::new();
    let mut tasks: Vec<(usize, Task<'_, Outcome>)> = Vec::new();
    for (id, step) in steps.iter().enumerate() {
        let mut expected = Vec::new();
        match *step {
            Step::TrySend(weight) => {
                let allowed = model.try_take(weight);
                let sent = tx.try_send_with_weight((id, weight), weight);
                assert_eq!(format!("{sent:?}"), format!("{allowed:?}"));
                if allowed.is_ok() {
                    model.messages.push_back((id, weight));
                }
            }
            Step::StartSend(weight) => {
                tasks.push((id, Task::new(tx.send_with_weight((id, weight), weight))));
                if weight > max {
                    expected.push((id, Err(SendError::TooHeavy((id, weight)))));
                } else if model.closed {
                    expected.push((id, Err(SendError::Closed((id, weight)))));
                } else {
                    model.for_weight.push_back((id, weight));
                }
            }
            Step::CancelSend(index) => {
                if !tasks.is_empty() {
                    let (id, task) = tasks.remove(index % tasks.len());
                    drop(task);
                    model.for_weight.retain(|sender| sender.0 != id);
                    model.for_slot.retain(|sender| sender.0 != id);
                }
            }
            Step::Recv => {
                let received = rx.try_recv();
                assert_eq!(received.ok(), model.messages.pop_front());
            }
            Step::TryReserve(weight) => {
                let allowed = model.try_take(weight);
                match tx.try_reserve(weight) {
                    Ok(permit) => {
                        assert_eq!(allowed, Ok(()));
                        model.permits.push(weight);
                        permits.push(permit);
                    }
                    Err(error) => assert_eq!(allowed, Err(error)),
                }
            }
            Step::DropPermit(index) => {
                if !permits.is_empty() {
                    let index = index % permits.len();
                    drop(permits.remove(index));
                    model.permits.remove(index);
                }
            }
            Step::SendPermit(index, weight) => {
                if !permits.is_empty() {
                    let index = index % permits.len();
                    let reserved = model.permits.remove(index);
                    let sent = permits.remove(index).send_with_weight((id, weight), weight);
                    if weight <= reserved {
                        assert_eq!(sent, Ok(()));
                        model.messages.push_back((id, weight));
                    } else {
                        assert_eq!(sent, Err(TooHeavyError((id, weight))));
                    }
                }
            }
            Step::Close => {
                rx.close();
                model.closed = true;
                for (id, weight) in model.for_weight.drain(..).chain(model.for_slot.drain(..)) {
                    expected.push((id, Err(SendError::Closed((id, weight)))));
                }
            }
        }
        expected.extend(model.settle().into_iter().map(|id| (id, Ok(()))));
        let mut done = run(&mut tasks);
        done.sort_by_key(|(id, _)| *id);
        expected.sort_by_key(|(id, _)| *id);
        assert_eq!(done, expected, "{step:?}");
        assert_eq!(tx.weight(), model.weight(), "{step:?}");
        assert_eq!(tx.len(), model.messages.len(), "{step:?}");
        assert!(tx.weight() <= max, "{step:?}");
    }
    drop(tasks);
    drop(permits);
    let messages: usize = model.messages.iter().map(|(_, weight)| weight).sum();
    assert_eq!(tx.weight(), messages);
    drop(rx);
    assert_eq!(tx.weight(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A failing sequence should become a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_channel_matches_its_model(capacity in 1..5_usize, max in 1..13_usize, steps in steps()) {
        walk(capacity, max, &steps);
    }
}

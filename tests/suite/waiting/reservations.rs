//! Checks reservations, permits and the reservation lock under panics, wakers that use the channel,
//! closes and limits.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mpmc_std::channel;

use crate::harness::{Drops, Task, callback_waker, panicking_waker, within_limit};

/// The largest number of races in a row that a waiter loses before a message or slot is reserved
/// for it.
const MAX_LOSSES: usize = 4;

/// When an operation calls wakers, it has already used its reservation.
#[test]
fn a_panicking_waker_of_the_other_side_takes_no_second_reservation() {
    let drops = Drops::default();
    let (tx, rx) = channel(1);
    tx.try_send(drops.message()).unwrap();
    let mut send = Task::parked(tx.send(drops.message()));
    for _ in 0..MAX_LOSSES {
        drop(rx.try_recv().unwrap());
        tx.try_send(drops.message()).unwrap();
        send.parks();
    }
    drop(rx.try_recv().unwrap());
    assert!(
        tx.try_send(drops.message()).is_err(),
        "the slot is reserved"
    );
    let mut recv = Box::pin(rx.recv());
    let waker = panicking_waker::in_wake();
    let parked = recv.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(parked.is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(send.poll()))).is_err());
    drop(send);
    assert_eq!((tx.len(), tx.capacity(), tx.stats().permits), (1, 0, 0));
    drop(recv);
    drop((tx, rx));
    assert!(drops.of_each().iter().all(|&times| times == 1));
}

#[test]
fn a_panicking_waker_of_a_sender_takes_no_second_reservation() {
    let (tx, rx) = channel(2);
    let mut recv = Task::parked(rx.recv());
    for number in 0..MAX_LOSSES {
        tx.try_send(number).unwrap();
        assert_eq!(rx.try_recv(), Ok(number));
        recv.parks();
    }
    tx.try_send(10).unwrap();
    assert!(rx.try_recv().is_err(), "the message is reserved");
    tx.try_send(11).unwrap();
    let mut send = Box::pin(tx.send(12));
    let waker = panicking_waker::in_wake();
    let parked = send.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(parked.is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| recv.poll())).is_err());
    drop((recv, send));
    assert_eq!((rx.try_recv(), rx.len(), rx.capacity()), (Ok(11), 0, 2));
    tx.try_send(13).unwrap();
    assert_eq!(rx.try_recv(), Ok(13));
}

/// Wakers of a large notification run before the rest of it is done.
#[test]
fn wakers_of_starving_waiters_may_use_the_channel() {
    within_limit(|| {
        const MANY: usize = 20;
        let (tx, rx) = channel(MANY);
        (0..MANY).for_each(|number| tx.try_send(number).unwrap());
        let enabled = Arc::new(AtomicBool::new(false));
        let called = Arc::new(AtomicUsize::new(0));
        let waker = callback_waker({
            let (tx, rx, enabled, called) =
                (tx.clone(), rx.clone(), enabled.clone(), called.clone());
            move || {
                if enabled.load(Ordering::SeqCst) {
                    let _ = tx.try_send(1000);
                    let _ = rx.try_recv();
                    called.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let mut cx = Context::from_waker(&waker);
        let mut sends: Vec<_> = (0..MANY).map(|number| Box::pin(tx.send(number))).collect();
        let mut parks = || {
            for send in &mut sends {
                assert!(send.as_mut().poll(&mut cx).is_pending());
            }
        };
        parks();
        let mut received = Vec::new();
        for _ in 0..MAX_LOSSES {
            assert_eq!(rx.try_recv_many(&mut received, MANY), Ok(MANY));
            (0..MANY).for_each(|number| tx.try_send(number).unwrap());
            parks();
        }
        enabled.store(true, Ordering::SeqCst);
        assert_eq!(rx.try_recv_many(&mut received, MANY), Ok(MANY));
        assert!(called.load(Ordering::SeqCst) >= MANY);
    });
}

/// Waiters are polled while the channel is being closed, and wait again for a permit's message.
#[test]
fn a_close_wakes_each_waiter_once() {
    type Recv = Pin<Box<dyn Future<Output = Option<u32>> + Send>>;
    const MANY: usize = 40;

    fn poll(recvs: &Arc<Vec<Mutex<Option<Recv>>>>, wakes: &Arc<AtomicUsize>, at: usize) {
        let again = (Arc::clone(recvs), Arc::clone(wakes));
        let waker = callback_waker(move || {
            let (recvs, wakes) = &again;
            assert!(
                wakes.fetch_add(1, Ordering::SeqCst) < 10 * MANY,
                "the waiters wake each other forever"
            );
            poll(recvs, wakes, at);
        });
        if let Some(recv) = recvs[at].lock().unwrap().as_mut() {
            let _ = recv.as_mut().poll(&mut Context::from_waker(&waker));
        }
    }

    within_limit(|| {
        let (tx, rx) = channel::<u32>(2);
        let permit = tx.try_reserve_owned().unwrap();
        let recv = |_| -> Mutex<Option<Recv>> {
            let rx = rx.clone();
            Mutex::new(Some(Box::pin(async move { rx.recv().await })))
        };
        let recvs: Arc<Vec<_>> = Arc::new((0..MANY).map(recv).collect());
        let wakes = Arc::default();
        (0..MANY).for_each(|at| poll(&recvs, &wakes, at));
        rx.close();
        assert_eq!(wakes.load(Ordering::SeqCst), MANY);
        // The wakers own these futures, too.
        for recv in recvs.iter() {
            let recv = recv.lock().unwrap().take();
            drop(recv);
        }
        drop(permit);
    });
}

/// A waiter that fails for another reason has not used the slot that it was woken for.
#[test]
fn a_waiter_that_finds_too_many_permits_forwards_its_notification() {
    const CAPACITY: usize = 65_536;
    let (tx, rx) = channel(CAPACITY);
    let many = tx.try_reserve_many(CAPACITY - 2).unwrap();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let first = Task::parked(tx.send(3));
    let mut second = Task::parked(tx.reserve());
    let third = Task::parked(tx.send(4));
    rx.try_recv().unwrap();
    let last = tx.try_reserve().unwrap();
    drop(first);
    rx.try_recv().unwrap();
    assert!(second.is_woken());
    assert!(second.poll().is_pending(), "no more permits can be counted");
    assert!(third.is_woken(), "there is a slot for a message");
    assert_eq!(third.finish(), Ok(()));
    drop((many, last));
}

/// A task that takes the reservation lock repeatedly lets another one have it.
#[test]
fn reserve_many_does_not_starve() {
    let (tx, rx) = channel(4);
    let rounds = AtomicUsize::new(0);
    let mut hot = Task::new(async {
        loop {
            for permit in tx.reserve_many(2).await.unwrap() {
                permit.send(());
            }
            rounds.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut other = Task::new(async { drop(tx.reserve_many(2).await.unwrap()) });
    let mut receiver = Task::new(async { while rx.recv().await.is_some() {} });
    for _ in 0..10_000 {
        if hot.is_woken() {
            let polled: Poll<()> = hot.poll();
            assert!(polled.is_pending());
        }
        if other.is_woken() && other.poll().is_ready() {
            return;
        }
        if receiver.is_woken() {
            assert!(receiver.poll().is_pending());
        }
    }
    panic!(
        "did not get the reservation lock in {} rounds",
        rounds.load(Ordering::SeqCst)
    );
}

//! Checks changes of the capacity while the channel is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use crate::harness::{panic_message, pending, ready};
use futures::Sink;
use mpmc_std::error::{SetCapacityError, TryRecvError, TrySendError};
use mpmc_std::{Builder, Receiver, Sender, blocking, channel};

/// The largest difference between limit and capacity.
const FARTHEST: usize = 64_512;

fn fill(tx: &Sender<usize>, count: usize) {
    for message in 0..count {
        tx.try_send(message).unwrap();
    }
}

fn drain(rx: &Receiver<usize>) -> Vec<usize> {
    rx.try_iter().collect()
}

#[test]
fn every_capacity_up_to_the_limit_is_exact() {
    for limit in [1, 2, 3, 5, 8] {
        let (tx, rx) = channel(limit);
        let mut before = limit;
        for capacity in (1..=limit).rev().chain(1..=limit) {
            assert_eq!(tx.set_capacity(capacity), Ok(before));
            before = capacity;
            assert_eq!((tx.max_capacity(), rx.max_capacity()), (capacity, capacity));
            assert_eq!((tx.capacity_limit(), rx.capacity_limit()), (limit, limit));
            assert_eq!((tx.stats().max_capacity, tx.stats().permits), (capacity, 0));
            for used in 0..capacity {
                assert_eq!((tx.capacity(), tx.is_full()), (capacity - used, false));
                tx.try_send(used).unwrap();
            }
            assert_eq!((tx.capacity(), tx.is_full()), (0, true));
            assert_eq!(tx.try_send(99), Err(TrySendError::Full(99)));
            assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
            assert_eq!(drain(&rx), (0..capacity).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_channel_can_be_built_to_grow() {
    let (tx, rx) = Builder::new(2).growable_to(5).build();
    assert_eq!(
        (tx.max_capacity(), tx.capacity(), tx.capacity_limit()),
        (2, 2, 5)
    );
    fill(&tx, 2);
    assert!(tx.is_full());
    assert_eq!(rx.set_capacity(5), Ok(2));
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn a_failed_change_has_no_effect() {
    let limit = FARTHEST + 2;
    let (tx, rx) = channel::<u8>(limit);
    let error = |capacity| rx.set_capacity(capacity).unwrap_err();
    assert_eq!(error(0), SetCapacityError::Zero);
    assert_eq!(error(limit + 1), SetCapacityError::AboveLimit { limit });
    assert_eq!(error(usize::MAX), SetCapacityError::AboveLimit { limit });
    assert_eq!(error(1), SetCapacityError::TooFarBelowLimit { limit });
    assert_eq!((tx.max_capacity(), tx.capacity()), (limit, limit));

    assert_eq!(tx.set_capacity(2), Ok(limit));
    assert_eq!(tx.capacity(), 2);
    rx.close();
    assert_eq!(error(3), SetCapacityError::Closed);
    assert_eq!(tx.set_capacity(3), Err(SetCapacityError::Closed));
    assert_eq!((tx.max_capacity(), tx.capacity()), (2, 2));
}

#[test]
fn a_closed_handle_cannot_change_the_capacity() {
    let (tx, rx) = channel::<u8>(4);
    let mut closed = tx.clone();
    closed.close();
    assert_eq!(closed.set_capacity(2), Err(SetCapacityError::Closed));
    assert_eq!(rx.max_capacity(), 4);
    assert_eq!(tx.set_capacity(2), Ok(4));
}

#[test]
fn a_builder_rejects_invalid_limits() {
    let message = panic_message(|| Builder::new(3).growable_to(2).build::<u8>());
    assert_eq!(message, "mpmc-std: the limit 2 is below the capacity 3");
    let message = panic_message(|| Builder::new(1).growable_to(FARTHEST + 2).build::<u8>());
    assert_eq!(
        message,
        "mpmc-std: the limit 64514 is more than 64512 above the capacity 1"
    );
    let message = panic_message(|| Builder::new(0).growable_to(2).build::<u8>());
    assert!(message.contains("capacity"), "{message}");
    drop(Builder::new(1).growable_to(FARTHEST + 1).build::<u8>());
}

#[test]
fn a_capacity_below_the_length_evicts_nothing() {
    let (tx, rx) = channel(4);
    let permit = tx.try_reserve().unwrap();
    fill(&tx, 3);
    assert_eq!(tx.set_capacity(2), Ok(4));
    assert_eq!((tx.len(), tx.capacity(), tx.is_full()), (3, 0, true));
    assert_eq!(tx.stats().permits, 1);
    // A permit that was reserved before the change keeps its slot.
    permit.send(3);
    assert_eq!(tx.len(), 4);
    for message in 0..3 {
        assert!(tx.try_send(9).is_err());
        assert_eq!(rx.try_recv(), Ok(message));
    }
    assert_eq!(tx.capacity(), 1);
    tx.try_send(4).unwrap();
    assert!(tx.try_send(5).is_err());
    assert_eq!(drain(&rx), [3, 4]);
}

#[test]
fn permits_above_the_capacity_are_released_before_new_ones_are_reserved() {
    let (tx, _rx) = channel::<usize>(4);
    let mut permits = tx.try_reserve_many(4).unwrap();
    tx.set_capacity(2).unwrap();
    for _ in 0..2 {
        drop(permits.next());
        assert!(tx.try_reserve().is_err());
    }
    drop(permits.next());
    let again = tx.try_reserve().unwrap();
    assert!(tx.try_reserve().is_err());
    drop((again, permits));
    assert_eq!(tx.try_reserve_many(2).unwrap().len(), 2);
}

#[test]
fn raising_wakes_one_sender_for_each_new_slot() {
    for (limit, held, by, expected) in [
        (8, 1, 1, 1),
        (8, 1, 3, 3),
        (8, 1, 7, 5),
        // The channel holds more messages than the old capacity.
        (8, 4, 2, 0),
        (8, 4, 3, 0),
        (8, 4, 4, 1),
        (8, 4, 7, 4),
    ] {
        let (tx, rx) = channel(limit);
        fill(&tx, held);
        tx.set_capacity(1).unwrap();
        let mut waiting: Vec<_> = (0..5).map(|number| pending(tx.send(number))).collect();
        assert_eq!(rx.set_capacity(1 + by), Ok(1));
        let woken = waiting.iter().filter(|send| send.is_woken()).count();
        assert_eq!(woken, expected, "{held} messages, raised by {by}");
        for send in &mut waiting[..woken] {
            assert_eq!(send.expect_ready(), Ok(()));
        }
        for send in &mut waiting[woken..] {
            send.expect_pending();
        }
    }
}

/// Receivers wake the waiting senders, at most one for each message.
#[test]
fn receivers_wake_senders_of_a_channel_above_its_capacity() {
    let (tx, rx) = channel(8);
    fill(&tx, 4);
    tx.set_capacity(2).unwrap();
    let mut waiting: Vec<_> = (0..8).map(|number| pending(tx.send(number))).collect();
    let mut sent = 0;
    for received in 1..=12 {
        assert!(rx.try_recv().is_ok());
        let before = waiting.len();
        waiting.retain_mut(|send| !(send.is_woken() && send.poll() == Poll::Ready(Ok(()))));
        sent += before - waiting.len();
        assert!(tx.len() <= 4_usize.saturating_sub(received).max(2));
        assert_eq!(sent, received.saturating_sub(2).min(8));
    }
}

#[test]
fn a_sink_waits_for_the_capacity_to_be_raised() {
    let (tx, _rx) = Builder::new(1).growable_to(2).build();
    fill(&tx, 1);
    let mut sink = tx.clone();
    let mut poll_ready = pending(std::future::poll_fn(|cx| {
        std::pin::Pin::new(&mut sink).poll_ready(cx)
    }));
    tx.set_capacity(2).unwrap();
    assert!(poll_ready.is_woken());
    assert!(poll_ready.expect_ready().is_ok());
}

#[test]
fn a_send_that_was_granted_a_slot_uses_it_below_the_capacity() {
    let (tx, rx) = channel(2);
    fill(&tx, 2);
    let mut waiting = pending(tx.send(7));
    // The sender loses the maximum number of races.
    for _ in 0..4 {
        rx.try_recv().unwrap();
        tx.try_send(0).unwrap();
        waiting.expect_pending();
    }
    rx.try_recv().unwrap();
    assert_eq!(tx.stats().permits, 1, "a slot is reserved for the sender");
    tx.set_capacity(1).unwrap();
    assert_eq!(tx.stats().permits, 1);
    assert_eq!(waiting.expect_ready(), Ok(()));
    assert_eq!((tx.len(), tx.capacity()), (2, 0));
    assert_eq!(drain(&rx), [0, 7]);
    assert_eq!(tx.capacity(), 1);
}

#[test]
fn reserve_many_above_the_new_capacity_fails() {
    let (tx, rx) = channel(4);
    fill(&tx, 2);
    let mut four = pending(tx.reserve_many(4));
    let mut three = pending(tx.reserve_many(3));
    let mut two = pending(tx.reserve_many(2));
    assert_eq!(tx.stats().permits, 2);
    assert_eq!(tx.set_capacity(2), Ok(4));
    assert!(four.is_woken());
    assert!(four.expect_ready().is_err());
    assert!(three.is_woken(), "it waits next");
    assert!(three.expect_ready().is_err());
    two.expect_pending();
    assert_eq!(drain(&rx), [0, 1]);
    assert!(two.is_woken());
    assert_eq!(two.expect_ready().unwrap().len(), 2);
    assert!(ready(tx.reserve_many(3)).is_err());
    assert_eq!(tx.try_reserve_many(3).unwrap_err(), TrySendError::Full(()));
}

#[test]
fn reserve_many_that_waits_for_its_turn_fails_above_the_new_capacity() {
    let (tx, rx) = channel(5);
    fill(&tx, 5);
    let two = pending(tx.reserve_many(2));
    let mut five = pending(tx.reserve_many(5));
    assert_eq!(rx.set_capacity(3), Ok(5));
    assert!(five.is_woken());
    assert!(five.expect_ready().is_err());
    drop(two);
}

#[test]
fn reserve_many_waits_below_the_limit() {
    let (tx, rx) = Builder::new(2).growable_to(8).build();
    fill(&tx, 2);
    let mut reserving = pending(tx.reserve_many(2));
    rx.try_recv().unwrap();
    reserving.expect_pending();
    assert_eq!(tx.set_capacity(3), Ok(2));
    assert!(reserving.is_woken());
    assert_eq!(reserving.expect_ready().unwrap().len(), 2);
}

#[test]
fn each_forced_send_evicts_one_message() {
    let (tx, rx) = channel(4);
    tx.set_capacity(1).unwrap();
    assert_eq!(tx.force_send(0), Ok(None));
    assert_eq!(tx.force_send(1), Ok(Some(0)));
    tx.set_capacity(3).unwrap();
    assert_eq!(tx.force_send(2), Ok(None));
    assert_eq!(tx.force_send(3), Ok(None));
    // Messages above the capacity stay, but their number does not grow.
    tx.set_capacity(2).unwrap();
    assert_eq!(tx.force_send(4), Ok(Some(1)));
    assert_eq!(tx.len(), 3);
    assert_eq!(drain(&rx), [2, 3, 4]);
    assert_eq!(tx.force_send(5), Ok(None));
    assert_eq!(tx.force_send(6), Ok(None));
    assert_eq!(tx.force_send(7), Ok(Some(5)));
}

#[test]
fn forced_sends_fail_if_permits_hold_the_capacity() {
    let (tx, _rx) = channel(4);
    let permits = tx.try_reserve_many(3).unwrap();
    tx.set_capacity(2).unwrap();
    assert_eq!(tx.force_send(1), Err(TrySendError::Full(1)));
    assert_eq!((tx.stats().permits, tx.capacity()), (3, 0));
    tx.set_capacity(4).unwrap();
    assert_eq!(tx.force_send(1), Ok(None));
    assert_eq!(tx.force_send(2), Ok(Some(1)));
    drop(permits);
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn batches_stop_at_the_capacity() {
    let (tx, rx) = channel(64);
    tx.set_capacity(5).unwrap();
    assert_eq!(tx.try_send_many(0..3).unwrap(), 3);
    let mut sending = pending(tx.send_many(3..10));
    assert_eq!(tx.len(), 5);
    tx.set_capacity(7).unwrap();
    assert!(sending.is_woken());
    sending.expect_pending();
    assert_eq!(tx.len(), 7);
    assert_eq!(drain(&rx), (0..7).collect::<Vec<_>>());
    assert!(sending.is_woken());
    assert_eq!(sending.expect_ready().unwrap(), 7);
    assert_eq!(drain(&rx), [7, 8, 9]);
}

#[test]
fn a_channel_closed_below_its_limit_ends() {
    type Close = fn(Sender<usize>, &Receiver<usize>) -> Option<Sender<usize>>;
    let ways: [Close; 4] = [
        |tx, rx| {
            rx.close();
            Some(tx)
        },
        |tx, _| {
            drop(tx);
            None
        },
        |tx, _| {
            tx.close_channel();
            Some(tx)
        },
        |mut tx, _| {
            tx.close();
            Some(tx)
        },
    ];
    for close in ways {
        for messages in [0, 2] {
            let (tx, rx) = channel(4);
            fill(&tx, messages);
            tx.set_capacity(1).unwrap();
            let others: Vec<_> = (messages > 0).then(|| rx.clone()).into_iter().collect();
            let mut waiting = (messages == 0).then(|| pending(rx.recv()));
            let tx = close(tx, &rx);
            if let Some(waiting) = &mut waiting {
                assert!(waiting.is_woken());
                assert_eq!(waiting.expect_ready(), None);
            }
            assert_eq!(drain(&rx), (0..messages).collect::<Vec<_>>());
            assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
            assert_eq!((rx.max_capacity(), rx.capacity()), (1, 1));
            assert_eq!(rx.stats().permits, 0);
            drop((tx, others));
        }
    }
}

#[test]
fn a_permit_outlives_closing_below_the_limit() {
    let (tx, rx) = channel(4);
    tx.set_capacity(2).unwrap();
    let permits = [tx.try_reserve().unwrap(), tx.try_reserve().unwrap()];
    let mut waiting = pending(rx.recv());
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((rx.stats().permits, rx.capacity()), (2, 0));
    let [first, second] = permits;
    first.send(1);
    assert_eq!(waiting.expect_ready(), Some(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(second);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn the_last_receiver_closes_a_channel_below_its_limit() {
    let (tx, rx) = channel(4);
    fill(&tx, 4);
    tx.set_capacity(1).unwrap();
    let mut waiting = pending(tx.send(4));
    drop(rx);
    assert!(waiting.is_woken());
    assert_eq!(waiting.expect_ready().unwrap_err().0, 4);
    assert_eq!((tx.len(), tx.max_capacity(), tx.stats().permits), (0, 1, 0));
}

#[test]
fn a_handle_that_is_forgotten_keeps_nothing_from_closing() {
    let (tx, rx) = channel::<usize>(4);
    tx.set_capacity(1).unwrap();
    std::mem::forget(tx.clone());
    let mut waiting = pending(rx.recv());
    drop(tx);
    waiting.expect_pending();
    rx.close();
    assert!(waiting.is_woken());
    assert_eq!(waiting.expect_ready(), None);
}

#[test]
fn withheld_capacity_counts_against_the_permit_limit() {
    const MOST: usize = 65_535;
    let limit = 70_000;
    let (tx, _rx) = channel::<usize>(limit);
    let permits = tx.try_reserve_many(MOST).unwrap();
    assert_eq!(
        tx.set_capacity(limit - 1),
        Err(SetCapacityError::TooManyPermits)
    );
    assert_eq!(tx.max_capacity(), limit);
    drop(permits);
    assert_eq!(tx.set_capacity(limit - 100), Ok(limit));
    assert!(tx.try_reserve_many(MOST - 99).is_err());
    assert!(ready(tx.reserve_many(MOST - 99)).is_err());
    let permits = tx.try_reserve_many(MOST - 100).unwrap();
    assert_eq!(tx.stats().permits, MOST - 100);
    assert_eq!(tx.capacity(), limit - 100 - (MOST - 100));
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    let mut waiting = [pending(tx.reserve()), pending(tx.reserve())];
    assert_eq!(tx.set_capacity(limit), Ok(limit - 100));
    for reserving in &mut waiting {
        assert!(reserving.is_woken(), "permits can be counted again");
        drop(reserving.expect_ready().unwrap());
    }
    drop(permits);
}

/// Permits are left even at the largest difference between limit and capacity.
#[test]
fn sinks_work_far_below_the_limit() {
    let (tx, _rx) = Builder::new(1024)
        .growable_to(1024 + FARTHEST)
        .build::<u8>();
    let permits = tx.try_reserve_many(1023).unwrap();
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    tx.try_send(1).unwrap();
    assert_eq!(tx.capacity(), 0);
    drop(permits);
    assert!(
        ready(tx.reserve_many(1024)).is_err(),
        "above the permit limit"
    );
}

#[test]
fn blocked_threads_are_woken() {
    let (tx, rx) = blocking::channel(4);
    tx.set_capacity(1).unwrap();
    assert_eq!((tx.capacity(), tx.capacity_limit()), (Some(1), 4));
    tx.send(0).unwrap();
    let sender = thread::spawn(move || {
        tx.send(1).unwrap();
        tx.send(2).unwrap();
    });
    while rx.as_async().stats().senders.parked == 0 {
        thread::yield_now();
    }
    assert_eq!(rx.set_capacity(3), Ok(1));
    sender.join().unwrap();
    assert_eq!((rx.len(), rx.capacity_limit()), (3, 4));
    assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_select_that_sends_waits_for_the_capacity_to_be_raised() {
    let (tx, rx) = blocking::channel(2);
    rx.set_capacity(1).unwrap();
    tx.send(0).unwrap();
    let selecting = thread::spawn({
        let tx = tx.clone();
        move || {
            let mut select = blocking::Select::new();
            let sending = select.send(&tx);
            let selected = select.select();
            assert_eq!(selected.index(), sending);
            selected.send(&tx, 1).unwrap();
        }
    });
    thread::sleep(Duration::from_millis(20));
    assert_eq!(rx.len(), 1);
    rx.set_capacity(2).unwrap();
    selecting.join().unwrap();
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [0, 1]);
}

/// A waker that changes the capacity of its channel and then panics.
struct Changing {
    rx: Receiver<usize>,
    woken: AtomicBool,
}

impl Wake for Changing {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
        self.rx.set_capacity(1).unwrap();
        self.rx.set_capacity(3).unwrap();
        panic!("a waker panics");
    }
}

#[test]
fn a_waker_may_change_the_capacity_and_panic() {
    let (tx, rx) = channel(3);
    tx.set_capacity(1).unwrap();
    fill(&tx, 1);
    let changing = Arc::new(Changing {
        rx: rx.clone(),
        woken: AtomicBool::new(false),
    });
    let mut send = Box::pin(tx.send(1));
    let waker = Waker::from(Arc::clone(&changing));
    assert!(
        send.as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    let message = panic_message(|| rx.set_capacity(2));
    assert_eq!(message, "a waker panics");
    assert!(changing.woken.load(Ordering::Relaxed));
    assert_eq!(
        (tx.max_capacity(), tx.capacity(), tx.stats().permits),
        (3, 2, 0)
    );
    rx.close();
    assert_eq!(drain(&rx), [0]);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

/// A send that starts after a capacity was set does not exceed that capacity. No message is lost.
#[test]
fn the_capacity_is_exact_while_it_changes() {
    const MESSAGES: usize = 20_000;
    const LIMIT: usize = 16;
    for round in 0..3 {
        let (tx, rx) = channel(LIMIT);
        let done = Arc::new(AtomicBool::new(false));
        // Lower bound of sent and upper bound of received messages: the difference is in the
        // channel.
        let senders: Vec<_> = (0..2)
            .map(|which| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for number in 0..MESSAGES {
                        let message = which * MESSAGES + number;
                        match number % 4 {
                            0 => tx.blocking_send(message).unwrap(),
                            1 => futures::executor::block_on(tx.reserve())
                                .unwrap()
                                .send(message),
                            _ => futures::executor::block_on(tx.send(message)).unwrap(),
                        }
                    }
                })
            })
            .collect();
        let changer = thread::spawn({
            let (tx, done) = (tx.clone(), Arc::clone(&done));
            move || {
                let mut step = round;
                let mut changes = 0;
                while !done.load(Ordering::Relaxed) {
                    step = (step * 5 + 3) % LIMIT;
                    tx.set_capacity(step + 1).unwrap();
                    assert!(tx.len() + tx.stats().permits <= LIMIT);
                    changes += 1;
                    if changes % 8 == 0 {
                        // The length stays below the capacity, because no other thread changes it.
                        tx.set_capacity(2).unwrap();
                        let permits_and_messages = || tx.stats().permits + tx.len();
                        while permits_and_messages() > 2 && !done.load(Ordering::Relaxed) {
                            thread::yield_now();
                        }
                        for _ in 0..50 {
                            assert!(tx.len() <= 2, "above the capacity");
                        }
                    }
                    thread::yield_now();
                }
                changes
            }
        });
        let received = AtomicUsize::new(0);
        let mut last = [None; 2];
        thread::scope(|scope| {
            let receivers: Vec<_> = (0..2)
                .map(|_| {
                    let (rx, received) = (rx.clone(), &received);
                    scope.spawn(move || {
                        let mut numbers = Vec::new();
                        while received.fetch_add(1, Ordering::Relaxed) < 2 * MESSAGES {
                            numbers.push(rx.blocking_recv().unwrap());
                        }
                        numbers
                    })
                })
                .collect();
            let mut all: Vec<_> = receivers
                .into_iter()
                .flat_map(|receiver| {
                    let numbers = receiver.join().unwrap();
                    // Each receiver sees the messages of one sender in order.
                    last = [None; 2];
                    for &number in &numbers {
                        let last = &mut last[number / MESSAGES];
                        assert!(*last < Some(number));
                        *last = Some(number);
                    }
                    numbers
                })
                .collect();
            all.sort_unstable();
            assert!(all.iter().copied().eq(0..2 * MESSAGES));
        });
        for sender in senders {
            sender.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(changer.join().unwrap() > 0);
        tx.set_capacity(LIMIT).unwrap();
        assert_eq!((tx.capacity(), tx.stats().permits), (LIMIT, 0));
    }
}

/// Two threads change the capacity concurrently, and a third closes the channel.
#[test]
fn closing_while_the_capacity_changes() {
    for _ in 0..200 {
        let (tx, rx) = channel::<usize>(8);
        thread::scope(|scope| {
            let changers: Vec<_> = (0..2)
                .map(|which| {
                    let tx = tx.clone();
                    scope.spawn(move || {
                        let mut step = 0;
                        let error = loop {
                            step = (step + 2 * which + 3) % 8;
                            if let Err(error) = tx.set_capacity(step + 1) {
                                break error;
                            }
                        };
                        assert_eq!(error, SetCapacityError::Closed);
                    })
                })
                .collect();
            let waiting = scope.spawn({
                let rx = rx.clone();
                move || rx.blocking_recv()
            });
            thread::yield_now();
            rx.close();
            assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
            assert_eq!(waiting.join().unwrap(), None);
            for changer in changers {
                changer.join().unwrap();
            }
        });
        assert_eq!(tx.stats().permits, 0);
        assert_eq!(tx.capacity(), tx.max_capacity());
    }
}

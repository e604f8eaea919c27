//! Permits: what they hold, for how long, and what becomes of those who wait for them.
#![cfg(not(loom))]

mod harness;

use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use harness::{Ledger, Token, assert_all_once, pending, ready, run, threads};
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Sender, channel};

/// As many permits of one channel can be out at a time.
const MOST: usize = 65_535;

#[test]
fn a_permit_holds_room_but_no_place_in_line() {
    let (tx, rx) = channel(3);
    let permit = tx.try_reserve().unwrap();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(tx.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!((tx.capacity(), tx.len()), (0, 2));
    assert_eq!(rx.try_recv(), Ok(1));
    permit.send(4);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 4]);
    assert_eq!(tx.capacity(), 3);
}

#[test]
fn a_dropped_permit_wakes_a_sender_that_waits() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    let mut send = pending(tx.send(1));
    drop(permit);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    drop(send);

    assert_eq!(rx.try_recv(), Ok(1));
    let permit = tx.clone().try_reserve_owned().unwrap();
    let mut reserve = pending(tx.reserve());
    drop(permit);
    assert!(reserve.is_woken());
    assert!(reserve.expect_ready().is_ok());
}

#[test]
fn permits_that_are_left_over_in_an_iterator_go_back() {
    let (tx, rx) = channel(3);
    let mut permits = tx.try_reserve_many(3).unwrap();
    assert_eq!(permits.len(), 3);
    permits.next().unwrap().send("sent");
    let kept = permits.next().unwrap();
    let mut send = pending(tx.send("waited"));
    drop(permits);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(tx.capacity(), 0);
    kept.send("kept");
    assert_eq!(
        rx.try_iter().collect::<Vec<_>>(),
        ["sent", "waited", "kept"]
    );
}

#[test]
fn receivers_wait_for_the_permits_of_a_closed_channel() {
    let (tx, rx) = channel(2);
    let used = tx.clone().try_reserve_owned().unwrap();
    let dropped = tx.try_reserve_owned().unwrap();
    let mut first = pending(rx.recv());
    let mut second = pending(rx.recv());
    rx.close();
    first.expect_pending();
    second.expect_pending();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));

    drop(used.send(7));
    assert_eq!(first.expect_ready(), Some(7));
    second.expect_pending();
    drop(dropped);
    assert!(second.is_woken());
    assert_eq!(second.expect_ready(), None);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn an_owned_permit_is_a_sender() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve_owned().unwrap();
    assert_eq!(rx.sender_strong_count(), 1);
    assert!(!rx.is_closed());
    let tx = permit.release();
    assert_eq!(tx.capacity(), 1);
    let permit = tx.try_reserve_owned().unwrap();
    drop(permit.send(1));
    assert!(rx.is_closed());
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_message_on_a_permit_is_dropped_at_once_if_no_receiver_is_left() {
    let ledger = Ledger::new(3);
    let (tx, rx) = channel(3);
    let mut permits = tx.try_reserve_many(2).unwrap();
    let owned = tx.clone().try_reserve_owned().unwrap();
    drop(rx);
    permits.next().unwrap().send(ledger.token(0));
    permits.next().unwrap().send(ledger.token(1));
    let tx = owned.send(ledger.token(2));
    ledger.assert_each_dropped_once();
    assert_eq!((tx.len(), tx.capacity()), (0, 3));
}

#[test]
fn a_leaked_permit_takes_its_room_with_it() {
    let (tx, _rx) = channel(2);
    mem::forget(tx.try_reserve().unwrap());
    assert_eq!(tx.capacity(), 1);
    assert_eq!(tx.try_send(1), Ok(()));
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
}

#[test]
fn a_cancelled_reserve_takes_nothing() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let reserve = pending(tx.reserve());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(reserve.is_woken());
    drop(reserve);
    assert_eq!((tx.capacity(), tx.stats().permits), (1, 0));
}

#[test]
fn a_cancelled_reserve_many_gives_everything_back() {
    let (tx, rx) = channel(4);
    tx.try_send(1).unwrap();
    let mut reserve = pending(tx.reserve_many(4));
    // Three are held while it waits for the fourth.
    assert_eq!((tx.capacity(), tx.stats().permits), (0, 3));
    let mut send = pending(tx.send(2));
    reserve.expect_pending();
    drop(reserve);
    assert_eq!(tx.stats().permits, 0);
    assert!(send.is_woken());
    assert_eq!(send.expect_ready(), Ok(()));
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_reserve_many_of_none_waits_for_nobody() {
    let (tx, rx) = channel::<u8>(2);
    let _one = tx.try_reserve().unwrap();
    let _gathering = pending(tx.reserve_many(2));
    assert_eq!(ready(tx.reserve_many(0)).unwrap().len(), 0);
    rx.close();
    assert!(ready(tx.reserve_many(0)).is_err());
}

#[test]
fn closing_ends_a_reserve_many_that_waits_behind_another() {
    let (tx, rx) = channel::<u8>(2);
    let one = tx.try_reserve().unwrap();
    // Nobody polls this one again. It keeps the others from gathering, but not from seeing the close.
    let gathering = pending(tx.reserve_many(2));
    let mut behind = pending(tx.reserve_many(2));
    rx.close();
    assert!(behind.is_woken());
    assert!(behind.expect_ready().is_err());
    drop((gathering, one));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn a_cancelled_reserve_many_passes_its_turn_on() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let gathering = pending(tx.reserve_many(1));
    let waiting = pending(tx.reserve_many(1));
    let mut last = pending(tx.reserve_many(1));
    drop(gathering);
    assert!(waiting.is_woken());
    // It has the turn offered, but has not looked.
    drop(waiting);
    assert!(last.is_woken());
    last.expect_pending();
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(last.expect_ready().unwrap().len(), 1);
}

/// Each takes the whole capacity: neither may hold half of it while the other holds the rest.
#[test]
fn callers_of_reserve_many_never_wait_for_each_other_for_ever() {
    const ROUNDS: usize = 300;
    for capacity in [2, 5, 64] {
        run(async move {
            let (tx, rx) = channel(capacity);
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let tx = tx.clone();
                    tokio::spawn(async move {
                        for _ in 0..ROUNDS {
                            for permit in tx.reserve_many(capacity).await.unwrap() {
                                permit.send(());
                            }
                        }
                    })
                })
                .collect();
            for _ in 0..3 * ROUNDS * capacity {
                rx.recv().await.unwrap();
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(tx.capacity(), capacity);
        });
    }
}

#[test]
fn reserve_many_gets_its_room_beside_busy_senders() {
    run(async {
        let (tx, rx) = channel(8);
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let tx = tx.clone();
                tokio::spawn(async move { while tx.send(0).await.is_ok() {} })
            })
            .collect();
        let receiver = rx.clone();
        let receiving = tokio::spawn(async move {
            let mut sum = 0;
            while let Some(message) = receiver.recv().await {
                sum += message;
            }
            sum
        });
        for _ in 0..100 {
            for permit in tx.reserve_many(8).await.unwrap() {
                permit.send(1);
            }
        }
        rx.close();
        assert_eq!(receiving.await.unwrap(), 800);
        for sender in senders {
            sender.await.unwrap();
        }
    });
}

/// Counts permits from just after they are had to just before they go: never more than are really out.
#[derive(Clone)]
struct Held {
    count: Arc<AtomicUsize>,
    capacity: usize,
}

impl Held {
    fn add(&self, count: usize) {
        let held = self.count.fetch_add(count, Ordering::SeqCst) + count;
        assert!(held <= self.capacity, "{held} permits are out");
    }

    fn subtract(&self, count: usize) {
        self.count.fetch_sub(count, Ordering::SeqCst);
    }
}

/// Takes permits of one kind or another, and sends one message.
async fn send_on_some_permit(tx: &Sender<Token>, token: Token, held: &Held) {
    match token.number % 4 {
        0 => {
            let permit = tx.reserve().await.unwrap();
            held.add(1);
            held.subtract(1);
            permit.send(token);
        }
        1 => {
            let count = held.capacity.min(3);
            let mut permits = tx.reserve_many(count).await.unwrap();
            held.add(count);
            held.subtract(count);
            permits.next().unwrap().send(token);
        }
        2 => {
            let permit = tx.clone().reserve_owned().await.unwrap();
            held.add(1);
            held.subtract(1);
            permit.send(token);
        }
        _ => {
            // One that is dropped again.
            if let Ok(permit) = tx.try_reserve() {
                held.add(1);
                held.subtract(1);
                drop(permit);
            }
            tx.send(token).await.unwrap();
        }
    }
}

#[test]
fn permits_of_many_threads_keep_to_the_capacity_and_lose_no_message() {
    const EACH: usize = 2_000;
    const SENDERS: usize = 3;
    for capacity in [1, 3, 16] {
        let (tx, rx) = channel::<Token>(capacity);
        let ledger = Ledger::new(SENDERS * EACH);
        let held = Held {
            count: Arc::default(),
            capacity,
        };
        let messages = ledger.clone();
        let received = threads(SENDERS + 1, move |number| {
            // The last thread receives.
            if number == SENDERS {
                let messages = rx.iter().take(SENDERS * EACH);
                return messages.map(|token| token.number).collect();
            }
            for message in number * EACH..(number + 1) * EACH {
                block_on(send_on_some_permit(&tx, messages.token(message), &held));
            }
            Vec::new()
        });
        assert_all_once(received.into_iter().flatten(), SENDERS * EACH);
        ledger.assert_each_dropped_once();
    }
}

#[test]
fn no_more_than_65_535_permits_are_out_at_a_time() {
    let (tx, rx) = channel(70_000);
    let permits = tx.try_reserve_many(MOST).unwrap();
    assert_eq!(tx.stats().permits, MOST);
    assert_eq!(tx.capacity(), 70_000 - MOST);
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Full(()));
    assert_eq!(tx.force_send(()), Err(TrySendError::Full(())));
    assert!(matches!(tx.try_send_many([()]), Err(TrySendError::Full(_))));
    // Room that needs no permit is not affected.
    assert_eq!(tx.try_send(()), Ok(()));
    assert_eq!(ready(tx.send(())), Ok(()));
    assert_eq!(rx.try_iter().count(), 2);
    drop(permits);
    assert_eq!((tx.capacity(), tx.stats().permits), (70_000, 0));
    assert!(ready(tx.reserve_many(MOST + 1)).is_err());
    assert!(tx.try_reserve_many(MOST + 1).is_err());
}

#[test]
fn the_next_permit_after_65_535_is_waited_for() {
    let (tx, rx) = channel(70_000);
    let mut permits = tx.try_reserve_many(MOST).unwrap();

    let mut reserve = pending(tx.reserve());
    drop(permits.next());
    assert!(reserve.is_woken());
    let last = reserve.expect_ready().unwrap();

    // A permit that is used makes place for another just as one that is dropped.
    let mut polled = tx.clone();
    let mut poll_reserve = pending(poll_fn(|cx| polled.poll_reserve(cx)));
    last.send(());
    assert!(poll_reserve.is_woken());
    assert_eq!(poll_reserve.expect_ready(), Ok(()));
    drop(poll_reserve);
    drop(polled);

    let _last = tx.try_reserve().unwrap();
    let mut send_many = pending(tx.send_many([(); 3]));
    let mut reserve_many = pending(tx.reserve_many(2));
    drop(permits);
    assert!(send_many.is_woken() && reserve_many.is_woken());
    assert_eq!(send_many.expect_ready().unwrap(), 3);
    assert_eq!(reserve_many.expect_ready().unwrap().len(), 2);
    assert_eq!(rx.try_iter().count(), 4);
}

#[test]
fn closing_ends_the_wait_for_a_countable_permit() {
    let (tx, rx) = channel::<()>(70_000);
    let _permits = tx.try_reserve_many(MOST).unwrap();
    let mut polled = tx.clone();
    let mut reserve = pending(tx.reserve());
    let mut send_many = pending(tx.send_many([()]));
    let mut poll_reserve = pending(poll_fn(|cx| polled.poll_reserve(cx)));
    rx.close();
    assert!(reserve.is_woken() && send_many.is_woken() && poll_reserve.is_woken());
    assert_eq!(reserve.expect_ready().unwrap_err(), SendError(()));
    assert_eq!(send_many.expect_ready().unwrap_err().0.count(), 1);
    assert_eq!(poll_reserve.expect_ready(), Err(SendError(())));
}

#[test]
fn a_cancelled_wait_for_a_countable_permit_leaves_nothing_behind() {
    let (tx, _rx) = channel::<()>(70_000);
    let permits = tx.try_reserve_many(MOST).unwrap();
    drop(pending(tx.reserve()));
    let mut second = pending(tx.reserve());
    assert_eq!(tx.stats().senders.parked, 1);
    drop(permits);
    assert!(second.expect_ready().is_ok());
    drop(second);
    assert_eq!(tx.stats().senders.parked, 0);
    assert_eq!(tx.capacity(), 70_000);
}

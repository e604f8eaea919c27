//! Checks the bound on lost races: after a limited number of wakes without success, a waiter is
//! served next. A waiter that is not polled does not block other operations.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::sleep;
use std::time::Duration;

use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{MAX_RETRIES, SendTask, callback_waker, within_limit};
use crate::waiting::test_channel::{ALL, EXCLUSIVE, Kind, TestChannel, Waiting};

/// The largest number of races in a row that a waiter loses.
const MAX_LOST_RACES: usize = 4;

const CAPACITIES: [usize; 3] = [1, 2, 64];

fn for_each(kinds: &[Kind], check: impl Fn(Kind, usize) + Copy + Send + 'static) {
    for &kind in kinds {
        for capacity in CAPACITIES {
            within_limit(move || {
                println!("{kind:?}, capacity {capacity}");
                check(kind, capacity);
            });
        }
    }
}

/// Makes the waiter lose races until a message or slot is granted to it. The waiter has then been
/// woken and not polled since.
#[track_caller]
fn lose_races(channel: &TestChannel, waiter: &mut Waiting) {
    for _ in 0..=MAX_LOST_RACES {
        channel.offer();
        assert!(waiter.is_woken(), "each message and slot wakes it");
        if !channel.take() {
            return;
        }
        assert!(
            waiter.poll_until_parked().is_pending(),
            "a newcomer has taken it"
        );
    }
    panic!("a newcomer has won {} races in a row", MAX_LOST_RACES + 1);
}

fn granted(kind: Kind, capacity: usize) -> (TestChannel, Waiting) {
    let channel = TestChannel::new(kind, capacity);
    let mut waiter = channel.parked(kind);
    lose_races(&channel, &mut waiter);
    (channel, waiter)
}

#[test]
fn after_the_last_lost_race_a_newcomer_cannot_win() {
    for_each(&ALL, |kind, capacity| {
        let (channel, mut waiter) = granted(kind, capacity);
        assert!(!channel.take());
        let mut newcomer = channel.newcomer();
        assert!(newcomer.poll().is_pending());
        drop(newcomer);
        assert_eq!(waiter.poll_until_parked(), Poll::Ready(true));
        assert_eq!(channel.offered(), 0);
        // A newcomer can take the next one.
        channel.offer();
        assert!(channel.take());
    });
}

#[test]
fn a_newcomer_that_waits_behind_a_grant_gets_the_next_message_or_slot() {
    for_each(&ALL, |kind, capacity| {
        let (channel, mut waiter) = granted(kind, capacity);
        let mut newcomer = channel.newcomer();
        assert!(newcomer.poll().is_pending());
        assert_eq!(waiter.poll_until_parked(), Poll::Ready(true));
        channel.offer();
        assert!(newcomer.is_woken());
        assert_eq!(newcomer.poll_until_parked(), Poll::Ready(true));
        assert_eq!(channel.offered(), 0);
    });
}

#[test]
fn grants_follow_one_another() {
    for_each(&ALL, |kind, capacity| {
        let channel = TestChannel::new(kind, capacity);
        for _ in 0..20 {
            let mut waiter = channel.parked(kind);
            lose_races(&channel, &mut waiter);
            assert_eq!(waiter.poll_until_parked(), Poll::Ready(true));
            assert_eq!(channel.offered(), 0);
        }
    });
}

/// A newcomer takes everything before the woken waiters are polled, and still all of them are
/// served.
#[test]
fn waiters_behind_other_waiters_are_served() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        for ahead in [1, 3, 9, 20] {
            let channel = TestChannel::new(kind, capacity);
            let mut waiters: Vec<_> = (0..=ahead).map(|_| channel.parked(kind)).collect();
            let mut rounds = 0;
            while !waiters.is_empty() {
                rounds += 1;
                let bound = (MAX_LOST_RACES + 1) * (ahead + 1);
                assert!(rounds <= bound, "{} not served", waiters.len());
                channel.offer();
                channel.take();
                waiters.retain_mut(|waiter| {
                    !waiter.is_woken() || waiter.poll_until_parked().is_pending()
                });
            }
        }
    });
}

/// Like the test above, with a new waiter in each round.
#[test]
fn later_waiters_do_not_starve_earlier_ones() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        for ahead in [0, 1, 3, 9] {
            let channel = TestChannel::new(kind, capacity);
            let mut waiters: Vec<_> = (0..=ahead).map(|_| channel.parked(kind)).collect();
            let mut later = Vec::new();
            for rounds in 1.. {
                assert!(rounds <= 200, "{} not served", waiters.len());
                channel.offer();
                channel.take();
                for waiters in [&mut later, &mut waiters] {
                    waiters.retain_mut(|waiter: &mut Waiting| {
                        !waiter.is_woken() || waiter.poll_until_parked().is_pending()
                    });
                }
                if waiters.is_empty() {
                    break;
                }
                later.push(channel.parked(kind));
            }
        }
    });
}

/// A waiter that is woken beside one that is not polled, for the same message or slot, has lost no
/// race when it finds nothing.
#[test]
fn an_extra_waiter_that_finds_nothing_has_lost_no_race() {
    for kind in EXCLUSIVE {
        within_limit(move || {
            let channel = TestChannel::new(kind, 1);
            let mut first = channel.parked(kind);
            let mut extra = channel.parked(kind);
            for _ in 0..MAX_LOST_RACES {
                channel.offer();
                assert!(first.is_woken() && !extra.is_woken());
                // Parks on the other side, and wakes the extra waiter. Its own notification is
                // forwarded to nobody.
                let opposite = channel.opposite();
                assert!(extra.is_woken());
                assert!(channel.take());
                drop(opposite);
                assert!(extra.poll_until_parked().is_pending());
                assert!(first.poll_until_parked().is_pending());
            }
            // The next one is for the first waiter, which has lost its races.
            channel.offer();
            assert!(!channel.take());
            assert_eq!(first.poll_until_parked(), Poll::Ready(true));
            // The other one still has all of its races before it.
            for _ in 0..MAX_LOST_RACES {
                channel.offer();
                assert!(channel.take());
                assert!(extra.poll_until_parked().is_pending());
            }
            channel.offer();
            assert!(!channel.take());
            assert_eq!(extra.poll_until_parked(), Poll::Ready(true));
        });
    }
}

/// A task that waits for the drain is woken before the sender. Its waker runs a receiver that parks,
/// which wakes the sender as an extra waiter, before it is woken for the slot.
#[test]
fn a_sender_that_is_always_woken_early_is_served() {
    within_limit(|| {
        let channel = TestChannel::new(Kind::Send, 1);
        let mut sender = channel.parked(Kind::Send);
        for races in 0.. {
            let receiver = Arc::new(Mutex::new(channel.waiter(Kind::Recv)));
            let parked = Arc::clone(&receiver);
            let waker = callback_waker(move || {
                assert!(parked.lock().unwrap().poll_until_parked().is_pending());
            });
            let mut drained = pin!(channel.tx.drained());
            let poll = drained.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
            channel.offer();
            assert!(sender.is_woken());
            if !channel.take() {
                break;
            }
            assert!(races < MAX_LOST_RACES);
            assert!(sender.poll_until_parked().is_pending());
        }
        assert_eq!(sender.poll_until_parked(), Poll::Ready(true));
    });
}

/// The first waiter is polled late each time, so that a newcomer ends its reservation and wins. The
/// other one is polled each time that it is woken.
#[test]
fn a_waiter_behind_one_that_is_polled_late_is_served() {
    for kind in EXCLUSIVE {
        within_limit(move || {
            let (channel, mut late) = granted(kind, 1);
            assert!(channel.take_in_the_end());
            let mut waiter = channel.parked(kind);
            for rounds in 0.. {
                assert!(rounds < 100, "newcomers win all races");
                assert!(late.poll_until_parked().is_pending());
                channel.offer();
                let opposite = channel.opposite();
                // Enough attempts, and enough time, to end the reservation.
                if !(0..300).any(|_| channel.take()) {
                    sleep(Duration::from_micros(200));
                    channel.take();
                }
                drop(opposite);
                if waiter.is_woken() && waiter.poll_until_parked().is_ready() {
                    break;
                }
            }
        });
    }
}

#[test]
fn a_dropped_waiter_frees_its_grant_for_newcomers() {
    for_each(&ALL, |kind, capacity| {
        let (channel, waiter) = granted(kind, capacity);
        drop(waiter);
        assert!(channel.take());
        assert_eq!(channel.offered(), 0);

        let (channel, waiter) = granted(kind, capacity);
        drop(waiter);
        let mut newcomer = channel.newcomer();
        assert_eq!(newcomer.poll_until_parked(), Poll::Ready(true));
    });
}

#[test]
fn a_dropped_waiter_passes_its_grant_to_the_next() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let (channel, waiter) = granted(kind, capacity);
        let mut next = channel.newcomer();
        assert!(next.poll().is_pending());
        drop(waiter);
        assert!(next.is_woken());
        assert_eq!(next.poll_until_parked(), Poll::Ready(true));
        assert_eq!(channel.offered(), 0);
    });
}

/// The waiter is not polled while attempts are made, and is served later.
#[test]
fn attempts_succeed_although_an_unpolled_waiter_holds_a_grant() {
    for_each(&ALL, |kind, capacity| {
        let (channel, waiter) = granted(kind, capacity);
        assert!(channel.take_in_the_end());
        assert_served_after_revocation(&channel, waiter);
    });
}

#[test]
fn waiters_succeed_although_an_unpolled_waiter_holds_a_grant() {
    for_each(&ALL, |kind, capacity| {
        let (channel, waiter) = granted(kind, capacity);
        // It is polled again each time it wakes itself.
        let mut newcomer = channel.newcomer();
        assert_eq!(newcomer.poll_until_parked(), Poll::Ready(true));
        assert_eq!(channel.offered(), 0);
        assert_served_after_revocation(&channel, waiter);
    });
}

/// A newcomer that a grant blocks may also park. Attempts that follow succeed, and the newcomer is
/// served in the end.
#[test]
fn attempts_and_waiters_together_succeed() {
    for_each(&ALL, |kind, capacity| {
        let (channel, waiter) = granted(kind, capacity);
        let mut newcomer = channel.newcomer();
        let first = newcomer.poll();
        if first.is_pending() {
            assert!(channel.take_in_the_end());
            channel.offer();
            assert!(newcomer.is_woken() || waiter.is_woken());
            drop(waiter);
            assert!(newcomer.is_woken());
            assert_eq!(newcomer.poll_until_parked(), Poll::Ready(true));
        }
    });
}

/// Checks that a waiter whose grant was revoked parks, and is served when a message or slot is
/// available.
#[track_caller]
fn assert_served_after_revocation(channel: &TestChannel, mut waiter: Waiting) {
    assert_eq!(channel.offered(), 0);
    assert!(waiter.poll_until_parked().is_pending());
    lose_races(channel, &mut waiter);
    assert_eq!(waiter.poll_until_parked(), Poll::Ready(true));
    assert_eq!(channel.offered(), 0);
}

#[test]
fn several_unpolled_waiters_block_nothing() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let channel = TestChannel::new(kind, capacity);
        let count = capacity.min(5);
        let mut unpolled: Vec<_> = (0..count).map(|_| channel.parked(kind)).collect();
        // Finally, the offered messages or slots are granted to these waiters, and none of them is
        // polled.
        for _ in 0..=MAX_LOST_RACES {
            channel.offer_many(count);
            assert!(unpolled.iter().all(Waiting::is_woken));
            while channel.take() {}
            if channel.offered() > 0 {
                break;
            }
            for waiter in &mut unpolled {
                assert!(waiter.poll_until_parked().is_pending());
            }
        }
        assert_ne!(channel.offered(), 0, "newcomers have won all races");
        for _ in 0..MAX_RETRIES {
            channel.take();
        }
        assert_eq!(channel.offered(), 0);
        for waiter in &mut unpolled {
            assert!(waiter.poll_until_parked().is_pending());
        }
    });
}

/// Closing ends all other operations although the waiter is not polled.
#[test]
fn closing_ends_all_waits_although_a_grant_is_unused() {
    for_each(&ALL, |kind, capacity| {
        let (channel, mut waiter) = granted(kind, capacity);
        let left = channel.rx.len();
        channel.rx.close();
        let mut other = SendTask::boxed({
            let tx = channel.tx.clone();
            async move { tx.send(0).await.is_err() }
        });
        assert_eq!(other.poll_until_parked(), Poll::Ready(true));
        assert_eq!(channel.tx.try_send(0), Err(TrySendError::Closed(0)));
        for _ in 0..left {
            let mut receiver = channel.waiter(Kind::Recv);
            assert_eq!(
                receiver.poll_until_parked(),
                Poll::Ready(true),
                "a message that is left"
            );
        }
        let mut receiver = channel.waiter(Kind::Recv);
        assert_eq!(receiver.poll_until_parked(), Poll::Ready(false));
        assert_eq!(channel.rx.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(waiter.poll_until_parked(), Poll::Ready(false));
    });
}

#[test]
fn waiters_of_a_closed_channel_end_although_a_grant_is_unused() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let (channel, mut unpolled) = granted(kind, capacity);
        let mut others = [channel.newcomer(), channel.newcomer()];
        for other in &mut others {
            assert!(other.poll().is_pending());
        }
        channel.rx.close();
        let mut served = 0;
        for other in &mut others {
            assert!(other.is_woken());
            let Poll::Ready(is_served) = other.poll_until_parked() else {
                panic!("a waiter of a closed channel must finish");
            };
            served += usize::from(is_served);
        }
        assert_eq!(
            served,
            usize::from(kind.receives()),
            "the message that is left"
        );
        assert_eq!(unpolled.poll_until_parked(), Poll::Ready(false));
    });
}

#[test]
fn the_last_handle_ends_all_waits_although_a_grant_is_unused() {
    for_each(&ALL, |kind, capacity| {
        let (TestChannel { tx, rx, .. }, mut unpolled) = granted(kind, capacity);
        if kind.receives() {
            drop(tx);
            let mut receiver = SendTask::boxed({
                let rx = rx.clone();
                async move { (rx.recv().await, rx.recv().await) }
            });
            assert_eq!(receiver.poll_until_parked(), Poll::Ready((Some(0), None)));
        } else {
            drop(rx);
            let mut sender = SendTask::boxed({
                let tx = tx.clone();
                async move { tx.send(0).await.is_err() }
            });
            assert_eq!(sender.poll_until_parked(), Poll::Ready(true));
        }
        assert_eq!(unpolled.poll_until_parked(), Poll::Ready(false));
    });
}

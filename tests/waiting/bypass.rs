//! Checks the bound on lost races: a waiter that was woken some times and found nothing is served
//! next for certain, and yet nothing stands still for one that is not polled.

use std::task::Poll;

use mpmc_std::error::{TryRecvError, TrySendError};

use crate::scene::{ALL, EXCLUSIVE, Kind, Scene, Waiting};
use crate::waiter::{MAX_REFUSALS, Waiter, within_seconds};

/// A waiter loses at most so many races in a row.
const MAX_LOST_RACES: usize = 4;

const CAPACITIES: [usize; 3] = [1, 2, 64];

fn for_each(kinds: &[Kind], check: impl Fn(Kind, usize) + Copy + Send + 'static) {
    for &kind in kinds {
        for capacity in CAPACITIES {
            within_seconds(move || {
                println!("{kind:?}, capacity {capacity}");
                check(kind, capacity);
            });
        }
    }
}

/// Lets the waiter lose races until what is offered is granted to it. It has been woken then, and
/// not polled since.
#[track_caller]
fn lose_races(scene: &Scene, waiter: &mut Waiting) {
    for _ in 0..=MAX_LOST_RACES {
        scene.offer();
        assert!(waiter.is_woken(), "each message and slot wakes it");
        if !scene.take() {
            return;
        }
        assert!(waiter.poll().is_pending(), "a newcomer was quicker");
    }
    panic!("a newcomer has won {} races in a row", MAX_LOST_RACES + 1);
}

fn granted(kind: Kind, capacity: usize) -> (Scene, Waiting) {
    let scene = Scene::new(kind, capacity);
    let mut waiter = scene.parked(kind);
    lose_races(&scene, &mut waiter);
    (scene, waiter)
}

#[test]
fn after_some_lost_races_a_newcomer_cannot_win() {
    for_each(&ALL, |kind, capacity| {
        let (scene, mut waiter) = granted(kind, capacity);
        assert!(!scene.take());
        let mut newcomer = scene.newcomer();
        assert!(newcomer.poll_once().is_pending());
        drop(newcomer);
        assert_eq!(waiter.poll(), Poll::Ready(true));
        assert_eq!(scene.offered(), 0);
        // The next is anybody's again.
        scene.offer();
        assert!(scene.take());
    });
}

#[test]
fn a_newcomer_that_waits_behind_a_grant_gets_the_next_message_or_slot() {
    for_each(&ALL, |kind, capacity| {
        let (scene, mut waiter) = granted(kind, capacity);
        let mut newcomer = scene.newcomer();
        assert!(newcomer.poll_once().is_pending());
        assert_eq!(waiter.poll(), Poll::Ready(true));
        scene.offer();
        assert!(newcomer.is_woken());
        assert_eq!(newcomer.poll(), Poll::Ready(true));
        assert_eq!(scene.offered(), 0);
    });
}

#[test]
fn grants_follow_one_another() {
    for_each(&ALL, |kind, capacity| {
        let scene = Scene::new(kind, capacity);
        for _ in 0..20 {
            let mut waiter = scene.parked(kind);
            lose_races(&scene, &mut waiter);
            assert_eq!(waiter.poll(), Poll::Ready(true));
            assert_eq!(scene.offered(), 0);
        }
    });
}

/// A newcomer takes everything before the woken ones are polled, and yet all are served.
#[test]
fn waiters_behind_others_are_served_too() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        for ahead in [1, 3, 9, 20] {
            let scene = Scene::new(kind, capacity);
            let mut waiters: Vec<_> = (0..=ahead).map(|_| scene.parked(kind)).collect();
            let mut rounds = 0;
            while !waiters.is_empty() {
                rounds += 1;
                let bound = (MAX_LOST_RACES + 1) * (ahead + 1);
                assert!(rounds <= bound, "{} not served", waiters.len());
                scene.offer();
                scene.take();
                waiters.retain_mut(|waiter| !waiter.is_woken() || waiter.poll().is_pending());
            }
        }
    });
}

/// As above, and there is a new waiter in each round.
#[test]
fn waiters_that_come_later_do_not_keep_others_waiting_without_bound() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        for ahead in [0, 1, 3, 9] {
            let scene = Scene::new(kind, capacity);
            let mut waiters: Vec<_> = (0..=ahead).map(|_| scene.parked(kind)).collect();
            let mut later = Vec::new();
            for rounds in 1.. {
                assert!(rounds <= 200, "{} not served", waiters.len());
                scene.offer();
                scene.take();
                for waiters in [&mut later, &mut waiters] {
                    waiters.retain_mut(|waiter: &mut Waiting| {
                        !waiter.is_woken() || waiter.poll().is_pending()
                    });
                }
                if waiters.is_empty() {
                    break;
                }
                later.push(scene.parked(kind));
            }
        }
    });
}

#[test]
fn a_dropped_waiter_leaves_its_grant_to_newcomers() {
    for_each(&ALL, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        drop(waiter);
        assert!(scene.take());
        assert_eq!(scene.offered(), 0);

        let (scene, waiter) = granted(kind, capacity);
        drop(waiter);
        let mut newcomer = scene.newcomer();
        assert_eq!(newcomer.poll(), Poll::Ready(true));
    });
}

#[test]
fn a_dropped_waiter_leaves_its_grant_to_the_next() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        let mut next = scene.newcomer();
        assert!(next.poll_once().is_pending());
        drop(waiter);
        assert!(next.is_woken());
        assert_eq!(next.poll(), Poll::Ready(true));
        assert_eq!(scene.offered(), 0);
    });
}

/// The waiter is kept and not polled; then it goes on.
#[test]
fn attempts_get_through_though_the_grant_is_with_a_waiter_that_is_not_polled() {
    for_each(&ALL, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        let attempts = (0..MAX_REFUSALS).find(|_| scene.take());
        attempts.expect("a bounded number of attempts");
        goes_on(&scene, waiter);
    });
}

#[test]
fn waiters_get_through_though_the_grant_is_with_a_waiter_that_is_not_polled() {
    for_each(&ALL, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        // It is polled again as often as it wakes itself.
        let mut newcomer = scene.newcomer();
        assert_eq!(newcomer.poll(), Poll::Ready(true));
        assert_eq!(scene.offered(), 0);
        goes_on(&scene, waiter);
    });
}

/// A newcomer that finds the grant in its way may also wait; attempts that follow get through, and
/// it is served in the end.
#[test]
fn attempts_and_waiters_together_get_through() {
    for_each(&ALL, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        let mut newcomer = scene.newcomer();
        let first = newcomer.poll_once();
        if first.is_pending() {
            let attempts = (0..MAX_REFUSALS).find(|_| scene.take());
            attempts.expect("a bounded number of attempts");
            scene.offer();
            assert!(newcomer.is_woken() || waiter.is_woken());
            drop(waiter);
            assert!(newcomer.is_woken());
            assert_eq!(newcomer.poll(), Poll::Ready(true));
        }
    });
}

/// The waiter whose grant was taken back finds nothing, and is served when there is something.
#[track_caller]
fn goes_on(scene: &Scene, mut waiter: Waiting) {
    assert_eq!(scene.offered(), 0);
    waiter.parks();
    lose_races(scene, &mut waiter);
    assert_eq!(waiter.poll(), Poll::Ready(true));
    assert_eq!(scene.offered(), 0);
}

#[test]
fn several_kept_waiters_hold_nothing_up() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let scene = Scene::new(kind, capacity);
        let count = capacity.min(5);
        let mut kept: Vec<_> = (0..count).map(|_| scene.parked(kind)).collect();
        // At last, what is offered is granted to them, and none is polled.
        for _ in 0..=MAX_LOST_RACES {
            scene.offer_many(count);
            assert!(kept.iter().all(Waiting::is_woken));
            while scene.take() {}
            if scene.offered() > 0 {
                break;
            }
            kept.iter_mut().for_each(Waiting::parks);
        }
        assert_ne!(scene.offered(), 0, "newcomers have won all races");
        for _ in 0..MAX_REFUSALS {
            scene.take();
        }
        assert_eq!(scene.offered(), 0);
        kept.iter_mut().for_each(Waiting::parks);
    });
}

/// Closing ends all others though the waiter is not polled.
#[test]
fn closing_ends_everything_though_a_grant_is_out() {
    for_each(&ALL, |kind, capacity| {
        let (scene, waiter) = granted(kind, capacity);
        let left = scene.rx.len();
        scene.rx.close();
        let mut other = Waiter::new({
            let tx = scene.tx.clone();
            async move { tx.send(0).await.is_err() }
        });
        assert_eq!(other.poll(), Poll::Ready(true));
        assert_eq!(scene.tx.try_send(0), Err(TrySendError::Closed(0)));
        for _ in 0..left {
            let mut receiver = scene.waiter(Kind::Recv);
            assert_eq!(
                receiver.poll(),
                Poll::Ready(true),
                "a message that is there"
            );
        }
        let mut receiver = scene.waiter(Kind::Recv);
        assert_eq!(receiver.poll(), Poll::Ready(false));
        assert_eq!(scene.rx.try_recv(), Err(TryRecvError::Disconnected));
        assert!(!waiter.finish());
    });
}

#[test]
fn waiters_end_when_the_channel_is_closed_though_a_grant_is_out() {
    for_each(&EXCLUSIVE, |kind, capacity| {
        let (scene, kept) = granted(kind, capacity);
        let mut others = [scene.newcomer(), scene.newcomer()];
        for other in &mut others {
            assert!(other.poll_once().is_pending());
        }
        scene.rx.close();
        let mut served = 0;
        for other in &mut others {
            assert!(other.is_woken());
            let Poll::Ready(is_served) = other.poll() else {
                panic!("must end");
            };
            served += usize::from(is_served);
        }
        assert_eq!(
            served,
            usize::from(kind.receives()),
            "the message that is left"
        );
        assert!(!kept.finish());
    });
}

#[test]
fn the_last_handle_ends_everything_though_a_grant_is_out() {
    for_each(&ALL, |kind, capacity| {
        let (Scene { tx, rx, .. }, kept) = granted(kind, capacity);
        if kind.receives() {
            drop(tx);
            let mut receiver = Waiter::new({
                let rx = rx.clone();
                async move { (rx.recv().await, rx.recv().await) }
            });
            assert_eq!(receiver.poll(), Poll::Ready((Some(0), None)));
        } else {
            drop(rx);
            let mut sender = Waiter::new({
                let tx = tx.clone();
                async move { tx.send(0).await.is_err() }
            });
            assert_eq!(sender.poll(), Poll::Ready(true));
        }
        assert!(!kept.finish());
    });
}

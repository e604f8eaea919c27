//! Checks that wakers may do anything with the channel that wakes, clones or drops them, wherever
//! in the queue their waiter is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mpmc_std::channel;

use crate::hooks::On;
use crate::party::{ACTIONS, Action, Party, Way, ways};
use crate::waiter::within_seconds;

/// The places in the queue of the waiter with the hook: first, second, and far behind.
const PLACES: [usize; 3] = [0, 1, 9];

/// Runs `trigger` for every kind of waiter and for everything that its waker may do.
fn for_each(
    on: On,
    applies: impl Fn(Way, usize) -> bool,
    trigger: impl Fn(&Party) + Copy + Send + 'static,
) {
    for way in ways() {
        for place in PLACES.into_iter().filter(|place| applies(way, *place)) {
            for action in ACTIONS {
                if action == Action::Panic && on != On::Wake {
                    continue;
                }
                within_seconds(move || {
                    println!("{way:?}, place {place}: {action:?}");
                    let party = Party::new(way, place);
                    party.arm(on, action);
                    let result = catch_unwind(AssertUnwindSafe(|| trigger(&party)));
                    party.disarm();
                    if let Err(panic) = result {
                        let wanted = action == Action::Panic
                            && panic.downcast_ref() == Some(&crate::party::WANTED);
                        assert!(wanted, "only the waker may panic");
                    }
                    party.check_wakes();
                    party.check_that_all_end();
                });
            }
        }
    }
}

#[test]
fn a_waker_that_is_woken_for_a_message_or_slot() {
    for_each(
        On::Wake,
        |way, _| matches!(way, Way::Of(_)),
        |party| party.offer(party.place + 1),
    );
}

#[test]
fn a_waker_that_is_dropped_after_it_was_woken() {
    for_each(
        On::Drop,
        |way, _| matches!(way, Way::Of(_)),
        |party| party.offer(party.place + 1),
    );
}

#[test]
fn a_waker_that_is_woken_by_close() {
    for_each(On::Wake, |_, _| true, Party::close);
}

#[test]
fn a_waker_that_is_dropped_after_close() {
    for_each(On::Drop, |_, _| true, Party::close);
}

#[test]
fn a_waker_that_is_woken_by_the_end_of_the_other_side() {
    for_each(On::Wake, |_, _| true, Party::drop_other_side);
}

/// All ahead of it are dropped, the one after the other. For `reserve_many`, what is passed on is
/// the reservation lock.
#[test]
fn a_waker_that_is_woken_by_a_waiter_that_passes_its_wake_on() {
    for_each(
        On::Wake,
        |way, place| {
            let exclusive = match way {
                Way::Of(kind) => kind.is_exclusive(),
                Way::ReserveMany => true,
                Way::Closed | Way::PollClosed => false,
            };
            exclusive && place > 0
        },
        |party| {
            if matches!(party.way, Way::Of(_)) {
                party.offer(1);
            }
            (0..party.place).for_each(|at| party.drop_waiter(at));
        },
    );
}

#[test]
fn a_waker_that_is_replaced() {
    for_each(On::Drop, |_, _| true, Party::poll_hooked_with_another_waker);
}

#[test]
fn a_waker_that_is_dropped_with_its_waiter() {
    for_each(
        On::Drop,
        |_, _| true,
        |party| party.drop_waiter(party.place),
    );
}

#[test]
fn a_waker_that_is_cloned() {
    for_each(On::Clone, |_, _| true, Party::poll_hooked_again);
}

/// Tasks of an executor that has ended: each waker owns its task, and to wake it drops it.
#[test]
fn wakers_that_own_their_waiters_and_drop_them_when_they_are_woken() {
    for way in ways() {
        within_seconds(move || {
            println!("{way:?}");
            let party = Party::new(way, 0);
            let wakers = party.give_waiters_to_their_wakers();
            if matches!(way, Way::Of(_)) {
                party.offer(1);
            }
            party.close();
            drop(wakers);
            assert_eq!(party.waiting(), 0);
        });
    }
}

/// The same, with the waker as the only owner: what the channel drops last is the waiter.
#[test]
fn wakers_that_are_the_last_owners_of_their_waiters() {
    for way in ways() {
        within_seconds(move || {
            println!("{way:?}");
            let party = Party::new(way, 0);
            drop(party.give_waiters_to_their_wakers());
            if matches!(way, Way::Of(_)) {
                party.offer(1);
            }
            party.close();
            assert_eq!(party.waiting(), 0);
        });
    }
}

/// A replaced waker is the last owner of the last sender.
#[test]
fn a_replaced_waker_may_own_the_last_handle_of_the_other_side() {
    for place in PLACES {
        within_seconds(move || {
            let (tx, rx) = channel::<u8>(1);
            let mut waiting: Vec<_> = (0..=place).map(|_| Box::pin(rx.recv())).collect();
            let mut noop = Context::from_waker(Waker::noop());
            let (last, ahead) = waiting.split_last_mut().unwrap();
            for recv in ahead {
                assert!(recv.as_mut().poll(&mut noop).is_pending());
            }
            let hooks = Arc::new(crate::hooks::Hooks::default());
            hooks.arm(On::Drop, Box::new(|| {}));
            let waker = hooks.waker();
            let mut context = Context::from_waker(&waker);
            assert!(last.as_mut().poll(&mut context).is_pending());
            hooks.arm(On::Drop, Box::new(move || drop(tx)));
            let polled = last.as_mut().poll(&mut noop);
            assert!(rx.is_closed());
            // It may have looked before the old waker was dropped.
            if polled.is_pending() {
                assert_eq!(last.as_mut().poll(&mut noop), Poll::Ready(None));
            }
        });
    }
}

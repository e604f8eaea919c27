//! Checks that wakers may do anything with the channel that wakes, clones or drops them, at any
//! place of their waiter in the queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use mpmc_std::channel;

use crate::harness::{EventWaker, WakerEvent, within_limit};
use crate::waiting::hooked_waiters::{ACTIONS, Action, HookedWaiters, WaitMethod, wait_methods};
use crate::waiting::test_channel::{Kind, TestChannel};

/// The places in the queue of the waiter with the hook: first, second, and far behind.
const PLACES: [usize; 3] = [0, 1, 9];

/// Runs `trigger` for every kind of waiter and every action of its waker.
fn for_each(
    on: WakerEvent,
    applies: impl Fn(WaitMethod, usize) -> bool,
    trigger: impl Fn(&HookedWaiters) + Copy + Send + 'static,
) {
    for method in wait_methods() {
        for place in PLACES.into_iter().filter(|place| applies(method, *place)) {
            for action in ACTIONS {
                if action == Action::Panic && on != WakerEvent::Wake {
                    continue;
                }
                within_limit(move || {
                    println!("{method:?}, place {place}: {action:?}");
                    let waiters = HookedWaiters::new(method, place);
                    waiters.set(on, action);
                    let result = catch_unwind(AssertUnwindSafe(|| trigger(&waiters)));
                    waiters.clear();
                    if let Err(panic) = result {
                        let wanted = action == Action::Panic
                            && panic.downcast_ref()
                                == Some(&crate::waiting::hooked_waiters::EXPECTED_PANIC);
                        assert!(wanted, "only the waker may panic");
                    }
                    waiters.check_wakes();
                    waiters.check_that_all_end();
                });
            }
        }
    }
}

#[test]
fn a_waker_that_is_woken_for_a_message_or_slot() {
    for_each(
        WakerEvent::Wake,
        |method, _| matches!(method, WaitMethod::Of(_)),
        |waiters| waiters.offer(waiters.place + 1),
    );
}

#[test]
fn a_waker_that_is_dropped_after_it_was_woken() {
    for_each(
        WakerEvent::Drop,
        |method, _| matches!(method, WaitMethod::Of(_)),
        |waiters| waiters.offer(waiters.place + 1),
    );
}

#[test]
fn a_waker_that_is_woken_by_close() {
    for_each(WakerEvent::Wake, |_, _| true, HookedWaiters::close);
}

#[test]
fn a_waker_that_is_dropped_after_close() {
    for_each(WakerEvent::Drop, |_, _| true, HookedWaiters::close);
}

#[test]
fn a_waker_that_is_woken_by_the_end_of_the_other_side() {
    for_each(
        WakerEvent::Wake,
        |_, _| true,
        HookedWaiters::drop_other_side,
    );
}

/// All waiters before it are dropped, one after another. For `reserve_many`, the reservation lock
/// is passed on.
#[test]
fn a_waker_that_is_woken_by_a_forwarded_notification() {
    for_each(
        WakerEvent::Wake,
        |method, place| {
            let exclusive = match method {
                WaitMethod::Of(kind) => kind.is_exclusive(),
                WaitMethod::ReserveMany => true,
                WaitMethod::Closed | WaitMethod::PollClosed => false,
            };
            exclusive && place > 0
        },
        |waiters| {
            if matches!(waiters.method, WaitMethod::Of(_)) {
                waiters.offer(1);
            }
            (0..waiters.place).for_each(|at| waiters.drop_waiter(at));
        },
    );
}

#[test]
fn a_waker_that_is_replaced() {
    for_each(
        WakerEvent::Drop,
        |_, _| true,
        HookedWaiters::poll_hooked_with_another_waker,
    );
}

#[test]
fn a_waker_that_is_dropped_with_its_waiter() {
    for_each(
        WakerEvent::Drop,
        |_, _| true,
        |waiters| waiters.drop_waiter(waiters.place),
    );
}

#[test]
fn a_waker_that_is_cloned() {
    for_each(
        WakerEvent::Clone,
        |_, _| true,
        HookedWaiters::poll_hooked_again,
    );
}

/// Tasks of an executor that has ended: each waker owns its task, and waking it drops the task.
#[test]
fn wakers_that_own_and_drop_their_waiters() {
    for method in wait_methods() {
        within_limit(move || {
            println!("{method:?}");
            let waiters = HookedWaiters::new(method, 0);
            let wakers = waiters.give_waiters_to_their_wakers();
            if matches!(method, WaitMethod::Of(_)) {
                waiters.offer(1);
            }
            waiters.close();
            drop(wakers);
            assert_eq!(waiters.waiting(), 0);
        });
    }
}

/// The waker is the only owner, so the channel drops the waiter last.
#[test]
fn wakers_that_are_the_last_owners_of_their_waiters() {
    for method in wait_methods() {
        within_limit(move || {
            println!("{method:?}");
            let waiters = HookedWaiters::new(method, 0);
            drop(waiters.give_waiters_to_their_wakers());
            if matches!(method, WaitMethod::Of(_)) {
                waiters.offer(1);
            }
            waiters.close();
            assert_eq!(waiters.waiting(), 0);
        });
    }
}

/// A replaced waker is the last owner of the last sender.
#[test]
fn a_replaced_waker_may_own_the_last_handle_of_the_other_side() {
    for place in PLACES {
        within_limit(move || {
            let (tx, rx) = channel::<u8>(1);
            let mut waiting: Vec<_> = (0..=place).map(|_| Box::pin(rx.recv())).collect();
            let mut noop = Context::from_waker(Waker::noop());
            let (last, ahead) = waiting.split_last_mut().unwrap();
            for recv in ahead {
                assert!(recv.as_mut().poll(&mut noop).is_pending());
            }
            let hooks = EventWaker::default();
            hooks.set(WakerEvent::Drop, Box::new(|| {}));
            let waker = hooks.waker();
            let mut context = Context::from_waker(&waker);
            assert!(last.as_mut().poll(&mut context).is_pending());
            hooks.set(WakerEvent::Drop, Box::new(move || drop(tx)));
            let polled = last.as_mut().poll(&mut noop);
            assert!(rx.is_closed());
            // The attempt may have preceded the drop of the old waker.
            if polled.is_pending() {
                assert_eq!(last.as_mut().poll(&mut noop), Poll::Ready(None));
            }
        });
    }
}

/// In the middle of a receive by a task that was not woken, the task that was woken for the message
/// is dropped, and the next message arrives. It must wake a task, too.
#[test]
fn a_waker_that_drops_the_woken_receiver_and_sends_again() {
    for kind in [Kind::Recv, Kind::RecvMany] {
        within_limit(move || {
            println!("{kind:?}");
            let channel = TestChannel::new(kind, 1);
            let permit = channel.tx.clone().try_reserve_owned().unwrap();
            let [woken, mut polled, left] =
                [Kind::Recv, kind, Kind::Recv].map(|kind| channel.parked(kind));
            let tx = channel.tx.clone();
            let waker = EventWaker::with_hook(WakerEvent::Wake, move || {
                assert!(woken.is_woken());
                drop(woken);
                assert_eq!(tx.try_send(1), Ok(()));
            });
            let mut sender = channel.waiter(Kind::Send);
            assert!(sender.poll_with(&waker).is_pending());

            drop(permit.send(0));
            assert_eq!(polled.poll(), Poll::Ready(true));
            assert_eq!(channel.rx.len(), 1);
            assert!(left.is_woken(), "a wake was lost");
        });
    }
}

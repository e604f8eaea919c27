//! The wait loop: one poll of an operation that was not possible at once. Futures and handles share it.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::budget;
use super::list::{Waiter, WaiterState};
use super::queue::{Lost, Outcome};
use super::{Attempt, Operation, Parked, Reservation, Side};
use crate::{sync, trace};

/// How often one poll looks again when the state changes between looking and marking the side parked.
const ROUNDS: u32 = 8;

/// Counts polls in a row that ended with the task waking itself.
#[derive(Debug, Default)]
pub(super) struct Busy(u8);

impl Busy {
    /// Wakes the task to look again. The executor decides what to run meanwhile. If it has nothing else to
    /// run, the thread that is waited for may need this core.
    #[cold]
    fn come_back<R>(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        self.0 = self.0.saturating_add(1);
        if self.0 == u8::MAX {
            // Nor does yielding help if that thread has a lower priority.
            sync::sleep_briefly();
        } else if self.0 > sync::POLLS_BEFORE_YIELD {
            sync::yield_thread();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Attempts `operation`, and registers `waiter` if it has to wait.
///
/// Cancel safe: until this returns `Ready`, the operation has had no effect.
pub(super) fn poll_waiting<O: Operation>(
    operation: &mut O,
    waiter: Pin<&Waiter>,
    busy: &mut Busy,
    cx: &mut Context<'_>,
) -> Poll<O::Output> {
    let side = operation.side();
    let queue = side.queue();
    for _ in 0..ROUNDS {
        let state = waiter.state();
        match state {
            WaiterState::Waiting => {
                if let Some(output) = operation.attempt_at_once() {
                    // If it was notified meanwhile, that is as if it had been before: one wake, and one message.
                    drop(queue.deregister(&side, waiter));
                    return Poll::Ready(output);
                }
                if !queue.replace_waker(waiter, cx.waker()) {
                    continue;
                }
                if !queue.has_grants() {
                    return Poll::Pending;
                }
                if !queue.take_back() {
                    return busy.come_back(cx);
                }
                side.unreserve(1);
                continue;
            }
            WaiterState::Granted => {
                trace::woken(&queue);
                if queue.accept(waiter) {
                    let reservation = Reservation::new(&side);
                    if let Some(poll) = poll_granted(operation, reservation, waiter, busy, cx) {
                        return poll;
                    }
                }
                continue;
            }
            // Before the attempt: if a subscriber panics, nothing has been received.
            WaiterState::Notified | WaiterState::Told => trace::woken(&queue),
            WaiterState::Idle => {}
        }
        match operation.attempt() {
            Attempt::Done(output) => {
                queue.succeed(waiter);
                return Poll::Ready(output);
            }
            Attempt::GivenUp(output) => {
                queue.succeed(waiter);
                if state == WaiterState::Notified {
                    side.forward();
                }
                return Poll::Ready(output);
            }
            Attempt::Busy => return busy.come_back(cx),
            Attempt::Blocked => {}
        }
        if queue.has_grants() {
            // What the operation waits for may be reserved for a waiter that is not polled. It comes back by
            // itself, for it might not be woken.
            if !queue.take_back() {
                return busy.come_back(cx);
            }
            side.unreserve(1);
            continue;
        }
        let lost = if state == WaiterState::Idle {
            Lost::Nothing
        } else {
            Lost::Race
        };
        queue.register(&side, waiter, cx.waker().clone(), lost);
        match side.mark_parked() {
            Parked::No => match queue.withdraw(&side, waiter) {
                Outcome::Undisturbed => continue,
                Outcome::Notified => {
                    // The notification was for a waiter that had marked.
                    side.forward();
                    continue;
                }
                Outcome::Granted(reservation) => {
                    match poll_granted(operation, reservation, waiter, busy, cx) {
                        Some(poll) => return poll,
                        None => continue,
                    }
                }
            },
            Parked::Yes => {}
            Parked::BesideOthers => side.wake_opposite(),
        }
        *busy = Busy::default();
        budget::parked();
        trace::parked(&queue);
        return Poll::Pending;
    }
    busy.come_back(cx)
}

/// Attempts `operation` with a reservation. Returns `None` if it could not be used, and was given back.
fn poll_granted<O: Operation>(
    operation: &mut O,
    mut reservation: Reservation<'_, O::Side>,
    waiter: Pin<&Waiter>,
    busy: &mut Busy,
    cx: &mut Context<'_>,
) -> Option<Poll<O::Output>> {
    let side = operation.side();
    let queue = side.queue();
    match operation.attempt_granted(&mut reservation) {
        Attempt::Done(output) | Attempt::GivenUp(output) => {
            queue.succeed(waiter);
            Some(Poll::Ready(output))
        }
        // Others may take it back meanwhile.
        Attempt::Busy if queue.keep(&side, waiter) => {
            reservation.use_up();
            Some(busy.come_back(cx))
        }
        Attempt::Busy | Attempt::Blocked => None,
    }
}

/// Ends the registration of a waiter whose operation was dropped.
#[cold]
pub(super) fn leave<S: Side>(side: &S, waiter: Pin<&Waiter>) {
    match side.queue().deregister(side, waiter) {
        Outcome::Undisturbed => {}
        Outcome::Notified => side.forward(),
        Outcome::Granted(reservation) => drop(reservation),
    }
}

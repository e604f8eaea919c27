//! The wait loop: one poll of an operation that would block. Futures and handles share it.

use core::cell::Cell;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::budget;
use super::list::{Waiter, WaiterState};
use super::queue::{LostRace, Outcome};
use super::{Attempt, Operation, Parked, Reservation, Side};
use crate::unwind::defer;
use crate::{sync, trace};

/// The number of attempts in one poll while the state changes between an attempt and marking the
/// side parked.
const ROUNDS: u32 = 8;

/// The number of polls in a row that ended with the task waking itself.
#[derive(Debug, Default)]
pub(super) struct SelfWakes(u8);

impl SelfWakes {
    /// Wakes the task and returns `Pending`, so that it is polled again and the executor decides
    /// what to run meanwhile. If it has nothing else to run, the thread that the operation waits
    /// for may need this core, so this yields the thread after a few such polls.
    #[cold]
    fn wake_self<R>(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        self.0 = self.0.saturating_add(1);
        if self.0 == u8::MAX {
            // Yielding does not help if that thread has a lower priority.
            sync::sleep_briefly();
        } else if self.0 > sync::POLLS_BEFORE_YIELD {
            sync::yield_thread();
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Attempts `operation`, and registers `waiter` if it would block.
///
/// Cancel safe: until this returns `Ready`, the operation has had no effect.
pub(super) fn poll_waiting<O: Operation>(
    operation: &mut O,
    waiter: Pin<&Waiter>,
    self_wakes: &mut SelfWakes,
    cx: &mut Context<'_>,
) -> Poll<O::Output> {
    let side = operation.side();
    let queue = side.queue();
    for _ in 0..ROUNDS {
        let state = waiter.state();
        match state {
            WaiterState::Waiting => {
                if let Some(output) = operation.attempt_at_once() {
                    // A notification that it got meanwhile may be for another message: the one
                    // that was woken for this message may have been dropped.
                    let output = finish_or_undo(operation, output, || {
                        deregister_and_forward(&side, waiter);
                    });
                    return Poll::Ready(output);
                }
                if !queue.replace_waker(waiter, cx.waker()) {
                    continue;
                }
                if !queue.has_grants() {
                    return Poll::Pending;
                }
                if !queue.try_revoke_oldest() {
                    return self_wakes.wake_self(cx);
                }
                side.unreserve(1);
                continue;
            }
            WaiterState::Granted => {
                trace::woken(&queue);
                if queue.accept_grant(waiter) {
                    let reservation = Reservation::new(&side);
                    if let Some(poll) = poll_granted(operation, reservation, waiter, self_wakes, cx)
                    {
                        return poll;
                    }
                }
                continue;
            }
            // Before the attempt: if a tracing subscriber panics, nothing has been received.
            WaiterState::Notified | WaiterState::Extra | WaiterState::Broadcast => {
                trace::woken(&queue);
            }
            WaiterState::Idle => {}
        }
        match operation.attempt() {
            Attempt::Done(output) => {
                if state == WaiterState::Extra {
                    queue.record_extra_success();
                }
                queue.finish_wait(waiter);
                return Poll::Ready(output);
            }
            Attempt::GivenUp(output) => {
                queue.finish_wait(waiter);
                if matches!(state, WaiterState::Notified | WaiterState::Extra) {
                    side.forward();
                }
                return Poll::Ready(output);
            }
            Attempt::Busy => return self_wakes.wake_self(cx),
            Attempt::Blocked => {}
        }
        if queue.has_grants() {
            // What the operation waits for may be reserved for a waiter that is not polled. This
            // task might not be woken then, so it wakes itself and retries.
            if !queue.try_revoke_oldest() {
                return self_wakes.wake_self(cx);
            }
            side.unreserve(1);
            continue;
        }
        if let Some(poll) = park(operation, waiter, state, self_wakes, cx) {
            return poll;
        }
    }
    self_wakes.wake_self(cx)
}

/// Registers the waiter, which was in `state`, and marks its side parked. Returns `None` if the
/// operation must be attempted again instead.
fn park<O: Operation>(
    operation: &mut O,
    waiter: Pin<&Waiter>,
    state: WaiterState,
    self_wakes: &mut SelfWakes,
    cx: &mut Context<'_>,
) -> Option<Poll<O::Output>> {
    let side = operation.side();
    let queue = side.queue();
    let lost = if state == WaiterState::Idle {
        LostRace::No
    } else {
        queue.yielding().record_lost_race();
        LostRace::Yes
    };
    if state == WaiterState::Extra {
        queue.record_extra_failure();
    }
    queue.register(&side, waiter, cx.waker().clone(), lost);
    match side.mark_parked() {
        Parked::No => {
            return match queue.deregister_to_retry(&side, waiter) {
                Outcome::NotWoken => None,
                Outcome::Notified => {
                    // This waiter has not parked, so the notification belongs to one that has.
                    side.forward();
                    None
                }
                Outcome::Granted(reservation) => {
                    poll_granted(operation, reservation, waiter, self_wakes, cx)
                }
            };
        }
        Parked::Yes => {}
        // The task that woke this one has woken another waiter before.
        Parked::BesideOthers
            if state == WaiterState::Extra && !side.opposite().extra_waiters_help() => {}
        Parked::BesideOthers => side.wake_opposite(),
    }
    *self_wakes = SelfWakes::default();
    budget::parked();
    trace::parked(&queue);
    Some(Poll::Pending)
}

/// Attempts `operation` with a reservation. Returns `None` if the reservation could not be used,
/// and was given back.
fn poll_granted<O: Operation>(
    operation: &mut O,
    mut reservation: Reservation<'_, O::Side>,
    waiter: Pin<&Waiter>,
    self_wakes: &mut SelfWakes,
    cx: &mut Context<'_>,
) -> Option<Poll<O::Output>> {
    let side = operation.side();
    let queue = side.queue();
    match operation.attempt_granted(&mut reservation) {
        Attempt::Done(output) | Attempt::GivenUp(output) => {
            queue.finish_wait(waiter);
            Some(Poll::Ready(output))
        }
        // While the task retries, the reservation can be revoked.
        Attempt::Busy if queue.put_back_grant(&side, waiter) => {
            reservation.use_up();
            Some(self_wakes.wake_self(cx))
        }
        Attempt::Busy | Attempt::Blocked => None,
    }
}

/// Ends the registration of a waiter whose operation was dropped, or has succeeded without a wake.
/// Forwards its notification, or gives its reservation back.
#[cold]
pub(super) fn deregister_and_forward<S: Side>(side: &S, waiter: Pin<&Waiter>) {
    match side.queue().deregister(side, waiter) {
        Outcome::NotWoken => {}
        Outcome::Notified => side.forward(),
        Outcome::Granted(reservation) => drop(reservation),
    }
}

/// Calls `finish`, which may call wakers, after `operation` has succeeded with `output`. If a waker
/// panics, the operation is undone.
fn finish_or_undo<O: Operation>(
    operation: &O,
    output: O::Output,
    finish: impl FnOnce(),
) -> O::Output {
    let output = Cell::new(Some(output));
    let _undo = defer(|| {
        if let Some(output) = output.take() {
            operation.undo(output);
        }
    });
    finish();
    match output.take() {
        Some(output) => output,
        None => unreachable!("only `_undo` takes it, and runs last"),
    }
}

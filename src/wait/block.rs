//! Blocking operations.

use std::time::Instant;

use super::future::Waiting;
use super::{Attempt, Operation, Side};
use crate::sync;

/// Runs `operation` on this thread until it is done, parking the thread while it waits. Returns
/// `None` if `deadline` passes first. What is available when the deadline passes is still taken.
/// `call` is the name in the panic message if the thread must not block.
///
/// Before the thread parks, it spins for 8 to 18 µs, and checks `deadline` only before that.
/// Parking and waking are system calls on both sides, and a thread of the other side that is
/// running now is usually quicker. If spinning has not helped lately, the thread parks at once
/// (`spin.rs`). It does not yield its core: among busy threads that would give away a whole time
/// slice. On a single core it yields instead of spinning, since no other thread can run meanwhile,
/// and a thread that runs then may complete the operation (`help.rs`).
/// A future must do neither, since the other side may be a task that waits for this very thread.
#[track_caller]
pub(crate) fn block<O: Operation>(
    mut operation: O,
    deadline: Option<Instant>,
    call: &str,
) -> Option<O::Output> {
    if let Some(output) = operation.attempt_at_once() {
        return Some(output);
    }
    if deadline.is_none_or(|deadline| Instant::now() < deadline) {
        if sync::is_in_runtime() {
            // The quick attempt can also fail for reasons other than having to wait.
            if let Attempt::Done(output) | Attempt::GivenUp(output) = operation.attempt() {
                return Some(output);
            }
            sync::assert_may_block(call);
        }
        let side = operation.side();
        if let Some(output) = side.queue().spinner().spin_thread(&mut operation, &side) {
            return Some(output);
        }
    }
    sync::block_on_until(Waiting::after_spin(operation), deadline)
}

/// Runs [`block`] without a deadline.
#[track_caller]
pub(crate) fn block_forever<O: Operation>(operation: O, call: &str) -> O::Output {
    match block(operation, None, call) {
        Some(output) => output,
        None => unreachable!("there is no deadline"),
    }
}

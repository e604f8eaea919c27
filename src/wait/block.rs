//! Operations of threads that may block.

use std::time::Instant;

use super::future::Waiting;
use super::{Attempt, Operation, Side};
use crate::sync;

/// Attempts `operation` on this thread until it is done, parking the thread in between; `None` if `deadline`
/// came first. What is there when the deadline comes is taken. `call` is what the panic names if the thread must not
/// block.
///
/// Before the thread parks it spins for up to some 20 us, without a look at `deadline` unless that has passed. To park and to be woken are
/// system calls for both sides, and a thread of the other side that runs at this moment is usually quicker. While
/// it was not lately, the thread parks at once (`spin.rs`). It does not yield, for among busy threads that would
/// give a whole time slice away; but on a single core it yields instead of spinning, since nothing else can help.
/// A future must do neither, for the other side may be a task that waits for this very thread.
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
            // The quick attempt may have failed for other reasons than that it has to wait.
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

/// [`block`] without a deadline.
#[track_caller]
pub(crate) fn block_forever<O: Operation>(operation: O, call: &str) -> O::Output {
    match block(operation, None, call) {
        Some(output) => output,
        None => unreachable!("there is no deadline"),
    }
}

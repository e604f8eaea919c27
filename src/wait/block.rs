//! Operations of threads that may block.

use std::time::Instant;

use super::future::Waiting;
use super::spin::attempt_after;
use super::{Attempt, Operation, Side};
use crate::sync::{self, LOOKS_BEFORE_BLOCKING};

/// Attempts `operation` on this thread until it is done, parking the thread in between; `None` if `deadline`
/// came first. What is there when the deadline comes is taken.
///
/// Before the thread parks it spins for some 600 pauses, without a look at `deadline`: some ten microseconds on
/// most machines. To park and to be woken are system calls for both sides, and a thread of the other side that
/// runs at this moment is usually quicker. It begins as a task does (`spin.rs`), and goes on with longer and
/// longer pauses; without yielding, for among busy threads that would give a whole time slice away. A future
/// must not do that, for the other side may be a task that waits for this very thread.
#[track_caller]
pub(crate) fn block<O: Operation>(
    mut operation: O,
    deadline: Option<Instant>,
) -> Option<O::Output> {
    sync::assert_may_block();
    if let Some(output) = operation.attempt_at_once() {
        return Some(output);
    }
    let strides = operation.side().queue().spinner.strides();
    if let Some(output) = attempt_after(strides, &mut operation) {
        return Some(output);
    }
    // Sees what those attempts do not: capacity beside permits, and a channel that is closed.
    if let Attempt::Done(output) = operation.attempt() {
        return Some(output);
    }
    let stride = operation.side().queue().spinner.stride();
    let strides = (stride.ilog2()..LOOKS_BEFORE_BLOCKING).map(|attempt| 1 << attempt);
    if let Some(output) = attempt_after(strides, &mut operation) {
        return Some(output);
    }
    sync::block_on_until(Waiting::new(operation, None), deadline)
}

/// [`block`] without a deadline.
#[track_caller]
pub(crate) fn block_forever<O: Operation>(operation: O) -> O::Output {
    match block(operation, None) {
        Some(output) => output,
        None => unreachable!("there is no deadline"),
    }
}

//! Operations of threads that may block.

use std::time::Instant;

use super::{Operation, wait};
use crate::sync::{self, Backoff};

/// Attempts `operation` on this thread until it is done, parking the thread in between; `None` if `deadline`
/// came first.
///
/// Before the thread parks it looks again for a few microseconds. To park and to be woken are system calls
/// for both sides, and a thread of the other side that runs at this moment is usually quicker.
/// A future must not do that, for the other side may be a task that waits for this very thread.
#[track_caller]
pub(crate) fn block<O: Operation>(
    mut operation: O,
    deadline: Option<Instant>,
) -> Option<O::Output> {
    sync::assert_may_block();
    let backoff = Backoff::new();
    loop {
        if let Some(output) = operation.attempt_at_once() {
            return Some(output);
        }
        if backoff.is_completed() {
            return sync::block_on_until(wait(operation), deadline);
        }
        backoff.snooze();
    }
}

/// [`block`] without a deadline.
#[track_caller]
pub(crate) fn block_for_ever<O: Operation>(operation: O) -> O::Output {
    match block(operation, None) {
        Some(output) => output,
        None => unreachable!("there is no deadline"),
    }
}

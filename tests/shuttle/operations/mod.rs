//! The operations of the threads of a scenario. Each of them is recorded in the ledger.

mod receiving;
mod sending;

pub(crate) use receiving::Receiving;
pub(crate) use sending::Sending;

use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};

/// shuttle has no clock: a timeout expires at a random moment.
const LIMIT: Duration = Duration::from_secs(1);

/// Returns a random number from 1 to `max`.
pub(crate) fn up_to(max: usize) -> usize {
    thread_rng().gen_range(1..=max)
}

pub(crate) fn toss() -> bool {
    thread_rng().gen_bool(0.5)
}

/// Tells a thread whether to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Flow {
    Continue,
    /// The channel is closed, and for a receiver also empty.
    Stop,
}

impl Flow {
    pub(crate) fn may_continue(self) -> bool {
        self == Self::Continue
    }
}

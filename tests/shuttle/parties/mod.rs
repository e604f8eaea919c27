//! Who takes part in a scenario, and what they can do; every step goes into the ledger.

mod receiving;
mod sending;

pub(crate) use receiving::Receiving;
pub(crate) use sending::Sending;

use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};

/// shuttle has no clock: any limit passes at a random moment.
const LIMIT: Duration = Duration::from_secs(1);

/// A random number up to `most`, at least 1.
pub(crate) fn up_to(most: usize) -> usize {
    thread_rng().gen_range(1..=most)
}

pub(crate) fn toss() -> bool {
    thread_rng().gen_bool(0.5)
}

/// Whether a party can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Go {
    On,
    /// The channel is closed, and for a receiver also empty.
    Home,
}

impl Go {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

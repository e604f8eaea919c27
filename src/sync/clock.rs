//! The clock that limits how long a reservation lasts.
//!
//! Where there is no clock, no time passes: without `std`, on wasm32-unknown-unknown (which has the
//! type but no clock), and in models, whose runs must be repeatable.

#[cfg(all(
    feature = "std",
    not(any(loom, shuttle, all(target_family = "wasm", target_os = "unknown")))
))]
mod imp {
    pub(crate) use std::time::Instant;

    /// The shortest time for which a message or slot stays reserved for a waiter that was woken for
    /// it, while other operations are blocked. A runtime that has nothing more urgent to do has
    /// polled the waiter by then.
    pub(crate) const RESERVATION_AGE: core::time::Duration = core::time::Duration::from_micros(100);
}

#[cfg(any(
    not(feature = "std"),
    loom,
    shuttle,
    all(target_family = "wasm", target_os = "unknown")
))]
mod imp {
    use core::time::Duration;

    /// A point in time. No time passes from one to the next.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Instant;

    impl Instant {
        pub(crate) fn now() -> Self {
            Self
        }

        pub(crate) fn elapsed(&self) -> Duration {
            Duration::ZERO
        }
    }

    /// Zero: only the number of blocked attempts counts.
    pub(crate) const RESERVATION_AGE: Duration = Duration::ZERO;
}

pub(crate) use imp::{Instant, RESERVATION_AGE};

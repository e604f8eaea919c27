//! Events for the crate `tracing`, with the Cargo feature of that name. Without it, nothing is
//! compiled.
//!
//! All events have the level `TRACE` and the target `mpmc_std`. Each names its channel by a number,
//! which none of the next two billion channels of the process has. Each event except a channel's
//! first one also names the side. A subscriber is user code and is called while no lock is held. A
//! subscriber that sends its events through the channel that they are about causes further events,
//! without end.

/// The identity of a channel or queue in events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel {
    #[cfg(feature = "tracing")]
    number: u32,
}

/// The identity of one side of a channel in events. Zero-sized without the feature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// Twice the number of the channel, plus 1 for receivers. One field, since a wait queue has
    /// four bytes left.
    #[cfg(feature = "tracing")]
    code: u32,
}

/// A subject of events.
pub(crate) trait Labeled {
    fn label(&self) -> Label;
}

impl Channel {
    pub(crate) fn senders(self) -> Label {
        self.side(0)
    }

    pub(crate) fn receivers(self) -> Label {
        self.side(1)
    }

    fn side(self, _receivers: u32) -> Label {
        Label {
            #[cfg(feature = "tracing")]
            code: 2 * self.number + _receivers,
        }
    }
}

/// Records that a channel or queue was created by the caller.
#[inline(always)]
#[track_caller]
pub(crate) fn created(_capacity: usize) -> Channel {
    #[cfg(feature = "tracing")]
    {
        use core::sync::atomic::{AtomicU32, Ordering};

        static NEXT: AtomicU32 = AtomicU32::new(1);
        // ORDERING: Relaxed. A unique number, which orders nothing.
        let number = NEXT.fetch_add(1, Ordering::Relaxed) & (u32::MAX >> 1);
        let at = core::panic::Location::caller();
        tracing::trace!(target: "mpmc_std", channel = number, capacity = _capacity, %at, "created");
        Channel { number }
    }
    #[cfg(not(feature = "tracing"))]
    Channel {}
}

/// Records that a task, or a handle that is polled, parks.
#[inline(always)]
pub(crate) fn parked(about: &impl Labeled) {
    event("parked", about);
}

/// Records that a notification of messages or free slots has ended.
#[inline(always)]
pub(crate) fn notified(about: &impl Labeled) {
    event("notified", about);
}

/// Records that a parked task was woken.
#[inline(always)]
pub(crate) fn woken(about: &impl Labeled) {
    event("woken", about);
}

/// Records that the channel is closed and all waiters of one side are about to be woken.
#[inline(always)]
pub(crate) fn closed(about: &impl Labeled) {
    event("closed", about);
}

#[cfg(feature = "tracing")]
#[inline(never)]
fn event(what: &'static str, about: &impl Labeled) {
    let Label { code } = about.label();
    let channel = code >> 1;
    let side = if code & 1 == 1 {
        "receivers"
    } else {
        "senders"
    };
    tracing::trace!(target: "mpmc_std", channel, side, "{what}");
}

#[cfg(not(feature = "tracing"))]
#[inline(always)]
fn event(_what: &'static str, about: &impl Labeled) {
    let _: Label = about.label();
}

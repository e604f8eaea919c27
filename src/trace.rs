//! Events for the crate `tracing`, with the Cargo feature of that name; without it, nothing is compiled.
//!
//! All are at the level `TRACE` with the target `mpmc_std`. Each names its channel by a number, which
//! none of the next two billion channels of the process has, and, but for the first one of a channel, its side. A
//! subscriber is user code and is called outside of all locks. One that sends its events through the
//! channel that it hears of causes further events, without end.

/// A channel or queue, as events name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel {
    #[cfg(feature = "tracing")]
    number: u32,
}

/// One side of a channel, as events name it. Takes no memory without the feature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label {
    /// Twice the number of the channel, and 1 more for receivers: a wait queue has four bytes left.
    #[cfg(feature = "tracing")]
    code: u32,
}

/// Something that events are about.
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

/// A channel or queue is created, by the code that calls.
#[inline(always)]
#[track_caller]
pub(crate) fn created(_capacity: usize) -> Channel {
    #[cfg(feature = "tracing")]
    {
        use core::sync::atomic::{AtomicU32, Ordering};

        static NEXT: AtomicU32 = AtomicU32::new(1);
        // ORDERING: Relaxed. A number, which nothing is ordered by.
        let number = NEXT.fetch_add(1, Ordering::Relaxed) & (u32::MAX >> 1);
        let at = core::panic::Location::caller();
        tracing::trace!(target: "mpmc_std", channel = number, capacity = _capacity, %at, "created");
        Channel { number }
    }
    #[cfg(not(feature = "tracing"))]
    Channel {}
}

/// A task, or a handle that is polled, begins to wait.
#[inline(always)]
pub(crate) fn parked(about: &impl Labeled) {
    event("parked", about);
}

/// Waiters are about to be woken for a message or a free slot.
#[inline(always)]
pub(crate) fn notified(about: &impl Labeled) {
    event("notified", about);
}

/// A parked task was woken.
#[inline(always)]
pub(crate) fn woken(about: &impl Labeled) {
    event("woken", about);
}

/// The channel is closed, and all waiters of one side are about to be woken.
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

//! Events for the crate `tracing`, with the Cargo feature of that name; without it, nothing is compiled.
//!
//! All are at the level `TRACE` with the target `mpmc_std`. A wait queue is named by its address, so that the
//! events of one side of one channel can be told from others'. A subscriber is user code and is called outside of
//! all locks. One that sends its events through the channel that it hears of causes further events, without end.

/// A task, or a handle that is polled, begins to wait.
#[inline(always)]
pub(crate) fn parked<G>(queue: &G) {
    event("parked", queue);
}

/// Waiters are about to be woken for a message or a free slot.
#[inline(always)]
pub(crate) fn notified<G>(queue: &G) {
    event("notified", queue);
}

/// A parked task was woken.
#[inline(always)]
pub(crate) fn woken<G>(queue: &G) {
    event("woken", queue);
}

/// The channel is closed, and all waiters of one side are about to be woken.
#[inline(always)]
pub(crate) fn closed<G>(queue: &G) {
    event("closed", queue);
}

#[cfg(feature = "tracing")]
#[inline(never)]
fn event<G>(what: &'static str, queue: &G) {
    tracing::trace!(target: "mpmc_std", queue = ?core::ptr::from_ref(queue), "{what}");
}

#[cfg(not(feature = "tracing"))]
#[inline(always)]
fn event<G>(_what: &'static str, _queue: &G) {}

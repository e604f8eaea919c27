//! Events for the crate `tracing`, with the Cargo feature of that name; without it, nothing is compiled.
//!
//! All are at the level `TRACE` with the target `mpmc_std`. A gate is named by its address, so that the
//! events of one side of one channel can be told from others'.

/// A task, or a handle that is polled, begins to wait at a gate.
#[inline(always)]
pub(crate) fn parked<G>(gate: &G) {
    event("parked", gate);
}

/// A gate is told that somebody who waits should look.
#[inline(always)]
pub(crate) fn notified<G>(gate: &G) {
    event("notified", gate);
}

/// A parked task was woken.
#[inline(always)]
pub(crate) fn woken<G>(gate: &G) {
    event("woken", gate);
}

/// A gate's channel is closed, and everybody who waits is told.
#[inline(always)]
pub(crate) fn closed<G>(gate: &G) {
    event("closed", gate);
}

#[cfg(feature = "tracing")]
#[inline(never)]
fn event<G>(what: &'static str, gate: &G) {
    tracing::trace!(target: "mpmc_std", gate = ?core::ptr::from_ref(gate), "{what}");
}

#[cfg(not(feature = "tracing"))]
#[inline(always)]
fn event<G>(_what: &'static str, _gate: &G) {}

//! A number that is only reported, never decided upon.

use core::sync::atomic::Ordering;

#[cfg(target_has_atomic = "64")]
use core::sync::atomic::AtomicU64;
#[cfg(not(target_has_atomic = "64"))]
use portable_atomic::AtomicU64;

/// A count for people to read. Never loom's type: nothing in the protocol depends on it, and a model
/// need not explore who counts first.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) fn add(&self, count: u64) {
        // ORDERING: Relaxed. A count orders nothing.
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// [`add`](Self::add) for a count that only the caller changes meanwhile.
    pub(crate) fn add_alone(&self, count: u64) {
        // ORDERING: Relaxed. A count orders nothing.
        let before = self.0.load(Ordering::Relaxed);
        // ORDERING: Relaxed. As above.
        self.0.store(before + count, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        // ORDERING: Relaxed. A count orders nothing.
        self.0.load(Ordering::Relaxed)
    }
}

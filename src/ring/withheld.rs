//! The number of slots that a ring withholds from senders, and the lock under which it changes.

use crate::sync::{AtomicUsize, Lock, Ordering};

/// The number of withheld slots of the ring.
pub(crate) struct Withheld {
    /// Changed under the lock. In an open ring `tail` counts at least as many permits; in a closed
    /// one this does not change, and `tail` does not count them any more.
    count: AtomicUsize,
    /// Held while slots are withheld or given back, and while the ring is closed.
    pub(crate) changing: Lock<()>,
}

impl Withheld {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            changing: Lock::new(()),
        }
    }

    pub(crate) fn count(&self) -> usize {
        // ORDERING: Relaxed. A thread for which a change, or the close, happened before sees it.
        self.count.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, count: usize) {
        // ORDERING: Relaxed. As above.
        self.count.store(count, Ordering::Relaxed);
    }
}

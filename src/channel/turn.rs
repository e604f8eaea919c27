//! Taking turns at gathering several permits.
//!
//! Who needs many permits at once takes them as they come and waits for the rest. Two of those at a time
//! could each hold what the other waits for, for ever; so they take turns.

use crate::sync::{AtomicBool, Event, Ordering, listener};

#[derive(Debug)]
pub(super) struct Turn {
    taken: AtomicBool,
    free: Event,
}

/// Somebody's turn, until it is dropped.
#[must_use]
pub(super) struct Taken<'a>(&'a Turn);

impl Turn {
    pub(super) fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            free: Event::new(),
        }
    }

    /// Waits for its turn. Cancel safe.
    pub(super) async fn take(&self) -> Taken<'_> {
        loop {
            if let Some(taken) = self.try_take() {
                return taken;
            }
            listener!(self.free => listener);
            // Both `listen` and `notify` are full fences: either we find it free, or we are notified.
            if let Some(taken) = self.try_take() {
                return taken;
            }
            listener.await;
        }
    }

    fn try_take(&self) -> Option<Taken<'_>> {
        // ORDERING: Acquire. Pairs with the Release in `Taken::drop`: turns do not overlap.
        let was_taken = self.taken.swap(true, Ordering::Acquire);
        (!was_taken).then(|| Taken(self))
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // ORDERING: Release. Pairs with the Acquire in `Turn::try_take`.
        self.0.taken.store(false, Ordering::Release);
        self.0.free.notify(1);
    }
}

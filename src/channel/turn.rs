//! Taking turns at gathering several permits.
//!
//! Who needs many permits at once takes them as they come and waits for the rest. Two of those at a time
//! could each hold what the other waits for, for ever; so they take turns, until the channel closes and
//! there is nothing left to gather.

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

    /// Waits for its turn, or until it finds, after an [`end`](Self::end), that everything `is_over`: `None`
    /// then. Cancel safe.
    pub(super) async fn take(&self, is_over: impl Fn() -> bool) -> Option<Taken<'_>> {
        loop {
            if let Some(taken) = self.try_take() {
                return Some(taken);
            }
            listener!(self.free => listener);
            // Both `listen` and `notify` are full fences: either we find it free or over, or we are notified.
            if is_over() {
                return None;
            }
            if let Some(taken) = self.try_take() {
                return Some(taken);
            }
            listener.await;
        }
    }

    /// Has everybody look whether it is over. The caller has made it so.
    pub(super) fn end(&self) {
        self.free.notify(usize::MAX);
    }

    fn try_take(&self) -> Option<Taken<'_>> {
        // ORDERING: Acquire. Pairs with the Release in `Taken::drop`: turns do not overlap.
        let was_taken = self.taken.swap(true, Ordering::Acquire);
        // Not `then_some`: a guard that is built is a turn that ends.
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

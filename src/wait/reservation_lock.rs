//! Taking turns at reserving several permits.
//!
//! A task that needs many permits at once takes them as they come and waits for the rest. Two of those at a
//! time could each hold what the other waits for, forever; so they take turns, until the channel closes and
//! there is nothing left to reserve.

use core::future::poll_fn;
use core::task::{Context, Poll};

use super::WakerSet;
use crate::sync::{AtomicBool, Ordering, RelaxedU32};

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct ReservationLock {
    locked: AtomicBool,
    waiters: WakerSet,
    /// How often newcomers still have to let a waiter go first that was woken for its turn.
    yields: RelaxedU32,
}

/// A waiter that is polled at all has been polled after so many returns of a newcomer to its executor.
const YIELDS: u32 = 64;

/// A turn, until it is dropped.
#[must_use]
pub(crate) struct ReservationGuard<'a>(&'a ReservationLock);

impl ReservationLock {
    pub(crate) fn new() -> Self {
        Self {
            locked: AtomicBool::new(false),
            waiters: WakerSet::new(),
            yields: RelaxedU32::default(),
        }
    }

    /// Waits for its turn, or until it finds, after an [`end`](Self::end), that everything `is_over`: `None`
    /// then. Cancel safe.
    pub(crate) async fn lock(&self, is_over: impl Fn() -> bool) -> Option<ReservationGuard<'_>> {
        poll_fn(|cx| self.poll_let_waiters_go(cx)).await;
        // The lock of the waiters orders a check after a registration against a notification: either it
        // finds the turn free, or everything over, or the task is woken.
        self.waiters
            .until(|| match self.try_lock() {
                Some(guard) => Some(Some(guard)),
                None => is_over().then_some(None),
            })
            .await
    }

    /// Has all waiters look whether it is over. The caller has made it so.
    pub(crate) fn end(&self) {
        self.waiters.notify_all();
    }

    /// Lets a task come back that would otherwise take the turn of a waiter that was just woken for it.
    fn poll_let_waiters_go(&self, cx: &mut Context<'_>) -> Poll<()> {
        let yields = self.yields.get();
        if yields == 0 {
            return Poll::Ready(());
        }
        self.yields.set(yields - 1);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Wakes the waiter whose turn it is.
    fn notify(&self) {
        if self.waiters.waiting() > 0 {
            self.yields.set(YIELDS);
        }
        self.waiters.notify(1);
    }

    fn try_lock(&self) -> Option<ReservationGuard<'_>> {
        // ORDERING: Acquire. Pairs with the Release in `ReservationGuard::drop`: turns do not overlap.
        let was_locked = self.locked.swap(true, Ordering::Acquire);
        if !was_locked {
            self.yields.set(0);
        }
        // Not `then_some`: a guard that is built is a turn that ends.
        (!was_locked).then(|| ReservationGuard(self))
    }
}

impl Drop for ReservationGuard<'_> {
    fn drop(&mut self) {
        // ORDERING: Release. Pairs with the Acquire in `ReservationLock::try_lock`.
        self.0.locked.store(false, Ordering::Release);
        self.0.notify();
    }
}

//! A lock that is held while several permits are reserved.
//!
//! A task that needs many permits at once takes them as they become free and waits for the rest.
//! Two such tasks at a time could each hold what the other waits for, forever. So one at a time
//! reserves, until the channel closes and there is nothing left to reserve.

use core::future::poll_fn;
use core::task::{Context, Poll};

use super::WakerSet;
use crate::sync::{AtomicBool, Ordering, RelaxedU32};

/// A fair async lock for tasks that reserve several permits.
#[derive(Debug)]
pub(crate) struct ReservationLock {
    locked: AtomicBool,
    /// Tasks that wait for the lock, and the task that holds it while it is in
    /// [`until_over`](Self::until_over).
    waiters: WakerSet,
    /// The number of times that newcomers still yield to a waiter that was woken for the lock.
    yields: RelaxedU32,
}

/// The number of yields of newcomers after each wake. A waiter that is polled at all has been
/// polled by then, since each yield returns a newcomer to its executor.
const YIELDS: u32 = 64;

/// The held lock. Dropping it releases the lock and wakes the next waiter.
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

    /// Acquires the lock. Returns `None` if `is_over` returns `true`, which is checked again after
    /// each [`end`](Self::end). Cancel safe.
    pub(crate) async fn lock(&self, is_over: impl Fn() -> bool) -> Option<ReservationGuard<'_>> {
        poll_fn(|cx| self.poll_let_waiters_go(cx)).await;
        // The waiter set's own lock orders the check after a registration against a notification.
        // Either the check finds the lock free or `is_over` true, or the task is woken.
        self.waiters
            .until(|| match self.try_lock() {
                Some(guard) => Some(Some(guard)),
                None => is_over().then_some(None),
            })
            .await
    }

    /// Waits until `is_over` returns `true`, which is checked again after each [`end`](Self::end).
    /// The caller holds the lock, whose release wakes the next waiter. So a wake that reaches the
    /// caller is not forwarded: it would wake a second waiter, which would lose its place. Cancel
    /// safe.
    pub(crate) async fn until_over(&self, is_over: impl Fn() -> bool) {
        self.waiters.observe(|| is_over().then_some(())).await;
    }

    /// Wakes all waiters, which then check `is_over`. The caller has made it true.
    pub(crate) fn end(&self) {
        self.waiters.notify_all();
    }

    /// Yields if a waiter was woken for the lock and has not been polled yet, since this task would
    /// take the lock before it.
    fn poll_let_waiters_go(&self, cx: &mut Context<'_>) -> Poll<()> {
        let yields = self.yields.get();
        if yields == 0 {
            return Poll::Ready(());
        }
        self.yields.set(yields - 1);
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Wakes the oldest waiter, which takes the lock next. The task that held the lock is no longer
    /// one of the waiters.
    fn notify(&self) {
        if self.waiters.waiting() > 0 {
            self.yields.set(YIELDS);
        }
        self.waiters.notify(1);
    }

    fn try_lock(&self) -> Option<ReservationGuard<'_>> {
        // ORDERING: Acquire. Synchronizes with the Release in `ReservationGuard::drop`: critical
        // sections do not overlap. Test: loom
        // `wait::reservation_lock::tests::critical_sections_do_not_overlap`.
        let was_locked = self.locked.swap(true, Ordering::Acquire);
        if !was_locked {
            self.yields.set(0);
        }
        // Not `then_some`: dropping a guard that was built eagerly would release the lock.
        (!was_locked).then(|| ReservationGuard(self))
    }
}

impl Drop for ReservationGuard<'_> {
    fn drop(&mut self) {
        // ORDERING: Release. Synchronizes with the Acquire in `ReservationLock::try_lock`. Test:
        // loom `wait::reservation_lock::tests::critical_sections_do_not_overlap`.
        self.0.locked.store(false, Ordering::Release);
        self.0.notify();
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::{Arc, AtomicUsize};

    /// Two threads each count what they do while they hold the lock.
    #[test]
    fn critical_sections_do_not_overlap() {
        fn count_if_free(shared: &(ReservationLock, AtomicUsize)) -> usize {
            let Some(_guard) = shared.0.try_lock() else {
                return 0;
            };
            let count = shared.1.load(Ordering::Relaxed);
            shared.1.store(count + 1, Ordering::Relaxed);
            1
        }

        loom::model(|| {
            let shared = Arc::new((ReservationLock::new(), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            let other = loom::thread::spawn(move || count_if_free(&theirs));
            let counted = count_if_free(&shared) + other.join().unwrap();
            assert_eq!(shared.1.load(Ordering::Relaxed), counted);
        });
    }
}

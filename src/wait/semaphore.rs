//! A semaphore for units: a task takes several at once, and waiters are served in the order in
//! which they registered.
//!
//! The state holds the number of available units, and the bit QUEUED:
//!
//! ```text
//!   acquire(n)                                   release(n)
//!   ----------                                   ----------
//!   1 not QUEUED, and n available:               1 add n in one step
//!     take them in one step; done                2 QUEUED was set? GRANT, under the lock:
//!   2 under the lock: try again, or                  while the first waiter's units are available:
//!     set QUEUED and register, in one step               take them for it, and remove it
//!   3 wait until granted                               no waiter left? clear QUEUED
//!                                                  call the wakers, outside the lock
//! ```
//!
//! * **S1** QUEUED is set exactly while a waiter is registered. It changes under the lock only.
//! * **S2** While QUEUED is set, units are taken under the lock only, and for the first waiter.
//! * **S3** The sum of the available units, those of [`Units`] and those granted to waiters is
//!   `total`.
//!
//! No wake is lost: the step that sets QUEUED has loaded a state with too few units. That state
//! includes every earlier release. A later release finds QUEUED, takes the lock, and finds the
//! waiter. So no matter how a release and a grant on another thread overlap, the thread of the last
//! release checks the first waiter after its own units were added. And after each change of the
//! first waiter (a grant, a canceled wait) the next one is checked, so that one release wakes all
//! waiters that it satisfies before it returns.
//!
//! No waiter is overtaken: newcomers that find QUEUED register behind all others, and units stay
//! available until there are enough for the first waiter. Units are granted, not offered: a granted
//! waiter owns its units, and gives them back if its future is dropped before it has observed the
//! grant.
//!
//! User code (wakers) runs outside the lock, and holds no units that a panic could lose.

use core::fmt;
use core::mem;
use core::pin::Pin;
#[cfg(feature = "std")]
use core::pin::pin;
use core::ptr::NonNull;
use core::task::{Context, Poll, Waker};
#[cfg(feature = "std")]
use std::time::Instant;

use pin_project_lite::pin_project;

use super::batch::call_wakers;
use super::budget;
use super::list::{Kind, Link, List, QueueKind, Waiter, WaiterState};
#[cfg(feature = "std")]
use crate::sync;
use crate::sync::{AtomicUsize, Lock, Ordering};
use crate::unwind::defer;

/// The bit that is set while a waiter is registered.
const QUEUED: usize = 1;

/// One unit in the state.
const UNIT: usize = 2;

/// A fair semaphore. See the module documentation.
pub(crate) struct Semaphore {
    /// The number of available units, times [`UNIT`], and [`QUEUED`].
    state: AtomicUsize,
    total: usize,
    queue: Lock<Queue>,
}

#[derive(Debug)]
struct Queue {
    /// The ticket of an entry is the number of units that it waits for.
    waiters: List<1>,
    closed: bool,
}

/// The error of a wait after the semaphore was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Semaphore {
    /// The maximum number of units of a semaphore.
    pub(crate) const MAX_UNITS: usize = usize::MAX / UNIT;

    /// Creates a semaphore with `total` units, at most [`MAX_UNITS`](Self::MAX_UNITS), all of them
    /// available.
    pub(crate) fn new(total: usize) -> Self {
        debug_assert!(total <= Self::MAX_UNITS, "S3: units can be counted");
        Self {
            state: AtomicUsize::new(total * UNIT),
            total,
            queue: Lock::new(Queue {
                waiters: List::new(),
                closed: false,
            }),
        }
    }

    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// Returns the number of units that are available now.
    pub(crate) fn available(&self) -> usize {
        // ORDERING: Relaxed. Informational only, may be stale.
        self.state.load(Ordering::Relaxed) / UNIT
    }

    /// Takes `count` units if they are available and no waiter is registered.
    #[inline]
    pub(crate) fn try_acquire(&self, count: usize) -> Option<Units<'_>> {
        // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
        let mut seen = self.state.load(Ordering::Relaxed);
        while seen & QUEUED == 0 && count <= seen / UNIT {
            let taken = seen - count * UNIT;
            // ORDERING: Acquire [acquire units]. Synchronizes with [release units]: the operations
            // before the units were given back are visible. On failure Relaxed: the value is only a
            // guess, too.
            // Test: loom `wait::semaphore::tests::units_guard_data`.
            match self.state.compare_exchange_weak(
                seen,
                taken,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Some(Units::new(self, count)),
                Err(now) => seen = now,
            }
        }
        None
    }

    /// Takes `count` units, waiting behind all waiters that registered before. Fails when the
    /// semaphore is closed. If `count` is more than the total, it waits until then.
    pub(crate) fn acquire(&self, count: usize) -> Acquire<'_> {
        Acquire {
            semaphore: self,
            count,
            waiter: Waiter::new(Kind::Future),
        }
    }

    /// Acquires like [`acquire`](Self::acquire), but blocks the thread. If the thread must not
    /// block, the panic message contains `call`.
    #[cfg(feature = "std")]
    #[track_caller]
    pub(crate) fn acquire_on_thread(&self, count: usize, call: &str) -> Result<Units<'_>, Closed> {
        if let Some(units) = self.try_acquire(count) {
            return Ok(units);
        }
        let mut acquire = pin!(self.acquire(count));
        if sync::is_in_runtime() {
            // If the semaphore is closed, the thread does not have to block.
            let now = Some(Instant::now());
            if let Some(acquired) = sync::block_on_until(acquire.as_mut(), now) {
                return acquired;
            }
            sync::assert_may_block(call);
        }
        match sync::block_on_until(acquire, None) {
            Some(acquired) => acquired,
            None => unreachable!("there is no deadline"),
        }
    }

    /// Makes all waits fail, including later ones. Units can still be given back, and taken if they
    /// are available.
    #[cold]
    pub(crate) fn close(&self) {
        // No waiter registers after this.
        self.queue.with(|queue| queue.closed = true);
        self.end_waits(|_, _| Some(WaiterState::Notified));
    }

    /// Gives `count` units back, and grants waiters their units.
    #[inline]
    fn release(&self, count: usize) {
        if count == 0 {
            return;
        }
        // ORDERING: Release [release units]. Synchronizes with [acquire units], [acquire queued]
        // and [grant units].
        // Test: loom `wait::semaphore::tests::units_guard_data`.
        let before = self.state.fetch_add(count * UNIT, Ordering::Release);
        debug_assert!(count <= self.total - before / UNIT, "S3: released once");
        if before & QUEUED != 0 {
            self.grant();
        }
    }

    /// Grants the first waiters their units, as long as there are enough.
    #[cold]
    fn grant(&self) {
        self.end_waits(|queue, first| {
            let count = queue.waiters.entry(first, |entry| entry.ticket) as usize;
            self.take_queued(count).then_some(WaiterState::Granted)
        });
    }

    /// Ends the waits of the first waiters, with the result that `result` returns for each, until
    /// it returns `None`. Calls `result` under the lock.
    fn end_waits(&self, mut result: impl FnMut(&mut Queue, Link) -> Option<WaiterState>) {
        call_wakers(|batch| {
            self.queue.with(|queue| {
                while !batch.is_full() {
                    let first = queue.waiters.first(QueueKind::Exclusive);
                    let Some((first, state)) =
                        first.and_then(|first| Some((first, result(queue, first)?)))
                    else {
                        return false;
                    };
                    self.unlink(queue, first);
                    batch.push(queue.waiters.end_wait(first, state));
                }
                true
            })
        });
    }

    /// Takes `count` units for the first waiter, if so many are available. Call this under the lock
    /// (S2).
    fn take_queued(&self, count: usize) -> bool {
        // ORDERING: Relaxed. Units that this load sees stay: only this thread can take them (S2).
        if self.state.load(Ordering::Relaxed) / UNIT < count {
            return false;
        }
        // ORDERING: Acquire [grant units]. Synchronizes with [release units], of all releases that
        // the units come from; the waiter synchronizes with this by its state.
        // Test: loom `wait::semaphore::tests::units_granted_by_another_guard_data`.
        self.state.fetch_sub(count * UNIT, Ordering::Acquire);
        true
    }

    /// Takes `count` units if that is possible without waiting, or sets QUEUED. A waiter calls this
    /// under the lock, and registers in the second case (S1). Returns whether the units were taken.
    fn take_or_mark(&self, count: usize) -> bool {
        // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
        let mut seen = self.state.load(Ordering::Relaxed);
        while seen & QUEUED == 0 {
            let fits = count <= seen / UNIT;
            let next = if fits {
                seen - count * UNIT
            } else {
                seen | QUEUED
            };
            // ORDERING: Acquire [acquire queued]. As [acquire units]. A mark is ordered by the
            // lock, which a release that sees the mark takes. On failure Relaxed: the value is only
            // a guess, too. Test: loom
            // `wait::semaphore::tests::units_taken_under_the_lock_guard_data`.
            match self
                .state
                .compare_exchange_weak(seen, next, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return fits,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Removes a waiter, and clears QUEUED if it was the last one (S1).
    fn unlink(&self, queue: &mut Queue, link: Link) {
        if queue.waiters.unlink(link).is_some() && queue.waiters.is_empty(QueueKind::Exclusive) {
            // ORDERING: Relaxed. It only has to continue the release sequences of the units, and
            // the lock orders the waiters.
            self.state.fetch_sub(QUEUED, Ordering::Relaxed);
        }
    }

    /// Registers an idle waiter, or replaces the waker of a waiting one. Returns the result of the
    /// wait if it has ended, and a waker to drop outside the lock.
    fn poll_wait(
        &self,
        link: Link,
        count: usize,
        waker: Waker,
    ) -> (Poll<Result<(), Closed>>, Option<Waker>) {
        self.queue.with(|queue| {
            match queue.waiters.state(link) {
                WaiterState::Granted => return (Poll::Ready(Ok(())), Some(waker)),
                WaiterState::Waiting => {}
                WaiterState::Idle if !queue.closed => {
                    if self.take_or_mark(count) {
                        return (Poll::Ready(Ok(())), Some(waker));
                    }
                    queue.waiters.push(QueueKind::Exclusive, link);
                    queue
                        .waiters
                        .entry(link, |entry| entry.ticket = count as u64);
                    queue.waiters.set_state(link, WaiterState::Waiting);
                }
                _ => return (Poll::Ready(Err(Closed)), Some(waker)),
            }
            let before = queue
                .waiters
                .entry(link, |entry| entry.waker.replace(waker));
            (Poll::Pending, before)
        })
    }

    /// Ends the wait of a waiting or granted waiter whose future is dropped.
    #[cold]
    fn cancel(&self, waiter: Pin<&Waiter>, count: usize) {
        let link = Link::to(waiter);
        let (was_granted, waker) = self.queue.with(|queue| {
            let was_granted = queue.waiters.state(link) == WaiterState::Granted;
            self.unlink(queue, link);
            let waker = queue.waiters.end_wait(link, WaiterState::Idle);
            (was_granted, waker)
        });
        // Also runs if the destructor of the waker panics.
        let _next = defer(|| {
            if was_granted {
                self.release(count);
            } else {
                // The waiter may have been the first, and the next one may need fewer units.
                self.grant();
            }
        });
        drop(waker);
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("available", &self.available())
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`Semaphore::acquire`].
    pub(crate) struct Acquire<'a> {
        semaphore: &'a Semaphore,
        count: usize,
        #[pin]
        waiter: Waiter,
    }

    impl PinnedDrop for Acquire<'_> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.as_ref();
            if matches!(waiter.state(), WaiterState::Waiting | WaiterState::Granted) {
                this.semaphore.cancel(waiter, *this.count);
            }
        }
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Units<'a>, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (semaphore, count) = (*this.semaphore, *this.count);
        let waiter = this.waiter.as_ref();
        let state = waiter.state();
        if state == WaiterState::Idle {
            if let Some(units) = semaphore.try_acquire(count) {
                return Poll::Ready(Ok(units));
            }
        }
        // A result that was stored in the waiter is final.
        let (polled, waker) = match state {
            WaiterState::Granted => (Poll::Ready(Ok(())), None),
            WaiterState::Notified => (Poll::Ready(Err(Closed)), None),
            _ => semaphore.poll_wait(Link::to(waiter), count, cx.waker().clone()),
        };
        let polled = match polled {
            Poll::Pending => {
                budget::parked();
                Poll::Pending
            }
            Poll::Ready(outcome) => {
                waiter.set_state(WaiterState::Idle);
                Poll::Ready(outcome.map(|()| Units::new(semaphore, count)))
            }
        };
        // Before the return: if the destructor of the waker panics, the returned value would not be
        // dropped. And after the units have an owner.
        drop(waker);
        polled
    }
}

/// Units of a semaphore, given back when this is dropped.
#[must_use]
pub(crate) struct Units<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl<'a> Units<'a> {
    /// Wraps `count` units that were taken from the state.
    fn new(semaphore: &'a Semaphore, count: usize) -> Self {
        Self { semaphore, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Keeps `count` units, and returns the rest.
    pub(crate) fn split_off(&mut self, count: usize) -> Self {
        let rest = self.count - count;
        self.count = count;
        Self::new(self.semaphore, rest)
    }

    /// Returns the units without the lifetime.
    ///
    /// # Safety
    ///
    /// The semaphore is neither moved nor dropped before the result is dropped.
    pub(crate) unsafe fn detach(self) -> DetachedUnits {
        let units = DetachedUnits {
            semaphore: NonNull::from(self.semaphore),
            count: self.count,
        };
        mem::forget(self);
        units
    }
}

impl Drop for Units<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.release(self.count);
    }
}

/// [`Units`] that hold a pointer to their semaphore: for messages, which outlive the call that
/// sends them.
///
/// * **S4** The pointer is valid for as long as this exists.
pub(crate) struct DetachedUnits {
    semaphore: NonNull<Semaphore>,
    count: usize,
}

// SAFETY: S4: the pointer is used as a reference to a `Semaphore`, which is `Sync`.
unsafe impl Send for DetachedUnits {}
// SAFETY: As above.
unsafe impl Sync for DetachedUnits {}

impl Drop for DetachedUnits {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: S4.
        let semaphore = unsafe { self.semaphore.as_ref() };
        semaphore.release(self.count);
    }
}

#[cfg(all(test, loom))]
mod tests;

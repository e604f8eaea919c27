//! A semaphore for units: a task takes several at once, and waiters are served in the order in
//! which they came.
//!
//! The word `state` holds the units that are available, and the bit QUEUED:
//!
//! ```text
//!   acquire(n)                                   release(n)
//!   ----------                                   ----------
//!   1 not QUEUED, and n available:               1 add n in one step
//!     take them in one step; done                2 QUEUED was set? GRANT, under the lock:
//!   2 under the lock: look again, or                 while the first waiter's units are there:
//!     set QUEUED and register, in one step               take them for it, and remove it
//!   3 wait until granted                               nobody left? clear QUEUED
//!                                                  call the wakers, outside the lock
//! ```
//!
//! * **S1** QUEUED is set exactly while a waiter is registered. It changes under the lock only.
//! * **S2** While QUEUED is set, units are taken under the lock only, and for the first waiter.
//! * **S3** The units available, those of [`Units`] and those granted to waiters are `total`
//!   together.
//!
//! No wake is lost: the step that sets QUEUED has seen too few units in the same word. A release
//! before it is among what it saw. A release after it finds QUEUED, takes the lock, and sees the
//! waiter. So no matter how a release and a grant on another thread overlap, the thread of the last
//! release looks at the first waiter once its own units are there. And each change of the first
//! waiter (a grant, a canceled wait) is followed by a look at the next one, so that one release
//! wakes all that it satisfies before it returns.
//!
//! No waiter is overtaken: newcomers that find QUEUED register behind all others, and the first
//! waiter leaves units where they are until there are enough. Units are handed over, not offered: a
//! waiter that was granted owns them, and gives them back if its future is dropped before it has
//! seen that.
//!
//! User code (wakers) runs outside the lock, with no units in hand that a panic could lose.

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

/// A waiter is registered.
const QUEUED: usize = 1;

/// One unit.
const UNIT: usize = 2;

/// See the module's documentation.
pub(crate) struct Semaphore {
    /// The units available, times [`UNIT`], and [`QUEUED`].
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

/// There is nothing to wait for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closed;

impl Semaphore {
    /// The most units that a semaphore can have.
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

    /// Returns how many units are available now.
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
            // ORDERING: Acquire [taken at once]. Pairs with [released]: what was done before the
            // units were given back is visible. On failure Relaxed: again only a guess.
            // Guard: loom `wait::semaphore::tests::units_guard_data`.
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

    /// Takes `count` units, waiting behind all that wait already. Fails when the semaphore is
    /// closed. `count` must not be more than the total, or it waits until then.
    pub(crate) fn acquire(&self, count: usize) -> Acquire<'_> {
        Acquire {
            semaphore: self,
            count,
            waiter: Waiter::new(Kind::Future),
        }
    }

    /// [`acquire`](Self::acquire) that blocks the thread; `call` is what the panic names if the
    /// thread must not block.
    #[cfg(feature = "std")]
    #[track_caller]
    pub(crate) fn acquire_on_thread(&self, count: usize, call: &str) -> Result<Units<'_>, Closed> {
        if let Some(units) = self.try_acquire(count) {
            return Ok(units);
        }
        let mut acquire = pin!(self.acquire(count));
        if sync::is_in_runtime() {
            // It does not have to block if the semaphore is closed.
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

    /// Has all waits fail, those to come included. Units can still be given back, and taken if they
    /// are available.
    #[cold]
    pub(crate) fn close(&self) {
        call_wakers(|batch| {
            self.queue.with(|queue| {
                queue.closed = true;
                while !batch.is_full() {
                    let Some(first) = queue.waiters.first(QueueKind::Exclusive) else {
                        return false;
                    };
                    self.unlink(queue, first);
                    batch.push(queue.waiters.entry(first, |entry| entry.waker.take()));
                    // Last: a waiter that is not linked may be gone as soon as this is seen.
                    queue.waiters.set_state(first, WaiterState::Notified);
                }
                true
            })
        });
    }

    /// Gives `count` units back, and grants waiters what they wait for.
    #[inline]
    fn release(&self, count: usize) {
        if count == 0 {
            return;
        }
        // ORDERING: Release [released]. Pairs with [taken at once] and [granted].
        // Guard: loom `wait::semaphore::tests::units_guard_data`.
        let before = self.state.fetch_add(count * UNIT, Ordering::Release);
        debug_assert!(count <= self.total - before / UNIT, "S3: released once");
        if before & QUEUED != 0 {
            self.grant();
        }
    }

    /// Grants the first waiters their units, as long as there are enough.
    #[cold]
    fn grant(&self) {
        call_wakers(|batch| {
            self.queue.with(|queue| {
                while !batch.is_full() {
                    let Some(first) = queue.waiters.first(QueueKind::Exclusive) else {
                        return false;
                    };
                    let count = queue.waiters.entry(first, |entry| entry.ticket) as usize;
                    if !self.take_queued(count) {
                        return false;
                    }
                    self.unlink(queue, first);
                    batch.push(queue.waiters.entry(first, |entry| entry.waker.take()));
                    // Last: a waiter that is not linked may be gone as soon as this is seen.
                    queue.waiters.set_state(first, WaiterState::Granted);
                }
                true
            })
        });
    }

    /// Takes `count` units for the first waiter, if there are as many. To be called under the lock
    /// (S2).
    fn take_queued(&self, count: usize) -> bool {
        // ORDERING: Relaxed. Units that are seen stay: only this thread can take them (S2).
        if self.state.load(Ordering::Relaxed) / UNIT < count {
            return false;
        }
        // ORDERING: Acquire [granted]. Pairs with [released], of all releases that the units come
        // from; the waiter synchronizes with this by its state.
        // Guard: loom `wait::semaphore::tests::units_granted_by_another_guard_data`.
        self.state.fetch_sub(count * UNIT, Ordering::Acquire);
        true
    }

    /// Takes `count` units if that is possible at once, or sets QUEUED. To be called under the lock
    /// by a waiter that registers in the second case (S1). Returns whether it has the units.
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
            // ORDERING: Acquire. As [taken at once]. A mark is ordered by the lock, which a release
            // that sees it takes. On failure Relaxed: again only a guess.
            // Guard: loom `wait::semaphore::tests::units_taken_under_the_lock_guard_data`.
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
            // ORDERING: Relaxed. Orders nothing: it continues the release sequences of the units,
            // and waiters are ordered by the lock.
            self.state.fetch_sub(QUEUED, Ordering::Relaxed);
        }
    }

    /// Registers a waiter that is idle, or replaces the waker of one that waits. Returns what came
    /// of its wait, if that is over, and a waker to be dropped outside the lock.
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

    /// Ends the wait of a waiter that is waiting or granted, and whose future is dropped.
    #[cold]
    fn cancel(&self, waiter: Pin<&Waiter>, count: usize) {
        let link = Link::to(waiter);
        let (was_granted, waker) = self.queue.with(|queue| {
            let was_granted = queue.waiters.state(link) == WaiterState::Granted;
            self.unlink(queue, link);
            queue.waiters.set_state(link, WaiterState::Idle);
            let waker = queue.waiters.entry(link, |entry| entry.waker.take());
            (was_granted, waker)
        });
        // Also if the destructor of the waker panics.
        let _next = defer(|| {
            if was_granted {
                self.release(count);
            } else {
                // It may have been the first, and the next one may need less.
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
    /// See [`Semaphore::acquire`].
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
        // What the waiter was told is final.
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
        // Before the return, for if it panics, what is returned would not be dropped; and after the
        // units have an owner.
        drop(waker);
        polled
    }
}

/// Units that were taken, and go back when this is dropped.
#[must_use]
pub(crate) struct Units<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl<'a> Units<'a> {
    /// Units that were taken.
    fn new(semaphore: &'a Semaphore, count: usize) -> Self {
        Self { semaphore, count }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Keeps `count` of them, and returns the rest.
    pub(crate) fn split_off(&mut self, count: usize) -> Self {
        let rest = self.count - count;
        self.count = count;
        Self::new(self.semaphore, rest)
    }

    /// Returns them without the lifetime.
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

/// [`Units`] that lead to their semaphore by a pointer: for messages, which outlive the call that
/// sends them.
///
/// * **S4** The semaphore is where the pointer leads for as long as this exists.
pub(crate) struct DetachedUnits {
    semaphore: NonNull<Semaphore>,
    count: usize,
}

// SAFETY: S4: it is no more than a reference to a `Semaphore`, which is `Sync`.
unsafe impl Send for DetachedUnits {}
// SAFETY: as above.
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

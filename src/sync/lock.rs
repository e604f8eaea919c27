//! A lock for short accesses, during which nobody's code runs, and nothing is waited for but claims in flight.

#[cfg(any(feature = "std", loom, shuttle))]
pub(crate) use mutex::Lock;
#[cfg(not(any(feature = "std", loom, shuttle)))]
pub(crate) use spin::Lock;

#[cfg(any(feature = "std", loom, shuttle))]
mod mutex {
    use crate::sync::Mutex;

    #[derive(Debug)]
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
            // Nothing under the lock can panic but for want of memory, when nothing has been changed yet.
            access(
                &mut self
                    .0
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner()),
            )
        }
    }
}

/// Where there is no operating system to wait with.
#[cfg(not(any(feature = "std", loom, shuttle)))]
mod spin {
    use core::fmt;

    use crate::sync::{AtomicBool, Backoff, Ordering, UnsafeCell};
    use crate::unwind::defer;

    /// * **L1** Who has set `locked` has the value to itself until it clears it.
    pub(crate) struct Lock<T> {
        locked: AtomicBool,
        value: UnsafeCell<T>,
    }

    // SAFETY: L1: one thread at a time has access, and values move between threads as a whole.
    unsafe impl<T: Send> Sync for Lock<T> {}

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Self {
            Self {
                locked: AtomicBool::new(false),
                value: UnsafeCell::new(value),
            }
        }

        pub(crate) fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
            let backoff = Backoff::new();
            // ORDERING: Acquire. Pairs with the Release below: the access before is over.
            while self.locked.swap(true, Ordering::Acquire) {
                backoff.snooze();
            }
            // ORDERING: Release. Pairs with the Acquire above.
            let _unlock = defer(|| self.locked.store(false, Ordering::Release));
            self.value.with_mut(|value| {
                // SAFETY: L1.
                access(unsafe { &mut *value })
            })
        }
    }

    impl<T> fmt::Debug for Lock<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Lock").finish_non_exhaustive()
        }
    }
}

//! A lock for short critical sections. No user code runs while it is held, and its holder waits for
//! nothing but claims in flight.

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
            // Code under the lock panics only when memory allocation fails, before it has changed
            // anything.
            access(
                &mut self
                    .0
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner()),
            )
        }
    }
}

/// A spin lock for targets without an operating system. Also compiled for its loom model.
#[cfg(any(not(any(feature = "std", loom, shuttle)), all(test, loom)))]
mod spin {
    use core::fmt;

    use crate::sync::{AtomicBool, Backoff, Ordering, UnsafeCell};
    use crate::unwind::defer;

    /// * **L1** A thread that has set `locked` has exclusive access to the value until it clears
    ///   `locked`.
    pub(crate) struct Lock<T> {
        locked: AtomicBool,
        value: UnsafeCell<T>,
    }

    // SAFETY: L1: one thread at a time has access, so sharing the lock only moves the value between
    // threads.
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
            // ORDERING: Acquire. Synchronizes with the Release below: the previous access has
            // ended. Test: loom `sync::lock::spin::tests::accesses_do_not_overlap`.
            while self.locked.swap(true, Ordering::Acquire) {
                backoff.snooze();
            }
            // ORDERING: Release. Synchronizes with the Acquire above. Test: loom
            // `sync::lock::spin::tests::accesses_do_not_overlap`.
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

    #[cfg(all(test, loom))]
    mod tests {
        use super::*;
        use crate::sync::Arc;

        #[test]
        fn accesses_do_not_overlap() {
            loom::model(|| {
                let lock = Arc::new(Lock::new(0));
                let theirs = Arc::clone(&lock);
                let other = loom::thread::spawn(move || theirs.with(|value| *value += 1));
                lock.with(|value| *value += 1);
                other.join().unwrap();
                assert_eq!(lock.with(|value| *value), 2);
            });
        }
    }
}

//! A box that is allocated on first use, for data that most channels never need.

use alloc::boxed::Box;
use core::fmt;
use core::ptr;

use super::{AtomicPtr, Ordering};

/// * **O1** The pointer is null, or points to a value that this box owns. Once set, it does not
///   change until the box is dropped.
pub(crate) struct OnceBox<T> {
    value: AtomicPtr<T>,
}

// SAFETY: O1: the value is owned as by a `Box`.
unsafe impl<T: Send> Send for OnceBox<T> {}
// SAFETY: O1: `&self` gives out `&T`, and this thread may drop a value that another thread has
// allocated.
unsafe impl<T: Send + Sync> Sync for OnceBox<T> {}

impl<T> OnceBox<T> {
    pub(crate) fn new() -> Self {
        Self {
            value: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Returns the value, if it was set before this call.
    pub(crate) fn get(&self) -> Option<&T> {
        // ORDERING: Acquire. Synchronizes with [init]: the value is initialized. Test: loom
        // `sync::once_box::tests::there_is_one_value`.
        let value = self.value.load(Ordering::Acquire);
        // SAFETY: O1.
        unsafe { value.as_ref() }
    }

    /// Returns the value. Sets it to the result of `init` if there is none.
    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.init(init()),
        }
    }

    #[cold]
    fn init(&self, value: T) -> &T {
        let new = Box::into_raw(Box::new(value));
        // ORDERING: AcqRel [init]. Release: a thread that sees the pointer sees the value. Acquire
        // synchronizes with [get_after]: writes before a `get_after` that found nothing are
        // visible. On failure Acquire: another thread's value is initialized. Test: loom
        // `sync::once_box::tests::one_of_the_two_sees_the_other`, and `there_is_one_value` for the
        // failure.
        let before =
            self.value
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        match before {
            // SAFETY: O1: the compare-exchange has just set it.
            Ok(_) => unsafe { &*new },
            Err(other) => {
                // SAFETY: allocated above, and no other thread has seen it.
                drop(unsafe { Box::from_raw(new) });
                // SAFETY: O1.
                unsafe { &*other }
            }
        }
    }

    /// Returns the value, if it is set. If it is not, a thread that sets it later sees all writes
    /// before this call: one of the two threads sees the other.
    pub(crate) fn get_after(&self) -> Option<&T> {
        // ORDERING: Release [get_after]. Synchronizes with [init]: it must write even though it
        // changes nothing. On failure Acquire, which synchronizes with [init]: the value is
        // initialized. Test: loom `sync::once_box::tests::one_of_the_two_sees_the_other`.
        let value = self.value.compare_exchange(
            ptr::null_mut(),
            ptr::null_mut(),
            Ordering::Release,
            Ordering::Acquire,
        );
        match value {
            Ok(_) => None,
            // SAFETY: O1.
            Err(value) => Some(unsafe { &*value }),
        }
    }
}

impl<T> Drop for OnceBox<T> {
    fn drop(&mut self) {
        // ORDERING: Relaxed. `&mut self`: the thread that passed the box to this one has
        // synchronized with it.
        let value = self.value.load(Ordering::Relaxed);
        if !value.is_null() {
            // SAFETY: O1.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceBox").field(&self.get_after()).finish()
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::{Arc, AtomicUsize};

    /// One thread sets a condition and then loads the box. Another thread sets the box and then
    /// checks the condition.
    #[test]
    fn one_of_the_two_sees_the_other() {
        loom::model(|| {
            let shared = Arc::new((OnceBox::<AtomicUsize>::new(), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            let waiter = loom::thread::spawn(move || {
                theirs.0.get_or_init(|| AtomicUsize::new(7));
                theirs.1.load(Ordering::Relaxed) == 1
            });
            shared.1.fetch_add(1, Ordering::Relaxed);
            let value = shared.0.get_after();
            let value = value.map(|value| value.load(Ordering::Relaxed));
            let sees_it = waiter.join().unwrap();
            assert!(sees_it || value == Some(7));
        });
    }

    /// Two threads set the value at once.
    #[test]
    fn there_is_one_value() {
        loom::model(|| {
            let shared = Arc::new(OnceBox::<AtomicUsize>::new());
            let theirs = Arc::clone(&shared);
            let add = |shared: &OnceBox<AtomicUsize>| {
                let value = shared.get_or_init(|| AtomicUsize::new(0));
                value.fetch_add(1, Ordering::Relaxed);
            };
            let other = loom::thread::spawn(move || add(&theirs));
            add(&shared);
            other.join().unwrap();
            let value = shared
                .get_after()
                .map(|value| value.load(Ordering::Relaxed));
            assert_eq!(value, Some(2));
        });
    }
}

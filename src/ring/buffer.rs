//! A buffer of values that are about to be sent.

use core::mem::MaybeUninit;

use crate::unwind::run_all;

/// A few values, buffered before slots are claimed for them, so that no user code runs while a
/// claim is open (R4).
///
/// * **C1** The values from `start` up to `end` are initialized; `start <= end <= N`.
pub(crate) struct Buffer<T, const N: usize> {
    values: [MaybeUninit<T>; N],
    start: usize,
    end: usize,
}

impl<T, const N: usize> Buffer<T, N> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            values: [const { MaybeUninit::uninit() }; N],
            start: 0,
            end: 0,
        }
    }

    /// Fills an empty buffer with up to `limit` values from `items`, as many as fit.
    #[inline]
    pub(crate) fn fill(&mut self, items: &mut impl Iterator<Item = T>, limit: usize) {
        debug_assert_eq!(self.len(), 0);
        self.start = 0;
        let mut filled = FilledGuard {
            count: 0,
            end: &mut self.end,
        };
        // The buffer comes first in the `zip`: when it is full, no item is taken.
        for (value, item) in self.values[..limit.min(N)].iter_mut().zip(items) {
            value.write(item);
            filled.count += 1;
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Returns a pointer to the first value.
    #[inline]
    pub(super) fn as_ptr(&self) -> *const MaybeUninit<T> {
        self.values[self.start..self.end].as_ptr()
    }

    /// Forgets the first `count` values.
    ///
    /// # Safety
    ///
    /// There are at least `count` values, and they have been moved elsewhere.
    #[inline]
    pub(super) unsafe fn forget(&mut self, count: usize) {
        debug_assert!(count <= self.len());
        self.start += count;
    }
}

impl<T, const N: usize> Drop for Buffer<T, N> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            run_all(|| {
                let Some(value) = self.values[..self.end].get_mut(self.start) else {
                    return false;
                };
                // First, so that a value whose destructor panics is not dropped again.
                self.start += 1;
                // SAFETY: C1, and `start` has moved past the value.
                unsafe { value.assume_init_drop() };
                true
            });
        }
    }
}

/// Sets the end of a buffer when it is dropped, also if an iterator panics. Until then the count
/// need not be in memory.
struct FilledGuard<'a> {
    count: usize,
    end: &'a mut usize,
}

impl Drop for FilledGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        *self.end = self.count;
    }
}

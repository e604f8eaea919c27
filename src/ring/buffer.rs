//! Values on their way into the ring.

use core::mem::MaybeUninit;

use crate::unwind::run_all;

/// A few values, filled before slots are claimed for them, so that nobody's code runs while a claim
/// is open (R4).
///
/// * **C1** The values from `start` up to `end` are initialised; `start <= end <= N`.
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

    /// Takes up to `limit` values from `items`, as many as there is room for, into an empty chunk.
    #[inline]
    pub(crate) fn fill(&mut self, items: &mut impl Iterator<Item = T>, limit: usize) {
        debug_assert_eq!(self.len(), 0);
        self.start = 0;
        let mut filled = FilledGuard {
            count: 0,
            end: &mut self.end,
        };
        // The places come first: where they end, no item is taken.
        for (place, item) in self.values[..limit.min(N)].iter_mut().zip(items) {
            place.write(item);
            filled.count += 1;
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// Where the first value is.
    #[inline]
    pub(super) fn as_ptr(&self) -> *const MaybeUninit<T> {
        self.values[self.start..self.end].as_ptr()
    }

    /// Forgets the first `count` values.
    ///
    /// # Safety
    ///
    /// There are that many, and they have been moved elsewhere.
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
                // First: a value whose destructor panics is not met again.
                self.start += 1;
                // SAFETY: C1, and `start` has passed it.
                unsafe { value.assume_init_drop() };
                true
            });
        }
    }
}

/// Sets the end of a chunk when it is dropped, so also if an iterator panics. Until then the count need not be
/// in memory.
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

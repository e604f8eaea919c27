//! The slots of a ring, allocated when the first message is sent.
//!
//! So a channel that has sent no message takes a few hundred bytes, whatever its capacity. A server
//! may have one such channel for each connection. Slots that take more than
//! [`MAX_LAZY_BYTES`](crate::sync::MAX_LAZY_BYTES) are allocated with the ring. So a capacity that
//! cannot be allocated panics where it is requested, and no send takes long.
//!
//! The memory stays allocated until the ring is dropped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use super::{Slot, invariant};
use crate::sync::{AtomicPtr, Ordering};

/// The slots of a ring.
///
/// * **S1** `first` is null, or points to the first of `capacity` slots of a boxed slice that this
///   owns. Once set, it does not change until this is dropped.
pub(super) struct Slots<T> {
    first: AtomicPtr<Slot<T>>,
    capacity: usize,
}

impl<T> Slots<T> {
    /// Creates slots that are not allocated yet.
    pub(super) fn lazy(capacity: usize) -> Self {
        Self {
            first: AtomicPtr::new(ptr::null_mut()),
            capacity,
        }
    }

    /// Allocates the slots at once; `new_slot` creates each of them.
    ///
    /// # Panics
    ///
    /// If the memory cannot be allocated.
    #[track_caller]
    pub(super) fn new(capacity: usize, new_slot: impl FnMut() -> Slot<T>) -> Self {
        Self {
            first: AtomicPtr::new(allocate(capacity, new_slot)),
            capacity,
        }
    }

    #[inline(always)]
    fn first(&self) -> *mut Slot<T> {
        // ORDERING: Acquire. Synchronizes with [allocate]: the stamps are initialized. Test: loom
        // `a_receiver_sees_no_slots_or_initialized_ones`.
        self.first.load(Ordering::Acquire)
    }

    #[inline(always)]
    pub(super) fn if_allocated(&self) -> Option<Allocated<'_, T>> {
        let first = NonNull::new(self.first())?;
        Some(Allocated { first, owner: self })
    }

    /// Returns all slots, or an empty slice if they are not allocated.
    #[inline(always)]
    pub(super) fn as_slice(&self) -> &[Slot<T>] {
        let first = self.first();
        if first.is_null() {
            return &[];
        }
        // SAFETY: S1.
        unsafe { core::slice::from_raw_parts(first, self.capacity) }
    }

    /// Allocates the slots, unless they are allocated already; `new_slot` creates each of them.
    ///
    /// # Panics
    ///
    /// If the memory cannot be allocated.
    #[inline]
    #[track_caller]
    pub(super) fn allocate(&self, new_slot: impl FnMut() -> Slot<T>) {
        if self.first().is_null() {
            self.allocate_now(new_slot);
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn allocate_now(&self, new_slot: impl FnMut() -> Slot<T>) {
        let first = allocate(self.capacity, new_slot);
        if !self.set(first) {
            // SAFETY: made by `allocate` above, and no other thread has seen it.
            drop(unsafe { boxed(first, self.capacity) });
        }
    }

    /// Sets the pointer to slots, unless another thread has set it.
    fn set(&self, first: *mut Slot<T>) -> bool {
        // ORDERING: Release [allocate]. Synchronizes with the Acquire load in `first`. On failure
        // Relaxed: the slots that another thread has allocated are loaded again before they are
        // used.
        // Test: loom `a_receiver_sees_no_slots_or_initialized_ones`.
        let set = self.first.compare_exchange(
            ptr::null_mut(),
            first,
            Ordering::Release,
            Ordering::Relaxed,
        );
        set.is_ok()
    }
}

/// Slots that are allocated.
#[derive(Clone, Copy)]
pub(super) struct Allocated<'a, T> {
    /// S1.
    first: NonNull<Slot<T>>,
    owner: &'a Slots<T>,
}

impl<'a, T> Allocated<'a, T> {
    /// Returns the slot at `index`, which is below the capacity (R3).
    #[inline(always)]
    pub(super) fn get(self, index: usize) -> &'a Slot<T> {
        invariant(
            || index < self.owner.capacity,
            "R3: an index lies within the slots",
        );
        // SAFETY: S1, R3.
        let slot = unsafe { self.first.add(index) };
        // SAFETY: S1.
        unsafe { slot.as_ref() }
    }
}

/// Allocates slots, and returns a pointer to the first of the boxed slice.
#[track_caller]
fn allocate<T>(capacity: usize, new_slot: impl FnMut() -> Slot<T>) -> *mut Slot<T> {
    let mut slots = Vec::new();
    if let Err(error) = slots.try_reserve_exact(capacity) {
        panic!("mpmc-std: the capacity {capacity} cannot be allocated: {error}");
    }
    slots.resize_with(capacity, new_slot);
    Box::into_raw(slots.into_boxed_slice()).cast()
}

/// Returns the boxed slice that begins at `first`.
///
/// # Safety
///
/// `first` points to the first of `capacity` slots of a boxed slice that the caller owns.
unsafe fn boxed<T>(first: *mut Slot<T>, capacity: usize) -> Box<[Slot<T>]> {
    // SAFETY: guaranteed by the caller.
    unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(first, capacity)) }
}

/// Frees the slots. The ring has dropped the values.
impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        let first = self.first();
        if !first.is_null() {
            // SAFETY: S1.
            drop(unsafe { boxed(first, self.capacity) });
        }
    }
}

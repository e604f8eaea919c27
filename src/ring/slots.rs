//! The slots of a ring, allocated when the first message is sent.
//!
//! A channel that nothing was ever sent through, as each connection of a server may have one, is
//! then a few hundred bytes, whatever its capacity. Slots that take more than
//! [`MAX_LATE_BYTES`](crate::sync::MAX_LATE_BYTES) are allocated with the ring, so that a capacity
//! that cannot be had is found out where it was asked for, and no send takes long.
//!
//! The memory stays until the ring is dropped.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::{self, NonNull};

use super::{Slot, invariant};
use crate::sync::{AtomicPtr, Ordering};

/// * **S1** `first` is null, or leads to `capacity` slots of a boxed slice that this owns. Once set
///   it does not change until this is dropped.
pub(super) struct Slots<T> {
    first: AtomicPtr<Slot<T>>,
    capacity: usize,
}

impl<T> Slots<T> {
    /// Slots that are not allocated yet.
    pub(super) fn late(capacity: usize) -> Self {
        Self {
            first: AtomicPtr::new(ptr::null_mut()),
            capacity,
        }
    }

    /// Slots that are allocated at once; `new_slot` makes one.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had.
    #[track_caller]
    pub(super) fn new(capacity: usize, new_slot: impl FnMut() -> Slot<T>) -> Self {
        Self {
            first: AtomicPtr::new(allocate(capacity, new_slot)),
            capacity,
        }
    }

    #[inline(always)]
    fn first(&self) -> *mut Slot<T> {
        // ORDERING: Acquire. Pairs with [allocate]: the stamps are initialized.
        self.first.load(Ordering::Acquire)
    }

    #[inline(always)]
    pub(super) fn if_allocated(&self) -> Option<Allocated<'_, T>> {
        let first = NonNull::new(self.first())?;
        Some(Allocated { first, owner: self })
    }

    /// Returns all of them; none if they are not allocated.
    #[inline(always)]
    pub(super) fn as_slice(&self) -> &[Slot<T>] {
        let first = self.first();
        if first.is_null() {
            return &[];
        }
        // SAFETY: S1.
        unsafe { core::slice::from_raw_parts(first, self.capacity) }
    }

    /// Allocates the slots, if that was not done before. `new_slot` makes one.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had.
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
        // ORDERING: Release [allocate]. Pairs with the Acquire in `first`. On failure Relaxed: what another
        // thread has allocated is loaded again before it is used.
        // Guard: loom `a_receiver_sees_no_slots_or_initialized_ones`.
        let set = self.first.compare_exchange(
            ptr::null_mut(),
            first,
            Ordering::Release,
            Ordering::Relaxed,
        );
        if set.is_err() {
            // SAFETY: made by `allocate` above, and nobody else has seen it.
            drop(unsafe { boxed(first, self.capacity) });
        }
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

/// Allocates slots, and returns the first of a boxed slice.
#[track_caller]
fn allocate<T>(capacity: usize, new_slot: impl FnMut() -> Slot<T>) -> *mut Slot<T> {
    let mut slots = Vec::new();
    if let Err(error) = slots.try_reserve_exact(capacity) {
        panic!("mpmc-std: the capacity {capacity} cannot be allocated: {error}");
    }
    slots.resize_with(capacity, new_slot);
    Box::into_raw(slots.into_boxed_slice()).cast()
}

/// # Safety
///
/// `first` is the first of `capacity` slots of a boxed slice that is owned by the caller.
unsafe fn boxed<T>(first: *mut Slot<T>, capacity: usize) -> Box<[Slot<T>]> {
    // SAFETY: as the caller promises.
    unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(first, capacity)) }
}

/// The values in the slots are the ring's to drop.
impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        let first = self.first();
        if !first.is_null() {
            // SAFETY: S1.
            drop(unsafe { boxed(first, self.capacity) });
        }
    }
}

//! The global allocator of a test binary. It counts the allocations of each thread, lets one of
//! them fail if a test asks for that, and has a limit, so that no result depends on the machine.

// WebAssembly has no processes, in which an allocation could fail.
#![cfg_attr(target_family = "wasm", allow(dead_code))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

/// The size in bytes above which an allocation fails.
const LIMIT: usize = 1 << 30;

thread_local! {
    // Const-initialized and without a destructor, so that the allocator can access them.
    static ALLOCATED: Cell<Allocated> = const { Cell::new(Allocated { times: 0, bytes: 0 }) };
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    /// The number of allocations that succeed before one fails, or `u64::MAX`.
    static UNTIL_FAILURE: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// The allocations of a thread so far. Freed memory is not subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allocated {
    pub(crate) times: usize,
    pub(crate) bytes: usize,
}

/// Returns the allocations of this thread so far.
pub(crate) fn allocated() -> Allocated {
    ALLOCATED.get()
}

/// Runs `body`, and returns the size in bytes of the largest allocation that this thread asked for.
pub(crate) fn largest_allocation(body: impl FnOnce()) -> usize {
    LARGEST.set(0);
    body();
    LARGEST.get()
}

/// Lets the allocation of this thread after the next `count` fail, once.
pub(crate) fn fail_after(count: u64) {
    UNTIL_FAILURE.set(count);
}

/// Lets all allocations of this thread succeed again. Returns whether one has failed.
pub(crate) fn stop_failing() -> bool {
    UNTIL_FAILURE.replace(u64::MAX) == u64::MAX
}

struct TestAllocator;

/// Records an allocation. Returns whether it succeeds.
fn succeeds(bytes: usize) -> bool {
    match UNTIL_FAILURE.get() {
        u64::MAX => {}
        0 => {
            // The report of the failure may allocate.
            UNTIL_FAILURE.set(u64::MAX);
            return false;
        }
        left => UNTIL_FAILURE.set(left - 1),
    }
    LARGEST.set(LARGEST.get().max(bytes));
    if bytes > LIMIT {
        return false;
    }
    let before = ALLOCATED.get();
    ALLOCATED.set(Allocated {
        times: before.times + 1,
        bytes: before.bytes + bytes,
    });
    true
}

// SAFETY: all calls are forwarded to the system's allocator, and an allocation may fail.
unsafe impl GlobalAlloc for TestAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !succeeds(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above, and `at` came from this allocator.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !succeeds(size) {
            return ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: TestAllocator = TestAllocator;

//! An allocator that counts the live bytes and the allocations, while counting is enabled.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// ORDERING: Relaxed throughout this module. Counting happens while one thread allocates; no other
// data is read because of these values.
static ENABLED: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicI64 = AtomicI64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Counts from now until [`Count::end`] is called. Only one count may run at a time.
pub fn start() -> Count {
    ENABLED.store(true, Ordering::Relaxed);
    Count {
        live: LIVE.load(Ordering::Relaxed),
        allocations: ALLOCATIONS.load(Ordering::Relaxed),
    }
}

pub struct Count {
    live: i64,
    allocations: u64,
}

/// The result of a count.
pub struct Counted {
    /// The bytes allocated, minus the bytes freed.
    pub growth: i64,
    /// The number of allocations and reallocations.
    pub allocations: u64,
}

impl Count {
    pub fn end(self) -> Counted {
        ENABLED.store(false, Ordering::Relaxed);
        Counted {
            growth: LIVE.load(Ordering::Relaxed) - self.live,
            allocations: ALLOCATIONS.load(Ordering::Relaxed) - self.allocations,
        }
    }
}

struct Counting;

impl Counting {
    fn count(allocations: u64, change: i64) {
        // Off in all other scenarios: peers that allocate for every message must not pay for a
        // shared counter that no real program has.
        if ENABLED.load(Ordering::Relaxed) {
            LIVE.fetch_add(change, Ordering::Relaxed);
            ALLOCATIONS.fetch_add(allocations, Ordering::Relaxed);
        }
    }
}

// SAFETY: Every call is forwarded to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(1, layout.size() as i64);
        // SAFETY: The caller fulfills the contract, which is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(1, layout.size() as i64);
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Self::count(0, -(layout.size() as i64));
        // SAFETY: As above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        Self::count(1, new_size as i64 - layout.size() as i64);
        // SAFETY: As above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

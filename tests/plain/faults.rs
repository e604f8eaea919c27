//! Deliberate faults that a sanitizer must find. Only `.ci/sanitizers` runs them.

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

/// A cell that threads share without synchronization.
struct Unprotected(UnsafeCell<u64>);

// SAFETY: none; that is the fault.
unsafe impl Sync for Unprotected {}

static PLACES: [Unprotected; 64] = [const { Unprotected(UnsafeCell::new(0)) }; 64];

/// Writes to the same memory from several threads without synchronization.
pub(crate) fn race() {
    let threads: Vec<_> = (0..4)
        .map(|number| {
            thread::spawn(move || {
                for _ in 0..20 {
                    for place in &PLACES {
                        // SAFETY: none; that is the fault.
                        unsafe { *place.0.get() = number };
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Leaks memory that is no longer reachable.
pub(crate) fn leak() {
    for _ in 0..100 {
        black_box(Box::leak(Box::new([1_u8; 1000])));
    }
}

/// Reads memory after it was freed.
pub(crate) fn use_after_free() {
    let number = Box::into_raw(Box::new(1_u64));
    // SAFETY: the pointer came from a box, and is freed once.
    drop(unsafe { Box::from_raw(number) });
    // SAFETY: none; that is the fault.
    black_box(unsafe { number.read_volatile() });
}

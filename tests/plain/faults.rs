//! Faults on purpose, to see that a sanitizer finds them. Never run but by `.ci/sanitizers`.

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Shared without any right to it.
struct Unprotected(UnsafeCell<u64>);

// SAFETY: none; that is the fault.
unsafe impl Sync for Unprotected {}

static PLACE: Unprotected = Unprotected(UnsafeCell::new(0));
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Two threads write to one place without any order.
pub(crate) fn race() {
    let threads: Vec<_> = (0..2)
        .map(|number| {
            thread::spawn(move || {
                // At the same time, but with nothing that would order them.
                STARTED.fetch_add(1, Ordering::Relaxed);
                while STARTED.load(Ordering::Relaxed) < 2 {
                    thread::yield_now();
                }
                for _ in 0..10_000 {
                    // SAFETY: none; that is the fault.
                    unsafe { PLACE.0.get().write_volatile(number) };
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

/// Memory that nobody can reach any more.
pub(crate) fn leak() {
    for _ in 0..100 {
        black_box(Box::leak(Box::new([1_u8; 1000])));
    }
}

/// A read of memory that was given back.
pub(crate) fn use_after_free() {
    let number = Box::into_raw(Box::new(1_u64));
    // SAFETY: it came from a box, and is given back once.
    drop(unsafe { Box::from_raw(number) });
    // SAFETY: none; that is the fault.
    black_box(unsafe { number.read_volatile() });
}

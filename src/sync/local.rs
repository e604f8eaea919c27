//! Values that are local to a thread.

#[cfg(feature = "std")]
use core::cell::Cell;

#[cfg(feature = "std")]
use super::thread_local;

#[cfg(feature = "std")]
thread_local! {
    // The last random number. 0 before the first.
    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Returns a number for the current thread, never 0. Informational only, since another thread may
/// have the same number. Without an operating system all threads have the same.
pub(crate) fn this_thread() -> u32 {
    #[cfg(all(
        feature = "std",
        not(all(target_family = "wasm", target_os = "unknown"))
    ))]
    return LAST.try_with(number).unwrap_or(1);
    #[cfg(not(all(
        feature = "std",
        not(all(target_family = "wasm", target_os = "unknown"))
    )))]
    return 1;
}

#[cfg(feature = "std")]
fn number(local: &Cell<u32>) -> u32 {
    core::ptr::from_ref(local).addr() as u32 | 1
}

/// Returns a number that differs from call to call and from thread to thread (xorshift).
#[cfg(feature = "std")]
pub(crate) fn random() -> u32 {
    let next = LAST.try_with(|last| {
        let mut next = match last.get() {
            // A model must be repeatable.
            0 if cfg!(any(loom, shuttle)) => 1,
            0 => number(last),
            last => last,
        };
        next ^= next << 13;
        next ^= next >> 17;
        next ^= next << 5;
        last.set(next);
        next
    });
    next.unwrap_or(1)
}

/// Returns 0, since without threads no randomness is needed.
#[cfg(not(feature = "std"))]
pub(crate) fn random() -> u32 {
    0
}

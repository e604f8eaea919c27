//! The flag of a thread that waits to be woken. A file of its own, so that a model can use it.

use super::{AtomicBool, Ordering};

/// Set when the thread was woken since the last poll.
pub(crate) struct WakeFlag(AtomicBool);

impl WakeFlag {
    pub(crate) fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Sets the flag. Returns `false` if it was set before.
    pub(crate) fn set(&self) -> bool {
        // ORDERING: Release. Synchronizes with the Acquire in `take`. A swap, so that a second wake
        // does not hide the first one's Release from it. (No model shows that: loom's stores are
        // swaps here.)
        // Test: loom `sync::wake_flag::tests::a_woken_thread_sees_what_the_waking_one_did`.
        !self.0.swap(true, Ordering::Release)
    }

    /// Clears the flag. Returns whether it was set.
    pub(crate) fn take(&self) -> bool {
        // ORDERING: Acquire. Synchronizes with the Release in `set`: the poll that follows sees
        // what the waking thread did. Test: loom
        // `sync::wake_flag::tests::a_woken_thread_sees_what_the_waking_one_did`.
        self.0.swap(false, Ordering::Acquire)
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::{Arc, AtomicUsize};

    #[test]
    fn a_woken_thread_sees_what_the_waking_one_did() {
        loom::model(|| {
            let shared = Arc::new((WakeFlag::new(), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            let waking = loom::thread::spawn(move || {
                theirs.1.store(1, Ordering::Relaxed);
                theirs.0.set()
            });
            if shared.0.take() {
                assert_eq!(shared.1.load(Ordering::Relaxed), 1);
            }
            assert!(waking.join().unwrap());
        });
    }
}

//! Tries again at once.

use std::sync::atomic::Ordering;

use super::Line;

pub(crate) fn claim(Line(word): &Line) -> u64 {
    loop {
        // ORDERING: Relaxed. A guess, which the compare-exchange confirms.
        let seen = word.load(Ordering::Relaxed);
        // ORDERING: AcqRel, as in the crate's claim. On failure Relaxed: nothing is done with it.
        let moved = word.compare_exchange_weak(seen, seen + 1, Ordering::AcqRel, Ordering::Relaxed);
        if moved.is_ok() {
            return seen;
        }
    }
}

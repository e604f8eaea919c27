//! What a thread does that has lost a claim to another.

use core::hint::spin_loop;

/// Keeps a thread off the contended word for a while, longer each time.
///
/// Losing means that another core has the word's cache line. To ask for it again at once takes it away from
/// that core in the middle of its next claim, and both get on worse than if each had it for several claims in
/// turn.
#[derive(Debug)]
pub(crate) struct Retreat {
    pauses: u32,
}

/// The first time; up to a microsecond, depending on the machine.
const SHORTEST: u32 = 32;
const LONGEST: u32 = 256;

impl Retreat {
    pub(crate) fn new() -> Self {
        Self { pauses: SHORTEST }
    }

    /// Call this after a loss. The word must be read anew after it.
    #[cold]
    pub(crate) fn step(&mut self) {
        for _ in 0..self.pauses {
            spin_loop();
        }
        self.pauses = (2 * self.pauses).min(LONGEST);
    }
}

//! Messages that show whether they are still somewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the messages that have not been dropped.
#[derive(Clone, Default)]
pub(crate) struct Alive(Arc<AtomicUsize>);

/// On the heap, so that AddressSanitizer notices one that is dropped twice or read too late.
pub(crate) struct Message {
    number: Box<u32>,
    alive: Alive,
}

impl Alive {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn message(&self, number: u32) -> Message {
        self.0.fetch_add(1, Ordering::Relaxed);
        Message {
            number: Box::new(number),
            alive: self.clone(),
        }
    }
}

impl Message {
    pub(crate) fn number(&self) -> u32 {
        *self.number
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.alive.0.fetch_sub(1, Ordering::Relaxed);
    }
}

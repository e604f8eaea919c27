//! Messages that count how often they are dropped.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::panics::INTENDED_PANIC;

/// Counts the drops of each of its messages.
#[derive(Clone, Debug)]
pub(crate) struct Drops(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// The number of messages.
    messages: AtomicUsize,
    /// The drops of each message, and of those that could still be made.
    drops: Box<[AtomicUsize]>,
}

impl Default for Drops {
    /// Has no messages yet.
    fn default() -> Self {
        Self::with_counts(0, 1024)
    }
}

impl Drops {
    /// Expects `count` messages, which get their numbers from the test.
    pub(crate) fn of(count: usize) -> Self {
        Self::with_counts(count, count)
    }

    fn with_counts(messages: usize, limit: usize) -> Self {
        Self(Arc::new(Counts {
            messages: AtomicUsize::new(messages),
            drops: (0..limit).map(|_| AtomicUsize::new(0)).collect(),
        }))
    }

    /// Creates the next message.
    pub(crate) fn message(&self) -> Counted {
        let number = self.0.messages.fetch_add(1, Ordering::SeqCst);
        self.numbered(number)
    }

    /// Creates the next message, which also panics when it is dropped.
    pub(crate) fn bomb(&self) -> Counted {
        let mut message = self.message();
        message.panics = true;
        message
    }

    /// Creates one of the messages of [`Drops::of`].
    #[track_caller]
    pub(crate) fn numbered(&self, number: usize) -> Counted {
        assert!(number < self.0.drops.len(), "too many messages");
        Counted {
            number,
            drops: self.clone(),
            panics: false,
        }
    }

    /// Returns the number of drops of each message.
    pub(crate) fn of_each(&self) -> Vec<usize> {
        let drops = &self.0.drops[..self.0.messages.load(Ordering::SeqCst)];
        drops
            .iter()
            .map(|drops| drops.load(Ordering::SeqCst))
            .collect()
    }

    /// Returns the number of drops of all messages.
    pub(crate) fn total(&self) -> usize {
        self.of_each().iter().sum()
    }

    #[track_caller]
    pub(crate) fn assert_each_once(&self) {
        for (number, drops) in self.of_each().into_iter().enumerate() {
            assert_eq!(drops, 1, "drops of message {number}");
        }
    }
}

/// A message of [`Drops`].
pub(crate) struct Counted {
    /// The index of the message in the order of creation, or the number that the test gave it.
    pub(crate) number: usize,
    drops: Drops,
    panics: bool,
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}", self.number)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.0.drops[self.number].fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "{INTENDED_PANIC}");
    }
}

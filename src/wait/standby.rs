//! Operations that stand in for waiters: while one spins on a running thread, a message need not wake another.
//!
//! A spinning operation looks before it leaves. So a notification for one message may count on it instead of
//! waking a waiter, at a fraction of the cost. Each spinning operation adds a token, and each notification that
//! counts on one takes one away. An operation that leaves takes a token away, too. If there is none left, a
//! notification has counted on it. Then it looks once more, and notifies a waiter if there is a message; also if
//! it has received one itself, for that may have been another one, which came before it began to spin.
//!
//! Tokens are not told apart: with `s` operations and `t` tokens, `s - t` notifications count on them, and the
//! last `s - t` that leave look for them.
//!
//! Waiters are not to wait for as long as two operations on two threads spin for each other, so only
//! [`MAX_IN_A_ROW`] notifications in a row may count on them.

use super::Side;
use crate::sync::{AtomicUsize, Ordering, RelaxedU32};

/// How many notifications in a row may be left to spinning operations.
const MAX_IN_A_ROW: u32 = 32;

/// The tokens of one side of a channel.
#[derive(Debug)]
pub(super) struct Standby {
    tokens: AtomicUsize,
    /// How many notifications in a row were left to spinning operations.
    in_a_row: RelaxedU32,
}

impl Standby {
    pub(super) fn new() -> Self {
        Self {
            tokens: AtomicUsize::new(0),
            in_a_row: RelaxedU32::default(),
        }
    }

    /// Adds a token for an operation that begins to spin. It must [`leave`](Self::leave).
    pub(super) fn enter(&self) {
        // ORDERING: Relaxed. The operation looks after this, and once more before it leaves.
        self.tokens.fetch_add(1, Ordering::Relaxed);
    }

    /// To be called after the operation's last look. Returns whether a notification has counted on an
    /// operation that left.
    pub(super) fn leave(&self) -> bool {
        !self.take()
    }

    /// Returns whether a notification for one message may be left to a spinning operation. To be called after
    /// the message was published.
    #[inline]
    pub(super) fn stands_in(&self) -> bool {
        // ORDERING: Relaxed. A guess, which `take` confirms.
        if self.tokens.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let in_a_row = self.in_a_row.get();
        if in_a_row >= MAX_IN_A_ROW {
            self.in_a_row.set(0);
            return false;
        }
        self.in_a_row.set(in_a_row + 1);
        self.take()
    }

    fn take(&self) -> bool {
        // ORDERING: Relaxed. A guess, which the exchange confirms.
        let mut tokens = self.tokens.load(Ordering::Relaxed);
        while tokens > 0 {
            // ORDERING: AcqRel. Release: a message is published before its token is taken. Acquire pairs with it:
            // an operation that finds no token left sees the message that it notifies a waiter of.
            // Guard: loom `wait::standby::tests::a_message_is_received_or_notified`.
            match self.tokens.compare_exchange_weak(
                tokens,
                tokens - 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(now) => tokens = now,
            }
        }
        // ORDERING: Acquire. As above: the tokens that are missing were taken before.
        self.tokens.load(Ordering::Acquire);
        false
    }
}

/// An operation's time of spinning. Ends also if user code panics in the middle.
pub(super) struct StandingBy<'a, S: Side>(&'a S);

impl<'a, S: Side> StandingBy<'a, S> {
    pub(super) fn new(side: &'a S) -> Self {
        side.queue().standby().enter();
        Self(side)
    }
}

impl<S: Side> Drop for StandingBy<'_, S> {
    fn drop(&mut self) {
        if self.0.queue().standby().leave() {
            self.0.forward();
        }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::Arc;

    /// One message, and one operation that looks, or receives an older message: whatever the order, the
    /// operation has received the message, or a waiter is notified of it.
    fn explore(takes_another: bool) {
        loom::model(move || {
            let shared = Arc::new((Standby::new(), AtomicUsize::new(0), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            shared.0.enter();
            let sender = loom::thread::spawn(move || {
                let (standby, messages, notified) = &*theirs;
                messages.fetch_add(1, Ordering::Relaxed);
                if !standby.stands_in() {
                    notified.fetch_add(1, Ordering::Relaxed);
                }
            });
            let (standby, messages, notified) = &*shared;
            let received = !takes_another && messages.load(Ordering::Relaxed) == 1;
            if standby.leave() {
                let left = messages.load(Ordering::Relaxed) == 1 && !received;
                assert!(left || received, "a waiter finds what was counted on");
                notified.fetch_add(usize::from(left), Ordering::Relaxed);
            }
            sender.join().unwrap();
            assert!(received || notified.load(Ordering::Relaxed) == 1);
        });
    }

    #[test]
    fn a_message_is_received_or_notified() {
        explore(false);
    }

    #[test]
    fn a_message_that_comes_after_another_is_notified() {
        explore(true);
    }

    /// Two messages and two operations that both leave without one.
    #[test]
    fn no_operation_is_counted_on_twice() {
        loom::model(|| {
            let shared = Arc::new((Standby::new(), AtomicUsize::new(0)));
            shared.0.enter();
            shared.0.enter();
            let theirs = Arc::clone(&shared);
            let sender = loom::thread::spawn(move || {
                let (standby, notified) = &*theirs;
                for _ in 0..2 {
                    if !standby.stands_in() {
                        notified.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            let (standby, notified) = &*shared;
            for _ in 0..2 {
                if standby.leave() {
                    notified.fetch_add(1, Ordering::Relaxed);
                }
            }
            sender.join().unwrap();
            assert_eq!(notified.load(Ordering::Relaxed), 2);
        });
    }
}

//! Tokens of spinning operations: while an operation spins on a running thread, a message need not
//! wake a waiter.
//!
//! A spinning operation makes one more check before it stops. So a notification of one message may
//! rely on a spinning operation instead of waking a waiter, at a fraction of the cost. Each
//! spinning operation adds a token, and each notification that relies on one takes a token. An
//! operation that stops spinning removes a token. If none is left, a notification relies on it.
//! Then the operation checks once more and notifies a waiter if there is a message. It does so also
//! if it has received a message itself, since that may have been another one, from before it began
//! to spin.
//!
//! Tokens do not belong to particular operations: with `s` operations and `t` tokens, `s - t`
//! notifications rely on them, and the last `s - t` operations to stop check for those
//! notifications.
//!
//! Waiters must not wait for as long as two operations on two threads spin for each other, so at
//! most [`MAX_IN_A_ROW`] notifications in a row may take a token.

use super::Side;
use crate::sync::{AtomicUsize, Ordering, RelaxedU32};

/// The largest number of notifications in a row that take a token instead of waking a waiter.
const MAX_IN_A_ROW: u32 = 32;

/// The tokens of the spinning operations of one side of a channel.
#[derive(Debug)]
pub(super) struct SpinTokens {
    count: AtomicUsize,
    /// The number of notifications in a row that took a token.
    in_a_row: RelaxedU32,
}

impl SpinTokens {
    pub(super) fn new() -> Self {
        Self {
            count: AtomicUsize::new(0),
            in_a_row: RelaxedU32::default(),
        }
    }

    /// Adds a token for an operation that begins to spin. The caller must [`remove`](Self::remove)
    /// it.
    pub(super) fn add(&self) {
        // ORDERING: Relaxed. The operation checks for messages after this, and once more before it
        // stops.
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes a token. The caller has made its last attempt. Returns whether a notification relies
    /// on an operation that stopped; the caller must then forward it.
    pub(super) fn remove(&self) -> bool {
        !self.take()
    }

    /// Takes a token, if there is one, for a notification of one message. Returns whether it did,
    /// so that no waiter need be woken. The caller has published the message.
    #[inline]
    pub(super) fn take_for_notification(&self) -> bool {
        // ORDERING: Relaxed. A guess that `take` confirms.
        if self.count.load(Ordering::Relaxed) == 0 {
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

    /// Takes a token, if there is one, in place of an extra waiter. Returns whether it did. Does
    /// not count: only notifications of messages that have just been sent must wake a waiter in the
    /// end.
    pub(super) fn take_for_extra(&self) -> bool {
        self.take()
    }

    fn take(&self) -> bool {
        // ORDERING: Relaxed. A guess that the compare-exchange confirms.
        let mut tokens = self.count.load(Ordering::Relaxed);
        while tokens > 0 {
            // ORDERING: Release. A message is published before its token is taken. Synchronizes
            // with the Acquire below. On failure Relaxed: the next compare-exchange, or the load
            // below, checks the value. Test: loom
            // `wait::spin_tokens::tests::a_message_is_received_or_notified`.
            match self.count.compare_exchange_weak(
                tokens,
                tokens - 1,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => tokens = now,
            }
        }
        // ORDERING: Acquire. Synchronizes with the Release of the compare-exchanges that took the
        // missing tokens: an operation that finds none left sees the message of which it notifies
        // a waiter. Test: loom
        // `wait::spin_tokens::tests::a_message_that_comes_after_another_is_notified`.
        self.count.load(Ordering::Acquire);
        false
    }
}

/// The token of a spinning operation. Dropping it removes the token, also when user code panics.
pub(super) struct SpinToken<'a, S: Side>(&'a S);

impl<'a, S: Side> SpinToken<'a, S> {
    pub(super) fn new(side: &'a S) -> Self {
        side.queue().spin_tokens().add();
        Self(side)
    }
}

impl<S: Side> Drop for SpinToken<'_, S> {
    fn drop(&mut self) {
        if self.0.queue().spin_tokens().remove() {
            self.0.forward();
        }
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::Arc;

    /// One message, and one operation that checks for it or receives an older message. In every
    /// order, the operation receives the message or a waiter is notified of it.
    fn explore(receives_another: bool) {
        loom::model(move || {
            let shared = Arc::new((SpinTokens::new(), AtomicUsize::new(0), AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            shared.0.add();
            let sender = loom::thread::spawn(move || {
                let (tokens, messages, notified) = &*theirs;
                messages.fetch_add(1, Ordering::Relaxed);
                if !tokens.take_for_notification() {
                    notified.fetch_add(1, Ordering::Relaxed);
                }
            });
            let (tokens, messages, notified) = &*shared;
            let received = !receives_another && messages.load(Ordering::Relaxed) == 1;
            if tokens.remove() {
                let left = messages.load(Ordering::Relaxed) == 1 && !received;
                assert!(
                    left || received,
                    "a waiter finds the message that a token was taken for"
                );
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

    /// Two messages and two operations that both stop without a message.
    #[test]
    fn no_token_is_taken_twice() {
        loom::model(|| {
            let shared = Arc::new((SpinTokens::new(), AtomicUsize::new(0)));
            shared.0.add();
            shared.0.add();
            let theirs = Arc::clone(&shared);
            let sender = loom::thread::spawn(move || {
                let (tokens, notified) = &*theirs;
                for _ in 0..2 {
                    if !tokens.take_for_notification() {
                        notified.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            let (tokens, notified) = &*shared;
            for _ in 0..2 {
                if tokens.remove() {
                    notified.fetch_add(1, Ordering::Relaxed);
                }
            }
            sender.join().unwrap();
            assert_eq!(notified.load(Ordering::Relaxed), 2);
        });
    }
}

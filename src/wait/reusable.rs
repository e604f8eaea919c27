//! Waiters of a thread that waits for several operations at a time, again and again.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::list::{Kind, Waiter};
use super::poll::{Busy, leave, poll_waiting};
use super::{Operation, Side};

/// A waiter that serves one wait after another. Between two of them it is not registered.
///
/// Its operation must be polled again when the thread is woken, or the waiter must
/// [`leave`](Self::leave); it must also leave before it is dropped.
#[derive(Debug, Default)]
pub(crate) struct ReusableWaiter {
    /// Made for the first wait. Pinned, since others link to it.
    waiter: Option<Pin<Box<Waiter>>>,
    /// Polled since it last left.
    used: bool,
    busy: Busy,
}

impl ReusableWaiter {
    /// Attempts `operation`, and leaves the thread's waker behind if it has to wait.
    ///
    /// Until this returns `Ready`, the operation has had no effect.
    pub(crate) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let waiter = self
            .waiter
            .get_or_insert_with(|| Box::pin(Waiter::new(Kind::Future)));
        self.used = true;
        poll_waiting(operation, waiter.as_ref(), &mut self.busy, cx)
    }

    /// Ends the wait, also one that has ended with success: the next one begins without its place
    /// and its lost races. If the waiter was woken and has not looked, another one is woken in its
    /// place.
    pub(crate) fn leave<S: Side>(&mut self, side: &S) {
        if core::mem::take(&mut self.used) {
            self.busy = Busy::default();
            if let Some(waiter) = &self.waiter {
                leave(side, waiter.as_ref());
            }
        }
    }
}

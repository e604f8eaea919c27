//! Handles that wait: `Stream`, `Sink` and the `poll_` methods.
//!
//! A future that waits can be trusted with a wake: it either looks again or is dropped. A handle cannot:
//! its registration stays when the future that polled it (`next()` in one branch of a `select!`) is gone,
//! and a handle that is never polled again would keep its wake to itself. So a handle is trusted as long
//! as each of its wakes was followed by a poll. Until the first one, and again after one that was not, it
//! is woken along with all others by every notification, and owes nothing for it.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::budget;
use super::list::{Kind, Waiter};
use super::poll::{Busy, leave, poll_waiting};
use super::yielding::BeforeWait;
use super::{Operation, Side};

/// What a handle keeps from one poll to the next.
#[derive(Debug, Default)]
pub(crate) struct HandleWaiter {
    /// Made for the first wait. Pinned, since others link to it.
    waiter: Option<Pin<Box<Waiter>>>,
    /// The waiter may be registered, or woken; or the handle has yielded.
    waiting: bool,
    before: BeforeWait,
    busy: Busy,
    refused: budget::HandleBudget,
}

impl HandleWaiter {
    /// Attempts `operation`, and leaves the task's waker behind if it has to wait.
    #[inline]
    pub(crate) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let charge = ready!(self.refused.poll_proceed(cx));
        if !self.waiting {
            if let Some(output) = operation.attempt_at_once() {
                charge.made_progress();
                return Poll::Ready(output);
            }
        }
        let output = ready!(self.poll_again(operation, cx));
        charge.made_progress();
        Poll::Ready(output)
    }

    #[cold]
    fn poll_again<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        // Also if a waker panics on the way.
        self.waiting = true;
        if let Some(output) = self.before.poll(operation, cx) {
            let output = ready!(output);
            self.end_wait();
            return Poll::Ready(output);
        }
        let kind = if O::TAKES {
            Kind::Handle
        } else {
            Kind::Observer
        };
        let output = ready!(self.poll_as(kind, operation, cx));
        self.end_wait();
        Poll::Ready(output)
    }

    fn end_wait(&mut self) {
        self.waiting = false;
        self.before = BeforeWait::default();
    }

    /// Attempts `operation` for a thread that waits for several at a time, and leaves its waker behind if it has to
    /// wait. It must be polled again when the thread is woken, or [`leave`](Self::leave), also after success: the
    /// next wait begins without its place and its lost races.
    #[cfg(feature = "std")]
    pub(crate) fn poll_in_select<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        self.poll_as(Kind::Future, operation, cx)
    }

    /// Polls with a waiter of a kind, which is always the same.
    fn poll_as<O: Operation>(
        &mut self,
        kind: Kind,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let waiter = self
            .waiter
            .get_or_insert_with(|| Box::pin(Waiter::new(kind)));
        // Also if a waker panics on the way.
        self.waiting = true;
        poll_waiting(operation, waiter.as_ref(), &mut self.busy, cx)
    }

    /// Returns whether a poll has left a registration behind.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Ends the registration.
    #[inline]
    pub(crate) fn leave<S: Side>(&mut self, side: &S) {
        if self.waiting {
            self.waiting = false;
            self.busy = Busy::default();
            self.before.cancel(side);
            if let Some(waiter) = &self.waiter {
                leave(side, waiter.as_ref());
            }
        }
    }
}

/// A [`HandleWaiter`] that few handles need: one pointer, until it is used.
#[derive(Debug, Default)]
pub(crate) struct RareWaiter(Option<Box<HandleWaiter>>);

impl RareWaiter {
    /// [`HandleWaiter::poll`].
    pub(crate) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        self.0.get_or_insert_default().poll(operation, cx)
    }

    /// [`HandleWaiter::leave`].
    #[inline]
    pub(crate) fn leave<S: Side>(&mut self, side: &S) {
        if let Some(waiter) = &mut self.0 {
            waiter.leave(side);
        }
    }
}

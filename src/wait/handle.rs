//! Handles that wait: `Stream`, `Sink` and the `poll_` methods.
//!
//! A future that was woken is either polled again or dropped, and dropping it forwards its
//! notification. A handle may be neither: its registration stays when the future that polled it
//! (`next()` in one branch of a `select!`) is gone. A handle that is never polled again would keep
//! its notification. So a handle is an exclusive waiter, woken for one message, only while each of
//! its wakes was followed by a poll. Until the first such poll, and after a wake without one, every
//! notification wakes it along with all other non-exclusive waiters, and it holds no notification.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::budget;
use super::list::{Kind, Waiter};
use super::poll::{SelfWakes, deregister_and_forward, poll_waiting};
use super::yielding::BeforeWait;
use super::{Operation, Side};

/// The state that a handle keeps between polls.
#[derive(Debug, Default)]
pub(crate) struct HandleWaiter {
    /// Allocated by the first wait. Pinned, since the wait queue links to it.
    waiter: Option<Pin<Box<Waiter>>>,
    /// Set while the waiter may be registered or woken, or while the handle has yielded.
    waiting: bool,
    before: BeforeWait,
    self_wakes: SelfWakes,
    budget: budget::HandleBudget,
}

impl HandleWaiter {
    /// Attempts `operation`, and registers the task's waker if it would block.
    #[inline]
    pub(crate) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let charge = ready!(self.budget.poll_proceed(cx));
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
        // Set first, so that it is also set if a waker panics.
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

    /// Attempts `operation` for a thread that waits for several operations at a time, and registers
    /// its waker if it would block. The caller must poll again when the thread is woken, or call
    /// [`deregister`](Self::deregister), also after success, so that the next wait starts without
    /// this one's place and lost races.
    #[cfg(feature = "std")]
    pub(crate) fn poll_in_select<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        self.poll_as(Kind::Future, operation, cx)
    }

    /// Polls with a waiter of `kind`. A handle always passes the same kind.
    fn poll_as<O: Operation>(
        &mut self,
        kind: Kind,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        let waiter = self
            .waiter
            .get_or_insert_with(|| Box::pin(Waiter::new(kind)));
        // Set first, so that it is also set if a waker panics.
        self.waiting = true;
        poll_waiting(operation, waiter.as_ref(), &mut self.self_wakes, cx)
    }

    /// Returns whether a poll has left a registration.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Ends the registration and forwards a notification that the handle still holds.
    #[inline]
    pub(crate) fn deregister<S: Side>(&mut self, side: &S) {
        if self.waiting {
            self.waiting = false;
            self.self_wakes = SelfWakes::default();
            self.before.cancel(side);
            if let Some(waiter) = &self.waiter {
                deregister_and_forward(side, waiter.as_ref());
            }
        }
    }
}

/// A [`HandleWaiter`] that few handles need. One pointer until it is used.
#[derive(Debug, Default)]
pub(crate) struct RareWaiter(Option<Box<HandleWaiter>>);

impl RareWaiter {
    /// Calls [`HandleWaiter::poll`].
    pub(crate) fn poll<O: Operation>(
        &mut self,
        operation: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        self.0.get_or_insert_default().poll(operation, cx)
    }

    /// Calls [`HandleWaiter::deregister`].
    #[inline]
    pub(crate) fn deregister<S: Side>(&mut self, side: &S) {
        if let Some(waiter) = &mut self.0 {
            waiter.deregister(side);
        }
    }
}

//! An operation as a future.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Operation, wait};
use crate::budget;

pin_project! {
    /// An operation as a future: see [`run`].
    #[project = RunProjection]
    #[project_replace = RunReplaced]
    enum Run<O, F, W> {
        /// Not attempted yet.
        First { operation: O, wait: F },
        /// Not possible at once.
        Waiting { #[pin] waiting: W },
        Finished,
    }
}

/// Charges the budget, attempts `operation`, and waits if it has to.
///
/// Cancel safe: until it returns `Ready`, the operation has had no effect. The first attempt needs none of
/// the machinery for waiting, which is built only if that fails.
#[inline]
pub(crate) fn run<O: Operation>(operation: O) -> impl Future<Output = O::Output> {
    Run::First { operation, wait }
}

impl<O, F, W> Future for Run<O, F, W>
where
    O: Operation,
    F: FnOnce(O) -> W,
    W: Future<Output = O::Output>,
{
    type Output = O::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        if let RunProjection::First { operation, .. } = self.as_mut().project() {
            ready!(budget::poll_charge(cx));
            if let Some(output) = operation.attempt_at_once() {
                // Left as it is, which is cheaper than to be taken apart. The `async fn` around this is not
                // polled again.
                return Poll::Ready(output);
            }
        }
        self.poll_waiting(cx)
    }
}

impl<O, F, W> Run<O, F, W>
where
    O: Operation,
    F: FnOnce(O) -> W,
    W: Future<Output = O::Output>,
{
    #[cold]
    fn poll_waiting(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        if let RunProjection::First { .. } = self.as_mut().project() {
            let first = self.as_mut().project_replace(Run::Finished);
            let RunReplaced::First { operation, wait } = first else {
                unreachable!("as just seen")
            };
            self.set(Run::Waiting {
                waiting: wait(operation),
            });
        }
        let RunProjection::Waiting { waiting } = self.as_mut().project() else {
            panic!("a future was polled after it had finished");
        };
        let output = ready!(waiting.poll(cx));
        self.set(Run::Finished);
        Poll::Ready(output)
    }
}

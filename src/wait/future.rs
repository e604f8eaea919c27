//! An operation as a future.

use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Operation;
use super::budget;
use super::list::{Kind, Waiter, WaiterState};
use super::poll::{Busy, leave, poll_waiting};
use super::yielding::BeforeWait;

pin_project! {
    /// An operation as a future: charges the budget, attempts it, and waits if it has to.
    ///
    /// Cancel safe: until it returns `Ready`, the operation has had no effect. The first attempt needs none of
    /// the state for waiting, which is built only if that fails.
    #[project = RunProjection]
    #[project_replace = RunReplaced]
    pub(crate) enum Run<O>
    where
        O: Operation,
    {
        /// Not attempted yet.
        First { operation: O },
        /// Not possible at once, or refused.
        Waiting { #[pin] waiting: DroppedOutOfLine<Waiting<O>> },
        /// Not to be attempted: the handle was closed.
        Closed { operation: O },
        Finished,
    }
}

impl<O: Operation> Run<O> {
    #[inline]
    pub(crate) fn new(operation: O) -> Self {
        Self::First { operation }
    }

    /// For a handle that was closed.
    #[cold]
    pub(crate) fn closed(operation: O) -> Self {
        Self::Closed { operation }
    }
}

impl<O: Operation> Future for Run<O> {
    type Output = O::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        if let RunProjection::First { .. } = self.as_mut().project() {
            let RunReplaced::First { mut operation } = self.as_mut().project_replace(Run::Finished)
            else {
                unreachable!("it was just seen")
            };
            let Poll::Ready(charge) = budget::poll_proceed(cx) else {
                self.start_waiting(operation, Some(budget::RefusedFuture::new()));
                return Poll::Pending;
            };
            if let Some(output) = operation.attempt_at_once() {
                charge.made_progress();
                return Poll::Ready(output);
            }
            return self.poll_beside_permits(operation, charge, cx);
        }
        self.poll_again(cx)
    }
}

impl<O: Operation> Run<O> {
    #[cold]
    fn start_waiting(
        mut self: Pin<&mut Self>,
        operation: O,
        refused: Option<budget::RefusedFuture>,
    ) {
        let waiting = Waiting::new(operation, refused);
        self.set(Run::Waiting {
            waiting: DroppedOutOfLine::new(waiting),
        });
    }

    #[cold]
    fn poll_beside_permits(
        mut self: Pin<&mut Self>,
        mut operation: O,
        charge: budget::Charge,
        cx: &mut Context<'_>,
    ) -> Poll<O::Output> {
        if let Some(output) = attempt_beside_permits(&mut operation, charge) {
            return Poll::Ready(output);
        }
        self.as_mut().start_waiting(operation, None);
        self.poll_again(cx)
    }

    #[cold]
    fn poll_again(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        let RunProjection::Waiting { waiting } = self.as_mut().project() else {
            return match self.project_replace(Run::Finished) {
                RunReplaced::Closed { mut operation } => Poll::Ready(operation.fail()),
                _ => panic!("a future was polled after it had finished"),
            };
        };
        let output = waiting.get().poll(cx);
        if output.is_ready() {
            self.set(Run::Finished);
        }
        output
    }
}

/// Charged like the first attempt, for below the limit of the capacity all sends come here.
fn attempt_beside_permits<O: Operation>(
    operation: &mut O,
    charge: budget::Charge,
) -> Option<O::Output> {
    let output = operation.attempt_beside_permits()?;
    charge.made_progress();
    Some(output)
}

pin_project! {
    /// A future whose destructor is a call, so that a future that may hold one has a small destructor, which is
    /// inlined.
    struct DroppedOutOfLine<F> {
        #[pin]
        future: ManuallyDrop<F>,
    }

    impl<F> PinnedDrop for DroppedOutOfLine<F> {
        fn drop(this: Pin<&mut Self>) {
            drop_out_of_line(this.project().future);
        }
    }
}

#[cold]
#[inline(never)]
fn drop_out_of_line<F>(future: Pin<&mut ManuallyDrop<F>>) {
    // SAFETY: a value that is dropped in place does not move.
    let future = unsafe { future.get_unchecked_mut() };
    // SAFETY: called once, by the destructor of the only owner.
    unsafe { ManuallyDrop::drop(future) };
}

impl<F> DroppedOutOfLine<F> {
    fn new(future: F) -> Self {
        Self {
            future: ManuallyDrop::new(future),
        }
    }

    fn get(self: Pin<&mut Self>) -> Pin<&mut F> {
        // SAFETY: the future is pinned with the value that it is in, and dropped in place.
        unsafe {
            self.project()
                .future
                .map_unchecked_mut(|future| &mut **future)
        }
    }
}

pin_project! {
    /// An operation that was not possible at once.
    pub(super) struct Waiting<O>
    where
        O: Operation,
    {
        operation: O,
        #[pin]
        waiter: Waiter,
        busy: Busy,
        before: BeforeWait,
        // Set while the first attempt has not been made, since the task had completed too many operations
        // without a return to its executor.
        refused: Option<budget::RefusedFuture>,
    }

    impl<O> PinnedDrop for Waiting<O>
    where
        O: Operation,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.as_ref();
            if waiter.state() != WaiterState::Idle {
                leave(&this.operation.side(), waiter);
            }
            this.before.cancel(&this.operation.side());
        }
    }
}

impl<O: Operation> Waiting<O> {
    pub(super) fn new(operation: O, refused: Option<budget::RefusedFuture>) -> Self {
        Self {
            operation,
            waiter: Waiter::new(if O::TAKES {
                Kind::Future
            } else {
                Kind::Observer
            }),
            busy: Busy::default(),
            before: BeforeWait::default(),
            refused,
        }
    }
}

#[cfg(feature = "std")]
impl<O: Operation> Waiting<O> {
    /// For an operation that has spun already.
    pub(super) fn after_spin(operation: O) -> Self {
        let mut waiting = Self::new(operation, None);
        waiting.before = BeforeWait::Done;
        waiting
    }
}

impl<O: Operation> Future for Waiting<O> {
    type Output = O::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        let this = self.project();
        if let Some(refused) = this.refused.take() {
            let Poll::Ready(charge) = refused.return_to(cx) else {
                *this.refused = Some(budget::RefusedFuture::new());
                return Poll::Pending;
            };
            if let Some(output) = this.operation.attempt_at_once() {
                charge.made_progress();
                return Poll::Ready(output);
            }
        }
        if let Some(output) = this.before.poll(this.operation, cx) {
            return output;
        }
        poll_waiting(this.operation, this.waiter.as_ref(), this.busy, cx)
    }
}

//! The future of an operation.

use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Operation;
use super::budget;
use super::list::{Kind, Waiter, WaiterState};
use super::poll::{SelfWakes, deregister_and_forward, poll_waiting};
use super::yielding::BeforeWait;

pin_project! {
    /// A future that charges the budget, attempts an operation, and waits if it would block.
    ///
    /// Cancel safe: until it returns `Ready`, the operation has had no effect. The state for
    /// waiting is built only if the first attempt fails.
    #[project = RunProjection]
    #[project_replace = RunReplaced]
    pub(crate) enum Run<O>
    where
        O: Operation,
    {
        /// Not attempted yet.
        First { operation: O },
        /// The first attempt failed, or the budget was exhausted.
        Waiting { #[pin] waiting: DroppedOutOfLine<Waiting<O>> },
        /// The handle was closed, so the operation is not attempted.
        Closed { operation: O },
        Finished,
    }
}

impl<O: Operation> Run<O> {
    #[inline]
    pub(crate) fn new(operation: O) -> Self {
        Self::First { operation }
    }

    /// Creates the future of an operation on a closed handle.
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
                unreachable!("the variant was just matched")
            };
            let Poll::Ready(charge) = budget::poll_proceed(cx) else {
                self.start_waiting(operation, Some(budget::ForcedYield::new()));
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
        forced_yield: Option<budget::ForcedYield>,
    ) {
        let waiting = Waiting::new(operation, forced_yield);
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
                _ => panic!("future polled after completion"),
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
    /// A future whose destructor is a function call. A future that may hold one has a small
    /// destructor of its own, which is inlined.
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
        // SAFETY: the future is pinned together with the value that contains it, and dropped in
        // place.
        unsafe {
            self.project()
                .future
                .map_unchecked_mut(|future| &mut **future)
        }
    }
}

pin_project! {
    /// An operation whose first attempt failed or has not been made.
    pub(super) struct Waiting<O>
    where
        O: Operation,
    {
        operation: O,
        #[pin]
        waiter: Waiter,
        self_wakes: SelfWakes,
        before: BeforeWait,
        // Set while the first attempt has not been made because the budget was exhausted.
        forced_yield: Option<budget::ForcedYield>,
    }

    impl<O> PinnedDrop for Waiting<O>
    where
        O: Operation,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.as_ref();
            if waiter.state() != WaiterState::Idle {
                deregister_and_forward(&this.operation.side(), waiter);
            }
            this.before.cancel(&this.operation.side());
        }
    }
}

impl<O: Operation> Waiting<O> {
    pub(super) fn new(operation: O, forced_yield: Option<budget::ForcedYield>) -> Self {
        Self {
            operation,
            waiter: Waiter::new(if O::TAKES {
                Kind::Future
            } else {
                Kind::Observer
            }),
            self_wakes: SelfWakes::default(),
            before: BeforeWait::default(),
            forced_yield,
        }
    }
}

#[cfg(feature = "std")]
impl<O: Operation> Waiting<O> {
    /// Creates the future of an operation that has already spun.
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
        if let Some(forced_yield) = this.forced_yield.take() {
            let Poll::Ready(charge) = forced_yield.resume(cx) else {
                *this.forced_yield = Some(budget::ForcedYield::new());
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
        poll_waiting(this.operation, this.waiter.as_ref(), this.self_wakes, cx)
    }
}

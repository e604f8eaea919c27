//! Choosing an operation: attempts first, then a wait in all wait queues at a time.

use core::task::{Context, Poll};
use std::time::Instant;

use super::handle::{Outcome, Selectable};
use super::{Operation, Preference, Select, SelectedOperation};
use crate::sync::{self, Backoff};
use crate::unwind::run_all;

/// How often the operations are attempted again before the thread parks: with pauses first, then
/// with yields.
const ATTEMPTS: u32 = 10;

impl<'a> Select<'a> {
    #[track_caller]
    pub(super) fn select_forever(&mut self, call: &str) -> SelectedOperation<'a> {
        assert!(
            !self.order.is_empty(),
            "mpmc-std: no operations have been added to the `Select`"
        );
        match self.select_by(None, call) {
            Some(selected) => selected,
            None => unreachable!("there is no deadline"),
        }
    }

    /// Selects an operation that can be done by `deadline`. `call` is what the panic names if the
    /// thread must not block.
    #[track_caller]
    pub(super) fn select_by(
        &mut self,
        deadline: Option<Instant>,
        call: &str,
    ) -> Option<SelectedOperation<'a>> {
        self.shuffle();
        if let Some(selected) = self.attempt(|handle| handle.attempt()) {
            return Some(selected);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return self.attempt(|handle| handle.attempt_with_retry());
        }
        sync::assert_may_block(call);
        self.spin().or_else(|| self.wait(deadline))
    }

    /// Selects an operation that can be done at once.
    pub(super) fn select_now(&mut self) -> Option<SelectedOperation<'a>> {
        self.shuffle();
        self.attempt(|handle| handle.attempt())
            // Nothing, unless a thread is suspended in the middle of an operation.
            .or_else(|| self.attempt(|handle| handle.attempt_with_retry()))
    }

    /// Puts the operations into a random order, so that each of those that can be done is as likely
    /// to be the first.
    fn shuffle(&mut self) {
        if self.preference == Preference::None {
            for left in (1..self.order.len()).rev() {
                let other = sync::random() as usize % (left + 1);
                self.order.swap(left, other);
            }
        }
    }

    fn attempt(
        &self,
        attempt: impl Fn(&'a dyn Selectable) -> Option<Outcome>,
    ) -> Option<SelectedOperation<'a>> {
        self.order.iter().find_map(|&index| {
            let handle = self.operations[index].as_ref()?.handle;
            let outcome = attempt(handle)?;
            Some(SelectedOperation::new(index, handle, outcome))
        })
    }

    fn spin(&self) -> Option<SelectedOperation<'a>> {
        let mut handles = self.operations.iter().flatten();
        if !handles.any(|operation| operation.handle.spins()) {
            return None;
        }
        let backoff = Backoff::new();
        (0..ATTEMPTS)
            .take(sync::MAX_SPIN_ATTEMPTS as usize)
            .find_map(|_| {
                backoff.snooze();
                self.attempt(|handle| handle.attempt())
            })
    }

    /// Waits in the wait queues of all operations.
    fn wait(&mut self, deadline: Option<Instant>) -> Option<SelectedOperation<'a>> {
        let mut registered = Registered {
            operations: &mut self.operations,
            order: &self.order,
        };
        let selected =
            sync::block_on_until(core::future::poll_fn(|cx| registered.poll(cx)), deadline);
        // Wakers are called on the way. If one panics, what was selected goes back.
        drop(registered);
        selected
    }
}

/// The operations while their thread waits. All of them leave the wait queues when this is dropped.
struct Registered<'s, 'a> {
    operations: &'s mut [Option<Operation<'a>>],
    order: &'s [usize],
}

impl<'a> Registered<'_, 'a> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<SelectedOperation<'a>> {
        for &index in self.order {
            let Some(Operation { handle, waiting }) = &mut self.operations[index] else {
                continue;
            };
            if let Poll::Ready(outcome) = handle.poll(waiting, cx) {
                return Poll::Ready(SelectedOperation::new(index, *handle, outcome));
            }
        }
        Poll::Pending
    }
}

impl Drop for Registered<'_, '_> {
    fn drop(&mut self) {
        let mut operations = self.operations.iter_mut().flatten();
        run_all(|| match operations.next() {
            Some(Operation { handle, waiting }) => {
                handle.leave(waiting);
                true
            }
            None => false,
        });
    }
}

#[cfg(all(test, loom))]
mod tests {
    use core::pin::Pin;
    use core::task::Waker;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use loom::thread;

    use super::*;
    use crate::blocking::{Receiver, channel};

    /// Not a matter of the model: to wake is part of the step before.
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn poll<F: Future>(future: &mut Pin<Box<F>>, woken: &Arc<Woken>) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(woken));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// A select waits for `first` and `second`, and behind it a receiver for `first`. The select
    /// looks, takes what it finds, and leaves, while `sends` goes on. Then everything that was sent
    /// and is left must have woken the receiver, or be found by it.
    fn select_before_a_receiver(
        looks: u32,
        sends: impl Fn(&crate::Sender<usize>, &crate::Sender<usize>) + Send + Sync + Copy + 'static,
    ) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let (first_tx, first): (_, Receiver<usize>) = channel(2);
            let (second_tx, second): (_, Receiver<usize>) = channel(1);
            let beside = first.clone().into_async();
            let mut select = Select::new_biased();
            // So that the other one is chosen if both can be.
            select.recv(&second);
            let index = select.recv(&first);
            let mut registered = Registered {
                operations: &mut select.operations,
                order: &select.order,
            };
            let mut context = Context::from_waker(Waker::noop());
            assert!(registered.poll(&mut context).is_pending());
            let woken = Arc::new(Woken(AtomicBool::new(false)));
            let mut receiver = Box::pin(async { beside.recv().await });
            assert!(poll(&mut receiver, &woken).is_pending());

            let sending = thread::spawn(move || {
                sends(first_tx.as_async(), second_tx.as_async());
                (first_tx, second_tx)
            });
            let mut selected = None;
            for _ in 0..looks {
                if let Poll::Ready(operation) = registered.poll(&mut context) {
                    selected = Some(operation);
                    break;
                }
            }
            drop(registered);
            if let Some(selected) = selected {
                if selected.index() == index {
                    selected.recv(&first).unwrap();
                } else {
                    selected.recv(&second).unwrap();
                }
            }
            let _senders = sending.join().unwrap();
            if !first.is_empty() {
                assert!(woken.0.load(Ordering::Relaxed), "a wake was lost");
                assert!(poll(&mut receiver, &woken).is_ready());
            }
            drop(receiver);
        });
    }

    /// Woken by one channel, it takes from the other.
    #[test]
    fn a_select_passes_on_the_wake_of_what_it_did_not_choose() {
        select_before_a_receiver(1, |first, second| {
            first.try_send(1).unwrap();
            second.try_send(2).unwrap();
        });
    }

    /// Its time is up while it is woken.
    #[test]
    fn a_select_that_gives_up_passes_its_wake_on() {
        select_before_a_receiver(0, |first, _second| first.try_send(1).unwrap());
    }

    #[test]
    fn a_message_for_a_select_and_one_for_a_receiver_wake_both() {
        select_before_a_receiver(1, |first, _second| {
            first.try_send(1).unwrap();
            first.try_send(2).unwrap();
        });
    }
}

//! Selecting an operation: attempts first, then a wait in all wait queues at once.

use core::task::{Context, Poll};
use std::time::Instant;

use super::handle::{Outcome, Selectable};
use super::{Operation, Preference, Select, SelectedOperation};
use crate::sync::{self, Backoff};
use crate::unwind::run_all;

/// The number of times that the operations are attempted again before the thread parks, with pauses
/// first and then with yields.
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

    /// Selects an operation that can be done by `deadline`. A panic names `call` if the thread must
    /// not block.
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

    /// Selects an operation that can be done now.
    pub(super) fn select_now(&mut self) -> Option<SelectedOperation<'a>> {
        self.shuffle();
        self.attempt(|handle| handle.attempt())
            // Finds more only if a thread was suspended in the middle of an operation.
            .or_else(|| self.attempt(|handle| handle.attempt_with_retry()))
    }

    /// Puts the operations into a random order, so that each operation that can be done is equally
    /// likely to be selected.
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
        // This calls wakers. If one panics, dropping `selected` gives its reservation back.
        drop(registered);
        selected
    }
}

/// The operations while their thread waits. Dropping this deregisters all of them.
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
                handle.deregister(waiting);
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

    /// A waker that the model does not explore: a wake is part of the step before it.
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

    /// A select waits for `first` and `second`, and behind it in the queue a receiver waits for
    /// `first`. While `sends` runs, the select polls, completes an operation that can be done, and
    /// deregisters. If a message is left in `first` then, the receiver must have been woken and
    /// must find it.
    fn check_select_before_receiver(
        polls: u32,
        sends: impl Fn(&crate::Sender<usize>, &crate::Sender<usize>) + Send + Sync + Copy + 'static,
    ) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(move || {
            let (first_tx, first): (_, Receiver<usize>) = channel(2);
            let (second_tx, second): (_, Receiver<usize>) = channel(1);
            let first_async = first.clone().into_async();
            let mut select = Select::new_biased();
            // Added first, so that it is selected if both operations can be done.
            select.recv(&second);
            let index = select.recv(&first);
            let mut registered = Registered {
                operations: &mut select.operations,
                order: &select.order,
            };
            let mut context = Context::from_waker(Waker::noop());
            assert!(registered.poll(&mut context).is_pending());
            let woken = Arc::new(Woken(AtomicBool::new(false)));
            let mut receiver = Box::pin(async { first_async.recv().await });
            assert!(poll(&mut receiver, &woken).is_pending());

            let sending = thread::spawn(move || {
                sends(first_tx.as_async(), second_tx.as_async());
                (first_tx, second_tx)
            });
            let mut selected = None;
            for _ in 0..polls {
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
                assert!(woken.0.load(Ordering::Relaxed), "a notification was lost");
                assert!(poll(&mut receiver, &woken).is_ready());
            }
            drop(receiver);
        });
    }

    /// The select is woken by one channel and receives from the other.
    #[test]
    fn a_select_forwards_the_notification_of_an_operation_that_it_did_not_select() {
        check_select_before_receiver(1, |first, second| {
            first.try_send(1).unwrap();
            second.try_send(2).unwrap();
        });
    }

    /// The deadline passes while the select is being woken.
    #[test]
    fn a_select_that_times_out_forwards_its_notification() {
        check_select_before_receiver(0, |first, _second| first.try_send(1).unwrap());
    }

    #[test]
    fn a_message_for_a_select_and_one_for_a_receiver_wake_both() {
        check_select_before_receiver(1, |first, _second| {
            first.try_send(1).unwrap();
            first.try_send(2).unwrap();
        });
    }
}

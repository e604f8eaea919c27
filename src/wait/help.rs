//! Helping: while a thread yields its core, another thread completes its operation.
//!
//! On a single core, threads take turns, and switching from one to the other takes about a
//! microsecond. In a channel of one message, each message would take a turn of a sender and a turn
//! of a receiver. So a blocking call that yields *offers* its operation and marks its side as
//! parked. A thread that notifies this side, and finds no registered waiter, attempts the offered
//! operation: a sender receives a message for the receiver that yields, and can send another one.
//! Every message still goes through the ring, which never holds more than its capacity.
//!
//! An offer is part of spinning (`spin.rs`) and no registration. It holds no notification and has
//! no place before newcomers, and its thread finds out by itself whether the operation has become
//! possible. So nothing is lost if no thread takes the offer.
//!
//! One thread of a side offers at a time. If every waiting thread offered, helped threads would
//! keep running instead of parking, and each of them costs a switch per message.
//!
//! The thread that helps claims a slot, moves the message and finishes the claim. It does not make
//! the notification that this requires, since that calls wakers, which are user code. The thread
//! whose operation it was makes the notification when it runs again and before its call returns, as
//! if it had been suspended between publish and notify (W3).
//!
//! # Invariants
//!
//! * **H1** From when a thread adds an offer until it has removed the offer, or has seen that the
//!   offer is finished, it accesses neither the operation nor the outcome, and does not drop the
//!   offer. A thread that has taken the offer out of its slot has exclusive access until it
//!   finishes the offer.
//! * **H2** A thread that takes an offer has access to a handle of the channel, and so has the one
//!   that offers. If these are two threads, messages of the channel are `Send`.
//! * **H3** An operation that may be helped, and its output, are `Send` if messages are.

use core::ptr::{self, NonNull};

use super::spin::attempt;
use super::{Operation, Parked, Side};
use crate::sync::{self, AtomicBool, AtomicPtr, Ordering, UnsafeCell, YieldThenSleep};
use crate::unwind::defer;

/// The outcome of an attempt that another thread has made.
#[derive(Debug)]
#[must_use = "the other side may have to be notified"]
pub(crate) struct Helped<R> {
    pub(crate) output: R,
    /// The other side waits, and must be notified of the message or slot.
    pub(crate) owes_notification: bool,
}

/// The place for the offer of one side.
#[derive(Debug)]
pub(super) struct OfferSlot(AtomicPtr<Header>);

/// The operation of a thread that yields.
#[repr(C)]
struct Offer<'a, O: Operation> {
    /// First, so that a pointer to an offer is one to its header.
    header: Header,
    operation: UnsafeCell<&'a mut O>,
    /// The outcome of another thread's attempt, unless it would block.
    outcome: UnsafeCell<Option<Helped<O::Output>>>,
}

/// The part of an offer that does not depend on the operation.
#[derive(Debug)]
struct Header {
    /// Set by the thread that has taken the offer, as its last access.
    is_finished: AtomicBool,
    /// Attempts the operation.
    ///
    /// # Safety
    ///
    /// The pointer must be one to an offer that the caller has taken and not finished (H1).
    attempt: unsafe fn(NonNull<Header>),
}

impl OfferSlot {
    pub(super) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Adds an offer. Returns `false` if there is one.
    fn add(&self, offer: NonNull<Header>) -> bool {
        let (none, offer) = (ptr::null_mut(), offer.as_ptr());
        // ORDERING: Release [offer]. Synchronizes with the Acquire in `take`. On failure Relaxed:
        // nothing of the other offer is accessed. Test: loom
        // `wait::help::tests::two_blocking_threads`.
        self.0
            .compare_exchange(none, offer, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Removes an offer. Returns `false` if another thread has taken it.
    fn remove(&self, offer: NonNull<Header>) -> bool {
        let (none, offer) = (ptr::null_mut(), offer.as_ptr());
        // ORDERING: Relaxed. On success no other thread has accessed the offer. On failure [finish]
        // orders the accesses.
        self.0
            .compare_exchange(offer, none, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Attempts the operation that is offered, if there is one. The caller has access to a handle
    /// of the channel (H2).
    #[inline]
    pub(super) fn help(&self) {
        // ORDERING: Relaxed. A guess that `take` confirms.
        if !self.0.load(Ordering::Relaxed).is_null() {
            self.take();
        }
    }

    #[cold]
    fn take(&self) {
        // ORDERING: Acquire. Synchronizes with [offer]: the operation is visible. Test: loom
        // `wait::help::tests::two_blocking_threads`.
        let offer = self.0.swap(ptr::null_mut(), Ordering::Acquire);
        let Some(offer) = NonNull::new(offer) else {
            return;
        };
        let _finish = defer(|| {
            // SAFETY: H1. This refers only to the flag, which may be freed during the access.
            let is_finished = unsafe { &(*offer.as_ptr()).is_finished };
            // ORDERING: Release [finish]. Synchronizes with the Acquire in `Offer::is_finished`.
            // Test: loom `wait::help::tests::a_message_is_sent_once`.
            is_finished.store(true, Ordering::Release);
        });
        // SAFETY: H1: the offer is not dropped.
        let attempt = unsafe { offer.as_ref() }.attempt;
        // SAFETY: H1: this thread has taken the offer.
        unsafe { attempt(offer) };
    }
}

impl<'a, O: Operation> Offer<'a, O> {
    fn new(operation: &'a mut O) -> Self {
        Self {
            header: Header {
                is_finished: AtomicBool::new(false),
                attempt: Self::attempt,
            },
            operation: UnsafeCell::new(operation),
            outcome: UnsafeCell::new(None),
        }
    }

    /// Returns a pointer to the whole offer.
    fn as_ptr(&self) -> NonNull<Header> {
        NonNull::from(self).cast()
    }

    /// See [`Header::attempt`].
    unsafe fn attempt(offer: NonNull<Header>) {
        // SAFETY: H1: it is not dropped. Its header has this function, so it is of this type.
        let offer = unsafe { offer.cast::<Self>().as_ref() };
        let outcome = offer.operation.with_mut(|operation| {
            // SAFETY: H1, H2, H3.
            unsafe { &mut *operation }.attempt_to_help()
        });
        offer.outcome.with_mut(|slot| {
            // SAFETY: H1, H2, H3.
            unsafe { *slot = outcome };
        });
    }

    /// Yields this thread's core, unless an attempt succeeds at once. Meanwhile offers the
    /// operation, if no other thread of its side does. Returns the output if the operation is
    /// complete.
    fn yield_core(&self, side: &O::Side) -> Option<O::Output> {
        let slot = side.queue().offer();
        if !O::MAY_BE_HELPED || !slot.add(self.as_ptr()) {
            return self.attempt_and_yield();
        }
        let must_wait = {
            let _end = defer(|| self.end(slot));
            let must_wait = side.mark_parked() != Parked::No;
            if must_wait {
                sync::yield_thread();
            }
            must_wait
        };
        let output = self.take_outcome();
        if must_wait || output.is_some() {
            return output;
        }
        self.attempt_and_yield()
    }

    /// Makes one full attempt, and yields if it fails. The operation must not be offered.
    fn attempt_and_yield(&self) -> Option<O::Output> {
        let output = self.operation.with_mut(|operation| {
            // SAFETY: H1.
            attempt(unsafe { &mut *operation })
        });
        if output.is_none() {
            sync::yield_thread();
        }
        output
    }

    /// Takes the offer back. If another thread has taken it, waits until that has finished.
    fn end(&self, slot: &OfferSlot) {
        if slot.remove(self.as_ptr()) {
            return;
        }
        let mut wait = YieldThenSleep::default();
        while !self.is_finished() {
            wait.step();
        }
        // ORDERING: Relaxed. Published by [offer], should the operation be offered again.
        self.header.is_finished.store(false, Ordering::Relaxed);
    }

    fn is_finished(&self) -> bool {
        // ORDERING: Acquire. Synchronizes with [finish]: this thread sees the outcome. Test: loom
        // `wait::help::tests::a_message_is_received_once`.
        self.header.is_finished.load(Ordering::Acquire)
    }

    /// Returns the output of another thread's attempt, after the notification that it requires. The
    /// offer must have ended.
    fn take_outcome(&self) -> Option<O::Output> {
        // SAFETY: H1.
        let helped = self.outcome.with_mut(|slot| unsafe { (*slot).take() })?;
        if helped.owes_notification {
            self.operation.with_mut(|operation| {
                // SAFETY: H1.
                unsafe { &**operation }.notify_after_help();
            });
        }
        Some(helped.output)
    }
}

/// Yields this thread's core up to `yields` times, until `operation` is complete. The caller
/// attempts it once more after that.
pub(super) fn yield_core<O: Operation>(
    operation: &mut O,
    side: &O::Side,
    yields: u32,
) -> Option<O::Output> {
    let offer = Offer::new(operation);
    (0..yields).find_map(|_| offer.yield_core(side))
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    use super::*;
    use crate::queue::{MpmcQueue, NoPosition, RecvOperation, RetryPolicy};
    use crate::wait::Spin;

    /// Makes the offer of a thread that has yielded and does not run yet.
    fn offer<O: Operation>(offer: &Offer<'_, O>, side: &O::Side) {
        assert!(side.queue().offer().add(offer.as_ptr()));
        assert_ne!(side.mark_parked(), Parked::No);
    }

    /// Ends the offer. Returns the output if another thread has completed the operation.
    fn output<O: Operation>(offer: &Offer<'_, O>, side: &O::Side) -> Option<O::Output> {
        offer.end(side.queue().offer());
        offer.take_outcome()
    }

    #[test]
    fn waiters_come_before_an_offer() {
        let queue = MpmcQueue::lazy(1, Spin::Adaptive);
        let side = queue.receivers_side();
        let mut recv = RecvOperation::<_>::new(&queue);
        let receiver = Offer::new(&mut recv);
        let mut waiter = pin!(queue.recv_waiting());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiter.as_mut().poll(&mut context).is_pending());
        offer(&receiver, &side);
        assert!(queue.try_send::<NoPosition>(1, RetryPolicy::Yield).is_ok());
        assert_eq!(output(&receiver, &side), None);
        assert_eq!(waiter.poll(&mut context), Poll::Ready(Some(1)));
    }

    /// A sender that receives for a receiver calls no waker of a waiting sender. The receiver does.
    #[test]
    fn the_thread_that_yielded_makes_the_notification() {
        struct Flag(AtomicBool);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let queue = MpmcQueue::lazy(1, Spin::Adaptive);
        let side = queue.receivers_side();
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let is_woken = || flag.0.load(Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&flag));
        let mut recv = RecvOperation::<_>::new(&queue);
        let receiver = Offer::new(&mut recv);
        // A weak compare-exchange may fail for no reason, and then no attempt is made again.
        let received = (0..100).find_map(|_| {
            assert_eq!(queue.try_reserve_many(1, 1), Ok(1));
            // Waits for the capacity that the permit has taken.
            let mut waiter = pin!(queue.send_waiting(2));
            let poll = waiter.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
            offer(&receiver, &side);
            queue.send_reserved(1);
            let is_woken_early = is_woken();
            let output = output(&receiver, &side);
            assert_eq!((is_woken_early, is_woken()), (false, output.is_some()));
            if output.is_none() {
                assert!(queue.try_recv::<NoPosition>(RetryPolicy::Yield).is_ok());
                flag.0.store(false, Ordering::Relaxed);
            }
            output
        });
        assert_eq!(received, Some(Some(1)));
    }

    #[test]
    fn an_attempt_without_success_ends_an_offer() {
        let queue = MpmcQueue::<u8>::lazy(1, Spin::Adaptive);
        let side = queue.receivers_side();
        let mut recv = RecvOperation::<_>::new(&queue);
        let receiver = Offer::new(&mut recv);
        for _ in 0..2 {
            offer(&receiver, &side);
            assert!(!receiver.is_finished());
            side.queue().offer().help();
            assert_eq!(output(&receiver, &side), None);
        }
    }

    #[test]
    fn one_thread_of_a_side_offers() {
        let queue = MpmcQueue::<u8>::lazy(1, Spin::Adaptive);
        let side = queue.receivers_side();
        let mut operations = [(); 2].map(|()| RecvOperation::<_>::new(&queue));
        let [first, second] = operations.each_mut().map(Offer::new);
        offer(&first, &side);
        assert!(!side.queue().offer().add(second.as_ptr()));
        assert_eq!(output(&first, &side), None);
        offer(&second, &side);
        assert_eq!(output(&second, &side), None);
    }
}

#[cfg(all(test, loom))]
mod tests {
    use core::pin::pin;
    use core::sync::atomic::AtomicBool;
    use core::task::{Context, Waker};

    use super::*;
    use crate::queue::{MpmcQueue, NoPosition, RecvOperation, RetryPolicy, SendOperation};
    use crate::sync::{Arc, block_on, explore_on_single_core};
    use crate::wait::Spin;

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Flag {
        fn is_woken(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl std::task::Wake for Flag {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn try_recv(queue: &MpmcQueue<u8>) -> Option<u8> {
        queue.try_recv::<NoPosition>(RetryPolicy::Yield).ok()
    }

    fn try_send(queue: &MpmcQueue<u8>, message: u8) -> bool {
        queue
            .try_send::<NoPosition>(message, RetryPolicy::Yield)
            .is_ok()
    }

    /// Offers the operation for a moment. Returns the output if another thread has completed it.
    fn offered<O: Operation>(offer: &Offer<'_, O>, side: &O::Side) -> Option<O::Output> {
        let slot = side.queue().offer();
        assert!(slot.add(offer.as_ptr()));
        if side.mark_parked() != Parked::No {
            sync::yield_thread();
        }
        offer.end(slot);
        offer.take_outcome()
    }

    /// A message is received by the thread that sends it, or is left.
    #[test]
    fn a_message_is_received_once() {
        static HELPED: AtomicBool = AtomicBool::new(false);
        explore_on_single_core(5, || {
            let queue = Arc::new(MpmcQueue::lazy(1, Spin::Adaptive));
            let theirs = Arc::clone(&queue);
            let sender = loom::thread::spawn(move || assert!(try_send(&theirs, 1)));
            let mut operation = RecvOperation::<_>::new(&queue);
            let received = offered(&Offer::new(&mut operation), &queue.receivers_side());
            HELPED.fetch_or(received.is_some(), Ordering::Relaxed);
            sender.join().unwrap();
            assert_eq!(received.flatten().or_else(|| try_recv(&queue)), Some(1));
            assert_eq!(try_recv(&queue), None);
        });
        assert!(HELPED.load(Ordering::Relaxed));
    }

    /// A thread that receives completes the send of the thread that offers, or leaves a slot to it.
    #[test]
    fn a_message_is_sent_once() {
        static HELPED: AtomicBool = AtomicBool::new(false);
        explore_on_single_core(5, || {
            let queue = Arc::new(MpmcQueue::lazy(1, Spin::Adaptive));
            assert!(try_send(&queue, 1));
            let theirs = Arc::clone(&queue);
            let receiver = loom::thread::spawn(move || {
                assert_eq!(try_recv(&theirs), Some(1));
            });
            let mut operation = SendOperation::<_>::new(&queue, 2);
            let sent = offered(&Offer::new(&mut operation), &queue.senders_side());
            HELPED.fetch_or(sent.is_some(), Ordering::Relaxed);
            receiver.join().unwrap();
            assert_eq!(sent.is_none(), operation.value.is_some());
            assert_eq!(try_recv(&queue), sent.map(|_| 2));
        });
        assert!(HELPED.load(Ordering::Relaxed));
    }

    /// A sender waits for the slot of the message that another thread receives for the thread that
    /// has offered. That thread wakes the sender, before its call returns.
    #[test]
    fn a_slot_that_is_freed_for_another_thread_wakes_a_sender() {
        explore_on_single_core(3, || {
            let queue = Arc::new(MpmcQueue::lazy(1, Spin::Adaptive));
            assert_eq!(queue.try_reserve_many(1, 1), Ok(1));
            let theirs = Arc::clone(&queue);
            let receiver = loom::thread::spawn(move || {
                let mut operation = RecvOperation::<_>::new(&theirs);
                let received = offered(&Offer::new(&mut operation), &theirs.receivers_side());
                received.flatten().or_else(|| try_recv(&theirs))
            });
            let mut sender = pin!(queue.send_waiting(2));
            let flag = std::sync::Arc::new(Flag::default());
            let waker = Waker::from(std::sync::Arc::clone(&flag));
            let poll = sender.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
            queue.send_reserved(1);
            let received = receiver.join().unwrap();
            assert_eq!(received.or_else(|| try_recv(&queue)), Some(1));
            assert!(flag.is_woken());
        });
    }

    /// Two threads that both call blocking operations, with offers on both sides.
    #[test]
    fn two_blocking_threads() {
        explore_on_single_core(2, || {
            let (tx, rx) = crate::channel(1);
            let sender = loom::thread::spawn(move || {
                for message in 0..2 {
                    tx.blocking_send(message).unwrap();
                }
            });
            for message in 0..2 {
                assert_eq!(rx.blocking_recv(), Some(message));
            }
            sender.join().unwrap();
            assert_eq!(rx.blocking_recv(), None);
        });
    }

    /// A registered waiter and an offer: two messages reach both.
    #[test]
    fn an_offer_beside_a_waiter() {
        explore_on_single_core(2, || {
            let (tx, rx) = crate::channel(2);
            let other = rx.clone();
            let mut waiter = pin!(rx.recv());
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiter.as_mut().poll(&mut context).is_pending());
            let offering = loom::thread::spawn(move || other.blocking_recv().unwrap());
            tx.try_send(1).unwrap();
            tx.try_send(2).unwrap();
            let received = block_on(waiter).unwrap();
            assert_eq!(received + offering.join().unwrap(), 3);
        });
    }

    /// A channel that is closed while an operation is offered.
    #[test]
    fn a_close_beside_an_offer() {
        explore_on_single_core(4, || {
            let (tx, rx) = crate::channel(1);
            let sender = loom::thread::spawn(move || tx.try_send(1).unwrap());
            let received = rx.blocking_recv();
            sender.join().unwrap();
            assert_eq!(received, Some(1));
            assert_eq!(rx.blocking_recv(), None);
        });
    }
}

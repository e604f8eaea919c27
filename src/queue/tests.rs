//! Tests with a thread that is suspended between claiming a slot and finishing the claim. Claims
//! that the test holds open show what all other threads see meanwhile, and that no task is left
//! waiting afterwards.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::{MpmcQueue, NoPosition, RetryPolicy, SendOperation};
use crate::channel;
use crate::error::{TryRecvError, TrySendError};
use crate::ring::ClaimError;
use crate::wait::Operation;
use crate::{Consumer, Producer};

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A future that is polled by hand.
struct Task<'a, R> {
    future: Pin<Box<dyn Future<Output = R> + 'a>>,
    woken: Arc<Flag>,
}

impl<'a, R> Task<'a, R> {
    fn new(future: impl Future<Output = R> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::default(),
        }
    }

    fn parked(future: impl Future<Output = R> + 'a) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_pending() && !task.is_woken());
        task
    }

    fn poll(&mut self) -> Poll<R> {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// Polls a future that can neither continue nor park: each poll ends, having woken its own
    /// task.
    #[track_caller]
    fn yields(&mut self) {
        for _ in 0..3 {
            assert!(self.poll().is_pending(), "was expected to wait");
            assert!(self.is_woken(), "parked, although nothing will wake it");
        }
    }

    #[track_caller]
    fn finish(mut self) -> R {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("was expected to be ready"),
        }
    }
}

/// Runs `blocked` on another thread, checks that it waits, ends the wait with `release`, and
/// returns the result of `blocked`.
#[track_caller]
fn waits_for<R: Send, X>(blocked: impl FnOnce() -> R + Send, release: impl FnOnce() -> X) -> R {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let result = blocked();
            done.store(true, Ordering::SeqCst);
            result
        });
        thread::sleep(Duration::from_millis(30));
        let was_done = done.load(Ordering::SeqCst);
        // First, so that a failure does not leave the thread waiting.
        drop(release());
        assert!(!was_done, "did not wait for the open claim");
        thread.join().unwrap()
    })
}

/// Creates a queue that holds `messages` messages, numbered from 0.
fn queue(capacity: usize, messages: usize) -> Arc<MpmcQueue<usize>> {
    let queue = MpmcQueue::with_exact_capacity(capacity);
    for number in 0..messages {
        queue
            .try_send::<NoPosition>(number, RetryPolicy::None)
            .unwrap();
    }
    Arc::new(queue)
}

#[test]
fn an_unpublished_message_makes_recv_async_yield_and_recv_return_none() {
    let queue = queue(3, 0);
    let consumer = Consumer::new(Arc::clone(&queue));
    let claim = queue.ring.claim_send().ok().unwrap();
    // The second message is complete, but it is not the next one.
    queue.try_send::<NoPosition>(1, RetryPolicy::None).unwrap();

    assert_eq!(consumer.recv(), None);
    assert_eq!(
        queue.try_recv::<NoPosition>(RetryPolicy::Spin),
        Err(ClaimError::InFlight)
    );
    let mut waiting = Task::new(consumer.recv_async());
    waiting.yields();
    let mut other = Task::new(consumer.recv_async());
    other.yields();

    queue.publish::<NoPosition>(claim, 0);
    assert_eq!([waiting.finish(), other.finish()], [Some(0), Some(1)]);
    assert_eq!(consumer.recv(), None);
}

#[test]
fn an_unfreed_slot_makes_send_async_yield_and_send_fail() {
    let queue = queue(1, 1);
    let producer = Producer::new(Arc::clone(&queue));
    let claim = queue.ring.claim_recv().ok().unwrap();

    assert_eq!(producer.send(1), Err(1));
    assert_eq!(
        queue.try_send::<NoPosition>(1, RetryPolicy::Spin),
        Err((1, ClaimError::InFlight))
    );
    let mut waiting = Task::new(producer.send_async(2));
    waiting.yields();

    assert_eq!(queue.take::<NoPosition>(claim), 0);
    assert_eq!(waiting.finish(), Ok(()));
    assert_eq!(queue.try_recv::<NoPosition>(RetryPolicy::None), Ok(2));
}

#[test]
fn polled_handles_yield_while_a_claim_is_open() {
    let (mut tx, mut rx) = channel::<usize>(1);
    let shared = Arc::clone(&tx.shared);
    let queue = &shared.queue;

    let claim = queue.ring.claim_send().ok().unwrap();
    let mut next = Task::new(std::future::poll_fn(|cx| rx.poll_recv(cx)));
    next.yields();
    queue.publish::<NoPosition>(claim, 1);
    assert!(next.is_woken(), "its own wake, or the publisher's");
    let claim = queue.ring.claim_recv().ok().unwrap();

    let mut ready = Task::new(std::future::poll_fn(|cx| tx.poll_reserve(cx)));
    ready.yields();
    assert_eq!(queue.take::<NoPosition>(claim), 1);
    assert_eq!(ready.finish(), Ok(()));
    assert!(next.poll().is_pending() && !next.is_woken());
}

#[test]
fn try_recv_waits_for_an_open_claim_instead_of_returning_empty() {
    let (tx, rx) = channel::<usize>(2);
    let queue = &tx.shared.queue;
    let claim = queue.ring.claim_send().ok().unwrap();
    tx.try_send(1).unwrap();
    let received = waits_for(|| rx.try_recv(), || queue.publish::<NoPosition>(claim, 0));
    assert_eq!(received, Ok(0));
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn try_send_waits_for_an_open_claim_instead_of_returning_full() {
    let (tx, rx) = channel::<usize>(1);
    let queue = &rx.shared.queue;
    tx.try_send(0).unwrap();
    let claim = queue.ring.claim_recv().ok().unwrap();
    let mut taken = None;
    let sent = waits_for(
        || tx.try_send(1),
        || taken = Some(queue.take::<NoPosition>(claim)),
    );
    assert_eq!((sent, taken), (Ok(()), Some(0)));
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
}

#[test]
fn try_reserve_does_not_wait_for_an_open_claim_but_the_send_does() {
    let (tx, rx) = channel::<usize>(1);
    let queue = &rx.shared.queue;
    tx.try_send(0).unwrap();
    let claim = queue.ring.claim_recv().ok().unwrap();
    let mut waiting = Task::new(tx.reserve());
    waiting.yields();
    drop(waiting);
    let permit = tx.try_reserve().unwrap();
    waits_for(|| permit.send(1), || queue.take::<NoPosition>(claim));
    assert_eq!(rx.try_recv(), Ok(1));
}

#[test]
fn a_batch_stops_before_an_unpublished_message() {
    let (tx, rx) = channel::<usize>(4);
    let queue = &tx.shared.queue;
    tx.try_send(0).unwrap();
    let claim = queue.ring.claim_send().ok().unwrap();
    tx.try_send(2).unwrap();
    let mut received = Vec::new();
    assert_eq!(rx.try_recv_many(&mut received, 4), Ok(1));
    let rest = &mut received;
    let count = waits_for(
        || rx.try_recv_many(rest, 4),
        || queue.publish::<NoPosition>(claim, 1),
    );
    // The same call may or may not see the message behind it.
    assert!(matches!(count, Ok(1 | 2)));
    let _ = rx.try_recv_many(&mut received, 4);
    assert_eq!(received, [0, 1, 2]);
}

#[test]
fn a_suspended_sender_delays_only_the_receiver_of_its_message() {
    let queue = queue(4, 0);
    let first = Task::parked(queue.recv_waiting());
    let second = Task::parked(queue.recv_waiting());
    let claim = queue.ring.claim_send().ok().unwrap();
    queue.try_send::<NoPosition>(1, RetryPolicy::None).unwrap();
    assert!(
        first.is_woken() && !second.is_woken(),
        "one message was sent"
    );

    queue.publish::<NoPosition>(claim, 0);
    assert!(second.is_woken(), "and now two");
    assert_eq!(first.finish(), Some(0));
    assert_eq!(second.finish(), Some(1));
}

#[test]
fn a_suspended_receiver_delays_only_the_sender_to_its_slot() {
    let queue = queue(2, 2);
    let first = Task::parked(queue.send_waiting(2));
    let second = Task::parked(queue.send_waiting(3));
    let claim = queue.ring.claim_recv().ok().unwrap();
    assert_eq!(queue.try_recv::<NoPosition>(RetryPolicy::None), Ok(1));
    assert!(first.is_woken() && !second.is_woken(), "one slot is free");

    assert_eq!(queue.take::<NoPosition>(claim), 0);
    assert!(second.is_woken(), "and now two");
    assert_eq!(first.finish(), Ok(()));
    assert_eq!(second.finish(), Ok(()));
}

#[test]
fn a_woken_receiver_cancelled_while_it_waits_out_a_claim_forwards_its_notification() {
    let queue = queue(4, 0);
    let mut tasks: Vec<_> = (0..3).map(|_| Task::parked(queue.recv_waiting())).collect();
    let mut woken = tasks.remove(0);
    let mut next = tasks.remove(0);
    let last = tasks.remove(0);
    queue.try_send::<NoPosition>(0, RetryPolicy::None).unwrap();
    assert!(woken.is_woken());
    // Another receiver is faster, and then a sender is suspended.
    assert_eq!(queue.try_recv::<NoPosition>(RetryPolicy::None), Ok(0));
    let claim = queue.ring.claim_send().ok().unwrap();
    woken.yields();
    assert!(!next.is_woken() && !last.is_woken());
    drop(woken);
    assert!(
        next.is_woken(),
        "there is a message, and the woken receiver is gone"
    );
    next.yields();
    queue.publish::<NoPosition>(claim, 1);
    assert!(last.is_woken(), "each message wakes a receiver of its own");
    assert_eq!(next.finish(), Some(1));
}

#[test]
fn a_woken_sender_cancelled_while_it_waits_out_a_claim_forwards_its_notification() {
    let queue = queue(1, 1);
    let mut woken = Task::parked(queue.send_waiting(1));
    let mut next = Task::parked(queue.send_waiting(2));
    assert_eq!(queue.try_recv::<NoPosition>(RetryPolicy::None), Ok(0));
    assert!(woken.is_woken());
    queue.try_send::<NoPosition>(3, RetryPolicy::None).unwrap();
    let claim = queue.ring.claim_recv().ok().unwrap();
    woken.yields();
    assert!(!next.is_woken());
    drop(woken);
    assert!(
        next.is_woken(),
        "a slot comes free, and the woken sender is gone"
    );
    next.yields();
    assert_eq!(queue.take::<NoPosition>(claim), 3);
    assert_eq!(next.finish(), Ok(()));
}

#[test]
fn len_and_free_capacity_count_an_open_claim_as_finished() {
    let queue = queue(2, 1);
    let sending = queue.ring.claim_send().ok().unwrap();
    assert_eq!((queue.len(), queue.free_capacity()), (2, 0));
    assert!(queue.is_full());
    assert_eq!(
        queue.try_send::<NoPosition>(9, RetryPolicy::Yield),
        Err((9, ClaimError::Blocked))
    );
    let receiving = queue.ring.claim_recv().ok().unwrap();
    assert_eq!((queue.len(), queue.free_capacity()), (1, 1));
    assert_eq!(queue.take::<NoPosition>(receiving), 0);
    queue.publish::<NoPosition>(sending, 1);
    assert_eq!((queue.len(), queue.free_capacity()), (1, 1));
    let receiving = queue.ring.claim_recv().ok().unwrap();
    assert!(queue.is_empty());
    assert_eq!(
        queue.try_recv::<NoPosition>(RetryPolicy::Yield),
        Err(ClaimError::Blocked),
        "a message that another receiver has claimed is gone"
    );
    assert_eq!(queue.take::<NoPosition>(receiving), 1);
}

#[test]
fn close_does_not_wait_for_an_open_claim_and_loses_no_message() {
    let queue = queue(2, 0);
    let parked = Task::parked(queue.recv_waiting());
    let claim = queue.ring.claim_send().ok().unwrap();
    assert!(queue.close());
    assert_eq!(
        queue.try_send::<NoPosition>(1, RetryPolicy::Yield),
        Err((1, ClaimError::Closed))
    );
    assert!(parked.is_woken());
    let mut parked = parked;
    parked.yields();
    queue.publish::<NoPosition>(claim, 0);
    assert_eq!(parked.finish(), Some(0));
    assert_eq!(Task::new(queue.recv_waiting()).finish(), None);
}

#[test]
fn the_last_receiver_waits_for_a_send_in_flight_and_drops_its_message() {
    struct CountsDrops(Arc<AtomicUsize>);
    impl Drop for CountsDrops {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = channel(2);
    let queue = &tx.shared.queue;
    let claim = queue.ring.claim_send().ok().unwrap();
    let message = CountsDrops(Arc::clone(&drops));
    waits_for(
        move || drop(rx),
        || queue.publish::<NoPosition>(claim, message),
    );
    assert_eq!(drops.load(Ordering::SeqCst), 1, "while the sender lives");
    assert!(tx.is_empty() && tx.is_closed());
}

/// Otherwise each send would spin without success while a permit is outstanding.
#[test]
fn a_send_beside_permits_or_to_a_closed_queue_does_not_spin() {
    let queue = queue(2, 0);
    let may_succeed = || SendOperation::<_>::new(&queue, 1).may_succeed_at_once();
    assert!(may_succeed());
    queue.try_reserve_many(1, 1).unwrap();
    assert!(!may_succeed());
    queue.release(1);
    assert!(may_succeed());
    queue.close();
    assert!(!may_succeed());
}

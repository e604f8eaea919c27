//! Checks bad input: each call panics or fails as documented, without an effect.
#![cfg(not(loom))]

mod harness;

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures::{Sink, SinkExt};
use harness::{Polled, panic_file, panic_message, pending, ready};
use mpmc_std::error::{SendError, TrySendError};
use mpmc_std::{Consumer, MpmcQueue, Producer, channel};

/// The system's allocator with a limit of one gigabyte for an allocation. Without the limit, the
/// result would depend on the machine.
struct SmallMachine;

// SAFETY: all calls are forwarded to the system's allocator, and `alloc` may always return null.
unsafe impl GlobalAlloc for SmallMachine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > 1 << 30 {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller upholds the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the same contract, and `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: SmallMachine = SmallMachine;

#[test]
fn a_capacity_of_zero() {
    let expected = "mpmc-std: the capacity must be at least 1";
    assert_eq!(panic_message(|| channel::<u8>(0)), expected);
    assert_eq!(panic_message(|| MpmcQueue::<u8>::new(0)), expected);
}

#[test]
fn a_capacity_beyond_the_layout_of_positions() {
    for capacity in [usize::MAX, (1 << 40) + 1] {
        let expected = format!(
            "mpmc-std: the capacity {capacity} is above the maximum of {}",
            1_u64 << 40
        );
        assert_eq!(panic_message(|| channel::<()>(capacity)), expected);
    }
    // Rounding up a large capacity must not overflow to a small one or to zero.
    for capacity in [usize::MAX, usize::MAX / 2 + 2, (1 << 40) + 1] {
        let message = panic_message(|| MpmcQueue::<()>::new(capacity));
        assert!(message.contains("is above the maximum of"), "{message}");
    }
}

#[test]
fn a_capacity_whose_slots_exceed_the_address_space() {
    let message = panic_message(|| channel::<[u8; 1 << 30]>(1 << 40));
    let expected = "mpmc-std: the capacity 1099511627776 cannot be allocated: ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_capacity_without_enough_memory() {
    let message = panic_message(|| channel::<u64>(1 << 32));
    let expected = "mpmc-std: the capacity 4294967296 cannot be allocated: ";
    assert!(message.starts_with(expected), "{message}");
    let message = panic_message(|| MpmcQueue::<u64>::new((1 << 32) - 1));
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_limit_of_zero() {
    let (tx, mut rx) = channel(2);
    let mut buffer = vec![0];
    for state in ["empty", "a message", "closed with a message"] {
        assert_eq!(ready(rx.recv_many(&mut buffer, 0)), 0, "{state}");
        assert_eq!(rx.blocking_recv_many(&mut buffer, 0), 0, "{state}");
        assert_eq!(rx.try_recv_many(&mut buffer, 0), Ok(0), "{state}");
        let polled = ready(poll_fn(|cx| rx.poll_recv_many(cx, &mut buffer, 0)));
        assert_eq!(polled, 0, "{state}");
        if state == "a message" {
            rx.close();
        } else {
            let _ = tx.try_send(1);
        }
    }
    assert_eq!((buffer, rx.len()), (vec![0], 1));
}

#[test]
fn more_permits_than_the_capacity() {
    let (tx, _rx) = channel::<u8>(2);
    for count in [3, 65_536, usize::MAX] {
        assert_eq!(ready(tx.reserve_many(count)).unwrap_err(), SendError(()));
        let error = tx.try_reserve_many(count).unwrap_err();
        assert_eq!(error, TrySendError::Full(()));
        assert_eq!(tx.capacity(), 2);
    }
}

/// A completed future panics when it is polled again, and does not repeat its operation.
#[track_caller]
fn polled_again<F: Future>(future: F) {
    let mut future = Polled::new(future);
    assert!(future.poll().is_ready());
    let message = panic_message(|| future.poll().is_ready());
    assert!(POLLED_AGAIN.contains(&&*message), "{message}");
}

/// The panic messages of futures with a named type and of an `async fn`.
const POLLED_AGAIN: [&str; 2] = [
    "future polled after completion",
    "`async fn` resumed after completion",
];

#[test]
fn a_completed_future() {
    let (tx, rx) = channel(20);
    tx.try_send_many(0..8).unwrap();
    let mut buffer = Vec::new();

    polled_again(tx.send(8));
    polled_again(tx.send_many([9, 10]));
    assert_eq!(rx.len(), 11);
    polled_again(tx.reserve());
    polled_again(tx.reserve_many(2));
    polled_again(tx.clone().reserve_owned());
    assert_eq!((tx.stats().permits, tx.strong_count()), (0, 1));
    polled_again(rx.recv());
    polled_again(rx.recv_many(&mut buffer, 3));
    assert_eq!((buffer, rx.len()), (vec![1, 2, 3], 7));
    rx.close();
    polled_again(tx.closed());

    let queue = std::sync::Arc::new(MpmcQueue::new(4));
    polled_again(Producer::new(queue.clone()).send_async(1));
    assert_eq!(queue.len(), 1);
    polled_again(Consumer::new(queue.clone()).recv_async());
    assert_eq!(queue.len(), 0);
}

#[test]
fn a_completed_future_that_waited() {
    let (tx, rx) = channel(1);
    let mut recv = pending(rx.recv());
    tx.try_send(1).unwrap();
    assert_eq!(recv.expect_ready(), Some(1));
    tx.try_send(2).unwrap();
    let message = panic_message(|| recv.poll());
    assert_eq!(message, POLLED_AGAIN[0]);
    drop(recv);
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn start_send_without_poll_ready() {
    let (mut tx, rx) = channel(2);
    let expected = "`start_send` called without a successful `poll_ready`";
    let message = panic_message(|| Pin::new(&mut tx).start_send(1));
    assert_eq!(message, expected);
    // `poll_ready` reserves capacity for one message, even if it is called several times.
    for _ in 0..3 {
        ready(poll_fn(|cx| tx.poll_ready_unpin(cx))).unwrap();
    }
    tx.start_send_unpin(2).unwrap();
    assert_eq!(panic_message(|| tx.start_send_unpin(3)), expected);
    // A `poll_ready` that returned `Pending` does not count.
    tx.try_send(4).unwrap();
    let mut full = Polled::new(poll_fn(|cx| tx.poll_ready_unpin(cx)));
    assert!(full.poll().is_pending());
    drop(full);
    assert_eq!(panic_message(|| tx.start_send_unpin(5)), expected);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2, 4]);
    assert_eq!(tx.stats().permits, 0);
    // The panic names the location of the caller.
    assert_eq!(panic_file(|| Pin::new(&mut tx).start_send(6)), file!());
}

#[test]
fn a_closed_sink() {
    let (mut tx, rx) = channel(2);
    let other = tx.clone();
    ready(SinkExt::close(&mut tx)).unwrap();
    ready(SinkExt::close(&mut tx)).unwrap();
    // The channel is open, but the sink is closed.
    assert!(!rx.is_closed() && format!("{tx:?}").contains("sink: Closed"));
    assert!(!format!("{other:?}").contains("sink"));
    drop(other);
    let polled = ready(poll_fn(|cx| tx.poll_ready_unpin(cx)));
    assert_eq!(polled, Err(SendError(None)));
    assert_eq!(tx.start_send_unpin(1), Err(SendError(Some(1))));
    assert_eq!(tx.try_send(2), Err(TrySendError::Closed(2)));
    assert_eq!(tx.force_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(ready(tx.send(4)), Err(SendError(4)));
    assert_eq!(tx.blocking_send(5), Err(SendError(5)));
    assert!(matches!(
        tx.try_send_many([6]),
        Err(TrySendError::Closed(_))
    ));
    assert!(ready(tx.send_many([7])).is_err());
    assert_eq!(tx.try_reserve().unwrap_err(), TrySendError::Closed(()));
    assert!(ready(tx.reserve()).is_err());
    assert!(ready(tx.reserve_many(1)).is_err());
    let tx = tx.try_reserve_owned().unwrap_err().into_inner();
    assert!(ready(tx.reserve_owned()).is_err());
    assert_eq!(Polled::new(rx.recv()).poll(), Poll::Ready(None));
}

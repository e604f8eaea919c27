//! Checks bad input: each call panics or fails as documented, without an effect.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures::{Sink, SinkExt};
use mpmc_std::error::{SendError, TrySendError};
use mpmc_std::{Consumer, MpmcQueue, Producer, channel};

use crate::harness::{Task, panic_file, panic_message, ready};

#[test]
fn a_capacity_of_zero() {
    let expected = "mpmc-std: the capacity must be at least 1";
    assert_eq!(panic_message(|| channel::<u8>(0)), expected);
    assert_eq!(panic_message(|| MpmcQueue::<u8>::new(0)), expected);
}

/// What positions have bits for, and where addresses have 32 bits the largest power of two.
const MAX_CAPACITY: usize = if cfg!(target_pointer_width = "64") {
    (1_u64 << 40) as usize
} else {
    usize::MAX / 2 + 1
};

#[test]
fn a_capacity_beyond_the_layout_of_positions() {
    for capacity in [usize::MAX, MAX_CAPACITY + 1] {
        let expected =
            format!("mpmc-std: the capacity {capacity} is above the maximum of {MAX_CAPACITY}");
        assert_eq!(panic_message(|| channel::<()>(capacity)), expected);
        let exact = panic_message(|| MpmcQueue::<()>::with_exact_capacity(capacity));
        assert_eq!(exact, expected);
    }
    // Rounding up must not make a small number, or none, of a large one.
    for capacity in [usize::MAX, usize::MAX / 2 + 2, MAX_CAPACITY + 1] {
        let message = panic_message(|| MpmcQueue::<()>::new(capacity));
        assert!(message.contains("is above the maximum of"), "{message}");
    }
}

#[test]
fn a_capacity_whose_slots_are_more_bytes_than_there_can_be() {
    let message = panic_message(|| channel::<[u8; 1 << 24]>(MAX_CAPACITY));
    let expected = format!("mpmc-std: the capacity {MAX_CAPACITY} cannot be allocated: ");
    assert!(message.starts_with(&expected), "{message}");
}

/// The number of bytes of such slots is a small one, or zero, modulo the size of the address space.
#[test]
fn a_capacity_whose_number_of_bytes_wraps() {
    const OF_EIGHT_BYTES: usize = usize::MAX / 8 + 1;
    for capacity in [OF_EIGHT_BYTES, OF_EIGHT_BYTES + 1, 2 * OF_EIGHT_BYTES] {
        let message = panic_message(|| channel::<()>(capacity));
        let expected = format!("mpmc-std: the capacity {capacity} ");
        assert!(message.starts_with(&expected), "{message}");
        let message = panic_message(|| MpmcQueue::<()>::with_exact_capacity(capacity));
        assert!(message.starts_with(&expected), "{message}");
    }
}

/// The largest number of slots of 8 bytes that an allocation may have, and one more.
#[test]
#[cfg(target_pointer_width = "32")]
fn a_capacity_at_the_limit_of_an_allocation() {
    let largest = isize::MAX as usize / 8;
    for capacity in [largest, largest + 1] {
        let message = panic_message(|| channel::<()>(capacity));
        let expected = format!("mpmc-std: the capacity {capacity} cannot be allocated: ");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn a_capacity_for_which_there_is_no_memory() {
    // Slots of 16 bytes each: twice the limit of the test allocator.
    const CAPACITY: usize = 1 << 27;
    let message = panic_message(|| channel::<u64>(CAPACITY));
    let expected = format!("mpmc-std: the capacity {CAPACITY} cannot be allocated: ");
    assert!(message.starts_with(&expected), "{message}");
    let message = panic_message(|| MpmcQueue::<u64>::new(CAPACITY - 1));
    assert!(message.starts_with(&expected), "{message}");
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
    let mut future = Task::new(future);
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
    let mut recv = Task::parked(rx.recv());
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
    let mut full = Task::new(poll_fn(|cx| tx.poll_ready_unpin(cx)));
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
    assert_eq!(Task::new(rx.recv()).poll(), Poll::Ready(None));
}

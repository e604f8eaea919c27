//! Allocations that fail, one after the other: the process must end as Rust ends it in that case,
//! and in no other way.

use std::env;
use std::future::poll_fn;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::process::Output;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::{Sink, Stream};
use mpmc_std::blocking::Select;
use mpmc_std::{MpmcQueue, RealtimeQueue, blocking, channel};

use crate::allocator::{fail_after, stop_failing};
use crate::harness::this_program;

const FAIL_AT: &str = "MPMC_FAIL_AT";

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Does everything that may allocate: queues and slots, waiters of all kinds, batches, threads that
/// park.
fn use_everything() {
    let (mut tx, mut rx) = channel::<u64>(2);
    {
        let mut recv = pin!(rx.recv());
        let mut drained = pin!(tx.drained());
        let mut closed = pin!(tx.closed());
        assert!(poll_once(recv.as_mut()).is_pending());
        assert!(poll_once(closed.as_mut()).is_pending());
        tx.try_send(1).unwrap();
        let _ = poll_once(drained.as_mut());
        assert_eq!(poll_once(recv), Poll::Ready(Some(1)));
    }
    let noop = &mut Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut rx).poll_next(noop).is_pending());
    assert!(rx.poll_recv_ready(noop).is_pending());
    assert!(tx.poll_closed(noop).is_pending());
    assert_eq!(tx.try_send_many([1, 2]).ok(), Some(2));
    assert!(Pin::new(&mut tx).poll_ready(noop).is_pending());
    assert!(tx.poll_send_ready(noop).is_pending());
    {
        let mut many = pin!(tx.reserve_many(2));
        let mut drained = pin!(tx.drained());
        assert!(poll_once(many.as_mut()).is_pending());
        assert!(poll_once(drained.as_mut()).is_pending());
        let mut messages = Vec::new();
        assert_eq!(rx.try_recv_many(&mut messages, 8), Ok(2));
    }
    let mut ready = pin!(poll_fn(|cx| Pin::new(&mut tx).poll_ready(cx)));
    let _ = poll_once(ready.as_mut());
    let _ = rx.blocking_recv_timeout(Duration::from_micros(50));
    drop((tx, rx));

    let (tx, rx) = blocking::bounded::<Box<u64>>(1);
    tx.send(Box::new(1)).unwrap();
    let mut select = Select::new();
    select.send(&tx);
    select.recv(&rx);
    let selected = select.select();
    let index = selected.index();
    assert_eq!(index, 1);
    assert!(selected.recv(&rx).is_ok());
    assert!(tx.into_async().force_send(Box::new(2)).is_ok());
    assert!(rx.into_iter().next().is_some());

    let queue = MpmcQueue::<u64>::new(100_000);
    drop(queue);
    let queue = RealtimeQueue::new(3);
    queue.send(1).unwrap();
}

/// Runs the other test in a process of its own, in which an allocation fails.
fn with_failure(at: u64) -> Output {
    this_program()
        .args([
            "--exact",
            "allocation_failures::one_allocation_fails",
            "--nocapture",
        ])
        .env(FAIL_AT, at.to_string())
        .output()
        .unwrap()
}

/// The child of the test below; alone, it shows that what it does is right without a failure.
#[test]
fn one_allocation_fails() {
    let at = env::var(FAIL_AT).map_or(u64::MAX - 1, |at| at.parse().unwrap());
    fail_after(at);
    use_everything();
    assert!(!stop_failing(), "a failure was overlooked");
    println!("not reached");
}

#[test]
fn each_allocation_that_fails_ends_the_process_and_nothing_worse() {
    if env::var_os(FAIL_AT).is_some() {
        return;
    }
    let (mut failures, mut panicked) = (0, 0);
    for at in 0.. {
        let output = with_failure(at);
        let (out, error) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        if output.status.success() {
            assert!(out.contains("not reached"), "{out}");
            break;
        }
        let aborts = output.status.signal() == Some(6) && error.contains("memory allocation of");
        // The slots: that panics, as a capacity does that is too large.
        let panics = output.status.code() == Some(101)
            && error.matches("panicked at").count() == 1
            && error.contains("cannot be allocated");
        assert!(
            aborts || panics,
            "allocation {at}: {}\n{error}",
            output.status
        );
        failures += 1;
        panicked += u32::from(panics);
    }
    // Fewer would mean that something was not tried.
    assert!(failures > 10 && panicked > 0, "{failures}, {panicked}");
    println!("{failures} allocations, {panicked} of them of slots");
}

#[test]
fn a_channel_whose_slots_could_not_be_allocated_is_as_it_was() {
    if env::var_os(FAIL_AT).is_some() {
        return;
    }
    let (tx, rx) = channel::<Box<u64>>(2);
    let message = Box::new(1);
    let mut waiting = pin!(rx.recv());
    assert!(poll_once(waiting.as_mut()).is_pending());
    fail_after(0);
    let sent = catch_unwind(AssertUnwindSafe(|| tx.try_send(message)));
    assert!(stop_failing() && sent.is_err());
    assert_eq!((tx.len(), tx.capacity(), tx.is_closed()), (0, 2, false));
    assert_eq!(tx.try_send_many([Box::new(2), Box::new(3)]).ok(), Some(2));
    assert_eq!(poll_once(waiting), Poll::Ready(Some(Box::new(2))));
    assert_eq!(rx.try_recv(), Ok(Box::new(3)));
}

//! Checks that a polled `Sender` behaves like tokio-util's `PollSender`, with the same method
//! names.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::executor::block_on;
use futures::{Sink, SinkExt};
use mpmc_std::error::{SendError, TryRecvError};
use mpmc_std::{Receiver, Sender, channel};
use tokio_util::sync::PollSender;

use crate::harness::{Task, WakeCounter, panic_message, poll_once, reserve};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Reserve,
    Send,
    Abort,
    Close,
    CloseReceiver,
    TryRecv,
}

const STEPS: [Step; 6] = [
    Step::Reserve,
    Step::Send,
    Step::Abort,
    Step::Close,
    Step::CloseReceiver,
    Step::TryRecv,
];

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Pending,
    Ok,
    Failed,
    Is(bool),
    Received(u32),
    Empty,
    Disconnected,
}

/// Polls again while the poll only yields because of the cooperative budget.
fn poll<R>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
    let woken = WakeCounter::default();
    loop {
        let polled = woken.poll(&mut poll);
        if polled.is_ready() || !woken.is_woken() {
            return polled;
        }
    }
}

/// A handle that is polled, and its receiver.
trait Polled {
    /// Creates the handle, with a second sender if `others`.
    fn new(others: bool) -> Self;
    fn step(&mut self, step: Step, number: u32) -> Outcome;
    fn is_closed(&self) -> bool;
}

struct Ours {
    tx: Sender<u32>,
    rx: Receiver<u32>,
    _other: Option<Sender<u32>>,
}

impl Polled for Ours {
    fn new(others: bool) -> Self {
        let (tx, rx) = channel(1);
        let _other = others.then(|| tx.clone());
        Self { tx, rx, _other }
    }

    fn step(&mut self, step: Step, number: u32) -> Outcome {
        let Self { tx, rx, _other } = self;
        match step {
            Step::Reserve => match poll(|context| tx.poll_reserve(context)) {
                Poll::Pending => Outcome::Pending,
                Poll::Ready(Ok(())) => Outcome::Ok,
                Poll::Ready(Err(_)) => Outcome::Failed,
            },
            Step::Send => match tx.send_item(number) {
                Ok(()) => Outcome::Ok,
                Err(SendError(back)) => {
                    assert_eq!(back, number);
                    Outcome::Failed
                }
            },
            Step::Abort => Outcome::Is(tx.abort_send()),
            Step::Close => {
                tx.close();
                Outcome::Ok
            }
            Step::CloseReceiver => {
                rx.close();
                Outcome::Ok
            }
            Step::TryRecv => match rx.try_recv() {
                Ok(message) => Outcome::Received(message),
                Err(TryRecvError::Empty) => Outcome::Empty,
                Err(TryRecvError::Disconnected) => Outcome::Disconnected,
            },
        }
    }

    fn is_closed(&self) -> bool {
        self.tx.is_closed()
    }
}

struct Theirs {
    tx: PollSender<u32>,
    rx: tokio::sync::mpsc::Receiver<u32>,
    _other: Option<tokio::sync::mpsc::Sender<u32>>,
}

impl Polled for Theirs {
    fn new(others: bool) -> Self {
        let (tx, rx) = tokio::sync::mpsc::channel(1);
        let _other = others.then(|| tx.clone());
        let tx = PollSender::new(tx);
        Self { tx, rx, _other }
    }

    fn step(&mut self, step: Step, number: u32) -> Outcome {
        use tokio::sync::mpsc::error::TryRecvError;
        let Self { tx, rx, _other } = self;
        match step {
            Step::Reserve => match poll(|context| tx.poll_reserve(context)) {
                Poll::Pending => Outcome::Pending,
                Poll::Ready(Ok(())) => Outcome::Ok,
                Poll::Ready(Err(_)) => Outcome::Failed,
            },
            Step::Send => match tx.send_item(number) {
                Ok(()) => Outcome::Ok,
                Err(error) => {
                    assert_eq!(error.into_inner(), Some(number));
                    Outcome::Failed
                }
            },
            Step::Abort => Outcome::Is(tx.abort_send()),
            Step::Close => {
                tx.close();
                Outcome::Ok
            }
            Step::CloseReceiver => {
                rx.close();
                Outcome::Ok
            }
            Step::TryRecv => match rx.try_recv() {
                Ok(message) => Outcome::Received(message),
                Err(TryRecvError::Empty) => Outcome::Empty,
                Err(TryRecvError::Disconnected) => Outcome::Disconnected,
            },
        }
    }

    fn is_closed(&self) -> bool {
        self.tx.is_closed()
    }
}

fn compare(steps: &[Step], others: bool) {
    let mut ours = Ours::new(others);
    let mut theirs = Theirs::new(others);
    let mut reserved = false;
    let mut waits = false;
    let mut closed_by_receiver = false;
    for (number, &step) in steps.iter().enumerate() {
        // Both implementations would panic.
        if step == Step::Send && !reserved && !theirs.is_closed() {
            continue;
        }
        // tokio assigns a freed slot to the waiter, which then survives the close.
        if step == Step::CloseReceiver && waits {
            return;
        }
        let expected = theirs.step(step, number as u32);
        let outcome = ours.step(step, number as u32);
        assert_eq!(outcome, expected, "{steps:?} at {number}, others: {others}");
        match step {
            Step::Reserve => {
                reserved = outcome == Outcome::Ok;
                waits = outcome == Outcome::Pending;
            }
            Step::Send | Step::Abort => (reserved, waits) = (false, false),
            Step::Close => waits = false,
            Step::CloseReceiver => closed_by_receiver = true,
            Step::TryRecv => {}
        }
        // tokio's method does not check whether the channel is closed. This crate's method returns
        // whether a send fails.
        if !closed_by_receiver {
            assert_eq!(
                ours.is_closed(),
                theirs.is_closed(),
                "{steps:?} at {number}"
            );
        }
    }
}

/// Runs every sequence of six steps.
#[test]
fn a_polled_sender_behaves_like_poll_sender() {
    const LENGTH: u32 = 6;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _context = runtime.enter();
    for number in 0..STEPS.len().pow(LENGTH) {
        let steps: Vec<_> = (0..LENGTH)
            .map(|at| STEPS[number / STEPS.len().pow(at) % STEPS.len()])
            .collect();
        for others in [false, true] {
            compare(&steps, others);
        }
    }
}

#[test]
fn an_item_without_capacity_panics_and_is_not_sent() {
    let (mut tx, rx) = channel(2);
    let message = panic_message(|| tx.send_item(1).unwrap());
    let expected = "`send_item` called without a successful `poll_reserve`";
    assert_eq!(message, expected);
    reserve(&mut tx);
    tx.send_item(2).unwrap();
    let message = panic_message(|| tx.send_item(3).unwrap());
    assert_eq!(message, expected);
    assert_eq!(rx.try_iter().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_released_slot_wakes_another_sender() {
    let (mut tx, rx) = channel(1);
    let other = tx.clone();
    reserve(&mut tx);
    let waiting = Task::parked(other.send(1));
    assert!(tx.abort_send());
    assert!(waiting.is_woken());
    waiting.finish().unwrap();

    // The handle is woken and then aborted, so it forwards the wake.
    assert!(
        tx.poll_reserve(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert_eq!(rx.try_recv(), Ok(1));
    reserve(&mut tx);
    tx.send_item(2).unwrap();
    assert!(
        tx.poll_reserve(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    let waiting = Task::parked(other.send(3));
    assert_eq!(rx.try_recv(), Ok(2));
    assert!(!waiting.is_woken(), "the handle was woken");
    assert!(tx.abort_send());
    assert!(waiting.is_woken());
    waiting.finish().unwrap();
}

/// The last handle is closed. The channel is closed, and receivers wait for the message of the
/// reservation.
#[test]
fn a_closed_handle_may_send_on_its_reservation() {
    let (mut tx, rx) = channel(1);
    reserve(&mut tx);
    tx.close();
    tx.close();
    assert!(tx.is_closed() && rx.is_closed());
    assert!(tx.clone().is_closed());
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    let receiver = Task::parked(rx.recv());
    tx.send_item(1).unwrap();
    assert_eq!(receiver.finish(), Some(1));
    assert_eq!(tx.send_item(2), Err(SendError(2)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn a_dropped_closed_handle_releases_its_reservation() {
    for abort in [false, true] {
        let (mut tx, rx) = channel::<u8>(1);
        reserve(&mut tx);
        tx.close();
        let receiver = Task::parked(rx.recv());
        if abort {
            assert!(tx.abort_send());
        }
        drop(tx);
        assert_eq!(receiver.finish(), None);
    }
}

/// The inherent method shadows the one of `SinkExt`, which releases the slot.
#[test]
fn close_of_a_sink_releases_its_reservation() {
    let (mut tx, rx) = channel::<u8>(1);
    let other = tx.clone();
    reserve(&mut tx);
    let closed = poll_once(SinkExt::close(&mut tx));
    assert_eq!(closed, Poll::Ready(Ok(())));
    assert_eq!((other.capacity(), rx.sender_strong_count()), (1, 1));
    assert_eq!(tx.send_item(1), Err(SendError(1)));

    let (mut tx, rx) = channel::<u8>(1);
    reserve(&mut tx);
    tx.close();
    let mut context = Context::from_waker(Waker::noop());
    let closed = Pin::new(&mut tx).poll_close(&mut context);
    assert_eq!(closed, Poll::Ready(Ok(())));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn close_channel_affects_all_handles() {
    let (tx, rx) = channel(2);
    let mut other = tx.clone();
    other.close();
    tx.try_send(1).unwrap();
    let receiver = rx.clone();
    assert_eq!(receiver.try_recv(), Ok(1));
    let receiver = Task::parked(receiver.recv());
    assert!(other.close_channel(), "also through a closed handle");
    assert!(!tx.close_channel());
    assert_eq!(tx.try_send(2).unwrap_err().into_inner(), 2);
    assert_eq!(receiver.finish(), None);
    block_on(poll_fn(|cx| other.poll_closed(cx)));
}

#[test]
fn the_futures_of_a_closed_handle_fail() {
    let (mut tx, rx) = channel(1);
    let other = tx.clone();
    tx.close();
    assert_eq!(poll_once(tx.send(1)), Poll::Ready(Err(SendError(1))));
    let sent = poll_once(tx.send_with_position(1));
    assert_eq!(sent, Poll::Ready(Err(SendError(1))));
    assert_eq!(poll_once(tx.send_ready()), Poll::Ready(Err(SendError(()))));
    assert!(matches!(poll_once(tx.reserve()), Poll::Ready(Err(_))));
    assert!(matches!(poll_once(tx.reserve_owned()), Poll::Ready(Err(_))));
    assert_eq!(poll_once(other.send(2)), Poll::Ready(Ok(())));
    assert_eq!((rx.sender_strong_count(), rx.try_recv()), (1, Ok(2)));
}

//! Futures that may stay pending, and the effect of each poll on the reference.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Poll;

use mpmc_std::{OwnedPermit, Receiver, Sender};

use crate::harness::Task;
use crate::model::reference::{ClaimError, Reference};
use crate::model::{Message, numbers};

/// The operation of a future, and its progress.
#[derive(Debug)]
pub(crate) enum Work {
    Send(u32),
    SendMany {
        sent: usize,
        left: VecDeque<u32>,
    },
    Reserve,
    /// Reserves several permits, and sends on the first of them.
    ReserveMany {
        count: usize,
        held: usize,
        has_lock: bool,
        numbers: Vec<u32>,
    },
    Receive {
        limit: usize,
    },
}

/// The output of a future.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) ok: bool,
    /// The number of messages sent.
    pub(crate) count: usize,
    /// The messages received or returned.
    pub(crate) messages: Vec<Message>,
    pub(crate) permit: Option<OwnedPermit<Message>>,
}

/// The part of an [`Outcome`] that can be compared.
type Summary = (bool, usize, Vec<u32>, bool);

impl Outcome {
    fn summary(&self) -> Summary {
        (
            self.ok,
            self.count,
            numbers(&self.messages),
            self.permit.is_some(),
        )
    }
}

impl Work {
    /// Applies a poll to the reference. Returns `None` if the future must wait.
    fn expect(&mut self, reference: &mut Reference) -> Option<Summary> {
        let closed = |messages: Vec<u32>, count| Some((false, count, messages, false));
        match self {
            Self::Send(message) => match reference.send(*message) {
                Ok(()) => Some((true, 1, vec![], false)),
                Err(ClaimError::WouldBlock) => None,
                Err(ClaimError::Closed) => closed(vec![*message], 0),
            },
            Self::SendMany { sent, left } => {
                while let Some(&next) = left.front() {
                    match reference.send(next) {
                        Ok(()) => {}
                        Err(ClaimError::WouldBlock) => return None,
                        Err(ClaimError::Closed) => return closed(left.drain(..).collect(), *sent),
                    }
                    left.pop_front();
                    *sent += 1;
                }
                Some((true, *sent, vec![], false))
            }
            Self::Reserve => match reference.reserve(1) {
                Ok(_) => Some((true, 0, vec![], true)),
                Err(ClaimError::WouldBlock) => None,
                Err(ClaimError::Closed) => closed(vec![], 0),
            },
            Self::ReserveMany {
                count,
                held,
                has_lock,
                numbers,
            } => {
                if reference.closed || *count > reference.capacity {
                    self.give_up(reference);
                    return closed(vec![], 0);
                }
                if *count > 0 {
                    if !*has_lock && reference.reservation_locked {
                        return None;
                    }
                    (*has_lock, reference.reservation_locked) = (true, true);
                    *held += reference.reserve(*count - *held).unwrap_or(0);
                    if held < count {
                        return None;
                    }
                }
                let sent = numbers.len();
                for number in numbers.drain(..) {
                    reference.send_reserved(number);
                    *held -= 1;
                }
                self.give_up(reference);
                Some((true, sent, vec![], false))
            }
            Self::Receive { limit } => match reference.receive(*limit) {
                Ok(messages) => Some((true, 0, messages, false)),
                Err(ClaimError::WouldBlock) => None,
                Err(ClaimError::Closed) => closed(vec![], 0),
            },
        }
    }

    /// Releases the permits and the lock that a dropped future holds.
    fn give_up(&mut self, reference: &mut Reference) {
        if let Self::ReserveMany { held, has_lock, .. } = self {
            reference.permits -= std::mem::take(held);
            if std::mem::take(has_lock) {
                reference.reservation_locked = false;
            }
        }
    }

    fn messages(&self) -> usize {
        match self {
            Self::Send(_) => 1,
            Self::SendMany { left, .. } => left.len(),
            Self::ReserveMany { numbers, .. } => numbers.len(),
            Self::Reserve | Self::Receive { .. } => 0,
        }
    }
}

/// The event that a future waits for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wait {
    Capacity,
    ReservationLock,
    Message,
}

/// A future that has been created, with a handle of its own.
pub(crate) struct StartedFuture {
    work: Work,
    future: Task<Pin<Box<dyn Future<Output = Outcome>>>>,
    /// Whether the last poll returned `Pending`.
    waits: bool,
    losses: usize,
}

impl StartedFuture {
    /// Creates a future that sends, with a handle of its own. `messages` are those of `work`.
    pub(crate) fn sending(work: Work, tx: Sender<Message>, messages: Vec<Message>) -> Self {
        let count = match &work {
            Work::ReserveMany { count, .. } => *count,
            _ => messages.len(),
        };
        let future: Pin<Box<dyn Future<Output = Outcome>>> = match &work {
            Work::Send(_) => Box::pin(send(tx, messages)),
            Work::SendMany { .. } => Box::pin(send_many(tx, messages)),
            Work::Reserve => Box::pin(reserve(tx)),
            Work::ReserveMany { .. } => Box::pin(reserve_many(tx, count, messages)),
            Work::Receive { .. } => unreachable!("that needs a receiver"),
        };
        Self::new(work, future)
    }

    /// Creates a future that receives, with a handle of its own.
    pub(crate) fn receiving(limit: usize, rx: Receiver<Message>) -> Self {
        let future: Pin<Box<dyn Future<Output = Outcome>>> = Box::pin(receive(rx, limit));
        Self::new(Work::Receive { limit }, future)
    }

    fn new(work: Work, future: Pin<Box<dyn Future<Output = Outcome>>>) -> Self {
        Self {
            work,
            future: Task::new(future),
            waits: false,
            losses: 0,
        }
    }

    /// Polls the future and the reference, compares them, and returns the output of the future.
    pub(crate) fn poll(&mut self, reference: &mut Reference) -> Option<Outcome> {
        let waited = std::mem::replace(&mut self.waits, true);
        let was_woken = waited && self.is_woken();
        let polled = self.future.poll_until_parked();
        // A send that was not woken makes an attempt only if that is cheap.
        let may_skip = waited && !was_woken && matches!(self.work, Work::Send(_));
        match polled {
            Poll::Ready(outcome) => {
                let expected = self.work.expect(reference);
                assert_eq!(Some(outcome.summary()), expected, "{:?}", self.work);
                Some(outcome)
            }
            Poll::Pending if may_skip => None,
            Poll::Pending => {
                let expected = self.work.expect(reference);
                assert_eq!(expected, None, "this must not wait: {:?}", self.work);
                self.losses += usize::from(was_woken);
                None
            }
        }
    }

    /// Returns the number of polls after a wake that found nothing.
    pub(crate) fn losses(&self) -> usize {
        self.losses
    }

    /// Drops the future, and returns whether it belonged to a receiver.
    pub(crate) fn end(mut self, reference: &mut Reference) -> bool {
        self.work.give_up(reference);
        matches!(self.work, Work::Receive { .. })
    }

    pub(crate) fn waits_for(&self) -> Wait {
        match self.work {
            Work::Receive { .. } => Wait::Message,
            Work::ReserveMany { has_lock, .. } if !has_lock => Wait::ReservationLock,
            _ => Wait::Capacity,
        }
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.future.is_woken()
    }

    /// Returns the number of messages that the future owns.
    pub(crate) fn messages(&self) -> usize {
        self.work.messages()
    }
}

async fn send(tx: Sender<Message>, mut messages: Vec<Message>) -> Outcome {
    let message = messages.pop().expect("one message");
    let sent = tx.send(message).await;
    Outcome {
        ok: sent.is_ok(),
        count: usize::from(sent.is_ok()),
        messages: sent.err().map(|error| error.0).into_iter().collect(),
        permit: None,
    }
}

async fn send_many(tx: Sender<Message>, messages: Vec<Message>) -> Outcome {
    let (ok, count, messages) = match tx.send_many(messages).await {
        Ok(count) => (true, count, vec![]),
        Err(error) => (false, error.0.sent(), error.0.collect()),
    };
    Outcome {
        ok,
        count,
        messages,
        permit: None,
    }
}

async fn reserve(tx: Sender<Message>) -> Outcome {
    let permit = tx.reserve_owned().await.ok();
    Outcome {
        ok: permit.is_some(),
        permit,
        ..Outcome::default()
    }
}

async fn reserve_many(tx: Sender<Message>, count: usize, messages: Vec<Message>) -> Outcome {
    let Ok(permits) = tx.reserve_many(count).await else {
        return Outcome::default();
    };
    let sent = messages.len();
    for (permit, message) in permits.zip(messages) {
        permit.send(message);
    }
    Outcome {
        ok: true,
        count: sent,
        ..Outcome::default()
    }
}

async fn receive(rx: Receiver<Message>, limit: usize) -> Outcome {
    let mut messages = Vec::new();
    if limit == 1 {
        messages.extend(rx.recv().await);
    } else {
        rx.recv_many(&mut messages, limit).await;
    }
    Outcome {
        ok: !messages.is_empty(),
        messages,
        ..Outcome::default()
    }
}

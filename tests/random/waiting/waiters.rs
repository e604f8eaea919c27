//! The waiters of the walk on one thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures::{Sink, Stream};
use mpmc_std::{OwnedPermit, Receiver, Sender};

use crate::harness::EventWaker;
use crate::waiting::book::Message;

/// The ways to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Recv,
    RecvPosition,
    RecvMany,
    Stream,
    RecvReady,
    Send,
    SendPosition,
    SendMany,
    Reserve,
    Sink,
    SendReady,
    Closed,
    Drained,
}

pub(crate) const KINDS: [Kind; 13] = [
    Kind::Recv,
    Kind::RecvPosition,
    Kind::RecvMany,
    Kind::Stream,
    Kind::RecvReady,
    Kind::Send,
    Kind::SendPosition,
    Kind::SendMany,
    Kind::Reserve,
    Kind::Sink,
    Kind::SendReady,
    Kind::Closed,
    Kind::Drained,
];

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    Message,
    Slot,
    Other,
}

impl Kind {
    pub(crate) fn waits_for(self) -> For {
        match self {
            Self::Recv | Self::RecvPosition | Self::RecvMany | Self::Stream | Self::RecvReady => {
                For::Message
            }
            Self::Closed | Self::Drained => For::Other,
            _ => For::Slot,
        }
    }

    /// Returns whether it takes what it waits for.
    pub(crate) fn takes(self) -> bool {
        !matches!(
            self,
            Self::RecvReady | Self::SendReady | Self::Closed | Self::Drained
        )
    }

    /// Returns whether it is woken for a message or slot of its own, from its first wait on.
    pub(crate) fn is_exclusive(self) -> bool {
        self.takes() && !matches!(self, Self::Stream | Self::Sink)
    }
}

/// What a waiter comes to.
pub(crate) enum Outcome {
    /// Messages with their positions, if it knows these; none at the end.
    Received(Vec<(Message, Option<u64>)>),
    /// Whether it was sent, and the position.
    Sent(bool, Option<u64>),
    Reserved(Option<OwnedPermit<Message>>),
    /// Nothing was taken.
    Told,
}

pub(crate) type PollFn = Box<dyn FnMut(&mut Context<'_>) -> Poll<Outcome>>;

/// A future or handle that waits, and what is known of it.
pub(crate) struct Waiter {
    pub(crate) id: usize,
    pub(crate) kind: Kind,
    /// Taken out while it is polled.
    pub(crate) poll: RefCell<Option<PollFn>>,
    pub(crate) hooks: RefCell<EventWaker>,
    pub(crate) executor: Cell<usize>,
    /// It is not polled by its executor, as a branch of a select loop that is busy with another.
    pub(crate) kept: Cell<bool>,
    /// It has found nothing, and waits.
    pub(crate) parked: Cell<bool>,
    /// Its last poll has woken its own task.
    pub(crate) woken_itself: Cell<bool>,
    /// It was polled during another call, so the next wake may belong to the wait before.
    pub(crate) wake_may_be_late: Cell<bool>,
    /// How often in a row it was woken for something new and found nothing.
    pub(crate) losses: Cell<u32>,
    /// It was woken last because a waiter of the other side parked.
    pub(crate) is_extra: Cell<bool>,
    /// How often it was woken for that reason and found nothing.
    pub(crate) extra_wakes: Cell<u32>,
    /// The number of calls when it was last polled.
    pub(crate) polled_at: Cell<u64>,
    /// What it will send, and how much of that is still in it.
    pub(crate) numbers: Vec<usize>,
    messages: Rc<RefCell<VecDeque<Message>>>,
    /// When it was begun.
    pub(crate) since: Cell<u64>,
    /// How many messages must have been received before it ends.
    pub(crate) target: Cell<u64>,
}

/// Takes messages out of what the waiter shares with the test.
struct Items(Rc<RefCell<VecDeque<Message>>>);

impl Iterator for Items {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.0.borrow_mut().pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.0.borrow().len();
        (count, Some(count))
    }
}

fn from_future(future: impl Future<Output = Outcome> + 'static) -> PollFn {
    let mut future = Box::pin(future);
    Box::new(move |cx| future.as_mut().poll(cx))
}

fn from_fn(poll: impl FnMut(&mut Context<'_>) -> Poll<Outcome> + 'static) -> PollFn {
    Box::new(poll)
}

fn received(message: Option<Message>) -> Outcome {
    Outcome::Received(message.into_iter().map(|message| (message, None)).collect())
}

impl Waiter {
    /// Returns a waiter that has not been polled, with a handle of its own.
    pub(crate) fn receiving(id: usize, kind: Kind, rx: Receiver<Message>, limit: usize) -> Self {
        let mut rx = rx;
        let poll = match kind {
            // The last handle wakes others. If one of them panics, what is being returned would not
            // be dropped.
            Kind::Recv => from_future(async move {
                let message = rx.recv().await;
                drop(rx);
                received(message)
            }),
            Kind::RecvPosition => from_future(async move {
                let message = rx.recv_with_position().await;
                drop(rx);
                let message = message.map(|(position, message)| (message, Some(position)));
                Outcome::Received(Vec::from_iter(message))
            }),
            Kind::RecvMany => from_future(async move {
                let mut messages = Vec::new();
                let positions = rx.recv_many_with_position(&mut messages, limit).await;
                drop(rx);
                Outcome::Received(messages.into_iter().zip(positions.map(Some)).collect())
            }),
            Kind::Stream => from_fn(move |cx| {
                let message = ready!(Pin::new(&mut rx).poll_next(cx));
                Poll::Ready(received(message))
            }),
            Kind::RecvReady => from_future(async move {
                rx.recv_ready().await;
                Outcome::Told
            }),
            _ => unreachable!("{kind:?} needs a sender"),
        };
        Self::new(id, kind, poll, VecDeque::new())
    }

    /// As [`receiving`](Self::receiving).
    pub(crate) fn sending(
        id: usize,
        kind: Kind,
        tx: Sender<Message>,
        messages: VecDeque<Message>,
    ) -> Self {
        let mut tx = tx;
        let mut waiter = Self::new(id, kind, Box::new(|_| Poll::Pending), messages);
        let mut items = Items(Rc::clone(&waiter.messages));
        let poll: PollFn = match kind {
            Kind::Send => from_future(async move {
                let message = items.next().expect("it has one");
                Outcome::Sent(tx.send(message).await.is_ok(), None)
            }),
            Kind::SendPosition => from_future(async move {
                let message = items.next().expect("it has one");
                let position = tx.send_with_position(message).await.ok();
                Outcome::Sent(position.is_some(), position)
            }),
            Kind::SendMany => {
                from_future(async move { Outcome::Sent(tx.send_many(items).await.is_ok(), None) })
            }
            Kind::Reserve => {
                from_future(async move { Outcome::Reserved(tx.reserve_owned().await.ok()) })
            }
            Kind::Sink => from_fn(move |cx| {
                let mut is_sent = ready!(Pin::new(&mut tx).poll_ready(cx)).is_ok();
                if is_sent {
                    let message = items.next().expect("it has one");
                    is_sent = Pin::new(&mut tx).start_send(message).is_ok();
                    // A waker that `poll_ready` called may have dropped the last receiver.
                    assert!(
                        is_sent || tx.stats().receivers.handles == 0,
                        "a reserved slot is good for a message while there are receivers"
                    );
                }
                Poll::Ready(Outcome::Sent(is_sent, None))
            }),
            Kind::SendReady => from_future(async move {
                let _ = tx.send_ready().await;
                Outcome::Told
            }),
            Kind::Closed => from_future(async move {
                tx.closed().await;
                Outcome::Told
            }),
            Kind::Drained => from_future(async move {
                tx.drained().await;
                Outcome::Told
            }),
            _ => unreachable!("{kind:?} needs a receiver"),
        };
        waiter.poll = RefCell::new(Some(poll));
        waiter
    }

    fn new(id: usize, kind: Kind, poll: PollFn, messages: VecDeque<Message>) -> Self {
        let hooks = EventWaker::default();
        Self {
            id,
            kind,
            poll: RefCell::new(Some(poll)),
            hooks: RefCell::new(hooks),
            executor: Cell::new(0),
            kept: Cell::new(false),
            parked: Cell::new(false),
            woken_itself: Cell::new(false),
            wake_may_be_late: Cell::new(false),
            losses: Cell::new(0),
            is_extra: Cell::new(false),
            extra_wakes: Cell::new(0),
            polled_at: Cell::new(0),
            numbers: messages.iter().map(Message::number).collect(),
            messages: Rc::new(RefCell::new(messages)),
            since: Cell::new(0),
            target: Cell::new(u64::MAX),
        }
    }

    /// Returns how many messages it holds. Only between polls.
    pub(crate) fn held(&self) -> usize {
        let is_single = matches!(self.kind, Kind::Send | Kind::SendPosition);
        if is_single && self.poll.borrow().is_some() {
            1
        } else {
            self.messages.borrow().len()
        }
    }

    /// Returns whether it was woken since it was last polled, or has never been polled.
    pub(crate) fn is_due(&self) -> bool {
        !self.parked.get() || self.hooks.borrow().is_woken()
    }

    /// Returns whether it waits, and was not woken since it looked.
    pub(crate) fn sleeps(&self) -> bool {
        self.parked.get() && !self.hooks.borrow().is_woken()
    }

    /// Returns whether it was woken since it looked.
    pub(crate) fn is_woken(&self) -> bool {
        self.parked.get() && self.hooks.borrow().is_woken()
    }
}

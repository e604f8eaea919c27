//! Futures that are polled by hand.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_core::Stream;
use mpmc_std::{OwnedPermit, Receiver, Sender};

use crate::message::Message;

/// Whether a task was woken since it was last polled.
#[derive(Default)]
pub(crate) struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A task that polls this or that.
#[derive(Default)]
pub(crate) struct Task {
    flag: Arc<Flag>,
    /// The last poll returned `Pending`.
    pub(crate) waits: bool,
}

impl Task {
    pub(crate) fn poll<R>(&mut self, poll: impl FnOnce(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        self.flag.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.flag));
        let polled = poll(&mut Context::from_waker(&waker));
        self.waits = polled.is_pending();
        polled
    }

    /// Goes on with another waker, as after a move to another executor.
    pub(crate) fn replace(&mut self) {
        self.flag = Arc::default();
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.flag.0.load(Ordering::Relaxed)
    }

    /// Returns whether it waits, and was not woken since it looked.
    pub(crate) fn sleeps(&self) -> bool {
        self.waits && !self.is_woken()
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match (self.waits, self.is_woken()) {
            (true, true) => "woken",
            (true, false) => "asleep",
            (false, _) => "-",
        })
    }
}

/// What a future does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Send,
    SendPosition,
    SendMany,
    Reserve,
    ReserveMany,
    Recv,
    RecvPosition,
    RecvMany,
    RecvManyPosition,
    RecvStream,
    RecvReady,
    SendReady,
    Closed,
    SenderDrained,
    ReceiverDrained,
}

pub(crate) const KINDS: [Kind; 15] = [
    Kind::Send,
    Kind::SendPosition,
    Kind::SendMany,
    Kind::Reserve,
    Kind::ReserveMany,
    Kind::Recv,
    Kind::RecvPosition,
    Kind::RecvMany,
    Kind::RecvManyPosition,
    Kind::RecvStream,
    Kind::RecvReady,
    Kind::SendReady,
    Kind::Closed,
    Kind::SenderDrained,
    Kind::ReceiverDrained,
];

impl Kind {
    pub(crate) fn receives(self) -> bool {
        matches!(
            self,
            Self::Recv
                | Self::RecvPosition
                | Self::RecvMany
                | Self::RecvManyPosition
                | Self::RecvStream
                | Self::RecvReady
                | Self::ReceiverDrained
        )
    }

    /// Returns whether it takes a message or a slot.
    pub(crate) fn takes(self) -> bool {
        !matches!(
            self,
            Self::RecvReady
                | Self::SendReady
                | Self::Closed
                | Self::SenderDrained
                | Self::ReceiverDrained
        )
    }
}

/// What a future comes to.
pub(crate) enum Outcome {
    /// Nothing if the channel is closed.
    Received(Vec<Message>, Option<Range<u64>>),
    /// The number of messages that the call says were sent, those that came back, and the position.
    Sent(Result<usize, usize>, Vec<Message>, Option<u64>),
    Reserved(Option<OwnedPermit<Message>>),
    /// The messages that were sent on the permits; nothing if the channel is closed.
    ReservedMany(Option<usize>),
    /// Whether the channel is open.
    Ready(bool),
    Over,
}

type Boxed = Pin<Box<dyn Future<Output = Outcome>>>;

/// A future that was begun, with a handle of its own.
pub(crate) struct Wait {
    pub(crate) kind: Kind,
    future: Boxed,
    pub(crate) task: Task,
    /// What it sends, as far as that is not known to be in the channel.
    pub(crate) numbers: VecDeque<u32>,
    /// What is still outside of the channel of a batch.
    items: Rc<RefCell<VecDeque<Message>>>,
    /// How many messages must have been received before it is over, once it was polled.
    pub(crate) target: Option<u64>,
}

struct Items(Rc<RefCell<VecDeque<Message>>>, bool);

impl Iterator for Items {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        self.0.borrow_mut().pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.0.borrow().len();
        if self.1 { (len, Some(len)) } else { (0, None) }
    }
}

impl Wait {
    pub(crate) fn sending(
        kind: Kind,
        tx: Sender<Message>,
        messages: VecDeque<Message>,
        count: usize,
        is_exact: bool,
    ) -> Self {
        let numbers = messages.iter().map(Message::number).collect();
        let items = Rc::new(RefCell::new(messages));
        let mut rest = Items(Rc::clone(&items), is_exact);
        let future: Boxed = match kind {
            Kind::Send => {
                let message = rest.next().expect("one");
                Box::pin(async move {
                    match tx.send(message).await {
                        Ok(()) => Outcome::Sent(Ok(1), vec![], None),
                        Err(error) => Outcome::Sent(Err(0), vec![error.into_inner()], None),
                    }
                })
            }
            Kind::SendPosition => {
                let message = rest.next().expect("one");
                Box::pin(async move {
                    match tx.send_with_position(message).await {
                        Ok(position) => Outcome::Sent(Ok(1), vec![], Some(position)),
                        Err(error) => Outcome::Sent(Err(0), vec![error.into_inner()], None),
                    }
                })
            }
            Kind::SendMany => Box::pin(async move {
                match tx.send_many(rest).await {
                    Ok(count) => Outcome::Sent(Ok(count), vec![], None),
                    Err(error) => {
                        let sent = error.0.sent();
                        Outcome::Sent(Err(sent), error.0.collect(), None)
                    }
                }
            }),
            Kind::Reserve => {
                Box::pin(async move { Outcome::Reserved(tx.reserve_owned().await.ok()) })
            }
            Kind::ReserveMany => Box::pin(async move {
                let Ok(permits) = tx.reserve_many(count).await else {
                    return Outcome::ReservedMany(None);
                };
                assert_eq!(permits.len(), count);
                let mut sent = 0;
                for (message, permit) in rest.zip(permits) {
                    permit.send(message);
                    sent += 1;
                }
                Outcome::ReservedMany(Some(sent))
            }),
            Kind::SendReady => {
                Box::pin(async move { Outcome::Ready(tx.send_ready().await.is_ok()) })
            }
            Kind::Closed => Box::pin(async move {
                tx.closed().await;
                Outcome::Over
            }),
            _ => Box::pin(async move {
                tx.drained().await;
                Outcome::Over
            }),
        };
        Self::new(kind, future, numbers, items)
    }

    pub(crate) fn receiving(kind: Kind, rx: Receiver<Message>, limit: usize) -> Self {
        let future: Boxed = match kind {
            Kind::Recv => {
                Box::pin(async move { Outcome::Received(Vec::from_iter(rx.recv().await), None) })
            }
            Kind::RecvPosition => Box::pin(async move {
                let (mut messages, mut positions) = (Vec::new(), 0..0);
                if let Some((position, message)) = rx.recv_with_position().await {
                    messages.push(message);
                    positions = position..position + 1;
                }
                Outcome::Received(messages, Some(positions))
            }),
            Kind::RecvMany => Box::pin(async move {
                let mut messages = Vec::new();
                let count = rx.recv_many(&mut messages, limit).await;
                assert_eq!(count, messages.len());
                Outcome::Received(messages, None)
            }),
            Kind::RecvManyPosition => Box::pin(async move {
                let mut messages = Vec::new();
                let positions = rx.recv_many_with_position(&mut messages, limit).await;
                Outcome::Received(messages, Some(positions))
            }),
            Kind::RecvStream => Box::pin(async move {
                let mut stream = rx.stream();
                let next = std::future::poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
                Outcome::Received(Vec::from_iter(next), None)
            }),
            Kind::RecvReady => Box::pin(async move { Outcome::Ready(rx.recv_ready().await) }),
            _ => Box::pin(async move {
                rx.drained().await;
                Outcome::Over
            }),
        };
        Self::new(kind, future, VecDeque::new(), Rc::default())
    }

    fn new(
        kind: Kind,
        future: Boxed,
        numbers: VecDeque<u32>,
        items: Rc<RefCell<VecDeque<Message>>>,
    ) -> Self {
        Self {
            kind,
            future,
            task: Task::default(),
            numbers,
            items,
            target: None,
        }
    }

    pub(crate) fn poll(&mut self) -> Poll<Outcome> {
        let future = self.future.as_mut();
        self.task.poll(|cx| future.poll(cx))
    }

    /// Returns how many messages it holds.
    pub(crate) fn held(&self) -> usize {
        match self.kind {
            Kind::Send | Kind::SendPosition => 1,
            _ => self.items.borrow().len(),
        }
    }

    /// Takes the numbers of those items of a batch that were sent since this was last called. Of
    /// those that were not, `back` have come back.
    pub(crate) fn newly_sent(&mut self, back: usize) -> Vec<u32> {
        let sent = match self.kind {
            Kind::SendMany => self.numbers.len() - self.items.borrow().len() - back,
            _ => 0,
        };
        self.numbers.drain(..sent).collect()
    }
}

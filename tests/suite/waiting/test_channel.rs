//! A channel with waiters on one side, with the same interface for both sides.

use std::pin::Pin;
use std::task::{Poll, ready};

use futures::{Sink, Stream};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{MAX_RETRIES, SendTask};

/// The ways to wait for one message or one free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Recv,
    RecvMany,
    Stream,
    Send,
    SendMany,
    Reserve,
    Sink,
}

pub(crate) const ALL: [Kind; 7] = [
    Kind::Recv,
    Kind::RecvMany,
    Kind::Stream,
    Kind::Send,
    Kind::SendMany,
    Kind::Reserve,
    Kind::Sink,
];

/// The kinds of which one message or one free slot wakes one waiter.
pub(crate) const EXCLUSIVE: [Kind; 5] = [
    Kind::Recv,
    Kind::RecvMany,
    Kind::Send,
    Kind::SendMany,
    Kind::Reserve,
];

impl Kind {
    /// Returns whether the waiter waits for messages, rather than for free capacity.
    pub(crate) fn receives(self) -> bool {
        matches!(self, Self::Recv | Self::RecvMany | Self::Stream)
    }

    /// Returns whether the waiter is woken for a message or slot of its own. Handles that are
    /// polled are all woken each time.
    pub(crate) fn is_exclusive(self) -> bool {
        !matches!(self, Self::Stream | Self::Sink)
    }
}

/// A waiter whose output is `true` if its operation succeeded, `false` if the channel is closed.
pub(crate) type Waiting = SendTask<'static, bool>;

/// A channel of which one side must wait. To offer means to send a message, or to free a slot.
pub(crate) struct TestChannel {
    pub(crate) tx: Sender<u32>,
    pub(crate) rx: Receiver<u32>,
    pub(crate) receives: bool,
}

impl TestChannel {
    /// Creates a channel that is empty, or full, so that a waiter of this kind waits.
    pub(crate) fn new(kind: Kind, capacity: usize) -> Self {
        let (tx, rx) = channel(capacity);
        let receives = kind.receives();
        if !receives {
            let messages = std::iter::repeat_n(0, capacity);
            assert_eq!(tx.try_send_many(messages).ok(), Some(capacity));
        }
        Self { tx, rx, receives }
    }

    /// Sends a message, or frees a slot.
    #[track_caller]
    pub(crate) fn offer(&self) {
        self.offer_many(1);
    }

    /// Sends messages, or frees slots, in one call.
    #[track_caller]
    pub(crate) fn offer_many(&self, count: usize) {
        if self.receives {
            let messages = std::iter::repeat_n(0, count);
            assert_eq!(self.tx.try_send_many(messages).ok(), Some(count));
        } else {
            assert_eq!(
                self.rx.try_recv_many(&mut Vec::new(), count),
                Ok(count),
                "the channel has that many messages"
            );
        }
    }

    /// Takes a message or slot without waiting, as a newcomer. Returns whether that succeeded.
    pub(crate) fn take(&self) -> bool {
        if self.receives {
            self.rx.try_recv().is_ok()
        } else {
            self.tx.try_send(0).is_ok()
        }
    }

    /// Takes a message or slot without waiting, after as many attempts as end a reservation. Returns
    /// whether that succeeded.
    pub(crate) fn take_in_the_end(&self) -> bool {
        (0..MAX_RETRIES).any(|_| self.take())
    }

    /// Returns a waiter for a single receive or send.
    pub(crate) fn newcomer(&self) -> Waiting {
        self.waiter(if self.receives {
            Kind::Recv
        } else {
            Kind::Send
        })
    }

    /// Returns a parked waiter of the other side. There is no message, or no free slot, for it.
    #[track_caller]
    pub(crate) fn opposite(&self) -> Waiting {
        self.parked(if self.receives {
            Kind::Send
        } else {
            Kind::Recv
        })
    }

    /// Returns the number of messages or slots that can be taken, including granted ones.
    pub(crate) fn offered(&self) -> usize {
        if self.receives {
            self.rx.len()
        } else {
            self.rx.max_capacity() - self.rx.len()
        }
    }

    /// Returns a waiter that has not been polled. It owns its own handle.
    pub(crate) fn waiter(&self, kind: Kind) -> Waiting {
        waiter(kind, &self.tx, &self.rx)
    }

    /// Returns a waiter that has parked.
    #[track_caller]
    pub(crate) fn parked(&self, kind: Kind) -> Waiting {
        let mut waiter = self.waiter(kind);
        assert!(waiter.poll_until_parked().is_pending());
        waiter
    }
}

/// Returns a waiter of `kind`; see [`TestChannel::waiter`].
pub(crate) fn waiter(kind: Kind, tx: &Sender<u32>, rx: &Receiver<u32>) -> Waiting {
    let (mut tx, mut rx) = (tx.clone(), rx.clone());
    match kind {
        Kind::Recv => {
            drop(tx);
            SendTask::boxed(async move { rx.recv().await.is_some() })
        }
        Kind::RecvMany => {
            drop(tx);
            SendTask::boxed(async move { rx.recv_many(&mut Vec::new(), 1).await == 1 })
        }
        Kind::Stream => {
            drop(tx);
            SendTask::from_fn(move |cx| {
                let message = ready!(Pin::new(&mut rx).poll_next(cx));
                Poll::Ready(message.is_some())
            })
        }
        Kind::Send => {
            drop(rx);
            SendTask::boxed(async move { tx.send(0).await.is_ok() })
        }
        Kind::SendMany => {
            drop(rx);
            SendTask::boxed(async move { tx.send_many([0]).await.is_ok() })
        }
        Kind::Reserve => {
            drop(rx);
            SendTask::boxed(async move {
                let permit = tx.reserve().await;
                permit.map(|permit| permit.send(0)).is_ok()
            })
        }
        Kind::Sink => {
            drop(rx);
            SendTask::from_fn(move |cx| {
                let is_ready = ready!(Pin::new(&mut tx).poll_ready(cx)).is_ok();
                if is_ready {
                    Pin::new(&mut tx).start_send(0).unwrap();
                }
                Poll::Ready(is_ready)
            })
        }
    }
}

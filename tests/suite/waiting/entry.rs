//! The waiters of the model.

use std::pin::Pin;
use std::task::{Poll, ready};

use futures::{Sink, Stream};
use mpmc_std::{OwnedPermit, Receiver, Sender};

use crate::harness::SendTask;
use crate::waiting::test_channel::Kind;

/// The output of a waiter.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The messages. Empty if the channel is closed.
    Received(Vec<u32>),
    /// `true` if the message was sent.
    Sent(bool),
    /// The permit. `None` if the channel is closed.
    Reserved(Option<OwnedPermit<u32>>),
}

/// A waiter and its state in the model.
pub(crate) struct Entry {
    pub(crate) id: usize,
    pub(crate) kind: Kind,
    pub(crate) waiter: SendTask<'static, Outcome>,
    /// The message that the waiter sends, or the largest number of messages that it receives.
    pub(crate) number: u32,
    /// The number of polls that returned `Pending`. The first one parks. Each further one may count
    /// as a lost race.
    pub(crate) failed_polls: usize,
}

impl Entry {
    pub(crate) fn is_parked(&self) -> bool {
        self.failed_polls > 0
    }

    /// Returns whether the waiter is parked and has not been woken since its last poll.
    pub(crate) fn is_not_woken(&self) -> bool {
        self.is_parked() && !self.waiter.is_woken()
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.is_parked() && self.waiter.is_woken()
    }
}

/// Returns a waiter that has not been polled. It owns its own handle.
pub(crate) fn make(
    kind: Kind,
    number: u32,
    tx: &Sender<u32>,
    rx: &Receiver<u32>,
) -> SendTask<'static, Outcome> {
    let (mut tx, mut rx) = (tx.clone(), rx.clone());
    match kind {
        Kind::Recv => {
            SendTask::boxed(async move { Outcome::Received(Vec::from_iter(rx.recv().await)) })
        }
        Kind::RecvMany => SendTask::boxed(async move {
            let mut messages = Vec::new();
            rx.recv_many(&mut messages, number as usize).await;
            Outcome::Received(messages)
        }),
        Kind::Stream => SendTask::from_fn(move |cx| {
            let message = ready!(Pin::new(&mut rx).poll_next(cx));
            Poll::Ready(Outcome::Received(Vec::from_iter(message)))
        }),
        Kind::Send => SendTask::boxed(async move { Outcome::Sent(tx.send(number).await.is_ok()) }),
        Kind::SendMany => {
            SendTask::boxed(async move { Outcome::Sent(tx.send_many([number]).await.is_ok()) })
        }
        Kind::Reserve => {
            SendTask::boxed(async move { Outcome::Reserved(tx.reserve_owned().await.ok()) })
        }
        Kind::Sink => SendTask::from_fn(move |cx| {
            let is_ready = ready!(Pin::new(&mut tx).poll_ready(cx)).is_ok();
            if is_ready {
                Pin::new(&mut tx).start_send(number).unwrap();
            }
            Poll::Ready(Outcome::Sent(is_ready))
        }),
    }
}

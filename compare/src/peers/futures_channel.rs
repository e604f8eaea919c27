//! futures-channel's mpsc channel.
//!
//! Its capacity is the buffer and one message for each sender, so the buffer is one less than the
//! capacity that the scenario requests: exact with one sender, and larger with several, by one for
//! each other sender.

use futures_channel::mpsc::{Receiver, Sender, channel};
use futures_util::SinkExt;

use super::{AsyncPeer, AsyncReceive, AsyncSend, Receivers, TryReceive, TrySend};
use crate::message::Message;

pub struct FuturesChannel;

impl AsyncPeer for FuturesChannel {
    const NAME: &'static str = "futures-channel";
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        channel(capacity - 1)
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        Sender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        Receiver::try_recv(self).ok()
    }
}

impl<M: Message> AsyncSend<M> for Sender<M> {
    /// Calls `feed`, not `send`: the latter also waits until there is capacity for the *next*
    /// message, which no other peer does, and hands the message over before that wait.
    async fn send(&mut self, message: M) -> bool {
        self.feed(message).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        Receiver::recv(self).await.ok()
    }
}

//! tokio's mpsc channel.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Tokio;

const NAME: &str = "tokio";

impl AsyncPeer for Tokio {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        channel(capacity)
    }
}

impl BlockingPeer for Tokio {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        channel(capacity)
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        Sender::try_send(self, message).is_ok()
    }

    fn try_send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> usize {
        let wanted = messages.len().min(self.capacity());
        let Ok(permits) = self.try_reserve_many(wanted) else {
            return 0;
        };
        for (permit, message) in permits.zip(messages) {
            permit.send(message);
        }
        wanted
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        Receiver::try_recv(self).ok()
    }
}

impl<M: Message> AsyncSend<M> for Sender<M> {
    async fn send(&mut self, message: M) -> bool {
        Sender::send(self, message).await.is_ok()
    }

    async fn send_many(&mut self, mut messages: impl ExactSizeIterator<Item = M> + Send) -> bool {
        while messages.len() > 0 {
            let wanted = messages.len().min(self.max_capacity());
            let Ok(permits) = self.reserve_many(wanted).await else {
                return false;
            };
            for (permit, message) in permits.zip(messages.by_ref()) {
                permit.send(message);
            }
        }
        true
    }
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        Receiver::recv(self).await
    }

    async fn recv_many(&mut self, buffer: &mut Vec<M>, limit: usize) -> usize {
        Receiver::recv_many(self, buffer, limit).await
    }
}

impl<M: Message> BlockingSend<M> for Sender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        self.blocking_send(message).is_ok()
    }
}

impl<M: Message> BlockingReceive<M> for Receiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        None
    }

    fn recv_blocking(&mut self) -> Option<M> {
        self.blocking_recv()
    }
}

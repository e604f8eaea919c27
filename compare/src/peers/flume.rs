//! flume. Its `drain` takes all messages of the channel under one lock; there is no batch call for
//! sending.

use flume::{Receiver, Sender, bounded};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Flume;

const NAME: &str = "flume";

impl AsyncPeer for Flume {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        bounded(capacity)
    }
}

impl BlockingPeer for Flume {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        bounded(capacity)
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

    fn try_recv_many(&mut self, buffer: &mut Vec<M>, _limit: usize) -> usize {
        let drain = self.drain();
        let count = drain.len();
        buffer.extend(drain);
        count
    }
}

impl<M: Message> AsyncSend<M> for Sender<M> {
    async fn send(&mut self, message: M) -> bool {
        self.send_async(message).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn recv(&mut self) -> Option<M> {
        self.recv_async().await.ok()
    }
}

impl<M: Message> BlockingSend<M> for Sender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        Sender::send(self, message).is_ok()
    }
}

impl<M: Message> BlockingReceive<M> for Receiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn recv_blocking(&mut self) -> Option<M> {
        Receiver::recv(self).ok()
    }
}

//! kanal. Its `drain_into` takes all messages of the channel under one lock; there is no batch call
//! for sending.

use kanal::{AsyncReceiver, AsyncSender, Receiver, Sender, bounded, bounded_async};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Kanal;

const NAME: &str = "kanal";

impl AsyncPeer for Kanal {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = AsyncSender<M>;
    type Receiver<M: Message> = AsyncReceiver<M>;

    fn channel<M: Message>(capacity: usize) -> (AsyncSender<M>, AsyncReceiver<M>) {
        bounded_async(capacity)
    }
}

impl BlockingPeer for Kanal {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        bounded(capacity)
    }
}

impl<M: Message> TrySend<M> for AsyncSender<M> {
    fn try_send(&mut self, message: M) -> bool {
        AsyncSender::try_send(self, message).unwrap_or(false)
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        Sender::try_send(self, message).unwrap_or(false)
    }
}

impl<M: Message> TryReceive<M> for AsyncReceiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        AsyncReceiver::try_recv(self).ok().flatten()
    }

    fn try_recv_many(&mut self, buffer: &mut Vec<M>, _limit: usize) -> usize {
        self.drain_into(buffer).unwrap_or(0)
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        Receiver::try_recv(self).ok().flatten()
    }
}

impl<M: Message> AsyncSend<M> for AsyncSender<M> {
    async fn send(&mut self, message: M) -> bool {
        AsyncSender::send(self, message).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for AsyncReceiver<M> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn recv(&mut self) -> Option<M> {
        AsyncReceiver::recv(self).await.ok()
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

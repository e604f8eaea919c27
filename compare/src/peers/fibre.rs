//! fibre's mpmc channel, in its form for tasks and its form for threads.
//!
//! Its calls for batches send from a `Vec` that they take, so a batch from an iterator is collected
//! first.

use fibre::mpmc::{AsyncReceiver, AsyncSender, Receiver, Sender, bounded, bounded_async};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Fibre;

const NAME: &str = "fibre";

impl AsyncPeer for Fibre {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = AsyncSender<M>;
    type Receiver<M: Message> = AsyncReceiver<M>;

    fn channel<M: Message>(capacity: usize) -> (AsyncSender<M>, AsyncReceiver<M>) {
        bounded_async(capacity)
    }
}

impl BlockingPeer for Fibre {
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
        AsyncSender::try_send(self, message).is_ok()
    }

    fn try_send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> usize {
        match self.try_send_batch(messages.collect()) {
            Ok(count) => count,
            Err(error) => error.sent,
        }
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        Sender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TryReceive<M> for AsyncReceiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        AsyncReceiver::try_recv(self).ok()
    }

    fn try_recv_many(&mut self, buffer: &mut Vec<M>, limit: usize) -> usize {
        self.try_recv_batch_mut(buffer, limit).unwrap_or(0)
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        Receiver::try_recv(self).ok()
    }
}

impl<M: Message> AsyncSend<M> for AsyncSender<M> {
    async fn send(&mut self, message: M) -> bool {
        AsyncSender::send(self, message).await.is_ok()
    }

    async fn send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> bool {
        self.send_batch(messages.collect()).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for AsyncReceiver<M> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn recv(&mut self) -> Option<M> {
        AsyncReceiver::recv(self).await.ok()
    }

    async fn recv_many(&mut self, buffer: &mut Vec<M>, limit: usize) -> usize {
        self.recv_batch_mut(buffer, limit).await.unwrap_or(0)
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

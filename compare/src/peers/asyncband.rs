//! asyncband's mpmc channel. No calls for batches.
//!
//! It has only futures. A thread waits for them with the crate's own `blocking::FutureExt`, as its
//! documentation recommends to callers outside of tasks.

use asyncband::blocking::FutureExt;
use asyncband::mpmc::{BoundedReceiver, BoundedSender, bounded};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Asyncband;

const NAME: &str = "asyncband";

impl AsyncPeer for Asyncband {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = BoundedSender<M>;
    type Receiver<M: Message> = BoundedReceiver<M>;

    fn channel<M: Message>(capacity: usize) -> (BoundedSender<M>, BoundedReceiver<M>) {
        bounded(capacity)
    }
}

impl BlockingPeer for Asyncband {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = BoundedSender<M>;
    type Receiver<M: Message> = BoundedReceiver<M>;

    fn channel<M: Message>(capacity: usize) -> (BoundedSender<M>, BoundedReceiver<M>) {
        bounded(capacity)
    }
}

impl<M: Message> TrySend<M> for BoundedSender<M> {
    fn try_send(&mut self, message: M) -> bool {
        BoundedSender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TryReceive<M> for BoundedReceiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        BoundedReceiver::try_recv(self).ok()
    }
}

impl<M: Message> AsyncSend<M> for BoundedSender<M> {
    async fn send(&mut self, message: M) -> bool {
        BoundedSender::send(self, message).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for BoundedReceiver<M> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn recv(&mut self) -> Option<M> {
        BoundedReceiver::recv(self).await.ok()
    }
}

impl<M: Message> BlockingSend<M> for BoundedSender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        BoundedSender::send(self, message).block_on().is_ok()
    }
}

impl<M: Message> BlockingReceive<M> for BoundedReceiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn recv_blocking(&mut self) -> Option<M> {
        BoundedReceiver::recv(self).block_on().ok()
    }
}

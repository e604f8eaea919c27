//! tachyonix. For tasks only, one receiver, no calls for batches.

use tachyonix::{Receiver, Sender, channel};

use super::{AsyncPeer, AsyncReceive, AsyncSend, Receivers, TryReceive, TrySend};
use crate::message::Message;

pub struct Tachyonix;

impl AsyncPeer for Tachyonix {
    const NAME: &'static str = "tachyonix";
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
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        Receiver::recv(self).await.ok()
    }
}

//! mpmc-std.

use mpmc_std::{Receiver, Sender};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, PipelinePeer,
    Receivers, TryReceive, TrySend,
};
use crate::message::Message;

/// The peer that all others are compared with.
pub const OURS: &str = "mpmc-std";

pub struct MpmcStd;

impl AsyncPeer for MpmcStd {
    const NAME: &'static str = OURS;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        mpmc_std::channel(capacity)
    }
}

impl BlockingPeer for MpmcStd {
    const NAME: &'static str = OURS;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        mpmc_std::channel(capacity)
    }
}

impl PipelinePeer for MpmcStd {
    const NAME: &'static str = OURS;
    type Error = mpmc_std::error::SendError<Option<u64>>;
    type Input = Sender<u64>;
    type Output = Receiver<u64>;

    fn pipe(capacity: usize) -> (Sender<u64>, Receiver<u64>) {
        mpmc_std::channel(capacity)
    }
}

impl<M: Message> TrySend<M> for Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        Sender::try_send(self, message).is_ok()
    }

    fn try_send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> usize {
        match Sender::try_send_many(self, messages) {
            Ok(count) => count,
            Err(error) => error.into_inner().sent(),
        }
    }
}

impl<M: Message> TryReceive<M> for Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        Receiver::try_recv(self).ok()
    }

    fn try_recv_many(&mut self, buffer: &mut Vec<M>, limit: usize) -> usize {
        Receiver::try_recv_many(self, buffer, limit).unwrap_or(0)
    }
}

impl<M: Message> AsyncSend<M> for Sender<M> {
    async fn send(&mut self, message: M) -> bool {
        Sender::send(self, message).await.is_ok()
    }

    async fn send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> bool {
        Sender::send_many(self, messages).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for Receiver<M> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
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
        Some(self.clone())
    }

    fn recv_blocking(&mut self) -> Option<M> {
        self.blocking_recv()
    }
}

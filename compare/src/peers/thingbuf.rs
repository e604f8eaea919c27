//! thingbuf's mpsc channel. No calls for batches.
//!
//! Messages are sent and received by value, as with all peers here. Its particular strength, to
//! write into a slot in place and to reuse its contents, has no counterpart in the other crates.

use thingbuf::mpsc::{self, blocking};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Thingbuf;

const NAME: &str = "thingbuf";

impl AsyncPeer for Thingbuf {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = mpsc::Sender<M>;
    type Receiver<M: Message> = mpsc::Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (mpsc::Sender<M>, mpsc::Receiver<M>) {
        mpsc::channel(capacity)
    }
}

impl BlockingPeer for Thingbuf {
    const NAME: &'static str = NAME;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = blocking::Sender<M>;
    type Receiver<M: Message> = blocking::Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (blocking::Sender<M>, blocking::Receiver<M>) {
        blocking::channel(capacity)
    }
}

impl<M: Message> TrySend<M> for mpsc::Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        mpsc::Sender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TrySend<M> for blocking::Sender<M> {
    fn try_send(&mut self, message: M) -> bool {
        blocking::Sender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TryReceive<M> for mpsc::Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        mpsc::Receiver::try_recv(self).ok()
    }
}

impl<M: Message> TryReceive<M> for blocking::Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        blocking::Receiver::try_recv(self).ok()
    }
}

impl<M: Message> AsyncSend<M> for mpsc::Sender<M> {
    async fn send(&mut self, message: M) -> bool {
        mpsc::Sender::send(self, message).await.is_ok()
    }
}

impl<M: Message> AsyncReceive<M> for mpsc::Receiver<M> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        mpsc::Receiver::recv(self).await
    }
}

impl<M: Message> BlockingSend<M> for blocking::Sender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        blocking::Sender::send(self, message).is_ok()
    }
}

impl<M: Message> BlockingReceive<M> for blocking::Receiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        None
    }

    fn recv_blocking(&mut self) -> Option<M> {
        blocking::Receiver::recv(self)
    }
}

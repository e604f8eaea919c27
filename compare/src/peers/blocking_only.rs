//! The channels without support for tasks: crossbeam-channel, and the standard library's
//! `sync_channel`.

use std::sync::mpsc;

use crossbeam_channel::{Receiver, Sender};

use super::{BlockingPeer, BlockingReceive, BlockingSend, Receivers, TryReceive, TrySend};
use crate::message::Message;

pub struct Crossbeam;

impl BlockingPeer for Crossbeam {
    const NAME: &'static str = "crossbeam-channel";
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = Sender<M>;
    type Receiver<M: Message> = Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (Sender<M>, Receiver<M>) {
        crossbeam_channel::bounded(capacity)
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

pub struct Std;

impl BlockingPeer for Std {
    const NAME: &'static str = "std";
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = mpsc::SyncSender<M>;
    type Receiver<M: Message> = mpsc::Receiver<M>;

    fn channel<M: Message>(capacity: usize) -> (mpsc::SyncSender<M>, mpsc::Receiver<M>) {
        mpsc::sync_channel(capacity)
    }
}

impl<M: Message> TrySend<M> for mpsc::SyncSender<M> {
    fn try_send(&mut self, message: M) -> bool {
        mpsc::SyncSender::try_send(self, message).is_ok()
    }
}

impl<M: Message> TryReceive<M> for mpsc::Receiver<M> {
    fn try_recv(&mut self) -> Option<M> {
        mpsc::Receiver::try_recv(self).ok()
    }
}

impl<M: Message> BlockingSend<M> for mpsc::SyncSender<M> {
    fn send_blocking(&mut self, message: M) -> bool {
        mpsc::SyncSender::send(self, message).is_ok()
    }
}

impl<M: Message> BlockingReceive<M> for mpsc::Receiver<M> {
    fn another_blocking(&self) -> Option<Self> {
        None
    }

    fn recv_blocking(&mut self) -> Option<M> {
        mpsc::Receiver::recv(self).ok()
    }
}

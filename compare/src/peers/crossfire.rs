//! crossfire, in two flavors: `mpmc`, and `mpsc` for the rows that have one receiver. No calls for
//! batches.
//!
//! The flavor of the queue and whether handles can be shared are type parameters, so the impls are
//! generic over the flavor.

use crossfire::flavor::{Flavor, FlavorMC, FlavorMP};
use crossfire::{AsyncRx, MAsyncRx, MAsyncTx, MRx, MTx, Rx, mpmc, mpsc};

use super::{
    AsyncPeer, AsyncReceive, AsyncSend, BlockingPeer, BlockingReceive, BlockingSend, Receivers,
    TryReceive, TrySend,
};
use crate::message::Message;

pub struct Crossfire;
pub struct CrossfireMpsc;

const MPMC: &str = "crossfire";
const MPSC: &str = "crossfire-mpsc";

impl AsyncPeer for Crossfire {
    const NAME: &'static str = MPMC;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = MAsyncTx<mpmc::Array<M>>;
    type Receiver<M: Message> = MAsyncRx<mpmc::Array<M>>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>) {
        mpmc::bounded_async(capacity)
    }
}

impl AsyncPeer for CrossfireMpsc {
    const NAME: &'static str = MPSC;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = MAsyncTx<mpsc::Array<M>>;
    type Receiver<M: Message> = AsyncRx<mpsc::Array<M>>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>) {
        mpsc::bounded_async(capacity)
    }
}

impl BlockingPeer for Crossfire {
    const NAME: &'static str = MPMC;
    const RECEIVERS: Receivers = Receivers::Many;
    type Sender<M: Message> = MTx<mpmc::Array<M>>;
    type Receiver<M: Message> = MRx<mpmc::Array<M>>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>) {
        mpmc::bounded_blocking(capacity)
    }
}

impl BlockingPeer for CrossfireMpsc {
    const NAME: &'static str = MPSC;
    const RECEIVERS: Receivers = Receivers::One;
    type Sender<M: Message> = MTx<mpsc::Array<M>>;
    type Receiver<M: Message> = Rx<mpsc::Array<M>>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>) {
        mpsc::bounded_blocking(capacity)
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMP> TrySend<M> for MAsyncTx<F> {
    fn try_send(&mut self, message: M) -> bool {
        crossfire::AsyncTx::try_send(self, message).is_ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMP> TrySend<M> for MTx<F> {
    fn try_send(&mut self, message: M) -> bool {
        crossfire::Tx::try_send(self, message).is_ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMC> TryReceive<M> for MAsyncRx<F> {
    fn try_recv(&mut self) -> Option<M> {
        AsyncRx::try_recv(self).ok()
    }
}

impl<M: Message, F: Flavor<Item = M>> TryReceive<M> for AsyncRx<F> {
    fn try_recv(&mut self) -> Option<M> {
        AsyncRx::try_recv(self).ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMC> TryReceive<M> for MRx<F> {
    fn try_recv(&mut self) -> Option<M> {
        Rx::try_recv(self).ok()
    }
}

impl<M: Message, F: Flavor<Item = M>> TryReceive<M> for Rx<F> {
    fn try_recv(&mut self) -> Option<M> {
        Rx::try_recv(self).ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMP> AsyncSend<M> for MAsyncTx<F> {
    async fn send(&mut self, message: M) -> bool {
        crossfire::AsyncTx::send(self, message).await.is_ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMC> AsyncReceive<M> for MAsyncRx<F> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn recv(&mut self) -> Option<M> {
        AsyncRx::recv(self).await.ok()
    }
}

impl<M: Message, F: Flavor<Item = M>> AsyncReceive<M> for AsyncRx<F> {
    fn another(&self) -> Option<Self> {
        None
    }

    async fn recv(&mut self) -> Option<M> {
        AsyncRx::recv(self).await.ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMP> BlockingSend<M> for MTx<F> {
    fn send_blocking(&mut self, message: M) -> bool {
        crossfire::Tx::send(self, message).is_ok()
    }
}

impl<M: Message, F: Flavor<Item = M> + FlavorMC> BlockingReceive<M> for MRx<F> {
    fn another_blocking(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn recv_blocking(&mut self) -> Option<M> {
        Rx::recv(self).ok()
    }
}

impl<M: Message, F: Flavor<Item = M>> BlockingReceive<M> for Rx<F> {
    fn another_blocking(&self) -> Option<Self> {
        None
    }

    fn recv_blocking(&mut self) -> Option<M> {
        Rx::recv(self).ok()
    }
}

//! The channels and queues compared, each behind the same few traits.
//!
//! A peer is one small file that implements the traits on the crate's own handles. So a scenario is
//! written once, and calls for each peer the function that its documentation recommends. Handles
//! are `&mut self` everywhere, because some peers need that, and it costs the others nothing.

mod async_channel;
mod asyncband;
mod bare;
mod blocking_only;
mod crossfire;
mod fibre;
mod flume;
mod futures_channel;
mod kanal;
mod loole;
mod ours;
mod pipelines;
mod queues;
mod registry;
mod tachyonix;
mod thingbuf;
mod tokio;

use std::fmt::Debug;

use futures_util::{Sink, Stream};

use crate::message::Message;

pub use ours::OURS;
pub use registry::{
    AsyncWork, BlockingWork, PipelineWork, QueueWork, Receivers, TryWork, async_names,
    blocking_names, crate_of, pipeline_names, queue_names, run_async, run_blocking, run_pipeline,
    run_queue, run_try, try_names,
};

/// The calls of a sending handle that never wait.
pub trait TrySend<M: Message> {
    /// Returns whether the message was accepted.
    fn try_send(&mut self, message: M) -> bool;

    /// Sends as many messages as there is free capacity for. Returns the number of messages that
    /// were sent. Sends one by one, unless the peer has a batch call.
    fn try_send_many(&mut self, messages: impl ExactSizeIterator<Item = M> + Send) -> usize {
        let mut sent = 0;
        for message in messages {
            if !self.try_send(message) {
                break;
            }
            sent += 1;
        }
        sent
    }
}

/// The calls of a receiving handle that never wait.
pub trait TryReceive<M: Message> {
    fn try_recv(&mut self) -> Option<M>;

    /// Receives up to about `limit` messages. Returns their number. Receives one by one, unless the
    /// peer has a batch call; a peer whose call has no limit takes all messages.
    fn try_recv_many(&mut self, buffer: &mut Vec<M>, limit: usize) -> usize {
        let mut received = 0;
        while received < limit {
            let Some(message) = self.try_recv() else {
                break;
            };
            buffer.push(message);
            received += 1;
        }
        received
    }
}

/// A sending handle for tasks.
pub trait AsyncSend<M: Message>: TrySend<M> + Clone + Send + 'static {
    /// Returns `false` if the channel is closed.
    fn send(&mut self, message: M) -> impl Future<Output = bool> + Send;

    /// Sends all messages, one by one unless the peer has a batch call.
    fn send_many(
        &mut self,
        messages: impl ExactSizeIterator<Item = M> + Send,
    ) -> impl Future<Output = bool> + Send {
        async move {
            for message in messages {
                if !self.send(message).await {
                    return false;
                }
            }
            true
        }
    }
}

/// A receiving handle for tasks.
pub trait AsyncReceive<M: Message>: TryReceive<M> + Sized + Send + 'static {
    /// Returns one more handle on the same channel; `None` if the peer has a single receiver.
    fn another(&self) -> Option<Self>;

    /// Returns `None` if the channel is closed and drained.
    fn recv(&mut self) -> impl Future<Output = Option<M>> + Send;

    /// Receives at least one message; returns 0 if the channel is closed and drained. Waits for the
    /// first one and then takes those that are ready, unless the peer has a batch call.
    fn recv_many(
        &mut self,
        buffer: &mut Vec<M>,
        limit: usize,
    ) -> impl Future<Output = usize> + Send {
        async move {
            let Some(first) = self.recv().await else {
                return 0;
            };
            buffer.push(first);
            1 + self.try_recv_many(buffer, limit - 1)
        }
    }
}

/// A channel for tasks.
pub trait AsyncPeer: 'static {
    const NAME: &'static str;
    const RECEIVERS: Receivers;
    type Sender<M: Message>: AsyncSend<M>;
    type Receiver<M: Message>: AsyncReceive<M>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>);
}

/// A sending handle for threads.
pub trait BlockingSend<M: Message>: TrySend<M> + Clone + Send + 'static {
    /// Returns `false` if the channel is closed.
    fn send_blocking(&mut self, message: M) -> bool;
}

/// A receiving handle for threads.
pub trait BlockingReceive<M: Message>: TryReceive<M> + Sized + Send + 'static {
    /// Returns one more handle on the same channel; `None` if the peer has a single receiver.
    fn another_blocking(&self) -> Option<Self>;

    /// Returns `None` if the channel is closed and drained.
    fn recv_blocking(&mut self) -> Option<M>;
}

/// A channel for threads.
pub trait BlockingPeer: 'static {
    const NAME: &'static str;
    const RECEIVERS: Receivers;
    type Sender<M: Message>: BlockingSend<M>;
    type Receiver<M: Message>: BlockingReceive<M>;

    fn channel<M: Message>(capacity: usize) -> (Self::Sender<M>, Self::Receiver<M>);
}

/// A channel whose ends are a `Sink` and a `Stream`.
pub trait PipelinePeer: 'static {
    const NAME: &'static str;
    type Error: Debug + Send;
    type Input: Sink<u64, Error = Self::Error> + Unpin + Send + 'static;
    type Output: Stream<Item = u64> + Unpin + Send + 'static;

    fn pipe(capacity: usize) -> (Self::Input, Self::Output);
}

/// A queue without waiting.
pub trait Queue: Send + Sync + 'static {
    const NAME: &'static str;

    fn with_capacity(capacity: usize) -> Self;

    /// Returns whether the message was accepted.
    fn push(&self, message: u64) -> bool;

    fn pop(&self) -> Option<u64>;
}

//! The peers whose ends are a `Sink` and a `Stream`. crossfire, tachyonix, async-channel and kanal
//! have only a `Stream`.

use futures_channel::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{PollSendError, PollSender};

use super::PipelinePeer;

/// tokio's channel in the wrappers of its companion crates.
pub struct Tokio;

impl PipelinePeer for Tokio {
    const NAME: &'static str = "tokio";
    type Error = PollSendError<u64>;
    type Input = PollSender<u64>;
    type Output = ReceiverStream<u64>;

    fn pipe(capacity: usize) -> (Self::Input, Self::Output) {
        let (sender, receiver) = tokio::sync::mpsc::channel(capacity);
        (PollSender::new(sender), ReceiverStream::new(receiver))
    }
}

pub struct Flume;

impl PipelinePeer for Flume {
    const NAME: &'static str = "flume";
    type Error = flume::SendError<u64>;
    type Input = flume::r#async::SendSink<'static, u64>;
    type Output = flume::r#async::RecvStream<'static, u64>;

    fn pipe(capacity: usize) -> (Self::Input, Self::Output) {
        let (sender, receiver) = flume::bounded(capacity);
        (sender.into_sink(), receiver.into_stream())
    }
}

pub struct Loole;

impl PipelinePeer for Loole {
    const NAME: &'static str = "loole";
    type Error = loole::SendError<u64>;
    type Input = loole::SendSink<'static, u64>;
    type Output = loole::RecvStream<'static, u64>;

    fn pipe(capacity: usize) -> (Self::Input, Self::Output) {
        let (sender, receiver) = loole::bounded(capacity);
        (sender.into_sink(), receiver.into_stream())
    }
}

pub struct FuturesChannel;

impl PipelinePeer for FuturesChannel {
    const NAME: &'static str = "futures-channel";
    type Error = mpsc::SendError;
    type Input = mpsc::Sender<u64>;
    type Output = mpsc::Receiver<u64>;

    fn pipe(capacity: usize) -> (Self::Input, Self::Output) {
        mpsc::channel(capacity - 1)
    }
}

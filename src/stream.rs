//! `Receiver` as a `Stream`.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use crate::budget;
use crate::channel::Receiver;
use crate::gate::{self, Poller};
use crate::queue::RecvOperation;

/// The state of a handle as a stream.
#[derive(Debug, Default)]
pub(crate) struct State {
    poller: Poller,
    /// `poll_next` has returned `None`.
    terminated: bool,
}

/// Yields messages until the channel is closed and drained.
///
/// # Cancel safety
///
/// Dropping `next()` before it returned `Ready` loses nothing: a message leaves the channel only in the
/// poll that returns it.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
///
/// # futures::executor::block_on(async {
/// let (tx, mut rx) = mpmc_std::channel(2);
/// tx.send(1).await.unwrap();
/// drop(tx);
/// assert_eq!(rx.next().await, Some(1));
/// assert_eq!(rx.next().await, None);
/// # });
/// ```
impl<T> Stream for Receiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        ready!(budget::poll_charge(cx));
        let mut recv = RecvOperation {
            queue: &this.shared.queue,
        };
        let item = ready!(gate::poll(&mut recv, &mut this.stream.poller, cx));
        this.stream.terminated = item.is_none();
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), None)
    }
}

impl<T> FusedStream for Receiver<T> {
    /// Whether this handle's stream has ended with `None`.
    fn is_terminated(&self) -> bool {
        self.stream.terminated
    }
}

//! `Sender` as a `Sink`.
//!
//! `poll_ready` reserves a permit, which `start_send` uses. So `start_send` succeeds after
//! `poll_ready` with any number of senders, and a handle that is dropped in between gives its
//! permit back.

mod poll_sender;

use core::pin::Pin;
use core::task::{Context, Poll};

use futures_sink::Sink;

use crate::channel::Sender;
use crate::error::SendError;
use crate::unwind::defer;
use crate::wait::{HandleWaiter, Observer, RareWaiter};

/// The state of a handle as a sink.
#[derive(Debug, Default)]
pub(crate) struct State {
    waiter: HandleWaiter,
    /// For `poll_send_ready`.
    pub(crate) ready: RareWaiter,
    /// Waits until permits can be counted.
    countable: Observer,
    /// Set while the handle holds a permit for `start_send`.
    holds_permit: bool,
    /// The handle is no longer counted as a sender. A permit that it holds is for one last message.
    closed: bool,
}

impl State {
    /// Returns whether this handle was closed.
    #[inline(always)]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Transfers the permit that this handle holds to the caller. Returns whether it held one.
    #[inline]
    fn take_permit(&mut self) -> bool {
        core::mem::take(&mut self.holds_permit)
    }

    /// Returns the state for a clone of the handle: without a permit, and closed if this handle is.
    pub(crate) fn for_clone(&self) -> Self {
        Self {
            closed: self.closed,
            ..Self::default()
        }
    }
}

/// # Polling and `Sink`
impl<T> Sender<T> {
    /// Reserves capacity for one message in this handle, for [`send_item`](Self::send_item) or
    /// [`Sink::start_send`]. If there is no free capacity, registers the task to be woken. After it
    /// has returned `Ready(Ok(()))`, it does so again until the capacity is used.
    ///
    /// A waiting handle keeps its place in the queue and is woken as [`Receiver::poll_recv`]
    /// describes for receivers.
    ///
    /// [`Receiver::poll_recv`]: crate::Receiver::poll_recv
    ///
    /// [`Sink::poll_ready`] does the same. [`reserve`](Self::reserve) returns a separate permit
    /// instead, and does not need `&mut self`.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel is closed.
    ///
    /// # Cancel safety
    ///
    /// The handle keeps the capacity until the capacity is used or given back with
    /// [`abort_send`](Self::abort_send), or until the handle is dropped or closed as a sink.
    /// [`close`](Self::close) keeps it for one last message.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::poll_fn;
    /// use std::pin::Pin;
    /// use futures::Sink;
    ///
    /// # futures::executor::block_on(async {
    /// let (mut tx, rx) = mpmc_std::channel(1);
    /// poll_fn(|cx| tx.poll_reserve(cx)).await?;
    /// assert_eq!(tx.capacity(), 0);
    /// Pin::new(&mut tx).start_send(7).unwrap();
    /// assert_eq!(rx.recv().await, Some(7));
    /// # Ok::<_, mpmc_std::error::SendError<()>>(())
    /// # }).unwrap();
    /// ```
    #[doc(alias = "poll_ready")]
    pub fn poll_reserve(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError<()>>> {
        if self.sink.holds_permit {
            return Poll::Ready(Ok(()));
        }
        if self.sink.closed {
            return Poll::Ready(Err(SendError(())));
        }
        let queue = &self.shared.queue;
        let state = &mut self.sink;
        let reserved = queue.poll_reserve(&mut state.countable, cx, |reserve, cx| {
            state.waiter.poll(reserve, cx)
        });
        state.holds_permit = matches!(reserved, Poll::Ready(Ok(())));
        reserved
    }

    /// Closes this handle, if it is not closed yet, and gives its permit back.
    pub(crate) fn disconnect(&mut self) {
        let permits = usize::from(self.sink.take_permit());
        self.end(permits);
    }

    /// Closes this handle, if it is not closed yet, and gives `permits` permits back.
    pub(super) fn end(&mut self, permits: usize) {
        let was_closed = core::mem::replace(&mut self.sink.closed, true);
        let shared = &self.shared;
        // Wakers are called and dropped here. They are user code and may panic.
        let _count = defer(|| {
            if !was_closed {
                shared.drop_sender();
            }
        });
        let _permits = defer(|| shared.queue.release(permits));
        let _closed = defer(|| {
            shared.closed.deregister_observer(&mut self.closed);
        });
        let queue = &shared.queue;
        let _countable = defer(|| {
            queue.leave_countable(&mut self.sink.countable);
        });
        let _ready = defer(|| self.sink.ready.deregister(&queue.senders_side()));
        self.sink.waiter.deregister(&queue.senders_side());
    }
}

/// A failed `start_send` returns the message in its error. The error of `poll_ready` contains no
/// message.
///
/// # Cancel safety
///
/// The handle keeps the capacity that `poll_ready` reserved until `start_send` uses it, or until
/// the handle is dropped or closed as a sink. Do not keep the capacity for long. A handle that was
/// woken and is neither polled nor dropped holds one wake that other senders could use; see
/// [`poll_reserve`](Sender::poll_reserve).
///
/// # Examples
///
/// ```
/// use futures::{SinkExt, StreamExt, stream};
///
/// # futures::executor::block_on(async {
/// let (mut tx, rx) = mpmc_std::channel(2);
/// let send_all = async move {
///     tx.send_all(&mut stream::iter([1, 2, 3]).map(Ok)).await.unwrap();
/// };
/// let (_, received) = futures::join!(send_all, rx.collect::<Vec<_>>());
/// assert_eq!(received, [1, 2, 3]);
/// # });
/// ```
impl<T> Sink<T> for Sender<T> {
    type Error = SendError<Option<T>>;

    /// Reserves capacity for one message. Fails with `SendError(None)` if the channel is closed.
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_reserve(cx).map_err(|_| SendError(None))
    }

    /// Sends a message on the capacity that `poll_ready` reserved. The message is in the channel
    /// when this returns, even if the channel was closed since, as long as there is a receiver.
    ///
    /// # Errors
    ///
    /// `SendError(Some(item))` if no receiver is left or this handle was closed, or if the channel
    /// is closed and no capacity is reserved.
    ///
    /// # Panics
    ///
    /// Panics if no capacity is reserved while the channel is open: `poll_ready` must return
    /// `Ready(Ok(()))` first. Nothing has been sent then.
    #[track_caller]
    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        if self.sink.take_permit() {
            return self
                .shared
                .send_reserved(item)
                .map_err(|item| SendError(Some(item)));
        }
        if self.is_closed() {
            return Err(SendError(Some(item)));
        }
        panic!("`start_send` called without a successful `poll_ready`");
    }

    /// Returns `Ready`: a message is in the channel as soon as `start_send` has returned.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    /// Closes this handle, as dropping it would. Sending through it fails from now on; other
    /// senders are not affected. Capacity that `poll_ready` reserved is given back, unlike with
    /// [`Sender::close`], because a closed sink accepts no items.
    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.disconnect();
        Poll::Ready(Ok(()))
    }
}

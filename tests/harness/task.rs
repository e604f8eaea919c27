//! Futures and handles that a test polls by hand, so that it decides what happens between two polls.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::{Sink, Stream};
use mpmc_std::error::SendError;
use mpmc_std::{Receiver, Sender};

/// The largest number of times in a row that an operation may wake itself: because of the
/// cooperative budget, of a grant of a waiter that is not polled, or of a step that another thread
/// has not finished.
pub(crate) const MAX_RETRIES: usize = 10_000;

/// A task without a future: counts its wakes, and polls what a test passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct WakeCounter(Arc<Wakes>);

#[derive(Debug, Default)]
struct Wakes {
    since_last_poll: AtomicBool,
    total: AtomicUsize,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.since_last_poll.store(true, Ordering::SeqCst);
        self.total.fetch_add(1, Ordering::SeqCst);
    }
}

impl WakeCounter {
    /// Returns a waker of this task.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// Polls once.
    pub(crate) fn poll<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> R) -> R {
        self.clear_woken();
        poll(&mut Context::from_waker(&self.waker()))
    }

    /// Polls until the result is ready or the task parks: a poll that wakes the task itself asks for
    /// another poll.
    #[track_caller]
    pub(crate) fn poll_until_parked<R>(
        &self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        for _ in 0..MAX_RETRIES {
            let polled = self.poll(&mut poll);
            if polled.is_ready() || !self.is_woken() {
                return polled;
            }
            std::thread::yield_now();
        }
        panic!("wakes itself forever");
    }

    /// Returns whether the task was woken since its last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.0.since_last_poll.load(Ordering::SeqCst)
    }

    /// Forgets that the task was woken. Returns whether it was.
    pub(crate) fn clear_woken(&self) -> bool {
        self.0.since_last_poll.swap(false, Ordering::SeqCst)
    }

    /// Returns the number of wakes.
    pub(crate) fn wakes(&self) -> usize {
        self.0.total.load(Ordering::SeqCst)
    }
}

/// A future that is polled by hand. Dropping it cancels the future.
pub(crate) struct Task<F: ?Sized> {
    task: WakeCounter,
    future: Pin<Box<F>>,
}

/// A [`Task`] of any future with this output.
pub(crate) type BoxedTask<'a, T> = Task<dyn Future<Output = T> + 'a>;

/// A [`BoxedTask`] that can move to another thread.
pub(crate) type SendTask<'a, T> = Task<dyn Future<Output = T> + Send + 'a>;

impl<F: Future> Task<F> {
    /// A new task counts as woken, because it must be polled.
    pub(crate) fn new(future: F) -> Self {
        Self::from_pinned(Box::pin(future))
    }

    /// Creates a task, polls it once, and checks that it waits.
    #[track_caller]
    pub(crate) fn parked(future: F) -> Self {
        let mut task = Self::new(future);
        task.parks();
        task
    }
}

impl<'a, T> BoxedTask<'a, T> {
    /// See [`Task::new`].
    pub(crate) fn boxed(future: impl Future<Output = T> + 'a) -> Self {
        Self::from_pinned(Box::pin(future))
    }
}

impl<'a, T> SendTask<'a, T> {
    /// See [`Task::new`].
    pub(crate) fn boxed(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self::from_pinned(Box::pin(future))
    }

    /// Polls a handle instead of a future.
    pub(crate) fn from_fn(poll: impl FnMut(&mut Context<'_>) -> Poll<T> + Send + 'a) -> Self {
        Self::boxed(poll_fn(poll))
    }
}

impl<F: Future + ?Sized> Task<F> {
    /// See [`Task::new`].
    pub(crate) fn from_pinned(future: Pin<Box<F>>) -> Self {
        let task = WakeCounter::default();
        task.0.since_last_poll.store(true, Ordering::SeqCst);
        Self { task, future }
    }

    /// Polls once, even if the poll wakes the task itself.
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.task.poll(|cx| self.future.as_mut().poll(cx))
    }

    /// Polls once with a waker that the test passes.
    pub(crate) fn poll_with(&mut self, waker: &Waker) -> Poll<F::Output> {
        self.task.clear_woken();
        self.future.as_mut().poll(&mut Context::from_waker(waker))
    }

    /// Polls until the task is done or parks; see [`WakeCounter::poll_until_parked`]. For a test that
    /// may come when the cooperative budget of its thread is used up: on WebAssembly, all tests run
    /// on one thread.
    #[track_caller]
    pub(crate) fn poll_until_parked(&mut self) -> Poll<F::Output> {
        let future = &mut self.future;
        self.task.poll_until_parked(|cx| future.as_mut().poll(cx))
    }

    /// Polls once, and checks that the task waits without waking itself.
    #[track_caller]
    pub(crate) fn parks(&mut self) {
        assert!(self.poll().is_pending(), "was expected to wait");
        assert!(
            !self.is_woken(),
            "was expected to wait without waking itself"
        );
    }

    /// Polls once a task that must be ready now, and returns its output.
    #[track_caller]
    pub(crate) fn expect_ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("was expected to be ready"),
        }
    }

    /// Polls once a task that must be ready now, drops its future, and returns its output.
    #[track_caller]
    pub(crate) fn finish(mut self) -> F::Output {
        self.expect_ready()
    }

    /// Uses another waker from the next poll on.
    pub(crate) fn replace_waker(&mut self) {
        self.task = WakeCounter::default();
    }

    /// Returns whether the task was woken since its last poll, or has never been polled.
    pub(crate) fn is_woken(&self) -> bool {
        self.task.is_woken()
    }

    /// Returns the number of wakes of the waker that is used now.
    pub(crate) fn wakes(&self) -> usize {
        self.task.wakes()
    }
}

/// Polls once a future that must be ready, and returns its output.
#[track_caller]
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    Task::new(future).expect_ready()
}

/// Polls a future once and drops it.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Calls `poll_next` once, with a waker that does nothing.
pub(crate) fn poll_next<T>(rx: &mut Receiver<T>) -> Poll<Option<T>> {
    Pin::new(rx).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Calls `poll_ready` once, with a waker that does nothing.
pub(crate) fn poll_ready<T>(tx: &mut Sender<T>) -> Poll<Result<(), SendError<Option<T>>>> {
    Pin::new(tx).poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Reserves a permit through the sink, for which there must be capacity.
#[track_caller]
pub(crate) fn reserve<T>(tx: &mut Sender<T>) {
    assert!(matches!(poll_ready(tx), Poll::Ready(Ok(()))));
}

//! Futures and handles that a test polls by hand, with wakers that count.

use std::future::Future;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// The time after which a test counts as hanging. Only failures wait for it.
const LIMIT: Duration = Duration::from_secs(60);

/// The largest number of times in a row that an operation may wake itself although it could
/// succeed: because of the cooperative budget, or of a grant of a waiter that is not polled.
pub(crate) const MAX_RETRIES: usize = 10_000;

/// Runs `body` on a thread of its own, and fails instead of hanging.
pub(crate) fn within_seconds<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, outcome) = mpsc::channel();
    let thread = thread::spawn(move || done.send(body()));
    let is_emulated = std::env::var_os("MPMC_TEST_RUNNER").is_some();
    match outcome.recv_timeout(if is_emulated { 5 * LIMIT } else { LIMIT }) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            resume_unwind(thread.join().expect_err("no result"))
        }
    }
}

/// A counter of wakes that also records whether there was one since the last poll.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    woken: AtomicBool,
    total: AtomicUsize,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.total.fetch_add(1, Ordering::SeqCst);
    }
}

type PollFn<'a, T> = Box<dyn FnMut(&mut Context<'_>) -> Poll<T> + Send + 'a>;

/// A future, or a handle that is polled, with a counting waker. Dropping it cancels the wait.
pub(crate) struct Waiter<'a, T> {
    poll: PollFn<'a, T>,
    wakes: Arc<Wakes>,
}

impl<'a, T> Waiter<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        let mut future = Box::pin(future);
        Self::from_fn(move |cx| future.as_mut().poll(cx))
    }

    pub(crate) fn from_fn(poll: impl FnMut(&mut Context<'_>) -> Poll<T> + Send + 'a) -> Self {
        Self {
            poll: Box::new(poll),
            wakes: Arc::default(),
        }
    }

    /// Polls once, even if the poll wakes the waiter itself.
    pub(crate) fn poll_once(&mut self) -> Poll<T> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        self.poll_with(&waker)
    }

    /// Polls once with a waker that the test passes.
    pub(crate) fn poll_with(&mut self, waker: &Waker) -> Poll<T> {
        self.wakes.woken.store(false, Ordering::SeqCst);
        (self.poll)(&mut Context::from_waker(waker))
    }

    /// Polls until the waiter is done or parks: a poll that woke the waiter itself asks for another
    /// poll.
    #[track_caller]
    pub(crate) fn poll(&mut self) -> Poll<T> {
        for _ in 0..MAX_RETRIES {
            let polled = self.poll_once();
            if polled.is_ready() || !self.is_woken() {
                return polled;
            }
        }
        panic!("wakes itself forever");
    }

    /// Polls, and checks that the waiter parks.
    #[track_caller]
    pub(crate) fn parks(&mut self) {
        assert!(self.poll().is_pending(), "was expected to wait");
    }

    /// Polls, and checks that the waiter is done.
    #[track_caller]
    pub(crate) fn finish(mut self) -> T {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("was expected to be ready"),
        }
    }

    /// Uses another waker from the next poll on.
    pub(crate) fn replace_waker(&mut self) {
        self.wakes = Arc::default();
    }

    /// Returns whether the waiter was woken since its last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.wakes.woken.load(Ordering::SeqCst)
    }

    /// Returns the number of calls of its waker.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.total.load(Ordering::SeqCst)
    }
}

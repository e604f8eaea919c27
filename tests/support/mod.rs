//! Test utilities: tasks polled by hand, messages that count their drops, and time limits.

// Each test binary uses a part of this module.
#![allow(dead_code)]

pub(crate) mod process;
pub(crate) mod traffic;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures::{Sink, Stream};
use mpmc_std::error::SendError;
use mpmc_std::{Receiver, Sender};

/// The time limit of a step on a busy machine. Only a failing test waits for it.
const LIMIT: Duration = Duration::from_secs(30);

/// Awaits `future`, and panics instead of hanging. Needs a tokio runtime.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let done = tokio::time::timeout(LIMIT, future).await;
    done.expect("hangs: a task was not woken")
}

/// Runs `body` on a thread of its own, and panics instead of hanging.
pub(crate) fn within_limit<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    while_it_moves(|_| body())
}

/// Reports the progress of a long test to [`while_it_moves`].
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    /// Reports progress. Many threads can call this often: the flag is written only if it is not
    /// set.
    pub(crate) fn made(&self) {
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether progress was reported since the last call.
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Runs `body` on a thread of its own while it makes progress, even slowly, and panics instead of
/// hanging.
pub(crate) fn while_it_moves<R: Send + 'static>(
    body: impl FnOnce(&Progress) -> R + Send + 'static,
) -> R {
    let progress = Progress::default();
    let moves = progress.clone();
    let (done, outcome) = mpsc::channel();
    let thread = thread::spawn(move || done.send(body(&moves)).expect("the test waits"));
    loop {
        match outcome.recv_timeout(LIMIT) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) if progress.take() => {}
            Err(RecvTimeoutError::Timeout) => panic!("hangs: no progress for {LIMIT:?}"),
            Err(RecvTimeoutError::Disconnected) => {
                resume_unwind(thread.join().expect_err("no result"))
            }
        }
    }
}

/// A task that records whether it was woken since its last poll.
#[derive(Clone, Default)]
pub(crate) struct Woken(Arc<WokenFlag>);

#[derive(Default)]
struct WokenFlag(AtomicBool);

impl Wake for WokenFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Woken {
    pub(crate) fn poll<R>(&self, poll: impl FnOnce(&mut Context<'_>) -> R) -> R {
        self.0.0.store(false, Ordering::SeqCst);
        // Each poll has a waker of its own, because only the last registered waker must be woken.
        let waker = Waker::from(Arc::clone(&self.0));
        poll(&mut Context::from_waker(&waker))
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }
}

/// A future that is polled by hand, so that a test decides what happens between two polls.
///
/// Dropping it cancels the future.
pub(crate) struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Woken,
}

impl<'a, T> Task<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'a) -> Self {
        // A new task must be polled, as in an executor.
        let woken = Woken::default();
        woken.0.wake_by_ref();
        Self {
            future: Box::pin(future),
            woken,
        }
    }

    /// Creates a task, polls it once, and checks that it waits.
    #[track_caller]
    pub(crate) fn parked(future: impl Future<Output = T> + 'a) -> Self {
        let mut task = Self::new(future);
        task.parks();
        task
    }

    pub(crate) fn poll(&mut self) -> Poll<T> {
        self.woken
            .poll(|context| self.future.as_mut().poll(context))
    }

    /// Polls the task, and checks that it waits without waking itself.
    #[track_caller]
    pub(crate) fn parks(&mut self) {
        assert!(self.poll().is_pending(), "was expected to wait");
        assert!(
            !self.is_woken(),
            "was expected to wait without waking itself"
        );
    }

    /// Polls a task that must be ready now, and returns its output.
    #[track_caller]
    pub(crate) fn finish(mut self) -> T {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("was expected to be ready"),
        }
    }

    /// Returns whether the task was woken since its last poll, or has never been polled.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.is_woken()
    }
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

/// Counts the drops of each of its messages.
#[derive(Clone, Default)]
pub(crate) struct Drops(Arc<Mutex<Vec<usize>>>);

impl Drops {
    /// Creates a message that records its drop here.
    pub(crate) fn message(&self) -> Counted {
        let mut drops = self.0.lock().unwrap();
        drops.push(0);
        Counted {
            number: drops.len() - 1,
            drops: self.clone(),
            panics: false,
        }
    }

    /// Creates a message that also panics when it is dropped.
    pub(crate) fn bomb(&self) -> Counted {
        let mut message = self.message();
        message.panics = true;
        message
    }

    /// Returns the number of drops of each message, in the order of their creation.
    pub(crate) fn of_each(&self) -> Vec<usize> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn total(&self) -> usize {
        self.of_each().iter().sum()
    }
}

/// A message of [`Drops`].
pub(crate) struct Counted {
    number: usize,
    drops: Drops,
    panics: bool,
}

impl Counted {
    /// Returns the index of the message in the order of creation.
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "message {}", self.number)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.0.lock().unwrap()[self.number] += 1;
        assert!(!self.panics, "{PANIC_WANTED}");
    }
}

const PANIC_WANTED: &str = "intended by the test";

/// Runs `body`, which must panic, and returns the message of the panic.
#[track_caller]
pub(crate) fn panic_message(body: impl FnOnce()) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(body)) else {
        panic!("was expected to panic");
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().expect("a text").to_string(),
    }
}

/// Runs `body`, and checks that it panics as intended by the test.
#[track_caller]
pub(crate) fn panics_as_wanted(body: impl FnOnce()) {
    assert_eq!(panic_message(body), PANIC_WANTED);
}

/// Wakers that panic in one of their functions.
pub(crate) mod panicking_waker {
    use std::task::{RawWaker, RawWakerVTable, Waker};

    const WAKE: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &WAKE),
        |_| panic!("{}", super::PANIC_WANTED),
        |_| panic!("{}", super::PANIC_WANTED),
        |_| {},
    );
    const CLONE: RawWakerVTable = RawWakerVTable::new(
        |_| panic!("{}", super::PANIC_WANTED),
        |_| {},
        |_| {},
        |_| {},
    );

    const LEFT_THERE: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &LEFT_THERE),
        |_| {},
        |_| {},
        |_| panic!("{}", super::PANIC_WANTED),
    );
    const DROP: RawWakerVTable = RawWakerVTable::new(
        |data| RawWaker::new(data, &LEFT_THERE),
        |_| {},
        |_| {},
        |_| {},
    );

    fn waker(table: &'static RawWakerVTable) -> Waker {
        // SAFETY: the data pointer is never used, so it is valid on any thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), table)) }
    }

    pub(crate) fn in_wake() -> Waker {
        waker(&WAKE)
    }

    pub(crate) fn in_clone() -> Waker {
        waker(&CLONE)
    }

    /// Returns a waker whose clones panic when they are dropped.
    pub(crate) fn in_drop() -> Waker {
        waker(&DROP)
    }
}

/// A deterministic pseudorandom number generator (splitmix64).
pub(crate) struct PseudoRandom(pub(crate) u64);

impl PseudoRandom {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

//! What the tests share: tasks polled by hand, messages that count their drops, and limits on time.

// Every test binary uses its own part of this.
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

/// How long something that ought to end may take on a busy machine. Only failures wait for it.
const LIMIT: Duration = Duration::from_secs(30);

/// Awaits `future`, but fails instead of hanging. Needs a tokio runtime.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let done = tokio::time::timeout(LIMIT, future).await;
    done.expect("hangs: somebody was not woken")
}

/// Runs `body` on a thread of its own, but fails instead of hanging.
pub(crate) fn within_limit<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    while_it_moves(|_| body())
}

/// What a long test tells about itself to [`while_it_moves`].
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

impl Progress {
    /// Something has been achieved. Cheap enough to be called by many threads all the time: the flag is
    /// written only if it is not set.
    pub(crate) fn made(&self) {
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Whether any was made since this was last asked.
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Runs `body` on a thread of its own for as long as it makes progress, however slowly, but fails instead of
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

/// Knows whether it was woken since somebody was last polled with it.
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
        // A waker of its own for each poll: the last one given is the one that counts.
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
        // As executors have it: a new task is due to be polled.
        let woken = Woken::default();
        woken.0.wake_by_ref();
        Self {
            future: Box::pin(future),
            woken,
        }
    }

    /// A task that has found nothing to do and waits.
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

    /// Polls what is expected to wait for others, not for its own turn.
    #[track_caller]
    pub(crate) fn parks(&mut self) {
        assert!(self.poll().is_pending(), "was expected to wait");
        assert!(!self.is_woken(), "was expected to wait for others");
    }

    /// Polls what is expected to be done now.
    #[track_caller]
    pub(crate) fn finish(mut self) -> T {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("was expected to be ready"),
        }
    }

    /// Whether it was woken since it was last polled, or has never been polled.
    pub(crate) fn is_woken(&self) -> bool {
        self.woken.is_woken()
    }
}

/// Polls a future once and drops it.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// One `poll_next` that nobody is woken for.
pub(crate) fn poll_next<T>(rx: &mut Receiver<T>) -> Poll<Option<T>> {
    Pin::new(rx).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// One `poll_ready` that nobody is woken for.
pub(crate) fn poll_ready<T>(tx: &mut Sender<T>) -> Poll<Result<(), SendError<Option<T>>>> {
    Pin::new(tx).poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Takes a permit through the sink, which must be free.
#[track_caller]
pub(crate) fn reserve<T>(tx: &mut Sender<T>) {
    assert!(matches!(poll_ready(tx), Poll::Ready(Ok(()))));
}

/// Knows how often each of its messages was dropped.
#[derive(Clone, Default)]
pub(crate) struct Drops(Arc<Mutex<Vec<usize>>>);

impl Drops {
    /// A message that notes its drop here.
    pub(crate) fn message(&self) -> Counted {
        let mut drops = self.0.lock().unwrap();
        drops.push(0);
        Counted {
            number: drops.len() - 1,
            drops: self.clone(),
            panics: false,
        }
    }

    /// A message that also panics when it is dropped.
    pub(crate) fn bomb(&self) -> Counted {
        let mut message = self.message();
        message.panics = true;
        message
    }

    /// The number of drops of each message, in the order in which they were made.
    pub(crate) fn of_each(&self) -> Vec<usize> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn total(&self) -> usize {
        self.of_each().iter().sum()
    }
}

/// See [`Drops`].
pub(crate) struct Counted {
    number: usize,
    drops: Drops,
    panics: bool,
}

impl Counted {
    /// Its place in the order in which messages were made.
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

const PANIC_WANTED: &str = "as the test wants it";

/// The message of the panic that `body` ends in.
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

/// Runs `body`, which panics because the test wants it, and for no other reason.
#[track_caller]
pub(crate) fn panics_as_wanted(body: impl FnOnce()) {
    assert_eq!(panic_message(body), PANIC_WANTED);
}

/// A waker that panics in what it is told to.
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
        // SAFETY: the data pointer is never used, so nothing can be wrong with it in any thread.
        unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), table)) }
    }

    pub(crate) fn in_wake() -> Waker {
        waker(&WAKE)
    }

    pub(crate) fn in_clone() -> Waker {
        waker(&CLONE)
    }

    /// Its clones panic, when they are dropped.
    pub(crate) fn in_drop() -> Waker {
        waker(&DROP)
    }
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(crate) struct PseudoRandom(pub(crate) u64);

impl PseudoRandom {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

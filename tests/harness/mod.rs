//! Test utilities: tasks polled by hand, threads with a time limit, and messages that count drops.

// Each test file is a crate of its own and uses a part of this module.
#![allow(dead_code)]

pub(crate) mod hooks;

use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// A time limit far longer than any test, so that a lost wakeup fails the test instead of hanging
/// it.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Counts the wakes of a task.
#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A task that polls futures and handles when a test says so.
#[derive(Debug, Default)]
pub(crate) struct Task(Arc<Wakes>);

impl Task {
    /// Polls, and polls again as long as the poll wakes the task itself: then the task's budget is
    /// spent, or another thread has not finished its step.
    pub(crate) fn poll<R>(&self, mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> Poll<R> {
        let waker = Waker::from(Arc::clone(&self.0));
        let start = Instant::now();
        while start.elapsed() < TIME_LIMIT {
            self.0.0.store(0, Ordering::SeqCst);
            let polled = poll(&mut Context::from_waker(&waker));
            if polled.is_ready() || !self.is_woken() {
                return polled;
            }
            thread::yield_now();
        }
        panic!("a future wakes itself forever");
    }

    /// Returns whether the task was woken since its last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.0.0.load(Ordering::SeqCst) > 0
    }
}

/// A future that a test polls by hand.
pub(crate) struct Polled<F: Future> {
    future: Pin<Box<F>>,
    task: Task,
}

impl<F: Future> Polled<F> {
    pub(crate) fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            task: Task::default(),
        }
    }

    /// See [`Task::poll`].
    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.task.poll(|cx| self.future.as_mut().poll(cx))
    }

    /// Returns whether the future was woken since its last poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.task.is_woken()
    }

    /// Polls a future that must be ready now, and returns its output.
    #[track_caller]
    pub(crate) fn expect_ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future is not ready"),
        }
    }

    #[track_caller]
    pub(crate) fn expect_pending(&mut self) {
        assert!(self.poll().is_pending(), "the future is ready");
    }
}

/// Polls a future that must be ready at once, and returns its output.
#[track_caller]
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    Polled::new(future).expect_ready()
}

/// Polls a future that must wait once, and returns it.
#[track_caller]
pub(crate) fn pending<F: Future>(future: F) -> Polled<F> {
    let mut polled = Polled::new(future);
    polled.expect_pending();
    polled
}

/// Runs a future on a runtime with several threads, if there is one; fails if it does not finish.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    #[cfg(not(target_family = "wasm"))]
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    #[cfg(not(target_family = "wasm"))]
    builder.worker_threads(4);
    // There is no other on WebAssembly.
    #[cfg(target_family = "wasm")]
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    let finished = runtime.block_on(async { tokio::time::timeout(TIME_LIMIT, future).await });
    // Tasks that hang are left behind, so that the failure is reported.
    runtime.shutdown_background();
    finished.expect("the test does not finish")
}

/// Runs `work` on `count` threads, which get the numbers from 0, and returns their results. Panics
/// if they do not finish.
pub(crate) fn threads<R: Send + 'static>(
    count: usize,
    work: impl Fn(usize) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let work = Arc::new(work);
    let (report, reports) = mpsc::channel();
    for number in 0..count {
        let (work, report) = (Arc::clone(&work), report.clone());
        thread::spawn(move || {
            let result = work(number);
            // Drops the captured values before the result is reported.
            drop(work);
            report.send((number, result))
        });
    }
    drop((work, report));
    let mut results: Vec<_> = (0..count)
        .map(|_| {
            let result = reports.recv_timeout(TIME_LIMIT);
            result.expect("a thread panicked or does not finish")
        })
        .collect();
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Counts how often each of its [`Token`]s was dropped.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(Arc<[AtomicUsize]>);

impl Ledger {
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| AtomicUsize::new(0)).collect())
    }

    pub(crate) fn token(&self, number: usize) -> Token {
        Token {
            number,
            ledger: self.clone(),
        }
    }

    /// Returns the number of dropped tokens.
    pub(crate) fn dropped(&self) -> usize {
        let counts = self.0.iter();
        counts.map(|count| count.load(Ordering::SeqCst)).sum()
    }

    #[track_caller]
    pub(crate) fn assert_each_dropped_once(&self) {
        for (number, count) in self.0.iter().enumerate() {
            let count = count.load(Ordering::SeqCst);
            assert_eq!(count, 1, "token {number} was dropped {count} times");
        }
    }
}

/// A message that records its drop in a [`Ledger`].
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) number: usize,
    ledger: Ledger,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.ledger.0[self.number].fetch_add(1, Ordering::SeqCst);
    }
}

/// Runs `work`, which must panic, and returns the message of the panic.
#[track_caller]
pub(crate) fn panic_message<R>(work: impl FnOnce() -> R) -> String {
    let caught = panic::catch_unwind(AssertUnwindSafe(work));
    let payload = caught.err().expect("this must panic");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().unwrap().to_string(),
    }
}

/// Runs `work`, which must panic on this thread, and returns the file of the panic's location.
#[track_caller]
pub(crate) fn panic_file<R>(work: impl FnOnce() -> R) -> String {
    // The panic hook is global: one test at a time uses it, and panics of other threads are
    // ignored.
    static SERIAL: Mutex<()> = Mutex::new(());
    let _serial = SERIAL.lock().unwrap();
    let file = Arc::new(Mutex::new(String::new()));
    let location = Arc::clone(&file);
    let mine = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == mine {
            *location.lock().unwrap() = info.location().unwrap().file().into();
        }
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(before);
    assert!(result.is_err(), "this must panic");
    file.lock().unwrap().clone()
}

/// Asserts that `received` holds each number below `count` once, in any order.
#[track_caller]
pub(crate) fn assert_all_once(received: impl IntoIterator<Item = usize>, count: usize) {
    let mut received: Vec<_> = received.into_iter().collect();
    received.sort_unstable();
    assert_eq!(received, (0..count).collect::<Vec<_>>());
}

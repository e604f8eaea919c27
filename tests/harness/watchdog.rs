//! Watchdogs, so that a lost wakeup fails its test instead of hanging it.
//!
//! They judge progress and not time, for a test that is only slow, on a loaded machine, must not
//! fail. A long test reports its progress; a short one takes a thousandth of the limit.

use std::cell::RefCell;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Returns the time without progress after which a test fails. Only a failing test waits for it.
pub(crate) fn limit() -> Duration {
    const SECONDS: u64 = 60;
    let is_emulated = std::env::var_os("MPMC_TEST_RUNNER").is_some();
    Duration::from_secs(if is_emulated { 5 * SECONDS } else { SECONDS })
}

/// Reports the progress of a long test to its watchdog.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<AtomicBool>);

thread_local! {
    /// The progress of the watchdog that watches this thread, if there is one.
    static OF_THIS_THREAD: RefCell<Progress> = RefCell::default();
}

impl Progress {
    /// Reports progress. Many threads can call this often: the flag is written only if it is not
    /// set.
    pub(crate) fn made(&self) {
        if !self.0.load(Ordering::Relaxed) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    /// Makes [`report_progress`] report to this progress when this thread calls it.
    pub(super) fn watch_this_thread(&self) {
        OF_THIS_THREAD.set(self.clone());
    }

    /// Returns whether progress was reported since the last call.
    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    /// Receives a result from a watched thread. Panics if there is no progress for too long; returns
    /// an error if the threads that could send a result are gone.
    pub(super) fn await_result<R>(&self, results: &Receiver<R>) -> Result<R, mpsc::RecvError> {
        let limit = limit();
        loop {
            match results.recv_timeout(limit) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) if self.take() => {}
                Err(RecvTimeoutError::Timeout) => panic!("hangs: no progress for {limit:?}"),
                Err(RecvTimeoutError::Disconnected) => return Err(mpsc::RecvError),
            }
        }
    }
}

/// Reports progress to the watchdog that watches this thread: [`while_it_moves`], [`within_limit`],
/// [`threads`](super::threads()) or [`run`](super::run).
pub(crate) fn report_progress() {
    OF_THIS_THREAD.with_borrow(Progress::made);
}

/// Runs `body` on a thread of its own while it makes progress, even slowly, and panics instead of
/// hanging.
#[track_caller]
pub(crate) fn while_it_moves<R: Send + 'static>(
    body: impl FnOnce(&Progress) -> R + Send + 'static,
) -> R {
    let progress = Progress::default();
    let (done, outcome) = mpsc::channel();
    let thread = thread::spawn({
        let progress = progress.clone();
        move || {
            progress.watch_this_thread();
            done.send(body(&progress)).expect("the test waits");
        }
    });
    match progress.await_result(&outcome) {
        Ok(result) => result,
        Err(_) => resume_unwind(thread.join().expect_err("no result")),
    }
}

/// Runs `body` on a thread of its own, and panics instead of hanging. A body that may take longer
/// than some seconds calls [`report_progress`].
#[track_caller]
pub(crate) fn within_limit<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    while_it_moves(|_| body())
}

/// Awaits `future`, and panics instead of hanging. Needs a tokio runtime.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    soon_while_it_moves(&Progress::default(), future).await
}

/// Awaits `future` while there is progress, and panics instead of hanging. Needs a tokio runtime.
pub(crate) async fn soon_while_it_moves<F: Future>(progress: &Progress, future: F) -> F::Output {
    soon_or_explain(progress, future, String::new).await
}

/// Does the same, and adds an explanation to the panic.
pub(crate) async fn soon_or_explain<F: Future>(
    progress: &Progress,
    future: F,
    explain: impl Fn() -> String,
) -> F::Output {
    let limit = limit();
    let mut future = pin!(future);
    loop {
        match tokio::time::timeout(limit, &mut future).await {
            Ok(output) => return output,
            Err(_) if progress.take() => {}
            Err(_) => panic!("hangs: no progress for {limit:?} {}", explain()),
        }
    }
}

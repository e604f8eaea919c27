//! Work on several threads, and on tokio's runtime.

use std::future::Future;
use std::sync::{Arc, mpsc};
use std::thread;

use super::watchdog::{Progress, soon_while_it_moves};

/// Runs `work` on `count` threads, which get the numbers from 0, and returns their results. Panics
/// if one panics, or if there is no progress for too long: `work` may call
/// [`report_progress`](super::report_progress).
pub(crate) fn threads<R: Send + 'static>(
    count: usize,
    work: impl Fn(usize) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let work = Arc::new(work);
    let progress = Progress::default();
    let (report, reports) = mpsc::channel();
    for number in 0..count {
        let (work, report, progress) = (Arc::clone(&work), report.clone(), progress.clone());
        thread::spawn(move || {
            progress.watch_this_thread();
            let result = work(number);
            // Drops the captured values before the result is reported.
            drop(work);
            report.send((number, result))
        });
    }
    drop((work, report));
    let mut results: Vec<_> = (0..count)
        .map(|_| progress.await_result(&reports).expect("a thread panicked"))
        .collect();
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs a future on a runtime with several threads, if there is one. Panics if there is no progress
/// for too long: the future and its tasks may call [`report_progress`](super::report_progress).
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let progress = Progress::default();
    #[cfg(not(target_family = "wasm"))]
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    #[cfg(not(target_family = "wasm"))]
    builder.worker_threads(4).on_thread_start({
        let progress = progress.clone();
        move || progress.watch_this_thread()
    });
    // There is no other on WebAssembly.
    #[cfg(target_family = "wasm")]
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().unwrap();
    let output = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(soon_while_it_moves(&progress, future))
    }));
    // Tasks that hang are left behind, so that the failure is reported.
    runtime.shutdown_background();
    output.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

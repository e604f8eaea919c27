//! The executors that asynchronous scenarios run on, behind one call.

use std::future::Future;
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor as SmolExecutor;
use tokio::runtime::{Builder, Runtime};

/// A task that a scenario spawns. The output is the number of messages received, or 0 for a sender.
pub type Task = Pin<Box<dyn Future<Output = u64> + Send>>;

/// The number of worker threads of the executors that have several.
pub const WORKERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// tokio with [`WORKERS`] threads.
    TokioMulti,
    /// tokio on the calling thread.
    TokioCurrent,
    /// async-executor, the executor of smol, with [`WORKERS`] threads.
    Smol,
}

impl Executor {
    pub fn name(self) -> &'static str {
        match self {
            Self::TokioMulti => "tokio-multi",
            Self::TokioCurrent => "tokio-current",
            Self::Smol => "smol",
        }
    }

    /// Runs all tasks until they have ended. Returns the time from the first spawn to the last end,
    /// and the output of each task.
    pub fn run(self, tasks: Vec<Task>) -> (Duration, Vec<u64>) {
        match self {
            Self::TokioMulti => on_tokio(&tokio_multi(), tasks),
            Self::TokioCurrent => on_tokio(&tokio_current(), tasks),
            Self::Smol => on_smol(tasks),
        }
    }
}

/// Returns a tokio runtime with [`WORKERS`] threads.
pub fn tokio_multi() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_time()
        .build()
        .expect("a tokio runtime")
}

/// Returns a tokio runtime on the calling thread.
pub fn tokio_current() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a tokio runtime")
}

fn on_tokio(runtime: &Runtime, tasks: Vec<Task>) -> (Duration, Vec<u64>) {
    runtime.block_on(async {
        let start = Instant::now();
        let handles: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        let mut outputs = Vec::with_capacity(handles.len());
        for handle in handles {
            outputs.push(handle.await.expect("a task panicked"));
        }
        (start.elapsed(), outputs)
    })
}

fn on_smol(tasks: Vec<Task>) -> (Duration, Vec<u64>) {
    let executor = SmolExecutor::new();
    let (stop, stopped) = async_channel::bounded::<()>(1);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| futures_lite::future::block_on(executor.run(stopped.recv())));
        }
        // The main thread only waits, as with tokio's `block_on`: it does not work as a third
        // worker.
        let result = futures_lite::future::block_on(async {
            let start = Instant::now();
            let handles: Vec<_> = tasks.into_iter().map(|task| executor.spawn(task)).collect();
            let mut outputs = Vec::with_capacity(handles.len());
            for handle in handles {
                outputs.push(handle.await);
            }
            (start.elapsed(), outputs)
        });
        drop(stop);
        result
    })
}

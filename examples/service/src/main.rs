//! An HTTP job service whose queue is a channel. While the channel is full it answers 503, and no
//! accepted job is lost at shutdown.
//!
//! ```text
//! cargo run --release -p service -- --listen 127.0.0.1:3000 --workers 2 --capacity 8
//!
//! # 202 and the job's id, or 503 and Retry-After:
//! curl -i http://127.0.0.1:3000/jobs --json '{"name": "resize cat.jpg"}'
//!
//! curl http://127.0.0.1:3000/stats
//! ```
//!
//! Handlers send with `try_send`, so a request never waits for free capacity. Workers share the
//! receiver by cloning it. Ctrl-C or SIGTERM closes the channel, and that decides about every
//! request: a job that was sent before is done by a worker, and any later `try_send` fails, so the
//! client receives 503. The server continues to answer until the workers have drained the channel.
//! Then it stops, and the program checks that it did as many jobs as it accepted. A second signal
//! abandons the jobs instead.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Parser;
use futures::future::try_join_all;
use mpmc_std::error::TrySendError;
use mpmc_std::{Receiver, Sender};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time;

/// The time in which clients must read their answers after the last job is done.
const GRACE: Duration = Duration::from_secs(5);

/// A job service over HTTP on a bounded channel.
///
/// POST /jobs with {"name": "..."} answers 202 with the job's id, or 503 with Retry-After while the
/// queue is full. GET /stats answers with counters. Ctrl-C or SIGTERM stops accepting jobs, with
/// 503 as the answer, and finishes those accepted. A second signal gives them up.
///
/// Exits with 0 if every accepted job was done.
#[derive(Parser)]
#[command(name = "service")]
struct Options {
    /// The address to listen on. Port 0 chooses any free port, and the first line on stdout
    /// contains it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// The number of jobs done at the same time.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,

    /// The number of jobs that can wait in the queue.
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    capacity: u32,

    /// The duration of each job, which only sleeps.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 100)]
    job_time: u64,

    /// Write a line on stderr for each job done.
    #[arg(long)]
    verbose: bool,
}

/// The body of a request.
#[derive(Deserialize)]
struct Order {
    name: String,
}

struct Job {
    id: u64,
    name: String,
}

/// The state that the handlers share.
struct Service {
    jobs: Sender<Job>,
    counts: Arc<Counts>,
    workers: u16,
    /// The number of seconds after which a client should try again.
    retry_after: u64,
}

#[derive(Default)]
struct Counts {
    next_id: AtomicU64,
    accepted: AtomicU64,
    /// The number of jobs that were not accepted because the queue was full, or because the service
    /// was shutting down.
    rejected: AtomicU64,
    started: AtomicU64,
    done: AtomicU64,
}

/// The answer to `GET /stats`. The counters are read one after the other while the service runs, so
/// they may not belong to one moment.
#[derive(Serialize)]
struct Stats {
    accepted: u64,
    rejected: u64,
    queued: usize,
    running: u64,
    done: u64,
    capacity: usize,
    workers: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "service: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<ExitCode> {
    let options = Arc::new(options);
    let mut signals = Signals::new()?;
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on {}: {error}", options.listen),
        )
    })?;
    say(&format!("listening on {}", listener.local_addr()?));

    let (sender, receiver) = mpmc_std::channel(options.capacity as usize);
    let counts = Arc::new(Counts::default());
    let workers = try_join_all((0..options.workers).map(|_| {
        let work = work(receiver.clone(), Arc::clone(&counts), Arc::clone(&options));
        tokio::spawn(work)
    }));

    let app = Router::new()
        .route("/jobs", post(accept))
        .route("/stats", get(stats))
        .with_state(Arc::new(Service {
            jobs: sender,
            counts: Arc::clone(&counts),
            workers: options.workers,
            // By then every worker has taken another job from the queue.
            retry_after: options.job_time.div_ceil(1000).max(1),
        }));
    let (stop_server, server_stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = server_stopped.await;
    });
    let server = tokio::spawn(server.into_future());

    signals.next().await;
    // From here on `try_send` fails and handlers answer 503. The server still accepts connections,
    // or clients would see a refused connection instead of an answer.
    receiver.close();
    say(&format!(
        "shutting down, jobs in the queue: {}",
        receiver.len()
    ));
    tokio::select! {
        drained = workers => drained.map(drop).map_err(io::Error::other)?,
        () = signals.next() => return Ok(report(&counts)),
    }
    // The accepted jobs are done. A handler that has just sent its job may not have counted it yet.
    // All handlers have returned when the server has stopped. A handler that still waits for the
    // body of its request has nothing to count.
    drop(stop_server);
    if let Ok(server) = time::timeout(GRACE, server).await {
        server.map_err(io::Error::other)??;
    }
    Ok(report(&counts))
}

/// `POST /jobs`
async fn accept(State(service): State<Arc<Service>>, Json(order): Json<Order>) -> Response {
    let counts = &service.counts;
    let id = counts.next_id.fetch_add(1, Ordering::Relaxed) + 1;
    let job = Job {
        id,
        name: order.name,
    };
    let refusal = match service.jobs.try_send(job) {
        Ok(()) => {
            counts.accepted.fetch_add(1, Ordering::Relaxed);
            return (StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response();
        }
        Err(refusal) => refusal,
    };
    counts.rejected.fetch_add(1, Ordering::Relaxed);
    match refusal {
        TrySendError::Full(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, HeaderValue::from(service.retry_after))],
            Json(json!({ "error": "the queue is full" })),
        )
            .into_response(),
        TrySendError::Closed(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "error": "the service is shutting down" })),
        )
            .into_response(),
    }
}

/// `GET /stats`
async fn stats(State(service): State<Arc<Service>>) -> Json<Stats> {
    let counts = &service.counts;
    // `done` is read first: each job that it counts was started before, so `started` counts it too.
    let done = counts.done.load(Ordering::Acquire);
    let started = counts.started.load(Ordering::Relaxed);
    Json(Stats {
        accepted: counts.accepted.load(Ordering::Relaxed),
        rejected: counts.rejected.load(Ordering::Relaxed),
        queued: service.jobs.len(),
        running: started - done,
        done,
        capacity: service.jobs.max_capacity(),
        workers: service.workers,
    })
}

/// Does jobs until the channel is closed and empty.
async fn work(jobs: Receiver<Job>, counts: Arc<Counts>, options: Arc<Options>) {
    while let Some(job) = jobs.recv().await {
        counts.started.fetch_add(1, Ordering::Relaxed);
        time::sleep(Duration::from_millis(options.job_time)).await;
        counts.done.fetch_add(1, Ordering::Release);
        if options.verbose {
            let _ = writeln!(io::stderr(), "job {} done: {}", job.id, job.name);
        }
    }
}

/// Reports whether every accepted job was done.
fn report(counts: &Counts) -> ExitCode {
    let accepted = counts.accepted.load(Ordering::Relaxed);
    let rejected = counts.rejected.load(Ordering::Relaxed);
    let done = counts.done.load(Ordering::Acquire);
    let counts = format!("accepted {accepted}, done {done}, rejected {rejected}");
    if accepted == done {
        say(&format!("{counts}: nothing was lost"));
        ExitCode::SUCCESS
    } else {
        say(&format!("{counts}: not every accepted job was done"));
        ExitCode::FAILURE
    }
}

/// Writes a line on stdout. Unlike `println!`, this does not panic if stdout is closed, since a
/// service outlives the terminal that it was started from.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The signals that ask a process to end. While this exists, they do not end the process.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    fn new() -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            #[cfg(windows)]
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

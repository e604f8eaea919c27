//! A job service over HTTP whose queue is a channel: full means "come back later", and shutting down
//! loses nothing that was accepted.
//!
//! ```text
//! cargo run --release --example service -- --listen 127.0.0.1:3000 --workers 2 --capacity 8
//!
//! curl -i http://127.0.0.1:3000/jobs --json '{"name": "resize cat.jpg"}'    # 202 and the job's id, or
//!                                                                           # 503 and Retry-After
//! curl http://127.0.0.1:3000/stats
//! ```
//!
//! Handlers send with `try_send`, so that a request never waits for room; workers share the receiver,
//! cloned. Ctrl-C or SIGTERM closes the channel. That is what decides for a request that comes at the
//! same moment: either its job was in the channel before, and then a worker will do it, or `try_send`
//! fails and the client reads 503. There is no state between. Then the workers drain the channel, and the
//! program checks that it did as many jobs as it accepted. A second signal gives up instead.

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
use tokio::time;

/// How long clients may take, after the last job is done, to read their answers.
const GRACE: Duration = Duration::from_secs(5);

/// A job service over HTTP on a bounded channel.
///
/// POST /jobs with {"name": "..."} answers 202 with the job's id, or 503 with Retry-After while the
/// queue is full. GET /stats tells how things are. Ctrl-C or SIGTERM stops accepting jobs and does those
/// accepted; a second one gives them up.
///
/// Exits with 0 if every accepted job was done.
#[derive(Parser)]
#[command(name = "service")]
struct Options {
    /// Where to listen; port 0 takes any free port, and the first line on stdout tells which.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// Jobs done at the same time.
    #[arg(long, value_name = "N", default_value_t = 4,
          value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,

    /// Jobs that can wait in the queue.
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    capacity: u32,

    /// How long each job takes; the work itself is only pretended.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 100)]
    job_time: u64,

    /// Write a line on stderr for each job done.
    #[arg(long)]
    verbose: bool,
}

/// What a client posts.
#[derive(Deserialize)]
struct Order {
    name: String,
}

struct Job {
    id: u64,
    name: String,
}

/// What the handlers share.
struct Service {
    jobs: Sender<Job>,
    counts: Arc<Counts>,
    workers: u16,
    /// In how many seconds a client should try again.
    retry_after: u64,
}

#[derive(Default)]
struct Counts {
    next_id: AtomicU64,
    accepted: AtomicU64,
    /// Refused because the queue was full, or because the service was shutting down.
    rejected: AtomicU64,
    started: AtomicU64,
    done: AtomicU64,
}

/// The answer to `GET /stats`. The figures are read one after the other while the service runs, so they
/// may differ by what happened in between.
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

    let closing = sender.clone();
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
    // Closing the channel is the one act that shuts everything down, the server included.
    let server =
        axum::serve(listener, app).with_graceful_shutdown(async move { closing.closed().await });
    let server = tokio::spawn(server.into_future());

    signals.next().await;
    receiver.close();
    say(&format!(
        "shutting down, jobs in the queue: {}",
        receiver.len()
    ));
    tokio::select! {
        drained = workers => drained.map(drop).map_err(io::Error::other)?,
        () = signals.next() => return Ok(report(&counts)),
    }
    // A handler that has just sent its job may not have counted it yet. All handlers have returned when
    // the server has; one that still waits for its client's request has nothing to count.
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
    // A job done was started before; read in this order, it is never missing from `started`.
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

/// Tells what became of the accepted jobs.
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

/// Writes a line on stdout. Unlike `println!`, this does not panic where stdout is closed: a service
/// outlives the terminal that it was started from.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The signals that ask a process to end. From when this is made, they no longer end it by themselves.
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

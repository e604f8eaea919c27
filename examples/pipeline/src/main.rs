//! Counts the words of real text in a pipeline of tasks joined by two channels.
//!
//! ```text
//!                     lines                       results
//! reader ──► Sender ═════════╦══► worker 1 ──► Sink ══╦══════► Stream ──► aggregator
//! (a thread)                 ╠══► worker 2 ──► Sink ══╣
//!                            ╚══► worker N ──► Sink ══╝
//! ```
//!
//! - The *reader* walks and reads files. That blocks, so it has its own thread and sends with
//!   `blocking_send`, one message per line. When the workers are too slow, the full channel blocks
//!   it, so the memory used does not grow with the text.
//! - The *workers* share the receiver, cloned. Each receives the next line, counts its words, and
//!   feeds a result for it into the second channel, as a `Sink`.
//! - The *aggregator* uses the second channel as a `Stream`, in batches of the results that are
//!   ready.
//!
//! There is no message for "end of input": each stage ends when the senders of the stage before it
//! are dropped, and messages sent before are still received. The program checks that, and exits
//! with an error if a message was lost in one of the channels.
//!
//! ```text
//! cargo run --release -p pipeline -- --help
//! cargo run --release -p pipeline
//! cargo run --release -p pipeline -- --workers 8 README.md src
//! git log | cargo run --release -p pipeline -- -
//! ```

mod lines;
mod reader;
mod summary;
mod worker;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::future::try_join_all;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};
use tokio::task::JoinError;

use reader::{Reader, Reading};
use summary::{Report, Summary};
use worker::Worked;

/// Counts the words of text files in a pipeline of tasks joined by channels.
///
/// A word is a run of letters, digits and underscores with at least one letter, in lower case.
///
/// A file is considered text if its first 8 KiB are UTF-8 without a NUL byte; others are skipped as
/// binary (with a line on stderr if you named the file, only counted if it was found in a
/// directory). If a text is not UTF-8 further on, the lines before that position count and the rest
/// is not read.
///
/// Exits with 0 if anything could be read, and with 1 if nothing could, or if a message was lost.
#[derive(Parser)]
#[command(name = "pipeline")]
struct Options {
    /// Files and directories to read, `-` for the standard input. Directories are walked; hidden
    /// files and those excluded by `.gitignore` and similar files are left out.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Worker tasks sharing the receiver of lines [default: the number of processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    workers: Option<u16>,

    /// Messages that each of the two channels can hold.
    #[arg(long, value_name = "N", default_value_t = 1024,
          value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    capacity: u32,

    /// The number of most frequent words to show.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,

    /// Show no progress. Files that cannot be read are still reported on stderr.
    #[arg(long)]
    quiet: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let workers = options.workers.map_or_else(
        || thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let capacity = options.capacity as usize;
    let progress = progress(&options);

    let start = Instant::now();
    let outcome = run(options.paths, workers, capacity, &progress).await;
    let elapsed = start.elapsed();
    progress.finish_and_clear();

    let (reading, worked, summary) = match outcome {
        Ok(outcome) => outcome,
        Err(panicked) => return fail(format_args!("a stage of the pipeline failed: {panicked}")),
    };
    let losses = losses(&reading, &worked, &summary);
    if reading.files == 0 && losses.is_none() {
        return fail(format_args!("nothing could be read"));
    }
    let report = Report {
        reading,
        worked,
        summary,
        workers,
        capacity,
        elapsed,
        top: options.top,
    };
    match report.write(&mut io::stdout().lock()) {
        // It is not an error if the reader of the output closes it early, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return fail(format_args!("cannot write the report: {error}"));
        }
        _ => {}
    }
    match losses {
        Some(losses) => fail(format_args!("messages were lost: {losses}")),
        None => ExitCode::SUCCESS,
    }
}

/// Runs all stages until they have ended.
async fn run(
    paths: Vec<PathBuf>,
    workers: usize,
    capacity: usize,
    progress: &ProgressBar,
) -> Result<(Reading, Worked, Summary), JoinError> {
    let (line_sender, lines) = mpmc_std::channel(capacity);
    let (result_sender, results) = mpmc_std::channel(capacity);

    let reader = Reader::new(line_sender, progress.clone());
    let reader = tokio::task::spawn_blocking(move || reader.read_all(&paths));
    let workers: Vec<_> = (0..workers)
        .map(|_| tokio::spawn(worker::work(lines.clone(), result_sender.clone())))
        .collect();
    let aggregator = tokio::spawn(summary::aggregate(results, progress.clone()));
    // A stage ends when all handles of the stage before are dropped, so these must be dropped
    // first.
    drop((lines, result_sender));

    let (reading, worked, summary) = tokio::try_join!(reader, try_join_all(workers), aggregator)?;
    Ok((reading, worked.into_iter().sum(), summary))
}

/// Describes the messages that were sent into a channel and not received, if any.
fn losses(reading: &Reading, worked: &Worked, summary: &Summary) -> Option<String> {
    let counts = [
        ("lines", reading.sent, worked.received),
        ("bytes in those lines", reading.bytes, summary.bytes),
        ("results", worked.sent, summary.received),
    ];
    let losses: Vec<String> = counts
        .into_iter()
        .filter(|(_, sent, received)| sent != received)
        .map(|(what, sent, received)| format!("{sent} {what} sent, {received} received"))
        .collect();
    (!losses.is_empty()).then(|| losses.join("; "))
}

/// Creates a display on stderr that is hidden if stderr is not a terminal.
fn progress(options: &Options) -> ProgressBar {
    if options.quiet {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{spinner} {elapsed}  {human_pos} lines  {rate}  {wide_msg}")
            .expect("the template is valid")
            .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
                // If the display cannot be drawn, the work continues.
                let _ = write!(out, "{}/s", HumanCount(state.per_sec() as u64));
            });
    let progress = ProgressBar::no_length().with_style(style);
    progress.enable_steady_tick(Duration::from_millis(100));
    progress
}

fn fail(reason: fmt::Arguments<'_>) -> ExitCode {
    // Unlike `eprintln!`, this does not panic if stderr is closed.
    let _ = writeln!(io::stderr(), "pipeline: {reason}");
    ExitCode::FAILURE
}

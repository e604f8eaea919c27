//! Runs a part of the work in a process of its own.
//!
//! This has three advantages: a peer that hangs or crashes fails its cell, but not the run; nothing
//! that a peer leaves behind (threads, a grown heap) affects the next one; and each round has its
//! own memory layout, so that a lucky layout is not mistaken for a fast peer.

use std::fmt;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The reason why a part gave no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    TimedOut,
    /// The process panicked or crashed.
    Died,
    CouldNotRun(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("failed: no end"),
            Self::Died => f.write_str("failed: died"),
            Self::CouldNotRun(why) => write!(f, "failed: {why}"),
        }
    }
}

/// Runs this program with other arguments, and returns the numbers that it prints.
pub fn run(arguments: &[&str], timeout: Duration) -> Result<Vec<f64>, Failure> {
    let output = output(arguments, timeout)?;
    output
        .split_whitespace()
        .map(|word| word.parse().map_err(|_| Failure::Died))
        .collect()
}

fn output(arguments: &[&str], timeout: Duration) -> Result<String, Failure> {
    let failed = |error: std::io::Error| Failure::CouldNotRun(error.to_string());
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let result = output_in_time(&mut child, timeout);
    if result.is_err() {
        // It may have ended in the meantime; in both cases it has ended after this.
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    match result {
        Ok(output) if status.success() => Ok(output),
        Ok(_) => Err(Failure::Died),
        Err(failure) => Err(failure),
    }
}

/// Waits without polling, so that the measurement has the machine for itself.
fn output_in_time(child: &mut Child, timeout: Duration) -> Result<String, Failure> {
    let mut pipe = child.stdout.take().expect("piped above");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.read_to_string(&mut text);
        // After the timeout, the receiver has been dropped.
        let _ = sender.send(read.map(|_| text));
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(_)) => Err(Failure::Died),
        Err(_) => Err(Failure::TimedOut),
    }
}

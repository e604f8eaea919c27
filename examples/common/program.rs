//! Runs an example program as a user would, for the tests of the example packages.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time after which a program is considered to hang. No program here needs more than a few
/// seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// A running program, which is killed when this is dropped, also by a test that fails.
pub(crate) struct Program {
    pub(crate) child: Child,
}

impl Program {
    /// Starts the program at `path` with all its standard streams piped.
    pub(crate) fn start(path: &str, arguments: &[&str]) -> Self {
        let child = Command::new(path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {path}: {error}"));
        Self { child }
    }

    /// Waits for the program to end without a signal.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(start.elapsed() < LIMIT, "the program does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads everything that a program writes, so that the program never waits for the test.
pub(crate) fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text)
            .expect("programs write UTF-8");
        text
    })
}

//! What the tests of the example programs share: they run the programs as a user would.
//!
//! `cargo test` builds the examples. `cargo test --test NAME` does not, so after a change to an example
//! run `cargo build --examples` first.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No program here needs more than a few seconds; one that takes so long hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A running example, which does not outlive the test, however that ends.
pub(crate) struct Program {
    pub(crate) child: Child,
}

impl Program {
    /// Starts an example with all its standard streams piped.
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        let test = std::env::current_exe().expect("a test knows its own path");
        // target/<profile>/deps/<test> and target/<profile>/examples/<name>
        let profile = test
            .parent()
            .and_then(|deps| deps.parent())
            .expect("cargo puts tests two levels below the profile's folder");
        let path = profile
            .join("examples")
            .join(name)
            .with_extension(std::env::consts::EXE_EXTENSION);
        let child = Command::new(&path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                let path = path.display();
                panic!("cannot run {path} ({error}): build the examples with the tests' profile")
            });
        Self { child }
    }

    /// Waits for the program to end by itself.
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
        // Both fail only if it has ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all that a program writes, so that it never waits for us.
pub(crate) fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text)
            .expect("programs write UTF-8");
        text
    })
}

//! Runs each example that terminates, and checks its output.
//!
//! `cargo test` builds the examples before it runs this test. If they were not built
//! (`--test ecosystem` alone, or `--tests`), each test prints that and passes.

use std::path::PathBuf;
use std::process::Command;

/// Returns the path of an example that was built with the profile of this test.
fn built(example: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the path of the test binary");
    path.pop(); // the test's own name
    path.pop(); // `deps`
    path.push("examples");
    path.push(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    path
}

/// Runs an example, which must succeed and print a line that contains `expected`.
#[track_caller]
fn runs(example: &str, expected: &str) {
    let path = built(example);
    if !path.exists() {
        eprintln!(
            "SKIPPED: the example {example} has not been built; `cargo test` or `cargo build --examples` does"
        );
        return;
    }
    let output = Command::new(&path).output().expect("the example starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{example}: {}\n{errors}",
        output.status
    );
    assert!(
        printed.lines().any(|line| line.contains(expected)),
        "{example} printed no line with {expected:?}:\n{printed}"
    );
}

#[test]
fn quick_start() {
    runs("quick_start", "All assertions held.");
}

#[test]
fn select_loop() {
    runs("select_loop", "each once and in order");
}

#[test]
fn graceful_shutdown() {
    runs("graceful_shutdown", "as many done, none lost");
}

#[test]
fn fan_out_fan_in() {
    runs("fan_out_fan_in", "500 results in order");
}

#[test]
fn actor() {
    runs("actor", "the actor has ended with a balance of 1000");
}

#[test]
fn rate_limited() {
    runs("rate_limited", "45 messages, a burst of 5");
}

#[test]
fn by_weight() {
    runs("by_weight", "stored: 200 uploads");
}

#[test]
fn thread_bridge() {
    runs("thread_bridge", "800 jobs computed by 2 threads");
}

#[test]
fn stats() {
    runs("stats", "the slow stage was found in each of 3 pipelines");
}

#[test]
fn exporter() {
    runs("exporter", "exported 16 values");
}

#[test]
fn fast_path() {
    runs("fast_path", "each fast path was taken once");
}

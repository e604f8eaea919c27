//! Support for tests whose failure would abort the process.

use std::process::Command;

/// Starts this program again, under the emulator that it needs if `MPMC_TEST_RUNNER` names one.
pub(crate) fn this_program() -> Command {
    let this = std::env::current_exe().unwrap();
    match std::env::var_os("MPMC_TEST_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(this);
            command
        }
        None => Command::new(this),
    }
}

/// Runs `body` in a process of its own, for it may abort, and fails if that fails. `test` is the
/// name of the calling test.
pub(crate) fn in_own_process(test: &str, body: impl FnOnce()) {
    const CHILD: &str = "MPMC_STD_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let child = this_program()
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}:\n{output}", child.status);
}

//! Support for tests whose failure would abort the process.

use std::process::Command;

/// Runs `body` in a process of its own, because it may abort, and panics if that process fails.
/// `test` is the name of the calling test.
pub(crate) fn in_own_process(test: &str, body: impl FnOnce()) {
    const CHILD: &str = "MPMC_STD_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let this = std::env::current_exe().unwrap();
    let child = Command::new(this)
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}:\n{output}", child.status);
}

//! Support for tests whose failure would abort the process.

use std::process::Command;

/// Starts this program again, under the emulator that it needs if `MPMC_TEST_RUNNER` names one.
pub(crate) fn this_program() -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match std::env::var_os("MPMC_TEST_RUNNER") {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(this);
            command
        }
        None => Command::new(this),
    };
    // Such a test panics or aborts on purpose, and a backtrace takes longer than the rest of it.
    command.env("RUST_BACKTRACE", "0");
    command
}

/// Runs `body` in a process of its own, for it may abort, and fails if that fails. The calling test
/// must be a function, of which `body` is a closure: that is how the child finds it.
#[track_caller]
pub(crate) fn in_own_process<F: FnOnce()>(body: F) {
    const CHILD: &str = "MPMC_STD_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let closure = std::any::type_name::<F>();
    let test = closure
        .split_once("::")
        .and_then(|(_, path)| path.strip_suffix("::{{closure}}"));
    let child = this_program()
        .args([
            "--exact",
            test.expect("the closure of a test"),
            "--nocapture",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}:\n{errors}", child.status);
    // A name that no test has would succeed as well.
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(output.contains("test result: ok. 1 passed;"), "{output}");
}

//! Runs all kinds of traffic in threads, without a test harness, for `.ci/sanitizers`. It is also a
//! short test by itself.
//!
//! ThreadSanitizer does not see the synchronization of the standard library if that was compiled
//! without it, so this program uses little else than the tested code. `MPMC_PLANT` plants a fault
//! that a sanitizer must find: `race`, `leak` or `use-after-free`.

#[cfg(not(loom))]
mod faults;
#[cfg(not(loom))]
mod traffic;

#[cfg(not(loom))]
fn main() {
    match std::env::var("MPMC_PLANT").as_deref() {
        Ok("race") => faults::race(),
        Ok("leak") => faults::leak(),
        Ok("use-after-free") => faults::use_after_free(),
        Ok(other) => panic!("no such fault: {other}"),
        Err(_) => traffic::run(),
    }
}

#[cfg(loom)]
fn main() {}

//! Traffic of every kind in plain threads, without a test harness, for `.ci/sanitizers`; a short
//! test by itself.
//!
//! ThreadSanitizer takes the standard library's own synchronization for none where that was
//! compiled without it, so a program for it must use little else than what is to be tested.
//! `MPMC_PLANT` plants a fault that a sanitizer must find: `race`, `leak` or `use-after-free`.

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

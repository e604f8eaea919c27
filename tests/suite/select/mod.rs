//! Checks `blocking::Select`: a selection is exact, and no message and no wakeup is lost.

mod contention;
mod outcomes;
mod waits;

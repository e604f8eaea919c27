//! Runs scenarios of four to eight threads, too large for loom, under random schedules.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --release --features shuttle --test shuttle --target-dir target/shuttle
//! ```
//!
//! | variable | effect |
//! |---|---|
//! | `MPMC_SHUTTLE_SCHEDULES=1000000` | the number of schedules of each scenario (4000 if not set), for a long run |
//! | `MPMC_SHUTTLE_REPLAY=<file>` | runs only that schedule; name the failed test after `--exact` |
//! | `SHUTTLE_CAPTURE_BACKTRACE=1` | shows the backtrace of each thread of a deadlock |
//! | `SHUTTLE_RANDOM_SEED=<number>` | makes a whole run repeatable |
//!
//! The schedule of a failure is written to a file in `target/shuttle/tmp`, whose name is printed.
//! It is valid until the code changes:
//!
//! ```text
//! MPMC_SHUTTLE_REPLAY=target/shuttle/tmp/schedule000.txt RUSTFLAGS="--cfg shuttle" \
//!     cargo test --release --features shuttle --test shuttle --target-dir target/shuttle -- --exact closing::closing_ends_every_wait
//! ```
//!
//! # Coverage
//!
//! shuttle (<https://docs.rs/shuttle>) runs the same code as the loom models, with its own atomics
//! and locks (see `src/sync/shuttle/mod.rs`). It chooses the next thread at random: in
//! half of the schedules at every step, in the other half by random priorities with few changes
//! (PCT), which finds faults that need long uninterrupted runs. All accesses are sequentially
//! consistent: the loom models, not these tests, find a wrong `Ordering`.
//!
//! # Structure of a scenario
//!
//! A [`scenario::Scenario`] is a channel with threads that use it. Each operation of a thread
//! (`operations`) is recorded in a ledger (`ledger.rs`). The ledger finds messages that are lost,
//! duplicated, received but not sent, out of order, missed by `try_recv`, dropped twice or never,
//! and more messages than fit. shuttle reports a lost wakeup as a deadlock. Therefore a task is
//! polled only after a wake (`block_on`), and the channel stays open until the last awaited message
//! is received, because closing wakes all waiters. Overlapping accesses to a slot panic.
//!
//! # Faults that the scenarios find
//!
//! Each fault was tested alone. A scenario stops at its first failure. The last column is the
//! smallest number of schedules of one scheduler until a scenario failed.
//!
//! | fault | failing scenarios | schedules |
//! |---|---|---|
//! | a send does not notify a parked receiver (`publish`) | 25 | 1 |
//! | a receive does not notify a parked sender (`take`) | 21 | 1 |
//! | a batch does not notify a parked sender (`try_recv_many`) | 5 | 3 |
//! | closing does not notify senders | 7 | 3 |
//! | the last permit of a closed ring does not notify receivers | 6 | 1 |
//! | a slot is published before it is written | 27 | 1 |
//! | a send ignores the permits | 7 | 2 |
//! | a claim in flight is treated as an empty ring | 4 | 124 |
//! | a message sent on a permit after the last receiver left stays | 1 | 1349 |
#![cfg(shuttle)]

#[path = "../../src/sync/shuttle/block_on.rs"]
mod block_on;
mod explore;
mod ledger;
mod operations;
mod scenario;

mod adapters;
mod batches;
mod cancellation;
mod closing;
mod permits;
mod queue;
mod random;
mod readiness;
mod select;
mod traffic;

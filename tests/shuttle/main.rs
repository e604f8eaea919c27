//! Random schedules of four to eight threads: larger programs than loom can explore.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --release --features shuttle --test shuttle --target-dir target/shuttle
//! ```
//!
//! | variable | effect |
//! |---|---|
//! | `MPMC_SHUTTLE_SCHEDULES=1000000` | as many schedules for every scenario (4000 if not set): for a night |
//! | `MPMC_SHUTTLE_REPLAY=<file>` | that schedule only; name the failed test behind `--exact` |
//! | `SHUTTLE_CAPTURE_BACKTRACE=1` | shows where each thread of a deadlock is |
//! | `SHUTTLE_RANDOM_SEED=<number>` | makes a whole run repeatable |
//!
//! The schedule of a failure is written to a file in `target/shuttle/tmp`, whose name is printed.
//! It stays valid as long as the code is the same:
//!
//! ```text
//! MPMC_SHUTTLE_REPLAY=target/shuttle/tmp/schedule000.txt RUSTFLAGS="--cfg shuttle" \
//!     cargo test --release --features shuttle --test shuttle --target-dir target/shuttle -- --exact closing::closing_ends_every_wait
//! ```
//!
//! # What is explored, and what is not
//!
//! shuttle (<https://docs.rs/shuttle>) runs the same code as the loom models, with its own atomics
//! and locks (see `src/sync/shuttle/mod.rs`). It chooses at random who runs next: for half of the
//! schedules at every step, for the other half by random priorities with few changes (PCT), which
//! finds what needs long uninterrupted runs. All accesses are sequentially consistent: a wrong
//! `Ordering` is not found here, that is what the loom models are for.
//!
//! # How a scenario is built
//!
//! A [`scene::Scene`] is a channel with one thread for each party. What the parties do (`parties`)
//! goes into a ledger (`ledger.rs`), which finds messages that are lost, doubled, received although
//! they were not sent, out of order, overlooked by `try_recv`, dropped twice or never, and more of
//! them than fit. A lost wakeup is a deadlock, which shuttle reports; for this, a task is polled
//! only when it was woken (`block_on`), and the channel stays open until the last awaited message
//! has come, since closing wakes everybody. Overlapping accesses to a slot panic.
//!
//! # What breaking the code on purpose has shown
//!
//! Each row was built alone. A scenario ends with its first failure; the last column is the least
//! number of schedules of one scheduler after which one did.
//!
//! | what was broken | failing scenarios | schedules |
//! |---|---|---|
//! | a send does not notify a parked receiver (`publish`) | 25 | 1 |
//! | a receive does not notify a parked sender (`take`) | 21 | 1 |
//! | a batch does not notify a parked sender (`try_recv_many`) | 5 | 3 |
//! | closing does not notify senders | 7 | 3 |
//! | the last permit of a closed ring does not notify receivers | 6 | 1 |
//! | a slot is published before it is written | 27 | 1 |
//! | a send does not look at the permits | 7 | 2 |
//! | an unfinished claim is taken for an empty ring | 4 | 124 |
//! | a message sent on a permit after the last receiver left stays | 1 | 1349 |
#![cfg(shuttle)]

#[path = "../../src/sync/shuttle/block_on.rs"]
mod block_on;
mod explore;
mod ledger;
mod parties;
mod scene;

mod adapters;
mod batches;
mod cancellation;
mod closing;
mod permits;
mod queue;
mod random;
mod select;
mod traffic;
mod watching;

//! A bounded multi-producer multi-consumer channel for async Rust, with tokio's names.
//!
//! ```
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(1024);
//!
//! let worker = rx.clone(); // each message goes to one of the receivers
//! tx.send("hello").await.unwrap();
//! drop(tx);
//!
//! assert_eq!(worker.recv().await, Some("hello"));
//! assert_eq!(rx.recv().await, None); // closed and drained
//! # });
//! ```
//!
//! `use mpmc_std as mpsc;` is meant to be the whole migration from `tokio::sync::mpsc`. The crate needs no
//! particular runtime: futures are woken by their wakers, and nothing else.
//!
//! # Which layer do I need?
//!
//! | layer | types | for |
//! |---|---|---|
//! | channel | [`channel`] gives [`Sender`] and [`Receiver`], both `Clone` | async services, threads, and both together |
//! | threads | [`blocking::Sender`] and [`blocking::Receiver`], with the names of `std::sync::mpsc`; [`blocking::Select`] | code that only blocks |
//! | futures | [`Receiver`] is a [`Stream`], [`Sender`] a [`Sink`] | stream pipelines |
//! | weight | [`weighted::channel`] is bounded by bytes (or another weight) as well as by count | messages of very different sizes |
//! | raw queue | [`MpmcQueue`], [`Producer`], [`Consumer`] | a queue that never closes by itself and never waits unless asked to |
//! | real time | [`RealtimeQueue`] | threads that must not wait for anything: no locks, no wakers, a bounded number of steps |
//!
//! ```text
//!   senders ──► tail                                      head ──► receivers
//!                 │   ┌───┬───┬───┬───┬───┬───┬───┬───┐     │
//!                 └──►│   │   │ m │ m │ m │ m │   │   │◄────┘
//!                     └───┴───┴───┴───┴───┴───┴───┴───┘
//!        one compare-exchange claims a slot, on either side;
//!        the slot's stamp says whether it is free or full.
//!
//!   full?  ──► wait in the senders' queue     empty? ──► wait in the receivers' queue
//!              (each free slot wakes one)                (each message wakes one)
//! ```
//!
//! # What is guaranteed
//!
//! * **Cancel safety, exact.** A future that is dropped before it returned `Ready` has not sent, or
//!   not received, anything. Messages are never handed to a task that might not be polled.
//! * **One waiter per message and slot.** After k messages have been sent while w tasks wait,
//!   min(k, w) of them have been woken when the call returns, whatever the woken ones do. The same
//!   holds for batches, and for senders and slots. A woken task that is canceled wakes another.
//! * **Bounded bypass.** A waiter that was woken and found nothing keeps its place, and loses at
//!   most 4 races in a row.
//! * **First in, first out,** in the order in which slots were claimed.
//! * **Exact capacity,** for every capacity from 1 up: messages and permits together.
//! * **Closing drains.** What was sent before is received, then comes `None`. When the last receiver goes, what
//!   is left is dropped at once.
//! * **No user code under a lock.** Wakers, destructors and iterators may do anything with the
//!   channel that calls them.
//! * **Fair to neighbors.** A task that always finds its channels ready returns to its executor
//!   after 256 operations (1024 at first), in any combinator.
//! * **Costs do not depend on the past:** not on how many tasks and handles once waited.
//!
//! The [`guide`] has a page for each of the common tasks: closing, shutdown, backpressure, batches, select loops, threads,
//! the capacity, weight, and finding out why a program stands still.
//!
//! The README lists what each operation costs and how far it makes progress by itself, with the commands
//! that check it.
//!
//! # Cargo features
//!
//! | feature | what it adds |
//! |---|---|
//! | `std` (on by default) | blocking calls (`blocking_send`, `blocking_recv` and related methods), iterators that block, timeouts. Without it the crate is `no_std` and needs `alloc`; locks then spin, and all threads share one budget |
//! | `tokio` | `Sender::send_timeout`; tokio's cooperative budget counts, inside a tokio runtime; a blocking call (`blocking_send`, iterators, the module `blocking`) that would block inside a tokio task panics instead of stopping its thread; errors turn into those of tokio's channels and back |
//! | `tracing` | channels, parks, wakes and closes as events of the crate `tracing`, at the level TRACE, with a number that names the channel, and the side. A subscriber must not send its events through a channel whose events it receives: each would cause the next, without end |
//! | `debug-assertions` | the internal invariants are checked in every profile, not only in debug builds |
//! | `loom`, `shuttle` | with `--cfg loom` (`--cfg shuttle`), the channel in models of your own program: see [testing under loom](guide::loom). Without it they add only `std` |
//!
//! # Cancellation and fairness
//!
//! *Waiting tasks are woken first come, first served, one for each message (or free slot), but
//! nothing is handed over at first:* a task that makes an attempt at the right moment may be
//! quicker than the woken one, which then waits on in its place. Cancellation is exact because of
//! this, and a busy channel is faster. After 4 lost races in a row the next message (or slot) is
//! *reserved* for the waiter. Until it is used, `try_recv` may answer `Empty` beside a message, and
//! `try_send` and `force_send` may answer `Full` beside a free slot, which `capacity` shows as
//! taken. A reservation goes back when the waiter is dropped; if the waiter is not polled, after
//! 256 attempts that were turned away and 100 µs; and when the channel is closed.
//!
//! A future that was woken and is neither polled nor dropped keeps its one wake (or its
//! reservation, for as long as said above); others are woken for what comes later. Where a task
//! must have capacity for certain, let it hold a [`Permit`]. The guide has the details, and those
//! of the cooperative budget, on its page about [select loops](guide::select).
//!
//! [`Stream`]: futures_core::Stream
//! [`Sink`]: futures_sink::Sink

#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

#[cfg(all(loom, not(feature = "loom")))]
compile_error!(
    "with `--cfg loom`, `mpmc-std` needs its Cargo feature `loom`: enable it under \
     `[target.'cfg(loom)'.dependencies]`, or with `--features mpmc-std/loom`"
);
#[cfg(all(shuttle, not(feature = "shuttle")))]
compile_error!(
    "with `--cfg shuttle`, `mpmc-std` needs its Cargo feature `shuttle`: enable it under \
     `[target.'cfg(shuttle)'.dependencies]`, or with `--features mpmc-std/shuttle`"
);
#[cfg(all(loom, shuttle))]
compile_error!("`--cfg loom` and `--cfg shuttle` exclude each other");

#[cfg(feature = "std")]
pub mod blocking;
mod channel;
pub mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod queue;
mod ring;
mod sync;
mod trace;
mod unwind;
mod wait;
pub mod weighted;

pub use channel::{
    Builder, Drain, Drained, OwnedPermit, Permit, PermitIterator, Receiver, RecvStream, Sender,
    SideStats, Stats, TryIter, Unsent, WeakReceiver, WeakSender, channel, future,
};
#[cfg(feature = "std")]
pub use channel::{IntoIter, Iter};
pub use queue::{Consumer, MpmcQueue, Producer, RealtimeQueue};

/// So that the README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

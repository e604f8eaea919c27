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
//! | futures | [`Receiver`] is a [`Stream`], [`Sender`] a [`Sink`] | stream pipelines |
//! | raw queue | [`MpmcQueue`], [`Producer`], [`Consumer`] | a queue that never closes by itself and never waits unless asked to |
//!
//! ```text
//!   senders ──► tail                                      head ──► receivers
//!                 │   ┌───┬───┬───┬───┬───┬───┬───┬───┐     │
//!                 └──►│   │   │ m │ m │ m │ m │   │   │◄────┘
//!                     └───┴───┴───┴───┴───┴───┴───┴───┘
//!        one compare-and-swap claims a slot, on either side;
//!        the slot's stamp says whether it is free or full.
//!
//!   full?  ──► park at the senders' gate      empty? ──► park at the receivers' gate
//!              (woken by the next receive)               (woken by the next send)
//! ```
//!
//! # What is guaranteed
//!
//! * **Exact cancellation.** A future that is dropped before it returned `Ready` has not sent, or not received,
//!   anything. Messages are never handed to a task that might not look.
//! * **No lost wakeup.** If there is a message and a receiver waits, some receiver has been woken and will
//!   look; a woken task that is cancelled wakes another. The same for senders and room.
//! * **First in, first out,** in the order in which places were claimed.
//! * **Exact capacity,** for every capacity from 1 up: messages and permits together.
//! * **Closing drains.** What was sent before is received, then comes `None`. When the last receiver goes, what
//!   is left is dropped at once.
//! * **Fair to neighbours.** A task that always finds the channel ready yields to its executor after some
//!   hundreds of operations.
//!
//! The [`guide`] has a page for each of the common tasks: closing, backpressure, batches, select loops, threads,
//! the capacity, and finding out why a program stands still.
//!
//! The README lists what each operation costs and how far it makes progress by itself, with the commands
//! that check it.
//!
//! # Cargo features
//!
//! | feature | what it adds |
//! |---|---|
//! | `std` (on by default) | blocking calls (`blocking_send`, `blocking_recv` and their kin), iterators that block, timeouts. Without it the crate is `no_std` and needs `alloc`; locks then spin, and all threads share one budget |
//! | `tokio` | `Sender::send_timeout`; blocking calls (`blocking_send`, iterators, ...) inside a tokio task panic instead of stopping its thread |
//! | `tracing` | parks, wakes and closes as events of the crate `tracing`, at the level TRACE |
//! | `debug-assertions` | the internal invariants are checked in every profile, not only in debug builds |
//!
//! # Cancellation and fairness in plain words
//!
//! *Waiting tasks are woken first come, first served, but room and messages are not kept for them:* a task
//! that comes by at the right moment may take the place that was freed for a waiting one, which then waits
//! on. This is what makes cancellation exact, and it is faster; a channel that hands things over cannot say
//! whether a cancelled task got them. Where a task must have room for sure, let it hold a [`Permit`].
//!
//! [`Stream`]: futures_core::Stream
//! [`Sink`]: futures_sink::Sink

#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

mod budget;
mod channel;
pub mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
mod queue;
mod ring;
mod sink;
mod stream;
mod sync;
mod trace;
mod unwind;
mod wait;

pub use channel::{
    Drain, OwnedPermit, Permit, PermitIterator, Receiver, Sender, SideStats, Stats, TryIter,
    Unsent, WeakReceiver, WeakSender, channel,
};
#[cfg(feature = "std")]
pub use channel::{IntoIter, Iter};
pub use queue::{Consumer, MpmcQueue, Producer};

/// So that the README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

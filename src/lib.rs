//! A bounded multi-producer multi-consumer channel for async Rust, with the names of tokio's
//! `mpsc`.
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
//! To migrate from `tokio::sync::mpsc`, write `use mpmc_std as mpsc;`. The crate needs no
//! particular runtime: it wakes futures by their wakers only.
//!
//! # Which type to use
//!
//! | layer | types | use it for |
//! |---|---|---|
//! | channel | [`channel()`] returns [`Sender`] and [`Receiver`], both `Clone` | async services, threads, and both together |
//! | threads | [`blocking::Sender`] and [`blocking::Receiver`], with the names of `std::sync::mpsc`; [`blocking::Select`] | code that only blocks |
//! | futures | [`Receiver`] is a [`Stream`], [`Sender`] a [`Sink`] | stream pipelines |
//! | weight | [`weighted::channel()`] is bounded by bytes (or another weight) as well as by count | messages of very different sizes |
//! | raw queue | [`MpmcQueue`], [`Producer`], [`Consumer`] | a queue that is closed only explicitly, and waits only in the calls that say so |
//! | real time | [`RealtimeQueue`] | threads that must not wait: no locks, no wakers, a bounded number of steps |
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
//! # Sending and receiving
//!
//! [`send`](Sender::send) waits while the channel is full, [`recv`](Receiver::recv) while it is
//! empty. [`try_send`](Sender::try_send) and [`try_recv`](Receiver::try_recv) return an error
//! instead, and [`force_send`](Sender::force_send) takes out the oldest message.
//!
//! ```
//! use mpmc_std::error::{TryRecvError, TrySendError};
//!
//! let (tx, rx) = mpmc_std::channel(1);
//! assert_eq!(tx.try_send(1), Ok(()));
//! assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
//! assert_eq!(tx.force_send(3), Ok(Some(1)));
//! assert_eq!(rx.try_recv(), Ok(3));
//! assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
//! ```
//!
//! # Permits
//!
//! [`reserve`](Sender::reserve) waits for capacity before the message exists. Sending on the
//! [`Permit`] then cannot fail.
//!
//! ```
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(1);
//! let permit = tx.reserve().await.unwrap();
//! permit.send("computed after the wait");
//! assert_eq!(rx.recv().await, Some("computed after the wait"));
//! # });
//! ```
//!
//! # Batches
//!
//! [`send_many`](Sender::send_many) and [`recv_many`](Receiver::recv_many) move many messages with
//! a few atomic operations.
//!
//! ```
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(8);
//! assert_eq!(tx.send_many(1..=5).await.unwrap(), 5);
//!
//! let mut buffer = Vec::new();
//! assert_eq!(rx.recv_many(&mut buffer, 8).await, 5);
//! assert_eq!(buffer, [1, 2, 3, 4, 5]);
//! # });
//! ```
//!
//! # Threads
//!
//! Methods that begin with `blocking_`, such as [`blocking_send`](Sender::blocking_send) and
//! [`blocking_recv`](Receiver::blocking_recv), block the thread. The module [`blocking`] has
//! handles for code that only blocks. Threads and tasks can use one channel.
//!
//! ```
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(1);
//! let thread = std::thread::spawn(move || tx.blocking_send(7));
//! assert_eq!(rx.recv().await, Some(7));
//! thread.join().unwrap().unwrap();
//! # });
//! ```
//!
//! # Closing
//!
//! The channel closes when the last sender or the last receiver is dropped, or when
//! [`Receiver::close`] or [`Sender::close_channel`] is called. Messages that were sent before can
//! still be received. When the last receiver is dropped, the messages that are left are dropped
//! immediately.
//!
//! ```
//! # futures::executor::block_on(async {
//! let (tx, rx) = mpmc_std::channel(2);
//! tx.send(1).await.unwrap();
//! rx.close();
//! assert_eq!(tx.send(2).await.unwrap_err().into_inner(), 2);
//! assert_eq!(rx.recv().await, Some(1));
//! assert_eq!(rx.recv().await, None);
//! # });
//! ```
//!
//! # Guarantees
//!
//! * **Exact cancel safety.** A future that is dropped before it has returned `Ready` has not sent,
//!   or not received, anything. A message is never assigned to a task that might not be polled.
//! * **One waiter per message and slot.** After k messages have been sent while w tasks wait,
//!   min(k, w) of them have been woken when the call returns, whatever the woken tasks do. The same
//!   holds for batches, and for senders and slots. A woken task that is canceled wakes another.
//! * **Bounded bypass.** A waiter that was woken and found nothing keeps its place in the queue,
//!   and loses at most 4 races in a row.
//! * **First in, first out,** in the order in which slots were claimed.
//! * **Exact capacity,** for every capacity from 1 up: messages and permits together.
//! * **Closing drains.** Messages that were sent before the close are received; then receivers
//!   receive `None`.
//! * **No user code under a lock.** Wakers, destructors and iterators may use the channel that
//!   calls them in any way.
//! * **Cooperative scheduling.** A task that always finds its channels ready returns to its
//!   executor after 256 operations (1024 at first), in any combinator.
//! * **Costs do not depend on history:** not on the number of tasks and handles that once waited.
//!
//! # Fairness
//!
//! Waiting tasks are woken in the order in which they began to wait, one for each message or free
//! slot. The wake does not assign the message to the task: another task that attempts at the right
//! moment may be faster than the woken one, which then keeps waiting in its place. This makes
//! cancel safety exact, and a busy channel faster.
//!
//! After 4 lost races in a row the next message (or slot) is *reserved* for the waiter. Until it is
//! used, `try_recv` may return `Empty` although there is a message, and `try_send` and `force_send`
//! may return `Full` although a slot is free; `capacity` counts such a slot as taken. A reservation
//! ends when the waiter is dropped, when the channel is closed, or, if the waiter is not polled,
//! after 256 attempts that returned `Empty` or `Full` and 100 µs.
//!
//! A future that was woken and is neither polled nor dropped holds its wake (or its reservation,
//! for as long as stated above). Other waiters are woken for later messages. A task that must be
//! certain of capacity can hold a [`Permit`]. The guide has the details, and those of the
//! cooperative budget, on its page about [select loops](guide::select).
//!
//! # Guide and costs
//!
//! The [`guide`] has a page for each of the common tasks: closing, shutdown, backpressure, batches,
//! select loops, threads, the capacity, weight, and troubleshooting a program that makes no
//! progress. Its page on [costs](guide::costs) lists what each operation costs and what it can wait
//! for.
//!
//! # Cargo features
//!
//! | feature | what it adds |
//! |---|---|
//! | `std` (on by default) | blocking calls (`blocking_send`, `blocking_recv` and related methods), the module `blocking`, timeouts. Without it the crate is `no_std` and needs `alloc`; locks then spin, and all threads share one budget |
//! | `tokio` | `Sender::send_timeout`; inside a tokio runtime, operations use tokio's cooperative budget; a blocking call that would block inside a tokio task panics instead of blocking its thread; conversions from and to the errors of tokio's channels |
//! | `tracing` | events of the crate `tracing` for channels, parks, wakes and closes, at the level TRACE, with the number of the channel, and the side. A subscriber must not send its events through a channel whose events it receives: each event would cause another one, without end |
//! | `debug-assertions` | checks of the internal invariants in every profile, not only in debug builds |
//! | `loom`, `shuttle` | with `--cfg loom` (`--cfg shuttle`), the channel in models of your own program: see [testing under loom](guide::loom). Without that flag they add only `std` |
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

// Before `blocking`, so that rustdoc shows the `impl` blocks of `channel` first.
mod channel;

#[cfg(feature = "std")]
pub mod blocking;
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
pub use queue::{Consumer, MpmcQueue, Producer, RealtimeQueue};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

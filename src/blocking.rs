//! Handles for threads: the same channel under the names of `std::sync::mpsc` and
//! `crossbeam-channel`.
//!
//! [`Sender`] and [`Receiver`] are the handles of [`channel()`](crate::channel()) whose plain names
//! block the thread. There is nothing to await, and so nothing that can be forgotten to be awaited:
//! code that moves from another channel for threads changes its imports. Both kinds of handles
//! belong to one channel, and turn into each other with `From`, [`as_async`](Sender::as_async) and
//! [`into_async`](Sender::into_async), so a thread can serve tasks.
//!
//! ```
//! use std::thread;
//! use mpmc_std::blocking::bounded;
//!
//! let (tx, rx) = bounded(16);
//! let thread = thread::spawn(move || {
//!     for number in 0..100 {
//!         tx.send(number).unwrap();
//!     }
//! });
//! assert_eq!(rx.iter().sum::<u32>(), 4950);
//! thread.join().unwrap();
//! ```
//!
//! [`Select`] waits for one of several operations, on several channels.
//!
//! # Where blocking is allowed
//!
//! In any thread that does not run asynchronous tasks. In a task these calls stop the executor's
//! thread, and with it perhaps the very task that they wait for. With the Cargo feature `tokio` a
//! call that would block in a task of a tokio runtime panics instead, and names itself; one that
//! finds what it needs at once, or the channel closed, works everywhere.

mod convert;
mod iter;
mod receiver;
mod select;
mod sender;

pub use crate::channel::{Drain, IntoIter, Iter, TryIter};
pub use crate::error::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
pub use receiver::Receiver;
pub use select::{Select, SelectedOperation};
pub use sender::Sender;

/// Creates a bounded channel for exactly `capacity` messages, with handles for threads.
///
/// It is the channel of [`crate::channel()`]: its slots are allocated when the first message is sent
/// (here, if they take more than 64 KiB), each message goes to one receiver, and closing drains.
/// There is no rendezvous channel (`capacity` 0) and no unbounded one.
///
/// # Panics
///
/// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been
/// allocated then).
///
/// # Examples
///
/// ```
/// use mpmc_std::blocking::{RecvError, channel};
///
/// let (tx, rx) = channel(2);
/// tx.send(1).unwrap();
/// tx.send(2).unwrap();
/// drop(tx);
/// assert_eq!((rx.recv(), rx.recv(), rx.recv()), (Ok(1), Ok(2), Err(RecvError)));
/// ```
#[doc(alias = "sync_channel")]
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = crate::channel(capacity);
    (sender.into(), receiver.into())
}

/// Creates a bounded channel: [`channel`](channel()) under the name that `crossbeam-channel`,
/// `flume` and `kanal` give it.
///
/// # Panics
///
/// As [`channel`](channel()).
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::blocking::bounded(1);
/// tx.send("hello").unwrap();
/// assert_eq!(rx.recv(), Ok("hello"));
/// ```
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    channel(capacity)
}

//! Handles for threads, with the method names of `std::sync::mpsc` and `crossbeam-channel`.
//!
//! [`Sender`] and [`Receiver`] are handles of the same channel that [`channel()`](crate::channel())
//! creates, but their `send` and `recv` block the thread. Code that moves from another channel for
//! threads changes its imports, and no call can be left un-awaited by mistake. Both kinds of
//! handles can be used on one channel, and convert into each other with `From`,
//! [`as_async`](Sender::as_async) and [`into_async`](Sender::into_async), so threads and tasks can
//! exchange messages.
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
//! Blocking is allowed on any thread that does not run asynchronous tasks. In a task these calls
//! block the executor's thread, and perhaps the task that they wait for. With the Cargo feature
//! `tokio`, a call that would block in a task of a tokio runtime panics instead, with the name of
//! the call in the message. A call that does not have to wait works everywhere.

// rustdoc shows the `impl` blocks of a handle in the order of these modules.
mod receiver;
mod sender;

mod convert;
mod iter;
mod select;

pub use crate::channel::{Drain, TryIter};
pub use crate::error::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError,
};
pub use iter::{IntoIter, Iter};
pub use receiver::Receiver;
pub use select::{Select, SelectedOperation};
pub use sender::Sender;

/// Creates a bounded channel for exactly `capacity` messages, with handles for threads.
///
/// This is the channel of [`crate::channel()`]: its slots are allocated when the first message is
/// sent (or here, if they take more than 64 KiB), each message goes to one receiver, and messages
/// that were sent before the close are still received. There is neither a rendezvous channel
/// (`capacity` 0) nor an unbounded one.
///
/// # Panics
///
/// Panics if `capacity` is zero, or so large that the slots cannot be allocated; nothing has been
/// allocated then.
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

/// Creates a bounded channel, as [`channel`](channel()) does. This is the name in
/// `crossbeam-channel`, `flume` and `kanal`.
///
/// # Panics
///
/// The same as for [`channel`](channel()).
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

//! A channel that is bounded by the weight of its messages as well as by their count.
//!
//! If messages have very different sizes, a bound on their count is either too small for light ones
//! or too large for heavy ones. Here each message has a weight (its bytes, rows, or whatever is
//! scarce). The channel holds messages of at most `max_weight` in total, and at most `capacity` of
//! them.
//!
//! ```
//! use mpmc_std::weighted;
//!
//! # futures::executor::block_on(async {
//! // At most 64 messages, and at most 1 MiB of them.
//! let (tx, rx) = weighted::channel(64, 1 << 20);
//!
//! tx.send(vec![0u8; 1000]).await.unwrap();
//! tx.send(vec![0u8; 20]).await.unwrap();
//! assert_eq!((rx.len(), rx.weight()), (2, 1020));
//!
//! assert_eq!(rx.recv().await.unwrap().len(), 1000);
//! assert_eq!(rx.weight(), 20);
//! # });
//! ```
//!
//! # Weight
//!
//! [`send`](Sender::send) calls the message's [`Weight::weight`], which bytes and strings
//! implement; [`send_with_weight`](Sender::send_with_weight) takes the weight as an argument, with
//! a message of any type. The weight is determined once, when the message is sent.
//!
//! * **Exact.** The total weight of the messages in the channel and of the permits outstanding
//!   never exceeds `max_weight`. A sender that has its weight and waits for a slot counts, too.
//! * **When it is given back.** When the message leaves the channel: before a receiver gets it, and
//!   before the destructor of a message that is discarded runs. So the bound is on the messages in
//!   the channel; those that receivers are processing are not included.
//! * **Zero is allowed.** An empty buffer is a message like any other, and the capacity bounds the
//!   number of them. It waits behind other senders as a heavy message does.
//! * **Too heavy is an error.** A message heavier than `max_weight` is returned at once, because no
//!   wait would help.
//!
//! A sender waits for its weight first, and then for a slot, as in the [plain
//! channel](crate::channel()). Senders that wait for weight are served strictly in the order in
//! which they registered: a heavy message waits until enough has been received, and no lighter one
//! that was sent later overtakes it. So a heavy message at the front leaves weight unused for a
//! while, and in that time [`try_send`](Sender::try_send) returns `Full` even if
//! [`available_weight`](Sender::available_weight) is enough. The weight that one receive gives back
//! is granted to all waiting senders for which it is enough, and all of them are woken before the
//! call returns.
//!
//! Weight that was granted to a future belongs to it until the future is polled, which sends the
//! message, or dropped, which forwards the weight to the next sender. A future that is kept and
//! never polled again holds its weight, as a [`Permit`] does.
//!
//! Closing, draining, cancel safety and the order of messages are those of the plain channel.
//!
//! # Cost
//!
//! One atomic read-modify-write more than the plain channel for each send, and one more for each
//! receive, as long as no sender waits for weight; no lock and no allocation. Senders and receivers
//! share the atomic that counts the weight, so its cache line moves between cores, which the plain
//! channel avoids. A slot takes 16 bytes more.

#[cfg(feature = "std")]
mod blocking;
mod error;
mod future;
mod message;
mod permit;
mod receiver;
mod sender;
mod weight;

pub use error::{SendError, TooHeavyError, TrySendError};
pub use future::{Recv, Reserve, Send};
pub use permit::Permit;
pub use receiver::Receiver;
pub use sender::Sender;
pub use weight::Weight;

use crate::sync::Arc;
use crate::wait::Semaphore;

/// Creates a channel for at most `capacity` messages, of at most `max_weight` in total.
///
/// The slots are allocated as those of the [plain channel](crate::channel()), each for a message
/// and 24 bytes. Choose the `capacity` for the lightest messages: it costs memory, and bounds the
/// number of empty messages.
///
/// # Panics
///
/// If `capacity` or `max_weight` is zero, if `capacity` is too large to be allocated, or if
/// `max_weight` is more than `usize::MAX / 2`.
///
/// # Examples
///
/// ```
/// use mpmc_std::weighted::{self, TrySendError};
///
/// let (tx, rx) = weighted::channel(16, 10);
/// tx.try_send("hello").unwrap();
/// assert_eq!(tx.try_send("world!"), Err(TrySendError::Full("world!")));
/// assert_eq!(rx.try_recv(), Ok("hello"));
/// tx.try_send("world!").unwrap();
/// ```
#[track_caller]
pub fn channel<T>(capacity: usize, max_weight: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        max_weight > 0,
        "mpmc-std: a channel of maximum weight 0 could hold nothing; use at least 1"
    );
    assert!(
        max_weight <= Semaphore::MAX_UNITS,
        "mpmc-std: a maximum weight of {max_weight} cannot be counted; use at most usize::MAX / 2"
    );
    let (tx, rx) = crate::channel(capacity);
    let semaphore = Arc::new(Semaphore::new(max_weight));
    (
        Sender::new(tx, Arc::clone(&semaphore)),
        Receiver::new(rx, semaphore),
    )
}

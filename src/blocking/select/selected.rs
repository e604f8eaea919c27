//! An operation that was selected.

use core::fmt;

use super::handle::{Outcome, Selectable};
use crate::blocking::{Receiver, Sender};
use crate::error::{RecvError, SendError};

/// An operation that was selected and has reserved a message or a slot, from
/// [`Select`](super::Select).
///
/// Complete it with [`recv`](Self::recv) or [`send`](Self::send). Dropping it instead gives the
/// message or slot back, and wakes another thread or task that waits for it. Do not keep it for
/// long: meanwhile the message counts in `len` but no other receiver can take it, or the slot
/// counts as taken. If it is leaked ([`mem::forget`](core::mem::forget)), its message or slot is
/// lost to the channel.
#[must_use = "a selected operation that is dropped neither receives nor sends a message"]
pub struct SelectedOperation<'a> {
    index: usize,
    handle: &'a dyn Selectable,
    outcome: Outcome,
}

impl<'a> SelectedOperation<'a> {
    /// Creates a selected operation with its outcome.
    pub(super) fn new(index: usize, handle: &'a dyn Selectable, outcome: Outcome) -> Self {
        Self {
            index,
            handle,
            outcome,
        }
    }

    /// Returns the index of the operation, which [`Select::recv`](super::Select::recv) or
    /// [`Select::send`](super::Select::send) returned for it. Does not access the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// tx.send(7).unwrap();
    /// let mut select = Select::new();
    /// let index = select.recv(&rx);
    /// let selected = select.select();
    /// assert_eq!(selected.index(), index);
    /// drop(selected); // the message stays in the channel
    /// assert_eq!(rx.recv(), Ok(7));
    /// ```
    pub fn index(&self) -> usize {
        self.index
    }

    /// Receives the oldest message. Waits only for a sender that is suspended in the middle of
    /// sending.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the operation was selected because the channel is closed and every message
    /// has been received.
    ///
    /// # Panics
    ///
    /// Panics if the selected operation does not receive from the channel of `receiver`. Nothing
    /// has been received then.
    ///
    /// # Cost
    ///
    /// One atomic read-modify-write.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{RecvError, Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// tx.send(7).unwrap();
    /// drop(tx);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert_eq!(select.select().recv(&rx), Ok(7));
    /// assert_eq!(select.select().recv(&rx), Err(RecvError));
    /// ```
    #[track_caller]
    pub fn recv<T: Send>(mut self, receiver: &Receiver<T>) -> Result<T, RecvError> {
        assert!(
            self.handle.side() == receiver.side(),
            "mpmc-std: passed a receiver that was not selected"
        );
        match self.outcome.take() {
            Outcome::Reserved => Ok(receiver.0.shared.queue.recv_reserved()),
            Outcome::Nothing => Err(RecvError),
        }
    }

    /// Sends a message. Waits only for a receiver that is suspended in the middle of taking a
    /// message out.
    ///
    /// If the channel is closed after the operation was selected, the message is still sent, as
    /// with a [`Permit`](crate::Permit).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the operation was selected because the channel is closed,
    /// or if no receiver is left.
    ///
    /// # Panics
    ///
    /// Panics if the selected operation does not send to the channel of `sender`. Nothing has been
    /// sent then, and the message is dropped.
    ///
    /// # Cost
    ///
    /// One atomic read-modify-write.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// select.send(&tx);
    /// assert_eq!(select.select().send(&tx, 7), Ok(()));
    /// assert_eq!(rx.recv(), Ok(7));
    /// drop(rx);
    /// assert_eq!(select.select().send(&tx, 8).unwrap_err().into_inner(), 8);
    /// ```
    #[track_caller]
    pub fn send<T: Send>(mut self, sender: &Sender<T>, value: T) -> Result<(), SendError<T>> {
        assert!(
            self.handle.side() == sender.side(),
            "mpmc-std: passed a sender that was not selected"
        );
        match self.outcome.take() {
            Outcome::Reserved => sender.0.shared.send_reserved(value).map_err(SendError),
            Outcome::Nothing => Err(SendError(value)),
        }
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        if self.outcome.take() == Outcome::Reserved {
            self.handle.release();
        }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectedOperation")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

//! The operation that was selected.

use core::fmt;

use super::handle::{Outcome, Selectable};
use crate::blocking::{Receiver, Sender};
use crate::error::{RecvError, SendError};

/// An operation that was selected and has reserved what it needs, from [`Select`](super::Select).
///
/// Complete it with [`recv`](Self::recv) or [`send`](Self::send). One that is dropped instead gives
/// back what it has reserved, and wakes another thread or task that waits for it. Keep it for a
/// moment only: meanwhile the message counts in `len` but cannot be received by others, and the
/// slot counts as taken. One that is leaked ([`mem::forget`](core::mem::forget)) takes its message
/// or slot with it.
#[must_use = "dropping it gives back what it has reserved; nothing is received or sent"]
pub struct SelectedOperation<'a> {
    index: usize,
    handle: &'a dyn Selectable,
    outcome: Outcome,
}

impl<'a> SelectedOperation<'a> {
    /// An operation with what it has reserved.
    pub(super) fn new(index: usize, handle: &'a dyn Selectable, outcome: Outcome) -> Self {
        Self {
            index,
            handle,
            outcome,
        }
    }

    /// Returns the operation's index: what [`Select::recv`](super::Select::recv) or
    /// [`Select::send`](super::Select::send) returned for it. Does nothing to the channel.
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

    /// Receives the oldest message. Waits for nobody but a sender that is suspended in the middle
    /// of sending.
    ///
    /// # Errors
    ///
    /// [`RecvError`] if the operation was selected because the channel is closed and everything has
    /// been received.
    ///
    /// # Panics
    ///
    /// If `receiver` is not of the channel that was selected to receive from. Nothing has been
    /// received then.
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

    /// Sends a message. Waits for nobody but a receiver that is suspended in the middle of taking a
    /// message out.
    ///
    /// A channel that is closed after the operation was selected still takes the message, as on a
    /// [`Permit`](crate::Permit).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the operation was selected because the channel is closed,
    /// or if no receiver is left.
    ///
    /// # Panics
    ///
    /// If `sender` is not of the channel that was selected to send to. Nothing has been sent then,
    /// and the message is dropped.
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

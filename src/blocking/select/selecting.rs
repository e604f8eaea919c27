//! Selecting an operation, with and without waiting.

use core::time::Duration;
use std::time::Instant;

use super::{Select, SelectedOperation};
use crate::channel::deadline_after;
use crate::error::{SelectTimeoutError, TrySelectError};

/// # Selecting an operation
impl<'a> Select<'a> {
    /// Selects an operation that can be done, blocking the thread until there is one.
    ///
    /// The thread is woken by a message, by a free slot, or when one of the channels is closed.
    /// Each message wakes one waiting receiver, and each free slot one waiting sender.
    ///
    /// # Panics
    ///
    /// Panics if the list is empty. With the feature `tokio`, also panics if the call would block
    /// in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// Time proportional to the number of operations, and one atomic read-modify-write to reserve.
    /// A call that has to wait takes the lock of each channel's wait queue twice, to register and
    /// to deregister. The first such call allocates a waiter for each operation.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let (out, outbox) = channel(1);
    /// out.send("full").unwrap();
    /// let thread = std::thread::spawn(move || tx.send("message"));
    ///
    /// let mut select = Select::new();
    /// let received = select.recv(&rx);
    /// select.send(&out);
    /// let selected = select.select();
    /// assert_eq!(selected.index(), received);
    /// assert_eq!(selected.recv(&rx), Ok("message"));
    /// thread.join().unwrap().unwrap();
    /// assert_eq!(outbox.recv(), Ok("full"));
    /// ```
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        self.select_forever("Select::select")
    }

    /// Selects an operation that can be done now. Waits only for a thread that is suspended in the
    /// middle of an operation, and only if no other operation can be done.
    ///
    /// # Errors
    ///
    /// [`TrySelectError`] if no operation can be done. Messages and slots that are reserved for a
    /// waiter that has lost several races do not count.
    ///
    /// # Cost
    ///
    /// Time proportional to the number of operations, and one atomic read-modify-write to reserve.
    /// Never allocates a waiter.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.try_select().is_err());
    /// tx.send(7).unwrap();
    /// assert_eq!(select.try_select().unwrap().recv(&rx), Ok(7));
    /// ```
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.select_now().ok_or(TrySelectError)
    }

    /// Selects an operation that can be done, blocking the thread for at most `timeout`. It waits
    /// and is woken as [`select`](Self::select), and makes a last attempt when the time is up.
    /// Without operations it waits for the whole time.
    ///
    /// # Errors
    ///
    /// [`SelectTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`select`](Self::select), and one access to the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.select_timeout(Duration::from_millis(1)).is_err());
    /// tx.send(7).unwrap();
    /// assert_eq!(select.select_timeout(Duration::ZERO).unwrap().recv(&rx), Ok(7));
    /// ```
    #[track_caller]
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_by(deadline_after(timeout), "Select::select_timeout")
            .ok_or(SelectTimeoutError)
    }

    /// Selects an operation that can be done, blocking the thread until `deadline` at the latest.
    /// An operation that can be done is selected even if the deadline has passed. Without
    /// operations the call waits until the deadline.
    ///
    /// # Errors
    ///
    /// [`SelectTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// The same as for [`select_timeout`](Self::select_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, _rx) = channel(1);
    /// let mut select = Select::new();
    /// select.send(&tx);
    /// select.select_deadline(Instant::now()).unwrap().send(&tx, 7).unwrap();
    /// assert!(select.select_deadline(Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_by(Some(deadline), "Select::select_deadline")
            .ok_or(SelectTimeoutError)
    }
}

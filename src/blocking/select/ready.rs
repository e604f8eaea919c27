//! Finding an operation that could be done, without doing it.

use core::time::Duration;
use std::time::Instant;

use super::Select;
use crate::channel::deadline_after;
use crate::error::{ReadyTimeoutError, TryReadyError};

/// # Finding an operation that is ready
impl Select<'_> {
    /// Returns the index of an operation that could be done, blocking the thread until there is
    /// one. Nothing is reserved when this returns, so another thread may be faster: use `try_recv`
    /// or `try_send` next.
    ///
    /// The call briefly reserves the message or slot that it finds, which counts as taken
    /// meanwhile, and gives it back. That wakes a thread or task that waits for it.
    ///
    /// # Panics
    ///
    /// Panics if the list is empty. With the feature `tokio`, also panics if the call would block
    /// in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`select`](Self::select), and one atomic read-modify-write to give the message or
    /// slot back.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// let index = select.recv(&rx);
    /// tx.send(7).unwrap();
    /// assert_eq!(select.ready(), index);
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// ```
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        self.select_forever("Select::ready").index()
    }

    /// Returns the index of an operation that could be done now. Keeps nothing reserved; see
    /// [`ready`](Self::ready).
    ///
    /// # Errors
    ///
    /// [`TryReadyError`] if no operation could be done.
    ///
    /// # Cost
    ///
    /// That of [`try_select`](Self::try_select), and one atomic read-modify-write to give the
    /// message or slot back.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, _rx) = channel(1);
    /// let mut select = Select::new();
    /// select.send(&tx);
    /// assert_eq!(select.try_ready(), Ok(0));
    /// tx.try_send(7).unwrap();
    /// assert!(select.try_ready().is_err());
    /// ```
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        let selected = self.select_now().ok_or(TryReadyError)?;
        Ok(selected.index())
    }

    /// Returns the index of an operation that could be done, blocking the thread for at most
    /// `timeout`. Keeps nothing reserved; see [`ready`](Self::ready). Without operations the call
    /// waits for the whole time.
    ///
    /// # Errors
    ///
    /// [`ReadyTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`ready`](Self::ready), and one access to the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (_tx, rx) = channel::<u8>(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.ready_timeout(Duration::from_millis(1)).is_err());
    /// ```
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        let selected = self
            .select_by(deadline_after(timeout), "Select::ready_timeout")
            .ok_or(ReadyTimeoutError)?;
        Ok(selected.index())
    }

    /// Returns the index of an operation that could be done, blocking the thread until `deadline`
    /// at the latest. Keeps nothing reserved; see [`ready`](Self::ready). Without operations the
    /// call waits until the deadline.
    ///
    /// # Errors
    ///
    /// [`ReadyTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, panics if the call would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`ready`](Self::ready), and one access to the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// tx.send(7).unwrap();
    /// let mut select = Select::new();
    /// let index = select.recv(&rx);
    /// assert_eq!(select.ready_deadline(Instant::now()), Ok(index));
    /// ```
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        let selected = self
            .select_by(Some(deadline), "Select::ready_deadline")
            .ok_or(ReadyTimeoutError)?;
        Ok(selected.index())
    }
}

//! Which operation could be done, without doing it.

use core::time::Duration;
use std::time::Instant;

use super::Select;
use crate::channel::deadline_after;
use crate::error::{ReadyTimeoutError, TryReadyError};

impl Select<'_> {
    /// Returns the index of an operation that could be done, blocking the thread until there is
    /// one. Nothing is reserved when this returns, so another thread may be quicker: attempt with
    /// `try_recv` or `try_send`.
    ///
    /// What it found is reserved for a moment, in which others see it as taken, and is then given
    /// back: a thread or task that waits for it is woken.
    ///
    /// # Panics
    ///
    /// If there is no operation. With the feature `tokio`, also if it would block in a task of a
    /// tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`select`](Self::select), and one atomic read-modify-write to give back what was
    /// reserved.
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

    /// Returns the index of an operation that could be done at once. Keeps nothing reserved; see
    /// [`ready`](Self::ready).
    ///
    /// # Errors
    ///
    /// [`TryReadyError`] if none could be done.
    ///
    /// # Cost
    ///
    /// That of [`try_select`](Self::try_select), and one atomic read-modify-write to give back what
    /// was reserved.
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

    /// Returns the index of an operation that could be done, blocking the thread for no longer than
    /// `timeout`. Keeps nothing reserved; see [`ready`](Self::ready). Without operations it waits for
    /// the whole time.
    ///
    /// # Errors
    ///
    /// [`ReadyTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, if it would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`ready`](Self::ready), and a reading of the clock.
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

    /// Returns the index of an operation that could be done, blocking the thread, but not beyond
    /// `deadline`. Keeps nothing reserved; see [`ready`](Self::ready). Without operations it waits
    /// until then.
    ///
    /// # Errors
    ///
    /// [`ReadyTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, if it would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`ready`](Self::ready), and a reading of the clock.
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

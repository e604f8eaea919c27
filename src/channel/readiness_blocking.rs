//! Readiness calls that block the thread, with and without a time limit.

use core::time::Duration;
use std::time::Instant;

use super::future::open;
use super::timeout::deadline_after;
use super::{Receiver, Sender};
use crate::error::{RecvTimeoutError, SendError, SendTimeoutError};
use crate::wait;

/// # Readiness, blocking a thread
impl<T> Receiver<T> {
    /// Waits as [`recv_ready`](Self::recv_ready) does, blocking the thread. Call it only on threads
    /// outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let thread = std::thread::spawn(move || (rx.blocking_recv_ready(), rx.len()));
    /// tx.blocking_send(7).unwrap();
    /// assert_eq!(thread.join().unwrap(), (true, 1));
    /// ```
    #[track_caller]
    pub fn blocking_recv_ready(&self) -> bool {
        wait::block_forever(self.shared.queue.recv_ready(), "blocking_recv_ready")
    }

    /// Waits as [`blocking_recv_ready`](Self::blocking_recv_ready) does, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and every message has been
    /// received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::error::RecvTimeoutError;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_recv_ready_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.try_send(7).unwrap();
    /// assert_eq!(rx.blocking_recv_ready_timeout(moment), Ok(()));
    /// ```
    #[track_caller]
    pub fn blocking_recv_ready_timeout(&self, timeout: Duration) -> Result<(), RecvTimeoutError> {
        self.recv_ready_by(deadline_after(timeout), "blocking_recv_ready_timeout")
    }

    /// Waits as [`blocking_recv_ready`](Self::blocking_recv_ready) does, until `deadline` at the
    /// latest. If there is a message, the call succeeds even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and every message has been
    /// received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert!(rx.blocking_recv_ready_deadline(Instant::now()).is_err());
    /// tx.try_send(7).unwrap();
    /// assert!(rx.blocking_recv_ready_deadline(Instant::now()).is_ok());
    /// ```
    #[track_caller]
    pub fn blocking_recv_ready_deadline(&self, deadline: Instant) -> Result<(), RecvTimeoutError> {
        self.recv_ready_by(Some(deadline), "blocking_recv_ready_deadline")
    }

    #[track_caller]
    fn recv_ready_by(&self, deadline: Option<Instant>, call: &str) -> Result<(), RecvTimeoutError> {
        match wait::block(self.shared.queue.recv_ready(), deadline, call) {
            Some(true) => Ok(()),
            Some(false) => Err(RecvTimeoutError::Disconnected),
            None => Err(RecvTimeoutError::Timeout),
        }
    }
}

/// # Readiness, blocking a thread
impl<T> Sender<T> {
    /// Waits as [`send_ready`](Self::send_ready) does, blocking the thread. Call it only on threads
    /// outside any executor.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the channel or this handle is closed.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.blocking_send(7).unwrap();
    /// let thread = std::thread::spawn(move || (tx.blocking_send_ready(), tx.len()));
    /// assert_eq!(rx.blocking_recv(), Some(7));
    /// assert_eq!(thread.join().unwrap(), (Ok(()), 0));
    /// ```
    #[track_caller]
    pub fn blocking_send_ready(&self) -> Result<(), SendError<()>> {
        self.check_open(())?;
        open(wait::block_forever(
            self.shared.queue.send_ready(),
            "blocking_send_ready",
        ))
    }

    /// Waits as [`blocking_send_ready`](Self::blocking_send_ready) does, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] if the time is up, or the channel or this handle is closed.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::error::SendTimeoutError;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let moment = Duration::from_millis(1);
    /// tx.try_send(7).unwrap();
    /// assert_eq!(tx.blocking_send_ready_timeout(moment), Err(SendTimeoutError::Timeout(())));
    /// rx.try_recv().unwrap();
    /// assert_eq!(tx.blocking_send_ready_timeout(moment), Ok(()));
    /// ```
    #[track_caller]
    pub fn blocking_send_ready_timeout(
        &self,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<()>> {
        self.send_ready_by(deadline_after(timeout), "blocking_send_ready_timeout")
    }

    /// Waits as [`blocking_send_ready`](Self::blocking_send_ready) does, until `deadline` at the
    /// latest. If there is free capacity, the call succeeds even if the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] if the time is up, or the channel or this handle is closed.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// assert!(tx.blocking_send_ready_deadline(Instant::now()).is_ok());
    /// tx.try_send(7).unwrap();
    /// assert!(tx.blocking_send_ready_deadline(Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn blocking_send_ready_deadline(
        &self,
        deadline: Instant,
    ) -> Result<(), SendTimeoutError<()>> {
        self.send_ready_by(Some(deadline), "blocking_send_ready_deadline")
    }

    #[track_caller]
    fn send_ready_by(
        &self,
        deadline: Option<Instant>,
        call: &str,
    ) -> Result<(), SendTimeoutError<()>> {
        self.check_open(())?;
        match wait::block(self.shared.queue.send_ready(), deadline, call) {
            Some(is_open) => Ok(open(is_open)?),
            None => Err(SendTimeoutError::Timeout(())),
        }
    }
}

//! Waiting for a limited time.

use core::time::Duration;
use std::time::Instant;

use super::{Receiver, Sender};
use crate::error::{RecvTimeoutError, SendTimeoutError};
use crate::queue::{RecvOperation, SendOperation};
#[cfg(feature = "tokio")]
use crate::sync;
use crate::wait;
#[cfg(feature = "tokio")]
use crate::wait::Run;

/// `None` if that is so far away that it never comes.
pub(crate) fn deadline_after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

impl<T> Sender<T> {
    /// Sends a message, blocking the thread while the channel is full, but not longer than `timeout`. For
    /// threads outside any executor.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed. A last
    /// attempt is made when the time is up.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::error::SendTimeoutError;
    ///
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(tx.blocking_send_timeout(1, moment), Ok(()));
    /// assert_eq!(tx.blocking_send_timeout(2, moment), Err(SendTimeoutError::Timeout(2)));
    /// ```
    #[track_caller]
    #[doc(alias = "send_timeout")]
    #[doc(alias = "send_option_timeout")]
    pub fn blocking_send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        self.send_by(value, deadline_after(timeout), "blocking_send_timeout")
    }

    /// [`blocking_send_timeout`](Self::blocking_send_timeout) with the moment at which to give up.
    /// The message is sent if there is free capacity, also if that moment has passed.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// assert!(tx.blocking_send_deadline(1, Instant::now()).is_ok());
    /// assert!(tx.blocking_send_deadline(2, Instant::now()).is_err());
    /// ```
    #[track_caller]
    #[doc(alias = "send_deadline")]
    pub fn blocking_send_deadline(
        &self,
        value: T,
        deadline: Instant,
    ) -> Result<(), SendTimeoutError<T>> {
        self.send_by(value, Some(deadline), "blocking_send_deadline")
    }

    /// Sends by `deadline`, for the call that a panic is to name.
    #[track_caller]
    pub(crate) fn send_by(
        &self,
        value: T,
        deadline: Option<Instant>,
        call: &str,
    ) -> Result<(), SendTimeoutError<T>> {
        let value = self.check_open(value)?;
        let mut send = SendOperation::new(&self.shared.queue, value);
        let sent = wait::block(&mut send, deadline, call);
        outcome(sent, send)
    }

    /// Sends a message, waiting while the channel is full, but not longer than `timeout`. Needs the Cargo
    /// feature `tokio`, and a tokio runtime whose time driver is enabled. Elsewhere, wrap
    /// [`reserve`](Self::reserve) in the timeout of your runtime: the message stays yours until there is capacity.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, or without its time driver.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it returned `Ready`, the message has not been sent, and is
    /// dropped with the future.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use std::time::Duration;
    /// use mpmc_std::error::SendTimeoutError;
    ///
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(tx.send_timeout(1, moment).await, Ok(()));
    /// assert_eq!(tx.send_timeout(2, moment).await, Err(SendTimeoutError::Timeout(2)));
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    pub async fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        let value = self.check_open(value)?;
        let mut send = SendOperation::new(&self.shared.queue, value);
        let sent = sync::timeout(timeout, Run::new(&mut send)).await;
        outcome(sent, send)
    }
}

/// So that the compiler says which feature a call of `send_timeout` needs.
#[cfg(not(feature = "tokio"))]
#[diagnostic::on_unimplemented(
    message = "`Sender::send_timeout` needs the Cargo feature `tokio` of `mpmc-std`",
    label = "enable it with `mpmc-std = {{ version = \"...\", features = [\"tokio\"] }}`",
    note = "or wrap `reserve` in the timeout of your runtime; in a thread, call `blocking_send_timeout`"
)]
#[doc(hidden)]
pub trait FeatureTokio {}

#[cfg(not(feature = "tokio"))]
impl<T> Sender<T> {
    /// Needs the Cargo feature `tokio`. Without it no program that calls this compiles.
    ///
    /// ```compile_fail,E0277
    /// # async fn send(tx: mpmc_std::Sender<u8>) {
    /// let sent: Result<(), _> = tx.send_timeout(1, std::time::Duration::ZERO).await;
    /// # }
    /// ```
    #[doc(hidden)]
    pub async fn send_timeout(
        &self,
        value: T,
        _timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>>
    where
        T: FeatureTokio,
    {
        Err(SendTimeoutError::Timeout(value))
    }
}

/// What a send came to that was given `None` if its time ran out.
fn outcome<T>(
    sent: Option<Result<(), T>>,
    unsent: SendOperation<'_, T>,
) -> Result<(), SendTimeoutError<T>> {
    match sent {
        Some(sent) => sent.map_err(SendTimeoutError::Closed),
        None => match unsent.value {
            Some(value) => Err(SendTimeoutError::Timeout(value)),
            None => unreachable!("a send that has not finished keeps its message"),
        },
    }
}

impl<T> Receiver<T> {
    /// Receives the oldest message, blocking the thread while the channel is empty, but not longer
    /// than `timeout`. For threads outside any executor. A last attempt is made when the time is
    /// up.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and everything has been received.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::error::RecvTimeoutError;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let moment = Duration::from_millis(1);
    /// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.try_send(7).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(moment), Ok(7));
    /// ```
    #[track_caller]
    #[doc(alias = "recv_timeout")]
    pub fn blocking_recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_by(deadline_after(timeout), "blocking_recv_timeout")
    }

    /// [`blocking_recv_timeout`](Self::blocking_recv_timeout) with the moment at which to give up. A message
    /// that is there is received, also if that moment has passed.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError`] if the time is up, or the channel is closed and everything has been received.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// assert!(rx.blocking_recv_deadline(Instant::now()).is_err());
    /// tx.try_send(7).unwrap();
    /// assert_eq!(rx.blocking_recv_deadline(Instant::now()), Ok(7));
    /// ```
    #[track_caller]
    #[doc(alias = "recv_deadline")]
    pub fn blocking_recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_by(Some(deadline), "blocking_recv_deadline")
    }

    /// Receives by `deadline`, for the call that a panic is to name.
    #[track_caller]
    pub(crate) fn recv_by(
        &self,
        deadline: Option<Instant>,
        call: &str,
    ) -> Result<T, RecvTimeoutError> {
        let queue = &self.shared.queue;
        match wait::block(RecvOperation { queue }, deadline, call) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(RecvTimeoutError::Disconnected),
            None => Err(RecvTimeoutError::Timeout),
        }
    }
}

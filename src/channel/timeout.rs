//! Calls that wait for a limited time.

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

/// Returns the deadline, or `None` if it is too far away to be represented.
pub(crate) fn deadline_after(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// # Blocking with a time limit
impl<T> Sender<T> {
    /// Sends a message, blocking the thread for at most `timeout` while the channel is full. Call
    /// it only on threads outside any executor.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed. The call
    /// makes a last attempt when the time is up.
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

    /// Sends a message as [`blocking_send_timeout`](Self::blocking_send_timeout) does, blocking the
    /// thread until `deadline` at the latest. If there is free capacity, the message is sent even
    /// if the deadline has passed.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
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

    /// Sends by `deadline`. A panic names `call`.
    #[track_caller]
    pub(crate) fn send_by(
        &self,
        value: T,
        deadline: Option<Instant>,
        call: &str,
    ) -> Result<(), SendTimeoutError<T>> {
        let value = self.check_open(value)?;
        let mut send = SendOperation::<T>::new(&self.shared.queue, value);
        let sent = wait::block(&mut send, deadline, call);
        outcome(sent, send)
    }

    /// Sends a message, waiting for at most `timeout` while the channel is full.
    ///
    /// Requires the Cargo feature `tokio` and a tokio runtime whose time driver is enabled. With
    /// another runtime, wrap [`reserve`](Self::reserve) in its timeout: the caller keeps the
    /// message until there is capacity.
    ///
    /// # Errors
    ///
    /// [`SendTimeoutError`] with the message if the time is up or the channel is closed.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime, or if its time driver is not enabled.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it has returned `Ready`, the message has not been sent, and
    /// is dropped with the future.
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
        let mut send = SendOperation::<T>::new(&self.shared.queue, value);
        let sent = sync::timeout(timeout, Run::new(&mut send)).await;
        outcome(sent, send)
    }
}

/// A bound that makes the compiler name the feature that `send_timeout` needs.
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
    /// Requires the Cargo feature `tokio`. Without it a program that calls this does not compile.
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

/// Converts the result of a send whose time may have run out (`sent` is `None` then).
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

/// # Blocking with a time limit
impl<T> Receiver<T> {
    /// Receives the oldest message, blocking the thread for at most `timeout` while the channel is
    /// empty. The call makes a last attempt when the time is up. Call it only on threads outside
    /// any executor.
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
    /// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
    /// tx.try_send(7).unwrap();
    /// assert_eq!(rx.blocking_recv_timeout(moment), Ok(7));
    /// ```
    #[track_caller]
    #[doc(alias = "recv_timeout")]
    pub fn blocking_recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_by(deadline_after(timeout), "blocking_recv_timeout")
    }

    /// Receives the oldest message as [`blocking_recv_timeout`](Self::blocking_recv_timeout) does,
    /// blocking the thread until `deadline` at the latest. If there is a message, it is received
    /// even if the deadline has passed.
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
    /// assert!(rx.blocking_recv_deadline(Instant::now()).is_err());
    /// tx.try_send(7).unwrap();
    /// assert_eq!(rx.blocking_recv_deadline(Instant::now()), Ok(7));
    /// ```
    #[track_caller]
    #[doc(alias = "recv_deadline")]
    pub fn blocking_recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_by(Some(deadline), "blocking_recv_deadline")
    }

    /// Receives by `deadline`. A panic names `call`.
    #[track_caller]
    pub(crate) fn recv_by(
        &self,
        deadline: Option<Instant>,
        call: &str,
    ) -> Result<T, RecvTimeoutError> {
        let recv = RecvOperation::<T>::new(&self.shared.queue);
        match wait::block(recv, deadline, call) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(RecvTimeoutError::Disconnected),
            None => Err(RecvTimeoutError::Timeout),
        }
    }
}

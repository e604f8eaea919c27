//! Error types of the channel, with the names, fields and trait implementations of tokio's.

mod capacity;
mod recv;
#[cfg(feature = "std")]
mod select;
mod send;
#[cfg(feature = "tokio")]
mod tokio;

pub use capacity::SetCapacityError;
pub use recv::RecvError;
#[cfg(feature = "std")]
pub use select::{ReadyTimeoutError, SelectTimeoutError, TryReadyError, TrySelectError};

use core::error::Error;
use core::fmt;

/// The error of [`Sender::send`](crate::Sender::send) and related methods when the channel is
/// closed. Contains the message.
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::channel(1);
/// drop(rx);
/// let error = tx.blocking_send("hello").unwrap_err();
/// assert_eq!(error.0, "hello");
/// assert_eq!(error.to_string(), "channel closed");
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct SendError<T>(pub T);

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T> Error for SendError<T> {}

/// The error of [`Sender::try_send`](crate::Sender::try_send). Contains the message.
///
/// # Examples
///
/// ```
/// use mpmc_std::error::TrySendError;
///
/// let (tx, rx) = mpmc_std::channel(1);
/// tx.try_send(1).unwrap();
/// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
/// drop(rx);
/// assert_eq!(tx.try_send(3).unwrap_err().into_inner(), 3);
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum TrySendError<T> {
    /// The channel holds as many messages and permits as its capacity allows, or its free capacity
    /// is reserved for waiting tasks that have lost several races (see the [crate
    /// documentation](crate#fairness)).
    Full(T),
    /// The channel is closed: by a handle, or because the last receiver is gone.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::error::TrySendError;
    /// assert_eq!(TrySendError::Full(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In quotes, as in tokio.
        let name = match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        };
        fmt::Debug::fmt(name, f)
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "no available capacity",
            Self::Closed(_) => "channel closed",
        })
    }
}

impl<T> Error for TrySendError<T> {}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        Self::Closed(error.0)
    }
}

/// The error of [`Receiver::try_recv`](crate::Receiver::try_recv).
///
/// # Examples
///
/// ```
/// use mpmc_std::error::TryRecvError;
///
/// let (tx, rx) = mpmc_std::channel::<u8>(1);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
/// drop(tx);
/// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum TryRecvError {
    /// The channel is empty, but a message may still be sent; or its messages are reserved for
    /// waiting tasks that have lost several races (see the [crate documentation](crate#fairness)).
    Empty,
    /// The channel is empty and closed; no message will ever be sent.
    Disconnected,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Empty => "receiving on an empty channel",
            Self::Disconnected => "receiving on a closed channel",
        })
    }
}

impl Error for TryRecvError {}

/// The error of [`Sender::blocking_send_timeout`](crate::Sender::blocking_send_timeout) and related
/// methods. Contains the message.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use mpmc_std::error::SendTimeoutError;
///
/// let (tx, _rx) = mpmc_std::channel(1);
/// tx.try_send(1).unwrap();
/// let error = tx.blocking_send_timeout(2, Duration::from_millis(1)).unwrap_err();
/// assert_eq!(error, SendTimeoutError::Timeout(2));
/// assert_eq!(error.into_inner(), 2);
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum SendTimeoutError<T> {
    /// The channel stayed full until the time was up.
    Timeout(T),
    /// The channel is closed.
    Closed(T),
}

impl<T> SendTimeoutError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::error::SendTimeoutError;
    /// assert_eq!(SendTimeoutError::Timeout(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Timeout(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In quotes, as in tokio.
        let name = match self {
            Self::Timeout(_) => "Timeout(..)",
            Self::Closed(_) => "Closed(..)",
        };
        fmt::Debug::fmt(name, f)
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout(_) => "timed out waiting on send operation",
            Self::Closed(_) => "channel closed",
        })
    }
}

impl<T> Error for SendTimeoutError<T> {}

impl<T> From<SendError<T>> for SendTimeoutError<T> {
    fn from(error: SendError<T>) -> Self {
        Self::Closed(error.0)
    }
}

/// The error of [`Receiver::blocking_recv_timeout`](crate::Receiver::blocking_recv_timeout) and
/// [`blocking_recv_deadline`](crate::Receiver::blocking_recv_deadline).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use mpmc_std::error::RecvTimeoutError;
///
/// let (tx, rx) = mpmc_std::channel::<u8>(1);
/// let moment = Duration::from_millis(1);
/// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Timeout));
/// drop(tx);
/// assert_eq!(rx.blocking_recv_timeout(moment), Err(RecvTimeoutError::Disconnected));
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum RecvTimeoutError {
    /// The channel stayed empty until the time was up.
    Timeout,
    /// The channel is empty and closed; no message will ever be sent.
    Disconnected,
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "timed out waiting on receive operation",
            Self::Disconnected => "receiving on a closed channel",
        })
    }
}

impl Error for RecvTimeoutError {}

//! The error of a receive that waits, and the conversions and queries of the receive errors.

use core::error::Error;
use core::fmt;

use super::{RecvTimeoutError, TryRecvError};

/// The error of `blocking::Receiver::recv` and of a selected receive when the channel is closed and
/// every message has been received.
///
/// # Examples
///
/// ```
/// use mpmc_std::blocking;
/// use mpmc_std::error::RecvError;
///
/// let (tx, rx) = blocking::channel::<u8>(1);
/// drop(tx);
/// assert_eq!(rx.recv(), Err(RecvError));
/// assert_eq!(RecvError.to_string(), "receiving on a closed channel");
/// ```
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct RecvError;

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("receiving on a closed channel")
    }
}

impl Error for RecvError {}

impl From<RecvError> for TryRecvError {
    /// Returns [`TryRecvError::Disconnected`].
    fn from(_: RecvError) -> Self {
        Self::Disconnected
    }
}

impl From<RecvError> for RecvTimeoutError {
    /// Returns [`RecvTimeoutError::Disconnected`].
    fn from(_: RecvError) -> Self {
        Self::Disconnected
    }
}

impl TryRecvError {
    /// Returns whether the channel was empty, and a message may still be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(rx.try_recv().unwrap_err().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// Returns whether the channel was empty and closed, so that no message will ever be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// drop(tx);
    /// assert!(rx.try_recv().unwrap_err().is_disconnected());
    /// ```
    #[doc(alias = "is_closed")]
    pub fn is_disconnected(&self) -> bool {
        *self == Self::Disconnected
    }
}

impl RecvTimeoutError {
    /// Returns whether the time was up, and a message may still be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (_tx, rx) = mpmc_std::channel::<u8>(1);
    /// assert!(rx.blocking_recv_timeout(Duration::ZERO).unwrap_err().is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        *self == Self::Timeout
    }

    /// Returns whether the channel was empty and closed, so that no message will ever be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = mpmc_std::channel::<u8>(1);
    /// drop(tx);
    /// assert!(rx.blocking_recv_timeout(Duration::ZERO).unwrap_err().is_disconnected());
    /// ```
    #[doc(alias = "is_closed")]
    pub fn is_disconnected(&self) -> bool {
        *self == Self::Disconnected
    }
}

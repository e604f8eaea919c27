//! Methods of the send errors.

use super::{SendError, SendTimeoutError, TrySendError};

impl<T> SendError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// drop(rx);
    /// assert_eq!(tx.blocking_send(7).unwrap_err().into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TrySendError<T> {
    /// Returns whether there was no free capacity, and the message may be sent later.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::channel(1);
    /// tx.try_send(1).unwrap();
    /// assert!(tx.try_send(2).unwrap_err().is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Returns whether the channel was closed, so that the message can never be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// drop(rx);
    /// assert!(tx.try_send(1).unwrap_err().is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// Returns whether the channel was closed, as [`is_closed`](Self::is_closed) does. This is the
    /// name in channels for threads.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// drop(rx);
    /// assert!(tx.try_send(1).unwrap_err().is_disconnected());
    /// ```
    pub fn is_disconnected(&self) -> bool {
        self.is_closed()
    }
}

impl<T> SendTimeoutError<T> {
    /// Returns whether the time was up, and the message may be sent later.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::error::SendTimeoutError;
    /// assert!(SendTimeoutError::Timeout(7).is_timeout());
    /// assert!(!SendTimeoutError::Closed(7).is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Returns whether the channel was closed, so that the message can never be sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::error::SendTimeoutError;
    /// assert!(SendTimeoutError::Closed(7).is_closed());
    /// assert!(!SendTimeoutError::Timeout(7).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// Returns whether the channel was closed, as [`is_closed`](Self::is_closed) does. This is the
    /// name in channels for threads.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::error::SendTimeoutError;
    /// assert!(SendTimeoutError::Closed(7).is_disconnected());
    /// ```
    pub fn is_disconnected(&self) -> bool {
        self.is_closed()
    }
}

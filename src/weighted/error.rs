//! Error types of the weighted channel: those of the plain one, and one for messages that are too
//! heavy.

use core::error::Error;
use core::fmt;

/// Returned by [`Sender::send`](super::Sender::send) and related methods; hands the message back.
///
/// # Examples
///
/// ```
/// use mpmc_std::weighted::{self, SendError};
///
/// # futures::executor::block_on(async {
/// let (tx, rx) = weighted::channel(4, 5);
/// assert_eq!(tx.send("too long").await, Err(SendError::TooHeavy("too long")));
/// drop(rx);
/// assert_eq!(tx.send("short").await.unwrap_err().into_inner(), "short");
/// # });
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum SendError<T> {
    /// The channel is closed: by a handle, or because the last receiver is gone.
    Closed(T),
    /// The weight is more than the channel's maximum, so the message can never be sent.
    /// Returned whether the channel is closed or not.
    TooHeavy(T),
}

impl<T> SendError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::SendError;
    /// assert_eq!(SendError::TooHeavy(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Closed(value) | Self::TooHeavy(value) => value,
        }
    }

    /// Returns whether the channel was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::SendError;
    /// assert!(SendError::Closed(7).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// Returns whether the weight was more than the channel's maximum.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::SendError;
    /// assert!(SendError::TooHeavy(7).is_too_heavy());
    /// ```
    pub fn is_too_heavy(&self) -> bool {
        matches!(self, Self::TooHeavy(_))
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed(_) => "Closed(..)",
            Self::TooHeavy(_) => "TooHeavy(..)",
        })
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Closed(_) => "channel closed",
            Self::TooHeavy(_) => TOO_HEAVY,
        })
    }
}

impl<T> Error for SendError<T> {}

const TOO_HEAVY: &str = "message heavier than the channel's maximum weight";

/// Returned by [`Sender::try_send`](super::Sender::try_send) and related methods; hands the message
/// back.
///
/// # Examples
///
/// ```
/// use mpmc_std::weighted::{self, TrySendError};
///
/// let (tx, rx) = weighted::channel(4, 5);
/// tx.try_send("hello").unwrap();
/// assert_eq!(tx.try_send("hello"), Err(TrySendError::Full("hello")));
/// assert_eq!(tx.try_send("hello!"), Err(TrySendError::TooHeavy("hello!")));
/// drop(rx);
/// assert_eq!(tx.try_send("hello"), Err(TrySendError::Closed("hello")));
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum TrySendError<T> {
    /// There is too little available weight or no free slot now, or other senders wait for weight
    /// and are served first.
    Full(T),
    /// The channel is closed: by a handle, or because the last receiver is gone.
    Closed(T),
    /// The weight is more than the channel's maximum, so the message can never be sent.
    /// Returned whether the channel is closed or not.
    TooHeavy(T),
}

impl<T> TrySendError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::TrySendError;
    /// assert_eq!(TrySendError::Full(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) | Self::TooHeavy(value) => value,
        }
    }

    /// Returns whether the message may be sent later.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::TrySendError;
    /// assert!(TrySendError::Full(7).is_full());
    /// ```
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Returns whether the channel was closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::TrySendError;
    /// assert!(TrySendError::Closed(7).is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }

    /// Returns whether the weight was more than the channel's maximum.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::TrySendError;
    /// assert!(TrySendError::TooHeavy(7).is_too_heavy());
    /// ```
    pub fn is_too_heavy(&self) -> bool {
        matches!(self, Self::TooHeavy(_))
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
            Self::TooHeavy(_) => "TooHeavy(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Full(_) => "no available capacity",
            Self::Closed(_) => "channel closed",
            Self::TooHeavy(_) => TOO_HEAVY,
        })
    }
}

impl<T> Error for TrySendError<T> {}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Closed(value) => Self::Closed(value),
            SendError::TooHeavy(value) => Self::TooHeavy(value),
        }
    }
}

/// Returned by [`Permit::send`](super::Permit::send) if the message is heavier than the permit;
/// hands the message back.
///
/// # Examples
///
/// ```
/// use mpmc_std::weighted::{self, TooHeavyError};
///
/// let (tx, _rx) = weighted::channel(4, 100);
/// let permit = tx.try_reserve(4).unwrap();
/// let error = permit.send("hello").unwrap_err();
/// assert_eq!(error, TooHeavyError("hello"));
/// assert_eq!(error.to_string(), "message heavier than its permit");
/// ```
#[derive(PartialEq, Eq, Clone, Copy)]
pub struct TooHeavyError<T>(pub T);

impl<T> TooHeavyError<T> {
    /// Returns the message that was not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mpmc_std::weighted::TooHeavyError;
    /// assert_eq!(TooHeavyError(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for TooHeavyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TooHeavyError").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for TooHeavyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("message heavier than its permit")
    }
}

impl<T> Error for TooHeavyError<T> {}

//! Conversions from and to the errors of `tokio::sync::mpsc`, so that code that also uses an
//! unbounded channel of tokio needs only one error type.

use tokio::sync::mpsc::error as tokio;

use super::{SendError, SendTimeoutError, TryRecvError, TrySendError};

impl<T> From<tokio::SendError<T>> for SendError<T> {
    fn from(error: tokio::SendError<T>) -> Self {
        Self(error.0)
    }
}

impl<T> From<SendError<T>> for tokio::SendError<T> {
    fn from(error: SendError<T>) -> Self {
        Self(error.0)
    }
}

impl<T> From<tokio::TrySendError<T>> for TrySendError<T> {
    fn from(error: tokio::TrySendError<T>) -> Self {
        match error {
            tokio::TrySendError::Full(value) => Self::Full(value),
            tokio::TrySendError::Closed(value) => Self::Closed(value),
        }
    }
}

impl<T> From<TrySendError<T>> for tokio::TrySendError<T> {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(value) => Self::Full(value),
            TrySendError::Closed(value) => Self::Closed(value),
        }
    }
}

impl<T> From<tokio::SendError<T>> for TrySendError<T> {
    fn from(error: tokio::SendError<T>) -> Self {
        Self::Closed(error.0)
    }
}

impl<T> From<SendError<T>> for tokio::TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        Self::Closed(error.0)
    }
}

impl<T> From<tokio::SendTimeoutError<T>> for SendTimeoutError<T> {
    fn from(error: tokio::SendTimeoutError<T>) -> Self {
        match error {
            tokio::SendTimeoutError::Timeout(value) => Self::Timeout(value),
            tokio::SendTimeoutError::Closed(value) => Self::Closed(value),
        }
    }
}

impl<T> From<SendTimeoutError<T>> for tokio::SendTimeoutError<T> {
    fn from(error: SendTimeoutError<T>) -> Self {
        match error {
            SendTimeoutError::Timeout(value) => Self::Timeout(value),
            SendTimeoutError::Closed(value) => Self::Closed(value),
        }
    }
}

impl From<tokio::TryRecvError> for TryRecvError {
    fn from(error: tokio::TryRecvError) -> Self {
        match error {
            tokio::TryRecvError::Empty => Self::Empty,
            tokio::TryRecvError::Disconnected => Self::Disconnected,
        }
    }
}

impl From<TryRecvError> for tokio::TryRecvError {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => Self::Empty,
            TryRecvError::Disconnected => Self::Disconnected,
        }
    }
}

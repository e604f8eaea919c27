use core::error::Error;
use core::fmt;

/// The error of [`Sender::set_capacity`](crate::Sender::set_capacity) and
/// [`Receiver::set_capacity`](crate::Receiver::set_capacity). The capacity has not changed.
///
/// # Examples
///
/// ```
/// use mpmc_std::error::SetCapacityError;
///
/// let (tx, rx) = mpmc_std::channel::<u8>(8);
/// let error = tx.set_capacity(9).unwrap_err();
/// assert_eq!(error, SetCapacityError::AboveLimit { limit: 8 });
/// assert_eq!(error.to_string(), "the capacity is above the limit of 8");
/// drop(rx);
/// assert_eq!(tx.set_capacity(4), Err(SetCapacityError::Closed));
/// assert_eq!(tx.max_capacity(), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetCapacityError {
    /// The capacity is zero.
    Zero,
    /// The capacity is above the limit: that of
    /// [`Builder::growable_to`](crate::Builder::growable_to), or else the capacity that the channel
    /// was created with.
    AboveLimit {
        /// The largest capacity of the channel.
        limit: usize,
    },
    /// The capacity is more than 64,512 below the limit.
    TooFarBelowLimit {
        /// The largest capacity of the channel.
        limit: usize,
    },
    /// The outstanding permits and the difference to the limit are more than 65,535 together. The
    /// call may succeed later.
    TooManyPermits,
    /// The channel, or the handle, is closed.
    Closed,
}

impl fmt::Display for SetCapacityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("the capacity is zero"),
            Self::AboveLimit { limit } => write!(f, "the capacity is above the limit of {limit}"),
            Self::TooFarBelowLimit { limit } => {
                write!(f, "the capacity is too far below the limit of {limit}")
            }
            Self::TooManyPermits => f.write_str("too many permits are outstanding"),
            Self::Closed => f.write_str("channel closed"),
        }
    }
}

impl Error for SetCapacityError {}

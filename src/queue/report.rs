//! What sends and receives report of their messages. The claim provides the position.

use core::ops::Range;

/// The results of sends and receives. A position is computed only if it is reported.
pub(crate) trait Report {
    type Sent;
    type Received<T>;
    type ReceivedMany;

    fn sent(position: impl FnOnce() -> u64) -> Self::Sent;

    fn received<T>(position: impl FnOnce() -> u64, message: T) -> Self::Received<T>;

    /// `count` messages were received; `first` returns the position of the first one.
    fn received_many(first: impl FnOnce() -> u64, count: usize) -> Self::ReceivedMany;
}

/// Reports the message, or the number of messages.
pub(crate) struct NoPosition;
/// Reports the positions, too.
pub(crate) struct WithPosition;

impl Report for NoPosition {
    type Sent = ();
    type Received<T> = T;
    type ReceivedMany = usize;

    #[inline(always)]
    fn sent(_position: impl FnOnce() -> u64) {}

    #[inline(always)]
    fn received<T>(_position: impl FnOnce() -> u64, message: T) -> T {
        message
    }

    #[inline(always)]
    fn received_many(_first: impl FnOnce() -> u64, count: usize) -> usize {
        count
    }
}

impl Report for WithPosition {
    type Sent = u64;
    type Received<T> = (u64, T);
    type ReceivedMany = Range<u64>;

    fn sent(position: impl FnOnce() -> u64) -> u64 {
        position()
    }

    fn received<T>(position: impl FnOnce() -> u64, message: T) -> (u64, T) {
        (position(), message)
    }

    fn received_many(first: impl FnOnce() -> u64, count: usize) -> Range<u64> {
        let first = first();
        first..first + count as u64
    }
}

//! Iterators of receivers for threads.

use super::Receiver;
use crate::channel::{Drain, IntoIter, Iter, TryIter};

/// # Iterating
impl<T> Receiver<T> {
    /// Returns an iterator that blocks the thread for each message, and ends when the channel is
    /// closed and every message has been received.
    ///
    /// # Panics
    ///
    /// The iterator panics when [`recv`](Self::recv) would.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(2);
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.iter().sum::<u32>(), 3);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        self.0.iter()
    }

    /// Returns an iterator over the messages that can be received without waiting. It ends when
    /// there is no message, and may yield more later.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(2);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        self.0.try_iter()
    }

    /// Returns an iterator over at most as many messages as are in the channel now, so that it ends
    /// even if messages are sent meanwhile. Messages that it has not yielded when it is dropped
    /// stay in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::blocking::channel(2);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.drain().collect::<Vec<_>>(), [1]);
    /// ```
    pub fn drain(&self) -> Drain<'_, T> {
        self.0.drain()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    /// Returns an iterator as [`iter`](Receiver::iter) does.
    fn into_iter(self) -> IntoIter<T> {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    /// Returns an iterator as [`iter`](Receiver::iter) does.
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

//! Iterators of receivers for threads.

use super::Receiver;
use crate::channel::{Drain, IntoIter, Iter, TryIter};

impl<T> Receiver<T> {
    /// Returns an iterator that blocks the thread for each message, and ends when the channel is
    /// closed and everything has been received.
    ///
    /// # Panics
    ///
    /// The iterator panics as [`recv`](Self::recv) does.
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

    /// Returns an iterator over the messages that can be had without waiting; ends when there is
    /// none, and may go on later.
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
    /// even while others go on sending. What it has not yielded when it is dropped stays in the
    /// channel.
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

    /// As [`iter`](Receiver::iter).
    fn into_iter(self) -> IntoIter<T> {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    /// As [`iter`](Receiver::iter).
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

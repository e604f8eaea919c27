//! Iterators of receivers for threads.

use core::iter::FusedIterator;

use super::Receiver;
use crate::channel::{Drain, TryIter};

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
        self.0.blocking_iter()
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
        IntoIter { receiver: self.0 }
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

/// An iterator that blocks the thread for each message, from [`Receiver::iter`] and
/// [`blocking_iter`](crate::Receiver::blocking_iter).
#[must_use = "messages are taken out only as the iterator yields them"]
#[derive(Debug)]
pub struct Iter<'a, T> {
    receiver: &'a crate::Receiver<T>,
}

impl<'a, T> Iter<'a, T> {
    pub(crate) fn new(receiver: &'a crate::Receiver<T>) -> Self {
        Self { receiver }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv_on_thread("Iterator::next")
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

/// An iterator that owns its receiver and blocks the thread for each message, from
/// [`Receiver::into_iter`](IntoIterator::into_iter).
#[must_use = "messages are taken out only as the iterator yields them"]
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: crate::Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv_on_thread("Iterator::next")
    }
}

impl<T> FusedIterator for IntoIter<T> {}

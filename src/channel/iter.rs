//! Iterators over messages, for blocking code.

use core::iter::FusedIterator;

use super::Receiver;

impl<T> Receiver<T> {
    /// An iterator that blocks the thread for each message, and ends when the channel is closed and
    /// everything has been received. For threads outside any executor.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let thread = std::thread::spawn(move || rx.iter().sum::<u32>());
    /// for message in 1..=10 {
    ///     tx.blocking_send(message).unwrap();
    /// }
    /// drop(tx);
    /// assert_eq!(thread.join().unwrap(), 55);
    /// ```
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// An iterator over the messages that can be had without waiting; ends when there is none, and may go
    /// on later.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    /// ```
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// An iterator over at most as many messages as are in the channel now, so that it ends even while
    /// others go on sending. What it has not yielded when it is dropped stays in the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2]).unwrap();
    /// for message in rx.drain() {
    ///     tx.try_send(message + 10).unwrap();
    /// }
    /// assert_eq!(rx.drain().collect::<Vec<_>>(), [11, 12]);
    /// ```
    pub fn drain(&self) -> Drain<'_, T> {
        Drain {
            messages: self.try_iter(),
            left: self.len(),
        }
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    /// As [`iter`](Receiver::iter).
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
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

/// From [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.blocking_recv()
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

/// From [`Receiver::into_iter`](IntoIterator::into_iter).
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.blocking_recv()
    }
}

impl<T> FusedIterator for IntoIter<T> {}

/// From [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

/// From [`Receiver::drain`].
#[derive(Debug)]
pub struct Drain<'a, T> {
    messages: TryIter<'a, T>,
    left: usize,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        self.messages.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

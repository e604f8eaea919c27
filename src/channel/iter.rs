//! Iterators over the messages that are in the channel.

use super::Receiver;

/// # Iterating without waiting
impl<T> Receiver<T> {
    /// Returns an iterator over the messages that can be received without waiting. It ends when
    /// there is no message, and may yield more later.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    /// assert_eq!(rx.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
    /// ```
    #[must_use = "messages are taken out only as the iterator yields them"]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// Returns an iterator over at most as many messages as are in the channel now, so that it ends
    /// even if messages are sent meanwhile.
    ///
    /// It takes a message out when it yields it, and does nothing when it is dropped: the messages
    /// that it has not yielded stay in the channel, for this receiver or another one. (`Vec::drain`
    /// removes the rest. Here that would lose messages that a task may be waiting for.) To discard
    /// the messages, use `rx.drain().for_each(drop)`.
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
    #[must_use = "messages are taken out only as the iterator yields them"]
    pub fn drain(&self) -> Drain<'_, T> {
        Drain {
            messages: self.try_iter(),
            left: self.len(),
        }
    }
}

/// An iterator that ends when the channel is empty, from [`Receiver::try_iter`].
#[must_use = "messages are taken out only as the iterator yields them"]
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

/// An iterator over the messages that were in the channel, from [`Receiver::drain`].
#[must_use = "messages are taken out only as the iterator yields them"]
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

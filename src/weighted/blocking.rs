//! Calls that block their thread.

use super::future::closed;
use super::message::Weighed;
use super::{Receiver, SendError, Sender, Weight};

impl<T> Sender<T> {
    /// Sends a message that knows its weight, blocking the thread while there is too little weight
    /// or no slot. For threads outside any executor. Waits in the same queues as
    /// [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// If [`Weight::weight`] panics, and with the Cargo feature `tokio`, if it would block inside a
    /// task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 5);
    /// let thread = std::thread::spawn(move || {
    ///     tx.blocking_send("hello")?;
    ///     tx.blocking_send("world")
    /// });
    /// assert_eq!(rx.blocking_recv(), Some("hello"));
    /// assert_eq!(rx.blocking_recv(), Some("world"));
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>>
    where
        T: Weight,
    {
        let weight = value.weight();
        self.send_on_thread(value, weight, "blocking_send")
    }

    /// Sends a message of a given weight, as [`blocking_send`](Self::blocking_send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(8, 5);
    /// tx.blocking_send_with_weight(7, 5).unwrap();
    /// assert_eq!(rx.weight(), 5);
    /// ```
    #[track_caller]
    pub fn blocking_send_with_weight(&self, value: T, weight: usize) -> Result<(), SendError<T>> {
        self.send_on_thread(value, weight, "blocking_send_with_weight")
    }

    #[track_caller]
    fn send_on_thread(&self, value: T, weight: usize, call: &str) -> Result<(), SendError<T>> {
        if weight > self.semaphore.total() {
            return Err(SendError::TooHeavy(value));
        }
        let Ok(units) = self.semaphore.acquire_on_thread(weight, call) else {
            return Err(SendError::Closed(value));
        };
        // SAFETY: M1: the message is sent through a handle of the channel, or taken apart below.
        let message = unsafe { Weighed::new(value, units) };
        self.plain.send_on_thread(message, call).map_err(closed)
    }
}

impl<T> Receiver<T> {
    /// Receives the oldest message, blocking the thread while the channel is empty; `None` as for
    /// [`recv`](Self::recv). For threads outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::weighted::channel(2, 100);
    /// let thread = std::thread::spawn(move || rx.blocking_recv());
    /// tx.blocking_send("hello").unwrap();
    /// assert_eq!(thread.join().unwrap(), Some("hello"));
    /// ```
    #[track_caller]
    pub fn blocking_recv(&self) -> Option<T> {
        self.plain
            .recv_on_thread("blocking_recv")
            .map(Weighed::into_value)
    }
}

//! From handles for threads to those for tasks, and back.

use super::{Receiver, Sender};

impl<T> Sender<T> {
    /// Returns the same handle for use in tasks, with all that it offers besides: permits, batches,
    /// `stats`, weak handles.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::blocking::channel(2);
    /// tx.as_async().send(1).await.unwrap();
    /// assert_eq!(rx.recv(), Ok(1));
    /// # });
    /// ```
    pub fn as_async(&self) -> &crate::Sender<T> {
        &self.0
    }

    /// Turns this handle into one for tasks. Costs nothing; the channel stays the same.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::blocking::channel(2);
    /// let tx: mpmc_std::Sender<u8> = tx.into_async();
    /// assert_eq!(tx.strong_count(), 1);
    /// ```
    #[must_use = "the handle is dropped if it is not used"]
    pub fn into_async(self) -> crate::Sender<T> {
        self.0
    }
}

impl<T> Receiver<T> {
    /// Returns the same handle for use in tasks, with all that it offers besides: batches, `stats`,
    /// weak handles.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::blocking::channel(2);
    /// tx.send(1).unwrap();
    /// assert_eq!(rx.as_async().recv().await, Some(1));
    /// # });
    /// ```
    pub fn as_async(&self) -> &crate::Receiver<T> {
        &self.0
    }

    /// Turns this handle into one for tasks. Costs nothing; the channel stays the same.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::blocking::channel(2);
    /// let rx: mpmc_std::Receiver<u8> = rx.into_async();
    /// assert_eq!(rx.strong_count(), 1);
    /// ```
    #[must_use = "the handle is dropped if it is not used"]
    pub fn into_async(self) -> crate::Receiver<T> {
        self.0
    }
}

impl<T> crate::Sender<T> {
    /// Turns this handle into one for threads, whose plain names block. Costs nothing; the channel
    /// stays the same. Clone the handle first to keep one for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let for_threads = tx.clone().into_blocking();
    /// let thread = std::thread::spawn(move || for_threads.send(1));
    /// assert_eq!(rx.recv().await, Some(1));
    /// thread.join().unwrap().unwrap();
    /// # drop(tx);
    /// # });
    /// ```
    #[must_use = "the handle is dropped if it is not used"]
    pub fn into_blocking(self) -> Sender<T> {
        Sender(self)
    }
}

impl<T> crate::Receiver<T> {
    /// Turns this handle into one for threads, whose plain names block. Costs nothing; the channel
    /// stays the same. Clone the handle first to keep one for tasks.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let for_threads = rx.into_blocking();
    /// let thread = std::thread::spawn(move || for_threads.recv());
    /// tx.send(1).await.unwrap();
    /// assert_eq!(thread.join().unwrap(), Ok(1));
    /// # });
    /// ```
    #[must_use = "the handle is dropped if it is not used"]
    pub fn into_blocking(self) -> Receiver<T> {
        Receiver(self)
    }
}

impl<T> From<crate::Sender<T>> for Sender<T> {
    fn from(sender: crate::Sender<T>) -> Self {
        Self(sender)
    }
}

impl<T> From<Sender<T>> for crate::Sender<T> {
    fn from(sender: Sender<T>) -> Self {
        sender.0
    }
}

impl<T> From<crate::Receiver<T>> for Receiver<T> {
    fn from(receiver: crate::Receiver<T>) -> Self {
        Self(receiver)
    }
}

impl<T> From<Receiver<T>> for crate::Receiver<T> {
    fn from(receiver: Receiver<T>) -> Self {
        receiver.0
    }
}

//! Conversions between handles for threads and handles for tasks.

use super::{Receiver, Sender};

/// # Conversion
impl<T> Sender<T> {
    /// Returns this handle as one for tasks, which also has permits, batches, `stats` and weak
    /// handles.
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

    /// Converts this handle into one for tasks of the same channel. The conversion is free.
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

/// # Conversion
impl<T> Receiver<T> {
    /// Returns this handle as one for tasks, which also has batches, `stats` and weak handles.
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

    /// Converts this handle into one for tasks of the same channel. The conversion is free.
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

/// # Conversion
impl<T> crate::Sender<T> {
    /// Converts this handle into one for threads of the same channel, whose methods block. The
    /// conversion is free. To keep a handle for tasks, clone this one first.
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

/// # Conversion
impl<T> crate::Receiver<T> {
    /// Converts this handle into one for threads of the same channel, whose methods block. The
    /// conversion is free. To keep a handle for tasks, clone this one first.
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

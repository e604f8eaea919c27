//! Calls that block the thread.

use alloc::vec::Vec;

use super::{Receiver, Sender};
use crate::blocking::Iter;
use crate::error::SendError;
use crate::queue::{RecvOperation, SendOperation};
use crate::wait;

/// # Blocking a thread
impl<T> Sender<T> {
    /// Sends a message, blocking the thread while the channel is full.
    ///
    /// Call it only on threads outside any executor: inside a task it would keep the executor's
    /// thread from running other tasks, perhaps including the receiver that it waits for. The
    /// thread waits in the same queue as the tasks in [`send`](Self::send). It does not use its
    /// park token ([`std::thread::park`]).
    ///
    /// # Errors
    ///
    /// [`SendError`] with the message if the channel is closed.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let thread = std::thread::spawn(move || {
    ///     tx.blocking_send(1)?;
    ///     tx.blocking_send(2)
    /// });
    /// assert_eq!(rx.blocking_recv(), Some(1));
    /// assert_eq!(rx.blocking_recv(), Some(2));
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    #[doc(alias = "send_blocking")]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        self.send_on_thread(value, "blocking_send")
    }

    /// Sends as [`blocking_send`](Self::blocking_send) does. A panic names `call`.
    #[track_caller]
    pub(crate) fn send_on_thread(&self, value: T, call: &str) -> Result<(), SendError<T>> {
        let value = self.check_open(value)?;
        let send = SendOperation::<T>::new(&self.shared.queue, value);
        wait::block_forever(send, call).map_err(SendError)
    }
}

/// # Blocking a thread
impl<T> Receiver<T> {
    /// Receives the oldest message, blocking the thread while the channel is empty. Returns `None`
    /// when [`recv`](Self::recv) does.
    ///
    /// Call it only on threads outside any executor: inside a task it would keep the executor's
    /// thread from running other tasks, perhaps including the sender that it waits for. The thread
    /// waits in the same queue as the tasks in `recv`. It does not use its park token
    /// ([`std::thread::park`]).
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(1);
    /// let thread = std::thread::spawn(move || rx.blocking_recv());
    /// tx.blocking_send(7).unwrap();
    /// assert_eq!(thread.join().unwrap(), Some(7));
    /// ```
    #[track_caller]
    #[doc(alias = "recv_blocking")]
    pub fn blocking_recv(&self) -> Option<T> {
        self.recv_on_thread("blocking_recv")
    }

    /// Receives as [`blocking_recv`](Self::blocking_recv) does. A panic names `call`.
    #[track_caller]
    pub(crate) fn recv_on_thread(&self, call: &str) -> Option<T> {
        wait::block_forever(RecvOperation::<T>::new(&self.shared.queue), call)
    }

    /// Receives up to `limit` messages as [`recv_many`](Self::recv_many) does, blocking the thread
    /// while the channel is empty. Call it only on threads outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(8);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    /// let mut buffer = Vec::new();
    /// assert_eq!(rx.blocking_recv_many(&mut buffer, 8), 3);
    /// ```
    #[track_caller]
    pub fn blocking_recv_many(&self, buffer: &mut Vec<T>, limit: usize) -> usize {
        if limit == 0 {
            return 0;
        }
        wait::block_forever(
            self.recv_many_operation(buffer, limit),
            "blocking_recv_many",
        )
    }

    /// Returns an iterator that blocks the thread for each message, and ends when the channel is
    /// closed and every message has been received. Use it only on threads outside any executor; a
    /// task calls `while let Some(message) = rx.recv().await`.
    ///
    /// `Receiver` does not implement [`IntoIterator`], since `for message in rx` in a task would
    /// block its executor. The receiver of the module [`blocking`](crate::blocking) does:
    /// `for message in rx.into_blocking()`.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, `next` panics if it would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(2);
    /// let thread = std::thread::spawn(move || rx.blocking_iter().sum::<u32>());
    /// for message in 1..=10 {
    ///     tx.blocking_send(message).unwrap();
    /// }
    /// drop(tx);
    /// assert_eq!(thread.join().unwrap(), 55);
    /// ```
    #[doc(alias("iter", "into_iter"))]
    pub fn blocking_iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }
}

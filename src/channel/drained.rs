//! Waiting until every message that was sent before has been received.

use core::fmt;
use core::pin::Pin;
#[cfg(feature = "std")]
use core::pin::pin;
use core::task::{Context, Poll};
#[cfg(feature = "std")]
use core::time::Duration;
#[cfg(feature = "std")]
use std::time::Instant;

use pin_project_lite::pin_project;

#[cfg(feature = "std")]
use super::timeout::deadline_after;
use super::{Receiver, Sender};
use crate::queue::MpmcQueue;
#[cfg(feature = "std")]
use crate::sync;
use crate::wait::UntilDrained;

pin_project! {
    /// A future that waits until every message that had been sent when it was created has been
    /// received, from [`Sender::drained`] or [`Receiver::drained`].
    ///
    /// After it has returned `Ready` it may be polled again, and returns `Ready` again.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::{Drained, Sender};
    ///
    /// fn mark(tx: &Sender<u8>) -> Drained<'_, u8> {
    ///     tx.drained()
    /// }
    ///
    /// let (tx, rx) = mpmc_std::channel(1);
    /// tx.try_send(1).unwrap();
    /// let sent = mark(&tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// futures::executor::block_on(sent);
    /// ```
    #[must_use = "futures do nothing unless they are polled"]
    pub struct Drained<'a, T> {
        #[pin]
        until: UntilDrained<'a, MpmcQueue<T>>,
    }
}

#[cfg(feature = "std")]
impl<T> Drained<'_, T> {
    /// Blocks the thread until the future is ready or `deadline` has passed. Returns whether it is
    /// ready. A panic names `call`.
    #[track_caller]
    fn block(self, deadline: Option<Instant>, call: &str) -> bool {
        let mut this = pin!(self);
        let now = Instant::now();
        if sync::is_in_runtime() && deadline.is_none_or(|deadline| now < deadline) {
            if sync::block_on_until(this.as_mut(), Some(now)).is_some() {
                return true;
            }
            sync::assert_may_block(call);
        }
        sync::block_on_until(this, deadline).is_some()
    }
}

impl<T> Future for Drained<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().until.poll(cx)
    }
}

impl<T> fmt::Debug for Drained<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drained").finish_non_exhaustive()
    }
}

/// # Waiting until the channel is drained
impl<T> Sender<T> {
    /// Waits until every message that was sent before this call, by any sender, has been received,
    /// by any receiver. Messages that are sent later do not count, so the wait ends under load too.
    /// The task is woken by the receiver that takes the last of those messages.
    ///
    /// *Received* means that a receiver has taken the message out of the channel, not that it has
    /// processed it; for that, let the receiver send a reply. A message also counts as received if
    /// [`force_send`](Sender::force_send) takes it out, or if it is dropped with the last receiver.
    /// Permits do not count. If no receiver receives, this call waits forever.
    ///
    /// The call records the position of the last message, and the future waits until receivers have
    /// passed it. While a task waits, each receive briefly takes a lock; otherwise the other
    /// operations cost the same.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. A new call also waits for messages that were sent in
    /// between; to wait for the same messages, keep the future.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.send_many([1, 2]).await.unwrap();
    /// let drained = tx.drained();
    /// tx.send(3).await.unwrap(); // sent later
    ///
    /// let receive = async { (rx.recv().await, rx.recv().await) };
    /// let ((), received) = futures::join!(drained, receive);
    /// assert_eq!(received, (Some(1), Some(2)));
    /// assert_eq!(tx.len(), 1);
    /// # });
    /// ```
    pub fn drained(&self) -> Drained<'_, T> {
        Drained {
            until: self.shared.queue.drained(),
        }
    }

    /// Waits as [`drained`](Self::drained) does, blocking the thread. Call it only on threads
    /// outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2]).unwrap();
    /// let worker = rx.clone();
    /// let thread = std::thread::spawn(move || worker.blocking_iter().count());
    /// tx.blocking_drained();
    /// assert!(rx.is_empty());
    /// drop(tx);
    /// assert_eq!(thread.join().unwrap(), 2);
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn blocking_drained(&self) {
        self.drained().block(None, "blocking_drained");
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained) does, for at most `timeout`. Returns
    /// whether every message has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let moment = Duration::from_millis(1);
    /// tx.try_send(1).unwrap();
    /// assert!(!tx.blocking_drained_timeout(moment));
    /// rx.try_recv().unwrap();
    /// assert!(tx.blocking_drained_timeout(moment));
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    #[must_use = "the result says whether every message has been received"]
    pub fn blocking_drained_timeout(&self, timeout: Duration) -> bool {
        self.drained()
            .block(deadline_after(timeout), "blocking_drained_timeout")
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained) does, until `deadline` at the latest.
    /// Returns whether every message has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = mpmc_std::channel(4);
    /// assert!(tx.blocking_drained_deadline(Instant::now()), "nothing was sent");
    /// tx.try_send(1).unwrap();
    /// assert!(!tx.blocking_drained_deadline(Instant::now()));
    /// # drop(rx);
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    #[must_use = "the result says whether every message has been received"]
    pub fn blocking_drained_deadline(&self, deadline: Instant) -> bool {
        self.drained()
            .block(Some(deadline), "blocking_drained_deadline")
    }
}

/// # Waiting until the channel is drained
impl<T> Receiver<T> {
    /// Waits until every message that was sent before this call has been received, by any receiver,
    /// including this one; see [`Sender::drained`].
    ///
    /// Use it to shut down a service, after [`close`](Self::close): the workers receive the
    /// remaining messages, and this call waits until none is left. It receives no message itself,
    /// so another task must.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped at any time. A new call also waits for messages that were sent in
    /// between.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let worker = rx.clone();
    /// tx.send_many([1, 2]).await.unwrap();
    ///
    /// rx.close();
    /// let work = async { while worker.recv().await.is_some() {} };
    /// futures::join!(work, rx.drained());
    /// assert!(rx.is_empty());
    /// # });
    /// ```
    pub fn drained(&self) -> Drained<'_, T> {
        Drained {
            until: self.shared.queue.drained(),
        }
    }

    /// Waits as [`drained`](Self::drained) does, blocking the thread. Call it only on threads
    /// outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2]).unwrap();
    /// let worker = rx.clone();
    /// let thread = std::thread::spawn(move || worker.blocking_iter().count());
    /// rx.blocking_drained();
    /// assert!(rx.is_empty());
    /// drop(tx);
    /// assert_eq!(thread.join().unwrap(), 2);
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    pub fn blocking_drained(&self) {
        self.drained().block(None, "blocking_drained");
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained) does, for at most `timeout`. Returns
    /// whether every message has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let (tx, rx) = mpmc_std::channel(4);
    /// let moment = Duration::from_millis(1);
    /// tx.try_send(1).unwrap();
    /// assert!(!rx.blocking_drained_timeout(moment));
    /// rx.try_recv().unwrap();
    /// assert!(rx.blocking_drained_timeout(moment));
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    #[must_use = "the result says whether every message has been received"]
    pub fn blocking_drained_timeout(&self, timeout: Duration) -> bool {
        self.drained()
            .block(deadline_after(timeout), "blocking_drained_timeout")
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained) does, until `deadline` at the latest.
    /// Returns whether every message has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, panics if the call would block inside a task of a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    ///
    /// let (tx, rx) = mpmc_std::channel(4);
    /// assert!(rx.blocking_drained_deadline(Instant::now()), "nothing was sent");
    /// tx.try_send(1).unwrap();
    /// assert!(!rx.blocking_drained_deadline(Instant::now()));
    /// # drop(rx);
    /// ```
    #[cfg(feature = "std")]
    #[track_caller]
    #[must_use = "the result says whether every message has been received"]
    pub fn blocking_drained_deadline(&self, deadline: Instant) -> bool {
        self.drained()
            .block(Some(deadline), "blocking_drained_deadline")
    }
}

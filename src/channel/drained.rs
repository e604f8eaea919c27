//! Waiting until everything that was sent before has been received.

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
    /// A future that is ready when everything has been received that had been sent when it was made:
    /// from [`Sender::drained`] or [`Receiver::drained`].
    ///
    /// It stays ready, and may be polled again.
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
    /// Returns whether it was ready before `deadline`, for the call that a panic is to name.
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

impl<T> Sender<T> {
    /// Waits until everything that was sent before this call has been received: by any sender, through
    /// any receiver. Messages that are sent later do not matter, so that the wait ends under load.
    /// Woken by the receiver that takes the last of those messages.
    ///
    /// *Received* means that a receiver has taken the message out of the channel, not that it has
    /// done something with it: to know that, have the receiver answer. A message that
    /// [`force_send`](Sender::force_send) takes out, or that is dropped with the last receiver, is
    /// gone, too. Permits are not messages yet. If nothing receives, this waits forever.
    ///
    /// The call notes the position of the last message; the future waits for it. While a task waits
    /// each receive takes a lock for a moment; otherwise this costs the other operations nothing.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time. A new call waits for what was sent in between as well; to wait
    /// for the same messages, keep the future.
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

    /// Waits as [`drained`](Self::drained), blocking the thread. For threads outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2]).unwrap();
    /// let worker = rx.clone();
    /// let thread = std::thread::spawn(move || worker.iter().count());
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

    /// Waits as [`blocking_drained`](Self::blocking_drained), but not longer than `timeout`. Returns
    /// whether everything has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
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
    #[must_use = "it says whether everything has been received"]
    pub fn blocking_drained_timeout(&self, timeout: Duration) -> bool {
        self.drained()
            .block(deadline_after(timeout), "blocking_drained_timeout")
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained), but not longer than until `deadline`.
    /// Returns whether everything has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
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
    #[must_use = "it says whether everything has been received"]
    pub fn blocking_drained_deadline(&self, deadline: Instant) -> bool {
        self.drained()
            .block(Some(deadline), "blocking_drained_deadline")
    }
}

impl<T> Receiver<T> {
    /// Waits until everything that was sent before this call has been received, as
    /// [`Sender::drained`] does: through any receiver, this one included.
    ///
    /// For the end of a service, after [`close`](Self::close): the workers take what is left, and this
    /// tells when nothing is. It takes no message itself, so some other task has to.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped at any time. A new call waits for what was sent in between as well.
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

    /// Waits as [`drained`](Self::drained), blocking the thread. For threads outside any executor.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2]).unwrap();
    /// let worker = rx.clone();
    /// let thread = std::thread::spawn(move || worker.iter().count());
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

    /// Waits as [`blocking_drained`](Self::blocking_drained), but not longer than `timeout`. Returns
    /// whether everything has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
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
    #[must_use = "it says whether everything has been received"]
    pub fn blocking_drained_timeout(&self, timeout: Duration) -> bool {
        self.drained()
            .block(deadline_after(timeout), "blocking_drained_timeout")
    }

    /// Waits as [`blocking_drained`](Self::blocking_drained), but not longer than until `deadline`.
    /// Returns whether everything has been received.
    ///
    /// # Panics
    ///
    /// With the Cargo feature `tokio`, if it would block inside a task of a tokio runtime.
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
    #[must_use = "it says whether everything has been received"]
    pub fn blocking_drained_deadline(&self, deadline: Instant) -> bool {
        self.drained()
            .block(Some(deadline), "blocking_drained_deadline")
    }
}

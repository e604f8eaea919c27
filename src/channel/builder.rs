//! A builder for channels whose capacity can grow, or which do not spin.

use super::{Receiver, Sender, Shared};
use crate::ring::MAX_WITHHELD;
use crate::wait::Spin;

/// Configures and creates a channel.
///
/// # Examples
///
/// ```
/// use mpmc_std::Builder;
///
/// let (tx, rx) = Builder::new(16).without_spinning().build();
/// tx.try_send("hello").unwrap();
/// assert_eq!(rx.try_recv(), Ok("hello"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder creates no channel until `build` is called"]
pub struct Builder {
    capacity: usize,
    limit: usize,
    spin: Spin,
}

impl Builder {
    /// Creates a builder with the properties of a [`channel`](crate::channel()) for exactly
    /// `capacity` messages.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::Builder::new(16).build::<u8>();
    /// assert_eq!(tx.capacity(), 16);
    /// ```
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            limit: capacity,
            spin: Spin::Adaptive,
        }
    }

    /// Lets [`set_capacity`](Sender::set_capacity) raise the capacity up to `limit` messages. The
    /// slots for `limit` messages are allocated together, when the first message is sent. Without
    /// this call the limit is the capacity, which can be lowered and raised again.
    ///
    /// A channel below its limit costs more; see [`set_capacity`](Sender::set_capacity).
    ///
    /// # Panics
    ///
    /// Panics if the limit is below the capacity, or more than 64,512 above it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, _rx) = mpmc_std::Builder::new(1).growable_to(3).build();
    /// tx.try_send("first").unwrap();
    /// assert!(tx.try_send("second").is_err());
    /// tx.set_capacity(2).unwrap();
    /// assert!(tx.try_send("second").is_ok());
    /// ```
    #[track_caller]
    pub fn growable_to(mut self, limit: usize) -> Self {
        assert!(
            limit >= self.capacity,
            "mpmc-std: the limit {limit} is below the capacity {}",
            self.capacity
        );
        assert!(
            limit - self.capacity <= MAX_WITHHELD,
            "mpmc-std: the limit {limit} is more than {MAX_WITHHELD} above the capacity {}",
            self.capacity
        );
        self.limit = limit;
        self
    }

    /// Turns spinning and yielding off, so that an operation that has to wait parks immediately.
    ///
    /// By default an operation that would wait first attempts again for a few microseconds, or for
    /// up to 18 µs in a blocking call, as long as such attempts have succeeded lately. (On a single
    /// core a blocking call yields the thread up to four times instead, and meanwhile the other
    /// side may complete it.) Where the other side runs on the same thread, a task wakes itself and
    /// returns to its executor once before it parks, which lets the other side run.
    ///
    /// Without spinning, idle waits use no processor time and each wait is one poll. But a message
    /// that arrives shortly after must wake a task or a thread. The [guide](crate::guide::blocking)
    /// has figures for both.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::Builder::new(1).without_spinning().build();
    /// let thread = std::thread::spawn(move || tx.blocking_send(7));
    /// assert_eq!(rx.blocking_recv(), Some(7));
    /// # thread.join().unwrap().unwrap();
    /// ```
    pub fn without_spinning(mut self) -> Self {
        self.spin = Spin::Never;
        self
    }

    /// Creates a channel.
    ///
    /// # Panics
    ///
    /// Panics as [`channel`](crate::channel()) does: if the capacity is zero, or if the capacity or
    /// the limit is so large that the slots cannot be allocated.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::Builder::new(2).build();
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// ```
    #[track_caller]
    pub fn build<T>(self) -> (Sender<T>, Receiver<T>) {
        Shared::handles(self.capacity, self.limit, self.spin)
    }
}

//! Waiting for one of several operations.

mod choose;
mod handle;
mod ready;
mod selected;

pub use selected::SelectedOperation;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::time::Instant;

use super::{Receiver, Sender};
use crate::channel::deadline_after;
use crate::error::{SelectTimeoutError, TrySelectError};
use handle::{Selectable, Waiting};

/// Waits for one of several operations, on several channels, and completes it.
///
/// The methods have the names of `crossbeam_channel::Select`. Add operations with
/// [`recv`](Self::recv) and [`send`](Self::send), which return their indices, then
/// [`select`](Self::select) one of those that can be done, and complete it with
/// [`SelectedOperation::recv`] or [`SelectedOperation::send`]. A closed channel counts: its
/// operation is selected, and completes with an error. A `Select` can be used any number of times;
/// what was added stays.
///
/// # A selected operation succeeds
///
/// The operation that is selected has *reserved* what it needs: a message, which other receivers
/// leave alone, or a slot, which other senders do. So completing it waits for nobody, and does not
/// fail because others were quicker. A [`SelectedOperation`] that is dropped without being
/// completed gives back what it has reserved, and wakes another thread or task that waits for it.
/// Nothing is lost. (`crossbeam_channel` panics instead.) The operations that were not selected
/// have done nothing. One of them that was woken wakes another thread or task in its place.
///
/// # Fairness
///
/// If several operations can be done, one of them is chosen at random.
/// [`new_biased`](Self::new_biased) prefers those that were added first.
///
/// # Cost
///
/// Adding and selecting take time in proportion to the number of operations, and one atomic
/// read-modify-write each to reserve and to complete. The first wait allocates a place in the wait
/// queue for each operation, which later ones use again. Before the thread parks, it attempts for a
/// few microseconds. As long as it waits, it stands in the wait queue of each channel, and keeps
/// its place there while it loses races, as all that wait do.
///
/// # Examples
///
/// A worker with jobs, and an order to stop:
///
/// ```
/// use mpmc_std::blocking::{Select, channel};
///
/// let (jobs, inbox) = channel(4);
/// let (stop, stopped) = channel(1);
/// let thread = std::thread::spawn(move || {
///     let mut sum = 0;
///     let mut select = Select::new();
///     let job = select.recv(&inbox);
///     select.recv(&stopped);
///     loop {
///         let selected = select.select();
///         if selected.index() != job {
///             selected.recv(&stopped).unwrap();
///             return sum + inbox.try_iter().sum::<u32>();
///         }
///         match selected.recv(&inbox) {
///             Ok(number) => sum += number,
///             Err(_) => select.remove(job), // no more jobs: wait for the order alone
///         }
///     }
/// });
/// for number in 1..=10 {
///     jobs.send(number).unwrap();
/// }
/// drop(jobs);
/// stop.send(()).unwrap();
/// assert_eq!(thread.join().unwrap(), 55);
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    /// `None` where one was removed.
    operations: Vec<Option<Operation<'a>>>,
    /// The indices of the operations, in the order in which they are attempted.
    order: Vec<usize>,
    preference: Preference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preference {
    None,
    /// For those that were added first.
    First,
}

struct Operation<'a> {
    handle: &'a dyn Selectable,
    waiting: Waiting,
}

impl Clone for Operation<'_> {
    /// Between two waits there is nothing to be had from the waiting.
    fn clone(&self) -> Self {
        Self {
            handle: self.handle,
            waiting: Waiting::default(),
        }
    }
}

impl<'a> Select<'a> {
    /// Creates an empty list of operations. Allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::Select;
    ///
    /// assert!(Select::new().try_select().is_err());
    /// ```
    pub fn new() -> Self {
        Self::with(Preference::None)
    }

    /// Creates an empty list of operations that prefers, of those that can be done, the one that
    /// was added first. Allocates nothing.
    ///
    /// An operation that can always be done keeps those behind it from being selected.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (urgent_tx, urgent) = channel(1);
    /// let (other_tx, other) = channel(1);
    /// urgent_tx.send("now").unwrap();
    /// other_tx.send("later").unwrap();
    /// let mut select = Select::new_biased();
    /// select.recv(&urgent);
    /// select.recv(&other);
    /// assert_eq!(select.select().recv(&urgent), Ok("now"));
    /// ```
    pub fn new_biased() -> Self {
        Self::with(Preference::First)
    }

    fn with(preference: Preference) -> Self {
        Self {
            operations: Vec::new(),
            order: Vec::new(),
            preference,
        }
    }

    /// Adds the receiving of a message from `receiver`, and returns the operation's index. The
    /// indices count from 0, in the order in which operations are added.
    ///
    /// # Cost
    ///
    /// The list grows, as a vector does. Nothing is done to the channel before one of the operations
    /// is selected or waited for.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// assert_eq!(select.recv(&rx), 0);
    /// tx.send(7).unwrap();
    /// assert_eq!(select.select().recv(&rx), Ok(7));
    /// ```
    pub fn recv<T: Send>(&mut self, receiver: &'a Receiver<T>) -> usize {
        self.add(receiver)
    }

    /// Adds the sending of a message to `sender`, and returns the operation's index. The message is
    /// given only when the operation was selected. Indices and cost are as for [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// assert_eq!(select.send(&tx), 0);
    /// select.select().send(&tx, 7).unwrap();
    /// assert_eq!(rx.recv(), Ok(7));
    /// ```
    pub fn send<T: Send>(&mut self, sender: &'a Sender<T>) -> usize {
        self.add(sender)
    }

    fn add(&mut self, handle: &'a dyn Selectable) -> usize {
        let index = self.operations.len();
        self.order.push(index);
        self.operations.push(Some(Operation {
            handle,
            waiting: Waiting::default(),
        }));
        index
    }

    /// Removes an operation. The others keep their indices, and its own is not given again. For a
    /// channel that is closed, which would be selected again and again.
    ///
    /// # Cost
    ///
    /// Time in proportion to the number of operations.
    ///
    /// # Panics
    ///
    /// If there is no operation of this index, or it was removed before.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{RecvError, Select, channel};
    ///
    /// let (tx, rx) = channel::<u8>(1);
    /// let mut select = Select::new();
    /// let index = select.recv(&rx);
    /// drop(tx);
    /// assert_eq!(select.select().recv(&rx), Err(RecvError));
    /// select.remove(index);
    /// assert!(select.try_select().is_err());
    /// ```
    #[track_caller]
    pub fn remove(&mut self, index: usize) {
        let operation = self.operations.get_mut(index).and_then(Option::take);
        assert!(
            operation.is_some(),
            "mpmc-std: no operation of index {index} is in the `Select`"
        );
        self.order.retain(|&other| other != index);
    }

    /// Selects an operation that can be done, blocking the thread until there is one. Woken by a
    /// message, a free slot, or the close of one of the channels; each message (slot) wakes one
    /// that waits for it.
    ///
    /// # Panics
    ///
    /// If there is no operation. With the feature `tokio`, also if it would block in a task of a
    /// tokio runtime.
    ///
    /// # Cost
    ///
    /// Time in proportion to the number of operations, and one atomic read-modify-write to reserve.
    /// A call that has to wait takes the lock of each channel's wait queue, to register and again to
    /// leave it. The first such call allocates a waiter for each operation.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let (out, outbox) = channel(1);
    /// out.send("full").unwrap();
    /// let thread = std::thread::spawn(move || tx.send("message"));
    ///
    /// let mut select = Select::new();
    /// let received = select.recv(&rx);
    /// select.send(&out);
    /// let selected = select.select();
    /// assert_eq!(selected.index(), received);
    /// assert_eq!(selected.recv(&rx), Ok("message"));
    /// thread.join().unwrap().unwrap();
    /// assert_eq!(outbox.recv(), Ok("full"));
    /// ```
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        self.select_forever("Select::select")
    }

    /// Selects an operation that can be done at once. Waits only for a thread that is suspended in
    /// the middle of an operation, and only if nothing else can be done.
    ///
    /// # Errors
    ///
    /// [`TrySelectError`] if none can be done. What can be done may be reserved for a waiter that
    /// has lost several races, and then does not count.
    ///
    /// # Cost
    ///
    /// Time in proportion to the number of operations, and one atomic read-modify-write to reserve.
    /// Nothing is allocated to wait with.
    ///
    /// # Examples
    ///
    /// ```
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.try_select().is_err());
    /// tx.send(7).unwrap();
    /// assert_eq!(select.try_select().unwrap().recv(&rx), Ok(7));
    /// ```
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.select_now().ok_or(TrySelectError)
    }

    /// Selects an operation that can be done, blocking the thread for no longer than `timeout`.
    /// Waits and is woken as [`select`](Self::select). A last attempt is made when the time is up.
    /// Without operations it waits for the whole time.
    ///
    /// # Errors
    ///
    /// [`SelectTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, if it would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// That of [`select`](Self::select), and a reading of the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, rx) = channel(1);
    /// let mut select = Select::new();
    /// select.recv(&rx);
    /// assert!(select.select_timeout(Duration::from_millis(1)).is_err());
    /// tx.send(7).unwrap();
    /// assert_eq!(select.select_timeout(Duration::ZERO).unwrap().recv(&rx), Ok(7));
    /// ```
    #[track_caller]
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_by(deadline_after(timeout), "Select::select_timeout")
            .ok_or(SelectTimeoutError)
    }

    /// Selects an operation that can be done, blocking the thread, but not beyond `deadline`. An
    /// operation that can be done is selected also if that moment has passed. Without operations it
    /// waits until then.
    ///
    /// # Errors
    ///
    /// [`SelectTimeoutError`] if the time is up.
    ///
    /// # Panics
    ///
    /// With the feature `tokio`, if it would block in a task of a tokio runtime.
    ///
    /// # Cost
    ///
    /// As for [`select_timeout`](Self::select_timeout).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Instant;
    /// use mpmc_std::blocking::{Select, channel};
    ///
    /// let (tx, _rx) = channel(1);
    /// let mut select = Select::new();
    /// select.send(&tx);
    /// select.select_deadline(Instant::now()).unwrap().send(&tx, 7).unwrap();
    /// assert!(select.select_deadline(Instant::now()).is_err());
    /// ```
    #[track_caller]
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_by(Some(deadline), "Select::select_deadline")
            .ok_or(SelectTimeoutError)
    }
}

impl Default for Select<'_> {
    /// As [`new`](Select::new).
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("operations", &self.order.len())
            .finish_non_exhaustive()
    }
}

//! Selecting one of several operations.

// rustdoc shows the `impl` blocks of `Select` in the order of these modules.
mod adding;

mod selecting;

mod ready;

mod choose;
mod handle;
mod selected;

pub use selected::SelectedOperation;

use alloc::vec::Vec;
use core::fmt;

use handle::{Selectable, Waiting};

/// A list of operations on several channels, one of which can be waited for and completed.
///
/// The methods have the names of `crossbeam_channel::Select`. Add operations with
/// [`recv`](Self::recv) and [`send`](Self::send), which return their indices, then call
/// [`select`](Self::select), which selects one that can be done, and complete it with
/// [`SelectedOperation::recv`] or [`SelectedOperation::send`]. An operation on a closed channel can
/// be selected too, and completes with an error. A `Select` can be used any number of times; the
/// operations stay in the list.
///
/// # A selected operation succeeds
///
/// The selected operation has *reserved* what it needs: a message, which other receivers cannot
/// take, or a slot, which other senders cannot use. So completing it does not wait for free
/// capacity or a message, and does not fail because another thread was faster. A
/// [`SelectedOperation`] that is dropped without being completed gives its message or slot back,
/// and wakes another thread or task that waits for it. Nothing is lost. (`crossbeam_channel` panics
/// instead.) The operations that were not selected have no effect. If one of them was woken, it
/// wakes another thread or task instead.
///
/// # Fairness
///
/// If several operations can be done, one of them is chosen at random.
/// [`new_biased`](Self::new_biased) prefers those that were added first.
///
/// # Cost
///
/// Selecting takes time proportional to the number of operations, and one atomic read-modify-write
/// each to reserve and to complete. The first wait allocates a waiter for each operation, which
/// later waits reuse. Before the thread parks, it spins for a few microseconds. While it waits, it
/// is in the wait queue of each channel, and keeps its place there when it loses a race, like every
/// waiter.
///
/// # Examples
///
/// A worker that receives jobs until it is told to stop:
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
///             Err(_) => select.remove(job), // no more jobs: wait for `stop` only
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
    /// `None` for an operation that was removed.
    operations: Vec<Option<Operation<'a>>>,
    /// The indices of the operations, in the order in which they are attempted.
    order: Vec<usize>,
    preference: Preference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Preference {
    None,
    /// Prefers operations that were added first.
    First,
}

struct Operation<'a> {
    handle: &'a dyn Selectable,
    waiting: Waiting,
}

impl Clone for Operation<'_> {
    /// The clone starts without a wait: between two waits this state is unused.
    fn clone(&self) -> Self {
        Self {
            handle: self.handle,
            waiting: Waiting::default(),
        }
    }
}

impl Default for Select<'_> {
    /// Creates an empty list of operations, as [`new`](Select::new) does.
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

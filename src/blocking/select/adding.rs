//! Adding operations to a `Select`, and removing them.

use alloc::vec::Vec;

use super::handle::{Selectable, Waiting};
use super::{Operation, Preference, Select};
use crate::blocking::{Receiver, Sender};

/// # Adding operations
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
    /// If an operation can always be done, those after it are never selected.
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

    /// Adds an operation that receives a message from `receiver`, and returns its index. Indices
    /// count from 0, in the order in which operations are added.
    ///
    /// # Cost
    ///
    /// The list grows as a vector does. The channel is not accessed before an operation is selected
    /// or waited for.
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

    /// Adds an operation that sends a message to `sender`, and returns its index. The message is
    /// passed to [`SelectedOperation::send`](super::SelectedOperation::send) when the operation has
    /// been selected. Indices and cost are the same as for [`recv`](Self::recv).
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

    /// Removes an operation. The other operations keep their indices, and the removed index is not
    /// reused. Use it for a closed channel, whose operation would be selected every time.
    ///
    /// # Cost
    ///
    /// Time proportional to the number of operations.
    ///
    /// # Panics
    ///
    /// Panics if there is no operation with this index, or if it was removed before.
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
}

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A message of a [weighted channel](crate::weighted) that knows its weight.
///
/// The weight of bytes and strings is their length. To include the spare capacity of a buffer, or
/// for a type of another crate, use [`Sender::send_with_weight`](super::Sender::send_with_weight).
///
/// # Examples
///
/// ```
/// use mpmc_std::weighted::{self, Weight};
///
/// struct Record {
///     key: String,
///     value: Vec<u8>,
/// }
///
/// impl Weight for Record {
///     fn weight(&self) -> usize {
///         self.key.len() + self.value.len()
///     }
/// }
///
/// let (tx, rx) = weighted::channel(8, 1024);
/// let record = Record { key: "k".into(), value: vec![1, 2, 3] };
/// assert!(tx.try_send(record).is_ok());
/// assert_eq!(rx.weight(), 4);
/// ```
pub trait Weight {
    /// Returns the weight. Called once for each send, before the message enters the channel, and
    /// under no lock. If it panics, nothing has been sent, and the message is dropped.
    fn weight(&self) -> usize;
}

/// The number of bytes.
impl Weight for [u8] {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// The number of bytes.
impl Weight for str {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// The number of bytes.
impl<const N: usize> Weight for [u8; N] {
    fn weight(&self) -> usize {
        N
    }
}

/// The number of bytes, not the capacity.
impl Weight for Vec<u8> {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// The number of bytes, not the capacity.
impl Weight for String {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// The weight of the value that it refers to.
impl<T: Weight + ?Sized> Weight for &T {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

/// The weight of the value that it holds.
impl<T: Weight + ?Sized> Weight for Box<T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

/// The weight of the value that it shares, even if it has other owners.
impl<T: Weight + ?Sized> Weight for Arc<T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

/// The weight of the value that it shares, even if it has other owners.
impl<T: Weight + ?Sized> Weight for Rc<T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

/// The weight of the value that it holds or refers to.
impl<T: Weight + ToOwned + ?Sized> Weight for Cow<'_, T> {
    fn weight(&self) -> usize {
        (**self).weight()
    }
}

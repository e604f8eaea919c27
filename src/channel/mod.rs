//! The channel: a queue of exact capacity that closes when one side is gone.

mod receiver;
mod sender;

pub use receiver::Receiver;
pub use sender::Sender;

use core::fmt;

use crate::queue::{MpmcQueue, Patience};
use crate::ring::Refusal;
use crate::sync::{Arc, AtomicUsize, Event, Ordering, listener};

/// Creates a bounded channel for exactly `capacity` messages.
///
/// Both handles can be cloned and shared. Every message goes to one receiver. When the last [`Sender`]
/// is gone, receivers get what was sent before and then `None`; when the last [`Receiver`] is gone,
/// messages still in the channel are dropped and sending fails.
///
/// All memory is allocated here, one slot (the message and 8 bytes, padded to the alignment) for each
/// unit of capacity.
///
/// # Panics
///
/// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been allocated
/// then).
///
/// # Examples
///
/// ```
/// # futures::executor::block_on(async {
/// let (tx, rx) = mpmc_std::channel(1024);
///
/// tx.send("hello").await.unwrap();
/// drop(tx);
///
/// assert_eq!(rx.recv().await, Some("hello"));
/// assert_eq!(rx.recv().await, None);
/// # });
/// ```
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        queue: MpmcQueue::with_exact_capacity(capacity),
        senders: AtomicUsize::new(1),
        receivers: AtomicUsize::new(1),
        closed: Event::new(),
    });
    (Sender::new(Arc::clone(&shared)), Receiver::new(shared))
}

/// What all handles of a channel share.
pub(crate) struct Shared<T> {
    pub(crate) queue: MpmcQueue<T>,
    /// The number of `Sender`s; the channel closes when it falls to zero.
    senders: AtomicUsize,
    /// The number of `Receiver`s; the channel closes and is emptied when it falls to zero.
    receivers: AtomicUsize,
    /// Notified once, when the channel closes.
    closed: Event,
}

impl<T> Shared<T> {
    fn close(&self) {
        if self.queue.close() {
            self.closed.notify(usize::MAX);
        }
    }

    /// Waits until the channel is closed.
    async fn closed(&self) {
        while !self.queue.is_closed() {
            // The list's lock orders us with `close`: it closed before it notified, so either our
            // listener is notified or the second look finds the channel closed.
            listener!(self.closed => listener);
            if self.queue.is_closed() {
                return;
            }
            listener.await;
        }
    }

    fn add(count: &AtomicUsize) {
        // ORDERING: Relaxed. The new handle is made from a living one, so the count cannot fall to zero
        // meanwhile, and handing the new one to another thread orders it.
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a handle out; whether it was the last of its side.
    fn is_last(count: &AtomicUsize) -> bool {
        // ORDERING: AcqRel [count]. Release: what was done through this handle happens-before the close
        // by the last one, which is the Acquire side. Guard: loom `last_handles`.
        count.fetch_sub(1, Ordering::AcqRel) == 1
    }

    pub(crate) fn drop_sender(&self) {
        if Self::is_last(&self.senders) {
            self.close();
        }
    }

    fn drop_receiver(&self) {
        if Self::is_last(&self.receivers) {
            self.close();
            self.queue.discard_all();
        }
    }

    fn has_receivers(&self) -> bool {
        self.count(&self.receivers) > 0
    }

    fn count(&self, handles: &AtomicUsize) -> usize {
        // ORDERING: Acquire. Pairs with [count], and with [close] by way of the closed bit: who has seen the
        // close that followed a count of zero reads zero.
        handles.load(Ordering::Acquire)
    }

    /// Sends on a permit, which must be held; the message comes back if no receiver is left.
    pub(crate) fn send_reserved(&self, value: T) -> Result<(), T> {
        if !self.has_receivers() {
            self.queue.release();
            return Err(value);
        }
        let sent = self.queue.send_reserved(value);
        if sent.closed && !self.has_receivers() {
            // The last receiver went between the two lines above, and may have emptied the channel
            // before our message was in it.
            self.queue.discard_all();
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("queue", &self.queue)
            .field("senders", &self.count(&self.senders))
            .field("receivers", &self.count(&self.receivers))
            .finish()
    }
}

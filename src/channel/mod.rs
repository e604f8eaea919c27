//! The channel: a queue of exact capacity that closes when the last handle of a side is dropped.

// rustdoc shows the `impl` blocks of a handle in the order of these modules.
mod receiver;
mod sender;

#[cfg(feature = "std")]
mod blocking;
#[cfg(feature = "std")]
mod timeout;

mod permit;

mod batch;
mod iter;
mod position;
mod readiness;
#[cfg(feature = "std")]
mod readiness_blocking;

mod sink;
mod stream;

mod closing;
mod drained;

mod queries;

mod capacity;
mod stats;
mod weak;

mod builder;
pub mod future;

pub use batch::Unsent;
pub use builder::Builder;
pub use drained::Drained;
pub use iter::{Drain, TryIter};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::Receiver;
pub use sender::Sender;
pub use stats::{SideStats, Stats};
pub use stream::RecvStream;
#[cfg(feature = "std")]
pub(crate) use timeout::deadline_after;
pub use weak::{WeakReceiver, WeakSender};

use core::fmt;

use crate::queue::MpmcQueue;
use crate::sync::{Arc, AtomicUsize, Ordering};
use crate::unwind::{Defer, defer};
use crate::wait::ReservationLock;
use crate::wait::{Spin, WakerSet};

/// Creates a bounded channel for exactly `capacity` messages.
///
/// Both handles can be cloned and shared. Each message goes to one receiver. When the last
/// [`Sender`] is dropped, receivers receive the messages sent before, and then `None`. When the
/// last [`Receiver`] is dropped, the messages still in the channel are dropped and sending fails.
///
/// Each unit of capacity takes one slot: the message and 8 bytes, padded to the alignment. All
/// slots are allocated at once when the first message is sent or the first permit is reserved;
/// slots that take more than 64 KiB together are allocated here. They are freed with the channel.
/// After that only waits allocate: the first wait of a handle (`Stream`, `Sink`, `poll_`), of a
/// borrowed stream and of a blocking thread, and the first wait of a channel for `closed`,
/// `drained` or several permits.
///
/// The first channel of a process also asks the operating system for the number of cores, which
/// takes some microseconds.
///
/// # Panics
///
/// Panics if `capacity` is zero, or so large that the slots cannot be allocated; nothing has been
/// allocated then. If there is no memory for slots that are allocated later, the first send panics
/// and sends nothing.
///
/// The [guide](crate::guide::capacity) says why there is neither a rendezvous channel nor an
/// unbounded one, and what to use instead.
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
#[track_caller]
#[doc(alias = "bounded")]
#[doc(alias = "bounded_async")]
#[doc(alias = "sync_channel")]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    Shared::handles(capacity, capacity, Spin::Adaptive)
}

/// The state that all handles of a channel share.
pub(crate) struct Shared<T> {
    /// The channel closes when the last sender is gone.
    senders: Handles,
    /// The channel closes and is emptied when the last receiver is gone.
    receivers: Handles,
    /// Tasks that wait for the close. Notified once.
    pub(crate) closed: WakerSet,
    /// Held by the task that is reserving several permits.
    reserving: ReservationLock,
    pub(crate) queue: MpmcQueue<T>,
}

/// The number of handles on one side.
#[derive(Debug)]
struct Handles {
    strong: AtomicUsize,
    weak: AtomicUsize,
}

impl Handles {
    /// Counts the one handle of a new channel.
    fn new() -> Self {
        Self {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
        }
    }

    /// Counts a handle that is cloned from another.
    fn add(&self) {
        // ORDERING: Relaxed. The count cannot fall to zero meanwhile, and moving the new handle to
        // another thread orders the two.
        self.strong.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a handle that is made from a weak one. Returns `false` if no strong handle is left.
    fn upgrade(&self) -> bool {
        // ORDERING: Relaxed. The compare-exchange checks the value.
        let mut count = self.strong.load(Ordering::Relaxed);
        while count > 0 {
            // ORDERING: Acquire. Synchronizes with [count]: a thread that upgrades a handle sees
            // what was done through the handles that were dropped before. On failure Relaxed: the
            // next compare-exchange checks the value.
            match self.strong.compare_exchange_weak(
                count,
                count + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => count = now,
            }
        }
        false
    }

    /// Removes a handle from the count. Returns whether it was the last one of its side.
    fn remove(&self) -> bool {
        // ORDERING: AcqRel [count]. Release: what was done through this handle happens-before the
        // close by the last one, which is the Acquire side. Test: loom
        // `writes_of_dropped_senders_are_visible_at_the_end`.
        self.strong.fetch_sub(1, Ordering::AcqRel) == 1
    }

    fn strong(&self) -> usize {
        // ORDERING: Acquire. Synchronizes with [count]: a thread that sees how many handles are
        // left sees what was done through the others. (A thread that has seen the close that
        // followed a count of zero loads zero, whatever the ordering.) Test: loom
        // `a_count_shows_what_was_done_through_dropped_handles`.
        self.strong.load(Ordering::Acquire)
    }

    fn add_weak(&self) {
        // ORDERING: Relaxed. Informational only.
        self.weak.fetch_add(1, Ordering::Relaxed);
    }

    fn remove_weak(&self) {
        // ORDERING: Relaxed. Informational only.
        self.weak.fetch_sub(1, Ordering::Relaxed);
    }

    fn weak(&self) -> usize {
        // ORDERING: Relaxed. Informational only.
        self.weak.load(Ordering::Relaxed)
    }
}

impl<T> Shared<T> {
    /// Creates a channel for `capacity` messages, which can be changed to up to `limit`.
    #[track_caller]
    fn handles(capacity: usize, limit: usize, spin: Spin) -> (Sender<T>, Receiver<T>) {
        let shared = Arc::new(Self {
            queue: Self::queue(capacity, limit, spin),
            senders: Handles::new(),
            receivers: Handles::new(),
            closed: WakerSet::new(),
            reserving: ReservationLock::new(),
        });
        (Sender::new(Arc::clone(&shared)), Receiver::new(shared))
    }

    /// Closes the channel. Returns whether it was open.
    pub(crate) fn close(&self) -> bool {
        let closed_now = self.queue.close_quietly();
        if closed_now {
            let _reserving = defer(|| self.reserving.end());
            let _closed = defer(|| self.closed.notify_all());
            self.queue.announce_close();
        }
        closed_now
    }

    pub(crate) fn drop_sender(&self) {
        if self.senders.remove() {
            self.close();
        }
    }

    // `close` modifies `tail` even if the channel is closed already. It must: only that orders this
    // call against a send on a permit that checks for receivers.
    fn drop_receiver(&self) {
        if self.receivers.remove() {
            let _discard = defer(|| self.queue.discard_all());
            self.close();
        }
    }

    fn has_receivers(&self) -> bool {
        self.receivers.strong() > 0
    }

    /// Sends on a permit, which the caller must hold. Returns the message if no receiver is left.
    pub(crate) fn send_reserved(&self, value: T) -> Result<(), T> {
        if !self.has_receivers() {
            self.queue.release(1);
            return Err(value);
        }
        let _discard = self.discard_if_disconnected();
        self.queue.send_reserved(value);
        Ok(())
    }

    /// Discards all messages, when the returned guard is dropped, if no receiver is left. The
    /// caller must hold the guard until after a send on a permit: the last receiver may have been
    /// dropped, and have emptied the channel, just before the message was in it.
    #[inline]
    fn discard_if_disconnected(&self) -> Defer<impl FnMut()> {
        defer(|| {
            if self.queue.is_closed() {
                self.discard_unless_received();
            }
        })
    }

    #[cold]
    fn discard_unless_received(&self) {
        if !self.has_receivers() {
            self.queue.discard_all();
        }
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("len", &self.queue.len())
            .field("max_capacity", &self.queue.capacity())
            .field("permits", &self.queue.permits())
            .field("closed", &self.queue.is_closed())
            .field("senders", &self.senders.strong())
            .field("receivers", &self.receivers.strong())
            .finish()
    }
}

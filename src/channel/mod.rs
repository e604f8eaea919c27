//! The channel: a queue of exact capacity that closes when one side is gone.

mod batch;
#[cfg(feature = "std")]
mod blocking;
mod builder;
mod capacity;
mod drained;
pub mod future;
mod iter;
mod permit;
mod position;
mod readiness;
mod receiver;
mod sender;
mod sink;
mod stats;
mod stream;
#[cfg(feature = "std")]
mod timeout;
mod weak;

pub use batch::Unsent;
#[cfg(feature = "std")]
pub use blocking::{IntoIter, Iter};
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
/// Both handles can be cloned and shared. Every message goes to one receiver. When the last [`Sender`]
/// is gone, receivers get what was sent before and then `None`; when the last [`Receiver`] is gone,
/// messages still in the channel are dropped and sending fails.
///
/// A slot (the message and 8 bytes, padded to the alignment) for each unit of capacity is allocated
/// when the first message is sent or the first permit reserved, all of them at once, and kept until
/// the channel is gone. Slots that take more than 64 KiB together are allocated here. Later only
/// waits allocate: the first of a handle (`Stream`, `Sink`, `poll_`), of a borrowed stream and of a
/// blocking thread, and the first wait of a channel for `closed`, `drained` or several permits.
///
/// The first channel of a process also asks the operating system how many cores there
/// are, which takes some microseconds.
///
/// # Panics
///
/// If `capacity` is zero, or so large that the slots cannot be allocated (nothing has been allocated
/// then). If there is no memory for slots that are allocated later, the first send panics, and has
/// sent nothing. The [guide](crate::guide::capacity) says why there is neither a rendezvous nor an
/// unbounded channel, and what to use instead.
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

/// What all handles of a channel share.
pub(crate) struct Shared<T> {
    /// The channel closes when the last of them is gone.
    senders: Handles,
    /// The channel closes and is emptied when the last of them is gone.
    receivers: Handles,
    /// Notified once, when the channel closes.
    pub(crate) closed: WakerSet,
    /// Held by the task that is collecting several permits.
    reserving: ReservationLock,
    pub(crate) queue: MpmcQueue<T>,
}

/// How many handles one side has.
#[derive(Debug)]
struct Handles {
    strong: AtomicUsize,
    weak: AtomicUsize,
}

impl Handles {
    /// One handle, for a new channel.
    fn new() -> Self {
        Self {
            strong: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
        }
    }

    /// Counts a handle that is made from a living one.
    fn add(&self) {
        // ORDERING: Relaxed. The count cannot fall to zero meanwhile, and handing the new handle to another
        // thread orders it.
        self.strong.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a handle that is made from a weak one; `false` if none is left.
    fn revive(&self) -> bool {
        // ORDERING: Relaxed. A guess, which the swap confirms.
        let mut count = self.strong.load(Ordering::Relaxed);
        while count > 0 {
            // ORDERING: Acquire. Pairs with [count]: who revives a handle sees what was done through those
            // that were dropped before. On failure Relaxed: again only a guess.
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

    /// Counts a handle out; whether it was the last of its side.
    fn remove(&self) -> bool {
        // ORDERING: AcqRel [count]. Release: what was done through this handle happens-before the close
        // by the last one, which is the Acquire side.
        // Guard: loom `writes_of_dropped_senders_are_visible_at_the_end`.
        self.strong.fetch_sub(1, Ordering::AcqRel) == 1
    }

    fn strong(&self) -> usize {
        // ORDERING: Acquire. Pairs with [count], and with [close] by way of the closed bit: who has seen the
        // close that followed a count of zero reads zero.
        self.strong.load(Ordering::Acquire)
    }

    fn add_weak(&self) {
        // ORDERING: Relaxed. Only reported.
        self.weak.fetch_add(1, Ordering::Relaxed);
    }

    fn remove_weak(&self) {
        // ORDERING: Relaxed. Only reported.
        self.weak.fetch_sub(1, Ordering::Relaxed);
    }

    fn weak(&self) -> usize {
        // ORDERING: Relaxed. Only reported.
        self.weak.load(Ordering::Relaxed)
    }
}

impl<T> Shared<T> {
    /// Creates a channel for `capacity` messages, and for up to `limit` if that is changed.
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

    /// Returns whether the channel was open.
    pub(crate) fn close(&self) -> bool {
        let closed_now = self.queue.close_quietly();
        if closed_now {
            let _turn = defer(|| self.reserving.end());
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

    // `close` swaps `tail` also if the channel is closed already. It must: only that orders this against a send
    // on a permit that looks for receivers.
    fn drop_receiver(&self) {
        if self.receivers.remove() {
            let _rest = defer(|| self.queue.discard_all());
            self.close();
        }
    }

    fn has_receivers(&self) -> bool {
        self.receivers.strong() > 0
    }

    /// Sends on a permit, which must be held; the message comes back if no receiver is left.
    pub(crate) fn send_reserved(&self, value: T) -> Result<(), T> {
        if !self.has_receivers() {
            self.queue.release(1);
            return Err(value);
        }
        let _late = self.discard_if_late();
        self.queue.send_reserved(value);
        Ok(())
    }

    /// To be kept until after a send on a permit: the last receiver may have gone, and emptied the channel,
    /// just before the message was in it.
    #[inline]
    fn discard_if_late(&self) -> Defer<impl FnMut()> {
        defer(|| {
            if self.queue.is_closed() {
                self.discard_unless_wanted();
            }
        })
    }

    #[cold]
    fn discard_unless_wanted(&self) {
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

//! Counts of what has happened in a channel.

use core::fmt;

use super::{Receiver, Sender, Shared};
use crate::wait::WaitStats;

/// What has happened in a channel and what is in it, from [`Sender::stats`], [`Receiver::stats`], or the same
/// of a weak handle.
///
/// `sent`, `received` and `len` are of one moment. The others are read one after the other, and the counts of
/// one side may be a little ahead of or behind those of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages ever sent. Counts on from zero after 2^44 (half of that where the capacity is just
    /// above a power of two).
    pub sent: u64,
    /// Messages ever taken out: received, taken out by [`Sender::force_send`], or dropped with the last
    /// receiver. Counts on from zero as `sent` does.
    pub received: u64,
    /// Messages in the channel.
    pub len: usize,
    /// The capacity: what the channel was created with, or what [`Sender::set_capacity`] has set since.
    pub max_capacity: usize,
    /// Permits outstanding, and slots that are reserved for waiting senders which have lost several
    /// races.
    pub permits: usize,
    /// Whether the channel is closed.
    pub closed: bool,
    /// The sending side.
    pub senders: SideStats,
    /// The receiving side.
    pub receivers: SideStats,
}

/// One side of a channel in [`Stats`].
///
/// Each wait begins with a registration, which `parks` counts, and ends with a wake, which `wakes`
/// counts, or without one: the future was dropped, or found what it waited for in a poll that no
/// wake had asked for. So `parks - parked - wakes` waits have ended without a wake. A wake is
/// counted when it happens. If messages stay in the channel although receivers were parked, and
/// `wakes` does not change, then the receivers that were woken for them have not been polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideStats {
    /// Handles that keep this side open.
    pub handles: usize,
    /// Weak handles.
    pub weak_handles: usize,
    /// Tasks, threads and handles (`Stream`, `Sink`) that wait now and have not been woken.
    ///
    /// On the sending side this includes tasks that wait because 65,535 permits are out, which the
    /// following fields do not count.
    pub parked: u64,
    /// How often a task, thread or handle registered to be woken, again after a lost race included.
    pub parks: u64,
    /// How often one of them was woken, for a message, a slot or the close. Counted when it
    /// happens, whether or not the task is polled.
    pub wakes: u64,
    /// How often one of them was woken and found nothing, so that it registered again.
    pub spurious_wakes: u64,
}

impl Stats {
    /// Of a weak handle without a channel: nothing was sent, and nothing can be.
    pub(super) const OF_NO_CHANNEL: Self = Self {
        sent: 0,
        received: 0,
        len: 0,
        max_capacity: 0,
        permits: 0,
        closed: true,
        senders: SideStats::NONE,
        receivers: SideStats::NONE,
    };
}

impl SideStats {
    const NONE: Self = Self {
        handles: 0,
        weak_handles: 0,
        parked: 0,
        parks: 0,
        wakes: 0,
        spurious_wakes: 0,
    };

    fn new(handles: &super::Handles, stats: WaitStats) -> Self {
        Self {
            handles: handles.strong(),
            weak_handles: handles.weak(),
            parked: stats.waiting,
            parks: stats.parks,
            wakes: stats.wakes,
            spurious_wakes: stats.spurious,
        }
    }
}

/// Writes one line for a log. `{:#?}` shows all figures.
///
/// # Examples
///
/// ```
/// let (tx, rx) = mpmc_std::channel(4);
/// tx.try_send_many([1, 2, 3]).unwrap();
/// rx.try_recv().unwrap();
/// assert_eq!(
///     tx.stats().to_string(),
///     "open, 2 of 4 messages, 0 permits; 3 sent by 1 sender, 0 waiting; 1 received by 1 receiver, 0 waiting",
/// );
/// ```
impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn plural(count: usize) -> &'static str {
            if count == 1 { "" } else { "s" }
        }
        let Self {
            sent,
            received,
            len,
            max_capacity,
            permits,
            closed,
            senders,
            receivers,
        } = self;
        write!(
            f,
            "{}, {len} of {max_capacity} messages, {permits} permit{}; {sent} sent by {} sender{}, {} waiting; \
             {received} received by {} receiver{}, {} waiting",
            if *closed { "closed" } else { "open" },
            plural(*permits),
            senders.handles,
            plural(senders.handles),
            senders.parked,
            receivers.handles,
            plural(receivers.handles),
            receivers.parked,
        )
    }
}

impl<T> Shared<T> {
    pub(super) fn stats(&self) -> Stats {
        let queue = &self.queue;
        let ring = queue.ring();
        let (sent, received, len) = ring.counts();
        Stats {
            sent,
            received,
            len,
            max_capacity: queue.capacity(),
            permits: queue.permits(),
            closed: queue.is_closed(),
            senders: SideStats::new(&self.senders, queue.sender_stats()),
            receivers: SideStats::new(&self.receivers, queue.receiver_stats()),
        }
    }
}

impl<T> Sender<T> {
    /// Returns what has happened in the channel so far. Nothing is counted on the fast path: the
    /// messages are counted by their positions, and the rest where a task is parked or woken
    /// anyway. Waits for nothing but the locks of the wait queues, which are held for a moment and
    /// never while user code runs.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = mpmc_std::channel(4);
    /// tx.try_send_many([1, 2, 3]).unwrap();
    /// rx.try_recv().unwrap();
    /// let stats = tx.stats();
    /// assert_eq!((stats.sent, stats.received, stats.len), (3, 1, 2));
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }
}

impl<T> Receiver<T> {
    /// Returns what has happened in the channel so far; see [`Sender::stats`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (_tx, rx) = mpmc_std::channel::<u8>(4);
    /// assert_eq!(rx.stats().receivers.handles, 1);
    /// ```
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }
}

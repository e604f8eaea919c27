//! Statistics of a channel.

use core::fmt;

use super::{Receiver, Sender, Shared};
use crate::wait::WaitStats;

/// Counts of the messages, waits and handles of a channel, from [`Sender::stats`],
/// [`Receiver::stats`], [`WeakSender::stats`](crate::WeakSender::stats) or
/// [`WeakReceiver::stats`](crate::WeakReceiver::stats).
///
/// `sent`, `received` and `len` are a snapshot of one moment. The other fields are loaded one after
/// the other, so the counts of one side may be slightly ahead of or behind those of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of messages ever sent. Wraps around to zero after 2^44 messages (2^43 if the
    /// capacity is just above a power of two).
    pub sent: u64,
    /// The number of messages ever taken out: received, taken out by [`Sender::force_send`], or
    /// dropped with the last receiver. Wraps around to zero as `sent` does.
    pub received: u64,
    /// The number of messages in the channel.
    pub len: usize,
    /// The capacity that the channel was created with, or that [`Sender::set_capacity`] has set
    /// since.
    pub max_capacity: usize,
    /// The number of outstanding permits, and of slots that are reserved for waiting senders that
    /// have lost several races.
    pub permits: usize,
    /// `true` if the channel is closed.
    pub closed: bool,
    /// The sending side.
    pub senders: SideStats,
    /// The receiving side.
    pub receivers: SideStats,
}

/// One side of a channel in [`Stats`].
///
/// Each wait begins with a registration, which `parks` counts. It ends with a wake, which `wakes`
/// counts, or without one: the future was dropped, or a poll without a wake succeeded. So `parks -
/// parked - wakes` waits have ended without a wake. A wake is counted when it happens. If messages
/// stay in the channel although receivers were parked, and `wakes` does not change, then the
/// receivers that were woken for them have not been polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideStats {
    /// The number of handles that keep this side open.
    pub handles: usize,
    /// The number of weak handles.
    pub weak_handles: usize,
    /// The number of tasks, threads and handles (`Stream`, `Sink`) that wait now and have not been
    /// woken.
    ///
    /// On the sending side this includes tasks that wait because 65,535 permits are outstanding.
    /// The fields below do not count these tasks.
    pub parked: u64,
    /// The number of times that a task, thread or handle registered to be woken, including again
    /// after a lost race.
    pub parks: u64,
    /// The number of times that a task, thread or handle was woken, for a message, a slot or the
    /// close. Counted when it happens, whether or not the task is polled.
    pub wakes: u64,
    /// The number of times that a task, thread or handle was woken, lost the race, and registered
    /// again.
    pub spurious_wakes: u64,
}

impl Stats {
    /// The statistics of a weak handle without a channel, which reports itself as closed.
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

/// Writes one line for a log. `{:#?}` shows all fields.
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

/// # Statistics
impl<T> Sender<T> {
    /// Returns counts of the messages, waits and handles of the channel.
    ///
    /// The fast path counts nothing: messages are counted by their positions, and the rest is
    /// counted where a task is parked or woken anyway. This call waits only for the locks of the
    /// wait queues, which are held briefly and never while user code runs.
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

/// # Statistics
impl<T> Receiver<T> {
    /// Returns counts of the messages, waits and handles of the channel; see [`Sender::stats`].
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

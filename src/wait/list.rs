//! Waiters, and the intrusive lists that link them.
//!
//! A waiter's memory belongs to the future or handle that waits. Registering with a wait queue
//! allocates nothing, and nothing remains of a waiter after it was dropped. All lists of one side
//! of a channel are behind one lock, and no user code runs while it is held: wakers are cloned
//! before it is taken, and called and dropped after it was released.
//!
//! # Invariants
//!
//! * **W1** A waiter's [`Entry`] is accessed only under the lock of the [`List`] that the waiter is
//!   used with, and each waiter is used with one list only.
//! * **W2** A linked waiter is pinned, and it is unlinked, under the lock, before it is dropped. So
//!   each link points to a live waiter.

use core::marker::PhantomPinned;
use core::num::NonZeroU16;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use super::batch::WakerBatch;
use crate::sync::{AtomicU8, Ordering, UnsafeCell};

/// The state of a waiter. Written under the lock of its list, or by its owner while it is not
/// linked.
///
/// | state | meaning | linked into |
/// |---|---|---|
/// | `Idle` | not waiting | nothing |
/// | `Waiting` | registered, not woken | the exclusive or the shared queue |
/// | `Notified` | woken; holds a notification of a message or slot | handles: the unpolled queue |
/// | `Extra` | woken as an extra waiter; holds a notification | as above |
/// | `Broadcast` | woken with all non-exclusive waiters; holds no notification | nothing |
/// | `Granted` | woken; one message or slot is reserved for it | the granted queue |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum WaiterState {
    Idle,
    Waiting,
    Notified,
    Broadcast,
    Granted,
    Extra,
}

impl WaiterState {
    fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Idle,
            1 => Self::Waiting,
            2 => Self::Notified,
            3 => Self::Broadcast,
            4 => Self::Granted,
            _ => Self::Extra,
        }
    }
}

/// The kind of a waiter, which decides how it is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A future. It is woken for one message or slot, and is then either polled again or dropped.
    Future,
    /// A `Stream` or `Sink` handle. It is woken like a future while each wake is followed by a
    /// poll, and along with all non-exclusive waiters otherwise.
    Handle,
    /// A future or handle that takes no message or slot. It is always woken along with all
    /// non-exclusive waiters, so it never holds a notification that another waiter needs.
    Observer,
}

/// A waiter of one side of a channel.
#[derive(Debug)]
pub(crate) struct Waiter {
    kind: Kind,
    state: AtomicU8,
    entry: UnsafeCell<Entry>,
    /// Linked by address (W2).
    _pinned: PhantomPinned,
}

// SAFETY: W1: the links and the waker are accessed under a lock, and `Waker` is `Send` and `Sync`.
unsafe impl Send for Waiter {}
// SAFETY: W1: the links and the waker are accessed under a lock, and `Waker` is `Send` and `Sync`.
unsafe impl Sync for Waiter {}

// No user code runs under the lock that protects entries, so a panic cannot leave one half changed.
impl UnwindSafe for Waiter {}
impl RefUnwindSafe for Waiter {}

/// The part of a waiter that its list uses.
#[derive(Debug)]
pub(super) struct Entry {
    /// The waker of the task, while the waiter is registered.
    pub(super) waker: Option<Waker>,
    /// The order in the exclusive queue: the waiter that registered first has the lowest ticket.
    /// Kept until the operation succeeds. 0 if none was assigned yet.
    pub(super) ticket: u64,
    /// The number of races in a row that the waiter lost.
    pub(super) losses: u8,
    /// The number of missed notifications when the waiter was woken as an extra one, if it was.
    pub(super) extra_since: Option<NonZeroU16>,
    /// `true` if the waiter is woken for one message or slot. Always `true` for a future, and for a
    /// handle while each wake was followed by a poll.
    pub(super) is_exclusive: bool,
    /// The number of the registration while the waiter waits, and of the notification once it was
    /// woken.
    pub(super) sequence: u64,
    /// The queue that the waiter is linked into.
    queue: Option<QueueKind>,
    prev: Option<Link>,
    next: Option<Link>,
}

impl Waiter {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            state: AtomicU8::new(WaiterState::Idle as u8),
            entry: UnsafeCell::new(Entry {
                waker: None,
                ticket: 0,
                losses: 0,
                extra_since: None,
                is_exclusive: false,
                sequence: 0,
                queue: None,
                prev: None,
                next: None,
            }),
            _pinned: PhantomPinned,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the state. Any state but `Waiting` and `Granted` is final until the waiter's owner
    /// changes it.
    #[inline]
    pub(crate) fn state(&self) -> WaiterState {
        // ORDERING: Acquire. Synchronizes with [notified]: what the notification announces is
        // visible. Test: loom `a_woken_receiver_may_be_dropped_at_once`.
        WaiterState::from_bits(self.state.load(Ordering::Acquire))
    }

    /// Changes the state. Only the owner of a waiter that is not linked may call this.
    pub(super) fn set_state(&self, state: WaiterState) {
        // ORDERING: Relaxed. Another thread loads the state only after the owner has linked the
        // waiter again, and the list's lock orders the two.
        self.state.store(state as u8, Ordering::Relaxed);
    }
}

impl Entry {
    pub(super) fn will_wake(&self, waker: &Waker) -> bool {
        self.waker.as_ref().is_some_and(|own| own.will_wake(waker))
    }

    /// Resets the place and the lost races, so that the next wait is a new one.
    pub(super) fn reset(&mut self) {
        self.ticket = 0;
        self.losses = 0;
    }
}

/// A pointer to a waiter that is linked, or that its owner has lent for the duration of a call
/// (W2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(NonNull<Waiter>);

// SAFETY: W1, W2: the waiter behind a link is accessed only under the lock.
unsafe impl Send for Link {}

impl Link {
    pub(super) fn to(waiter: Pin<&Waiter>) -> Self {
        Self(NonNull::from(waiter.get_ref()))
    }
}

/// A queue of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueKind {
    /// Waiters that are woken one for each message or slot, in the order of their tickets.
    Exclusive,
    /// Non-exclusive waiters, which every notification wakes.
    Shared,
    /// Waiters that were woken and hold a reservation, the oldest first.
    Granted,
    /// Handles that were woken for one message or slot and have not been polled since, the oldest
    /// first.
    Unpolled,
}

/// The choice of [`List::notify`] for a waiter.
pub(super) enum Choice {
    Notify,
    Skip,
    /// Notify neither this waiter nor one after it.
    Stop,
}

/// The queues of one side of a channel. Lives behind a lock. `N` is 4, or 1 if only the exclusive
/// queue is used.
#[derive(Debug)]
pub(super) struct List<const N: usize = 4> {
    /// The first waiter of each queue. Each queue is circular.
    queues: [Option<Link>; N],
    /// The last waiter that was linked into the exclusive queue by its ticket, if it is still
    /// linked.
    last_inserted: Option<Link>,
}

impl<const N: usize> List<N> {
    pub(super) fn new() -> Self {
        Self {
            queues: [None; N],
            last_inserted: None,
        }
    }

    /// Accesses the entry of a waiter.
    pub(super) fn entry<R>(&mut self, link: Link, access: impl FnOnce(&mut Entry) -> R) -> R {
        // SAFETY: W2.
        let waiter = unsafe { link.0.as_ref() };
        waiter.entry.with_mut(|entry| {
            // SAFETY: W1: `&mut self` implies the lock, and `access` cannot reach the list.
            access(unsafe { &mut *entry })
        })
    }

    pub(super) fn kind(&self, link: Link) -> Kind {
        // SAFETY: W2.
        unsafe { link.0.as_ref() }.kind()
    }

    /// Returns the queue that a waiter is linked into.
    pub(super) fn queue(&mut self, link: Link) -> Option<QueueKind> {
        self.entry(link, |entry| entry.queue)
    }

    /// Changes the state. If the waiter is not linked, the list must not access it again: its owner
    /// may free it as soon as the new state is visible.
    pub(super) fn set_state(&mut self, link: Link, state: WaiterState) {
        // SAFETY: W2. This refers only to the atomic, which may be freed during the access.
        let atomic = unsafe { &(*link.0.as_ptr()).state };
        // ORDERING: Release [notified]. Synchronizes with the Acquire in `Waiter::state`. Test:
        // loom `a_woken_receiver_may_be_dropped_at_once`.
        atomic.store(state as u8, Ordering::Release);
    }

    pub(super) fn state(&mut self, link: Link) -> WaiterState {
        // SAFETY: W2.
        unsafe { link.0.as_ref() }.state()
    }

    pub(super) fn is_empty(&self, queue: QueueKind) -> bool {
        self.first(queue).is_none()
    }

    pub(super) fn has_several(&mut self, queue: QueueKind) -> bool {
        self.first(queue)
            .is_some_and(|first| self.after(first) != first)
    }

    /// Counts the waiters of a queue, one by one. Used only for snapshots.
    pub(super) fn count(&mut self, queue: QueueKind) -> usize {
        let mut count = 0;
        let mut next = self.first(queue);
        while let Some(link) = next {
            count += 1;
            next = self.next(queue, link);
        }
        count
    }

    pub(super) fn first(&self, queue: QueueKind) -> Option<Link> {
        self.queues[queue as usize]
    }

    /// Links a waiter at the end of a queue.
    pub(super) fn push(&mut self, queue: QueueKind, link: Link) {
        let first = self.first(queue);
        self.insert_before(queue, first, link);
        if first.is_none() {
            self.queues[queue as usize] = Some(link);
        }
    }

    /// Links a waiter that was there before into the exclusive queue, after all waiters with lower
    /// tickets.
    pub(super) fn push_by_ticket(&mut self, link: Link) {
        const QUEUE: QueueKind = QueueKind::Exclusive;
        let ticket = self.entry(link, |entry| entry.ticket);
        // Most waiters register again in the order in which they were woken, each after the
        // previous one.
        let start = self.last_inserted;
        let start = start.filter(|start| self.entry(*start, |entry| entry.ticket < ticket));
        let mut next = match start {
            Some(start) => self.next(QUEUE, start),
            None => self.first(QUEUE),
        };
        while let Some(other) = next {
            if self.entry(other, |entry| entry.ticket) > ticket {
                break;
            }
            next = self.next(QUEUE, other);
        }
        match next {
            Some(other) => {
                self.insert_before(QUEUE, next, link);
                if self.first(QUEUE) == Some(other) {
                    self.queues[QUEUE as usize] = Some(link);
                }
            }
            None => self.push(QUEUE, link),
        }
        self.last_inserted = Some(link);
    }

    /// Links a waiter before `next`. In a circular queue, before the first means after the last.
    fn insert_before(&mut self, queue: QueueKind, next: Option<Link>, link: Link) {
        let next = next.unwrap_or(link);
        let prev = self
            .entry(next, |entry| entry.prev.replace(link))
            .unwrap_or(link);
        self.entry(prev, |entry| entry.next = Some(link));
        self.entry(link, |entry| {
            debug_assert!(
                entry.queue.is_none(),
                "W2: a waiter is in one queue at a time"
            );
            entry.queue = Some(queue);
            entry.prev = Some(prev);
            entry.next = Some(next);
        });
    }

    /// Returns the waiter after another one. After the last one comes the first.
    fn after(&mut self, link: Link) -> Link {
        self.entry(link, |entry| entry.next).unwrap_or(link)
    }

    /// Returns the next waiter of a queue, if there is one.
    pub(super) fn next(&mut self, queue: QueueKind, link: Link) -> Option<Link> {
        let next = self.after(link);
        (Some(next) != self.first(queue)).then_some(next)
    }

    /// Unlinks a waiter. Returns the queue that it was in, if any.
    pub(super) fn unlink(&mut self, link: Link) -> Option<QueueKind> {
        let (queue, prev, next) = self.entry(link, |entry| {
            (entry.queue.take(), entry.prev.take(), entry.next.take())
        });
        let (queue, prev, next) = (queue?, prev?, next?);
        let is_first = self.first(queue) == Some(link);
        let is_only = next == link;
        if !is_only {
            self.entry(prev, |entry| entry.next = Some(next));
            self.entry(next, |entry| entry.prev = Some(prev));
        }
        if is_first {
            self.queues[queue as usize] = (!is_only).then_some(next);
        }
        if self.last_inserted == Some(link) {
            self.last_inserted = (!is_first).then_some(prev);
        }
        Some(queue)
    }

    /// Takes the waker of a waiter whose registration ends, and puts the waiter into `state`.
    pub(super) fn end_wait(&mut self, link: Link, state: WaiterState) -> Option<Waker> {
        let waker = self.entry(link, |entry| entry.waker.take());
        // Last: a waiter that is not linked may be freed as soon as another thread sees this state.
        self.set_state(link, state);
        waker
    }

    /// Notifies the waiters of the exclusive queue that `choose` picks, in their order: unlinks
    /// them and moves their wakers into the batch. Returns whether the batch was full before that:
    /// then the caller must call this again with an empty one.
    pub(super) fn notify(
        &mut self,
        batch: &mut WakerBatch,
        mut choose: impl FnMut(&Entry) -> Choice,
    ) -> bool {
        let mut next = self.first(QueueKind::Exclusive);
        while let Some(link) = next {
            if batch.is_full() {
                return true;
            }
            next = self.next(QueueKind::Exclusive, link);
            match self.entry(link, |entry| choose(entry)) {
                Choice::Notify => {
                    self.unlink(link);
                    batch.push(self.end_wait(link, WaiterState::Notified));
                }
                Choice::Skip => {}
                Choice::Stop => return false,
            }
        }
        false
    }

    /// Unlinks and returns the first waiter of a queue.
    pub(super) fn pop(&mut self, queue: QueueKind) -> Option<Link> {
        let link = self.first(queue)?;
        self.unlink(link);
        Some(link)
    }
}

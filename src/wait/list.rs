//! Waiters, and the intrusive lists that they are linked into.
//!
//! A waiter's memory belongs to the future or handle that waits: registering with a wait queue allocates nothing, and
//! nothing remains of a waiter that is gone. All lists of one side of a channel are behind one lock, and
//! no user code runs under it: wakers are cloned before it is taken, and called and dropped after it was
//! released.
//!
//! # Invariants
//!
//! * **W1** A waiter's [`Entry`] is accessed under the lock of the [`List`] that the waiter is used with,
//!   and each waiter is used with one list only.
//! * **W2** A waiter that is linked is pinned, and it is unlinked, under the lock, before it is dropped.
//!   So each link leads to a waiter that is alive.

use core::marker::PhantomPinned;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

use crate::sync::{AtomicU8, Ordering, UnsafeCell};

/// What a waiter is doing. Written under the lock of its list, or by its owner while it is not linked.
///
/// | state | meaning | linked into |
/// |---|---|---|
/// | `Idle` | not waiting | nothing |
/// | `Waiting` | to be woken | the exclusive or the shared queue |
/// | `Notified` | was woken for one message or slot, and has not looked yet | the unpolled handles, if it is one |
/// | `Told` | was woken along with all other non-exclusive waiters, and has not looked yet | nothing |
/// | `Granted` | was woken, and one message or slot is reserved for it | the granted queue |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum WaiterState {
    Idle,
    Waiting,
    Notified,
    Told,
    Granted,
}

impl WaiterState {
    fn from_bits(bits: u8) -> Self {
        match bits {
            0 => Self::Idle,
            1 => Self::Waiting,
            2 => Self::Notified,
            3 => Self::Told,
            _ => Self::Granted,
        }
    }
}

/// How a waiter is to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A future. It is either polled again or dropped, and is woken for one message or slot.
    Future,
    /// A `Stream` or `Sink` handle. It is woken like a future for as long as each wake was followed by a
    /// poll, and along with all others while that is not known.
    Handle,
    /// A future or handle that takes nothing of what it waits for. It is woken along with all
    /// others, always, so that it keeps no message or slot from those that take one.
    Observer,
}

/// A task's place among those that wait on one side of a channel.
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
// SAFETY: as above.
unsafe impl Sync for Waiter {}

// Entries are accessed under a lock under which no user code runs, so a panic cannot be seen through one.
impl UnwindSafe for Waiter {}
impl RefUnwindSafe for Waiter {}

/// The part of a waiter that its list uses.
#[derive(Debug)]
pub(super) struct Entry {
    /// What wakes the task, while the waiter is waiting.
    pub(super) waker: Option<Waker>,
    /// The order of the exclusive queue: the one that began to wait first has the lowest. Kept while the
    /// operation has not succeeded; 0 if none was given yet.
    pub(super) ticket: u64,
    /// How often in a row the waiter was woken and found nothing.
    pub(super) losses: u32,
    /// Whether the waiter's owner is known to look after it was woken. Futures always are.
    pub(super) trusted: bool,
    /// The number of the registration while it waits, of the notification once it was woken.
    pub(super) moment: u64,
    /// The queue that the waiter is linked into.
    place: Option<Place>,
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
                trusted: false,
                moment: 0,
                place: None,
                prev: None,
                next: None,
            }),
            _pinned: PhantomPinned,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns what the waiter is doing. Any answer but `Waiting` and `Granted` is final until its owner
    /// changes it.
    #[inline]
    pub(crate) fn state(&self) -> WaiterState {
        // ORDERING: Acquire. Pairs with [notified]: what the notification announces is visible.
        // Guard: loom `a_woken_receiver_is_gone_at_once`.
        WaiterState::from_bits(self.state.load(Ordering::Acquire))
    }

    /// Changes the state. To be called by the owner of a waiter that is not linked.
    pub(super) fn set_state(&self, state: WaiterState) {
        // ORDERING: Release [notified]. Pairs with the Acquire in `state`.
        // Guard: loom `a_woken_receiver_is_gone_at_once`.
        self.state.store(state as u8, Ordering::Release);
    }
}

impl Entry {
    pub(super) fn will_wake(&self, waker: &Waker) -> bool {
        self.waker.as_ref().is_some_and(|own| own.will_wake(waker))
    }

    /// The next wait is a new one.
    pub(super) fn start_over(&mut self) {
        self.ticket = 0;
        self.losses = 0;
    }
}

/// Leads to a waiter that is linked, or that its owner has lent for the time of a call (W2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(NonNull<Waiter>);

// SAFETY: W1, W2: what a link leads to is accessed under the lock only.
unsafe impl Send for Link {}

impl Link {
    pub(super) fn to(waiter: Pin<&Waiter>) -> Self {
        Self(NonNull::from(waiter.get_ref()))
    }
}

/// The queues of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Waiters that are woken one for each message or slot, by ticket.
    Exclusive,
    /// Waiters that are all woken by every notification.
    Shared,
    /// Waiters that were woken and have a reservation, the oldest first.
    Granted,
    /// Handles that were woken for one message or slot and have not been polled since, the oldest first.
    Unpolled,
}

/// The queues of one side of a channel. Lives behind a lock.
/// `N` is 4, or 1 if only the exclusive queue is used.
#[derive(Debug)]
pub(super) struct List<const N: usize = 4> {
    /// The first waiter of each queue. The last one leads to it, and it leads back to the last one.
    queues: [Option<Link>; N],
    /// The waiter that was last linked into the exclusive queue by its ticket, if it is still linked.
    inserted: Option<Link>,
}

impl<const N: usize> List<N> {
    pub(super) fn new() -> Self {
        Self {
            queues: [None; N],
            inserted: None,
        }
    }

    /// Accesses what the list knows of a waiter.
    pub(super) fn entry<R>(&mut self, link: Link, access: impl FnOnce(&mut Entry) -> R) -> R {
        // SAFETY: W2.
        let waiter = unsafe { link.0.as_ref() };
        waiter.entry.with_mut(|entry| {
            // SAFETY: W1: `&mut self` is the lock, and `access` cannot reach the list.
            access(unsafe { &mut *entry })
        })
    }

    pub(super) fn kind(&self, link: Link) -> Kind {
        // SAFETY: W2.
        unsafe { link.0.as_ref() }.kind()
    }

    /// Returns the queue that a waiter is linked into.
    pub(super) fn place(&mut self, link: Link) -> Option<Place> {
        self.entry(link, |entry| entry.place)
    }

    /// Changes the state. If the waiter is not linked, this is the last that the list has to do with it: its
    /// owner may free it as soon as the new state is visible.
    pub(super) fn set_state(&mut self, link: Link, state: WaiterState) {
        // SAFETY: W2. Only the atomic is referred to, which may be freed while it is.
        let place = unsafe { &(*link.0.as_ptr()).state };
        // ORDERING: Release [notified]. As in `Waiter::set_state`.
        place.store(state as u8, Ordering::Release);
    }

    pub(super) fn state(&mut self, link: Link) -> WaiterState {
        // SAFETY: W2.
        unsafe { link.0.as_ref() }.state()
    }

    pub(super) fn is_empty(&self, place: Place) -> bool {
        self.first(place).is_none()
    }

    pub(super) fn has_several(&mut self, place: Place) -> bool {
        self.first(place)
            .is_some_and(|first| self.after(first) != first)
    }

    /// Counts the waiters of a queue, one by one: for numbers that people ask for.
    pub(super) fn count(&mut self, place: Place) -> usize {
        let mut count = 0;
        let mut next = self.first(place);
        while let Some(link) = next {
            count += 1;
            next = self.next(place, link);
        }
        count
    }

    pub(super) fn first(&self, place: Place) -> Option<Link> {
        self.queues[place as usize]
    }

    /// Links a waiter at the end of a queue.
    pub(super) fn push(&mut self, place: Place, link: Link) {
        let first = self.first(place);
        self.insert_before(place, first, link);
        if first.is_none() {
            self.queues[place as usize] = Some(link);
        }
    }

    /// Links a waiter into the exclusive queue by its ticket. A waiter that was there before passes only
    /// those that are older; a new one goes to the end.
    pub(super) fn push_by_ticket(&mut self, link: Link, is_new: bool) {
        const PLACE: Place = Place::Exclusive;
        if is_new {
            return self.push(PLACE, link);
        }
        let ticket = self.entry(link, |entry| entry.ticket);
        // Most come back in the order in which they were woken: behind the one that came before them.
        let start = self.inserted;
        let start = start.filter(|start| self.entry(*start, |entry| entry.ticket < ticket));
        let mut next = match start {
            Some(start) => self.next(PLACE, start),
            None => self.first(PLACE),
        };
        while let Some(other) = next {
            if self.entry(other, |entry| entry.ticket) > ticket {
                break;
            }
            next = self.next(PLACE, other);
        }
        match next {
            Some(other) => {
                self.insert_before(PLACE, next, link);
                if self.first(PLACE) == Some(other) {
                    self.queues[PLACE as usize] = Some(link);
                }
            }
            None => self.push(PLACE, link),
        }
        self.inserted = Some(link);
    }

    /// Links a waiter before another one; before the first one is behind the last one.
    fn insert_before(&mut self, place: Place, next: Option<Link>, link: Link) {
        let next = next.unwrap_or(link);
        let prev = self
            .entry(next, |entry| entry.prev.replace(link))
            .unwrap_or(link);
        self.entry(prev, |entry| entry.next = Some(link));
        self.entry(link, |entry| {
            debug_assert!(entry.place.is_none(), "W2: linked once");
            entry.place = Some(place);
            entry.prev = Some(prev);
            entry.next = Some(next);
        });
    }

    /// Returns the waiter behind another one, which for the last one is the first.
    fn after(&mut self, link: Link) -> Link {
        self.entry(link, |entry| entry.next).unwrap_or(link)
    }

    /// Returns the next waiter of a queue, if there is one.
    pub(super) fn next(&mut self, place: Place, link: Link) -> Option<Link> {
        let next = self.after(link);
        (Some(next) != self.first(place)).then_some(next)
    }

    /// Takes a waiter out of the queue that it is in, if any, and returns which that was.
    pub(super) fn unlink(&mut self, link: Link) -> Option<Place> {
        let (place, prev, next) = self.entry(link, |entry| {
            (entry.place.take(), entry.prev.take(), entry.next.take())
        });
        let (place, prev, next) = (place?, prev?, next?);
        let is_first = self.first(place) == Some(link);
        let is_only = next == link;
        if !is_only {
            self.entry(prev, |entry| entry.next = Some(next));
            self.entry(next, |entry| entry.prev = Some(prev));
        }
        if is_first {
            self.queues[place as usize] = (!is_only).then_some(next);
        }
        if self.inserted == Some(link) {
            self.inserted = (!is_first).then_some(prev);
        }
        Some(place)
    }

    /// Takes the first waiter out of a queue.
    pub(super) fn pop(&mut self, place: Place) -> Option<Link> {
        let link = self.first(place)?;
        self.unlink(link);
        Some(link)
    }
}

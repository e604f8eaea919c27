//! The seat: a place for one parked task in front of the list.
//!
//! Most of the time at most one task waits on one side of a channel. Parking it through the list of an
//! `Event` costs four rounds of a lock; the seat costs one read-modify-write for sitting down and one for
//! waking. A task that finds the seat taken, or others on the list, goes to the list; so who sits has come
//! before all who are on the list, and is woken first.
//!
//! ```text
//!            sit               ready                  wake
//!   EMPTY ────────► BUSY ────────────────► WAITING ────────► TAKING
//!     ▲              ▲ │                    │                  │
//!     │ get up       │ └────────────────────┘                  ▼
//!     ├──────────────┘  new waker, or get up                NOTIFIED
//!     │                                                        │
//!     └────────────────────────────────────────────────────────┘ get up
//! ```
//!
//! | state | meaning | who may access the waker |
//! |---|---|---|
//! | EMPTY | nobody sits here | nobody |
//! | BUSY | the sitter is sitting down, changing its waker, or getting up | the sitter |
//! | WAITING | the waker is there | nobody |
//! | TAKING | a waking thread takes the waker; the sitter is notified | the waking thread |
//! | NOTIFIED | the waker has been taken; the sitter has not looked yet | nobody |
//!
//! A waking thread that finds the seat BUSY passes it by: the sitter arms its gate afterwards and then sees
//! for itself (see the gate's protocol).
//!
//! TAKING lasts for a move of the waker and a store, with nobody's code in between. Only a sitter that is
//! polled, or dropped, by another thread in just that moment finds it so, and waits it out, as it would wait
//! for the list's lock.
//!
//! * **S1** Access to the waker as the table says; every change of who has it is a store or swap with Release,
//!   read with Acquire by the next.

use core::task::{Context, Poll, Waker};

use crate::sync::{AtomicUsize, Backoff, Ordering, Tally, UnsafeCell};

const EMPTY: usize = 0;
const BUSY: usize = 1;
const WAITING: usize = 2;
const TAKING: usize = 3;
const NOTIFIED: usize = 4;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Seat {
    state: AtomicUsize,
    waker: UnsafeCell<Option<Waker>>,
    /// How often somebody sat down, and was woken. Changed by the sitter only.
    pub(super) parks: Tally,
    pub(super) wakes: Tally,
}

// SAFETY: S1: the waker is accessed by one thread at a time, and `Waker` is `Send` and `Sync`.
unsafe impl Sync for Seat {}

/// A task's right to the seat.
#[must_use = "a seat that is left must be asked whether it was notified"]
pub(super) struct Sitter<'a>(&'a Seat);

impl Seat {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicUsize::new(EMPTY),
            waker: UnsafeCell::new(None),
            parks: Tally::default(),
            wakes: Tally::default(),
        }
    }

    /// Takes the seat for the task of `waker`, if nobody has it.
    pub(super) fn sit(&self, waker: &Waker) -> Option<Sitter<'_>> {
        // ORDERING: Relaxed. Spares a swap that cannot succeed.
        if self.state.load(Ordering::Relaxed) != EMPTY {
            return None;
        }
        let waker = waker.clone();
        // ORDERING: Acquire. Pairs with [vacate]: the last access to the waker is over.
        // On failure Relaxed: nothing is accessed.
        self.state
            .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed)
            .ok()?;
        let _none = self.replace(Some(waker));
        self.parks.add_alone(1);
        // ORDERING: Release [ready]. Pairs with the Acquire in `wake`.
        self.state.store(WAITING, Ordering::Release);
        Some(Sitter(self))
    }

    /// Wakes who is waiting here; `false` if nobody is.
    pub(super) fn wake(&self) -> bool {
        // ORDERING: Acquire. Pairs with [ready]: the waker is there. On failure Relaxed: nothing is accessed.
        let taking =
            self.state
                .compare_exchange(WAITING, TAKING, Ordering::Acquire, Ordering::Relaxed);
        if taking.is_err() {
            return false;
        }
        let waker = self.replace(None);
        // ORDERING: Release [taken]. Pairs with the Acquire in `Sitter::is_notified`, whose thread vacates the
        // seat. Guard: loom `park_and_wake_receiver`.
        self.state.store(NOTIFIED, Ordering::Release);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Whether somebody sits here who has not been notified.
    pub(super) fn is_waiting(&self) -> bool {
        // ORDERING: Relaxed. A figure for people.
        matches!(self.state.load(Ordering::Relaxed), BUSY | WAITING)
    }

    fn replace(&self, waker: Option<Waker>) -> Option<Waker> {
        self.waker.with_mut(|place| {
            // SAFETY: S1: the caller has just swapped the state to one that gives it the waker.
            unsafe { core::ptr::replace(place, waker) }
        })
    }

    fn vacate(&self) {
        // ORDERING: Release [vacate]. Pairs with the Acquire in `sit`.
        self.state.store(EMPTY, Ordering::Release);
    }
}

impl Sitter<'_> {
    /// Whether this was woken. If not, `waker` takes the place of the one before, and the gate must be
    /// armed again: a notification may have passed by meanwhile.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.is_notified() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        if !self.begin_change() {
            return Poll::Ready(());
        }
        let before = self.0.replace(Some(waker));
        // ORDERING: Release [ready]. As in `sit`.
        self.0.state.store(WAITING, Ordering::Release);
        drop(before);
        Poll::Pending
    }

    /// Gets up; whether this had been notified, so that the caller now owes a look.
    pub(super) fn leave(self) -> bool {
        if !self.is_notified() && self.begin_change() {
            let waker = self.0.replace(None);
            self.0.vacate();
            drop(waker);
            return false;
        }
        let backoff = Backoff::new();
        while !self.is_notified() {
            // TAKING: see the module's documentation.
            backoff.snooze();
        }
        self.0.wakes.add_alone(1);
        self.0.vacate();
        true
    }

    fn is_notified(&self) -> bool {
        // ORDERING: Acquire. Pairs with [taken]: the waking thread is done with the waker.
        self.0.state.load(Ordering::Acquire) == NOTIFIED
    }

    /// Takes the waker out of the reach of waking threads; `false` if one has been here already.
    fn begin_change(&self) -> bool {
        // ORDERING: Acquire. Continues after this thread's, or the task's last thread's, own [ready]. On failure
        // Relaxed: nothing is accessed.
        self.0
            .state
            .compare_exchange(WAITING, BUSY, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}

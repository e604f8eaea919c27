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
        // On failure Relaxed: nothing is accessed. Guard: loom `two_tasks_want_one_seat`.
        self.state
            .compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed)
            .ok()?;
        let _none = self.replace(Some(waker));
        self.parks.add_alone(1);
        // ORDERING: Release [ready]. Pairs with the Acquire in `wake`. Guard: loom `sitting_down_against_a_wake`.
        self.state.store(WAITING, Ordering::Release);
        Some(Sitter(self))
    }

    /// Wakes who is waiting here; `false` if nobody is.
    pub(super) fn wake(&self) -> bool {
        // ORDERING: Acquire. Pairs with [ready]: the waker is there. On failure Relaxed: nothing is accessed.
        // Guard: loom `sitting_down_against_a_wake`.
        let taking =
            self.state
                .compare_exchange(WAITING, TAKING, Ordering::Acquire, Ordering::Relaxed);
        if taking.is_err() {
            return false;
        }
        let waker = self.replace(None);
        // ORDERING: Release [taken]. Pairs with the Acquire in `Sitter::is_notified`, whose thread vacates the
        // seat. Guard: loom `leaving_against_a_wake`.
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
        // ORDERING: Release [vacate]. Pairs with the Acquire in `sit`. Guard: loom `two_tasks_want_one_seat`.
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
        // ORDERING: Release [ready]. As in `sit`. Guard: loom `a_new_waker_against_a_wake`.
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
        // Guard: loom `leaving_against_a_wake`.
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

#[cfg(all(test, loom))]
mod tests {
    use std::sync::Arc as Count;
    use std::task::Wake;

    use super::*;
    use crate::sync::Arc;

    /// Counts how often it is woken, in a way that is no business of the model's.
    #[derive(Default)]
    struct Woken(std::sync::atomic::AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Count<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn new() -> (Count<Self>, Waker) {
            let woken = Count::new(Self::default());
            (Count::clone(&woken), Waker::from(woken))
        }

        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn spawn_wake(seat: &Arc<Seat>) -> loom::thread::JoinHandle<bool> {
        let seat = Arc::clone(seat);
        loom::thread::spawn(move || seat.wake())
    }

    #[test]
    fn sitting_down_against_a_wake() {
        loom::model(|| {
            let seat = Arc::new(Seat::new());
            let waking = spawn_wake(&seat);
            let (woken, waker) = Woken::new();
            let notified = seat.sit(&waker).expect("it is free").leave();
            assert_eq!(waking.join().unwrap(), notified);
            assert_eq!(woken.times(), usize::from(notified));
        });
    }

    /// The seat is taken again at once: the waking thread must be done with it.
    #[test]
    fn leaving_against_a_wake() {
        loom::model(|| {
            let seat = Arc::new(Seat::new());
            let (first, waker) = Woken::new();
            let sitter = seat.sit(&waker).expect("it is free");
            let waking = spawn_wake(&seat);
            let notified = sitter.leave();
            let (second, waker) = Woken::new();
            let notified_again = seat.sit(&waker).expect("it was left").leave();
            let woke = waking.join().unwrap();
            assert!(!(notified && notified_again));
            assert_eq!(woke, notified || notified_again);
            assert_eq!(first.times(), usize::from(notified));
            assert_eq!(second.times(), usize::from(notified_again));
        });
    }

    #[test]
    fn a_new_waker_against_a_wake() {
        loom::model(|| {
            let seat = Arc::new(Seat::new());
            let (old, waker) = Woken::new();
            let sitter = seat.sit(&waker).expect("it is free");
            let waking = spawn_wake(&seat);
            let (new, waker) = Woken::new();
            let notified = sitter.poll(&Context::from_waker(&waker)).is_ready();
            let woke = waking.join().unwrap();
            assert_eq!(old.times(), usize::from(notified));
            assert_eq!(new.times(), usize::from(woke && !notified));
            assert_eq!(sitter.leave(), woke);
        });
    }

    #[test]
    fn two_wakes_find_one_sitter() {
        loom::model(|| {
            let seat = Arc::new(Seat::new());
            let (woken, waker) = Woken::new();
            let sitter = seat.sit(&waker).expect("it is free");
            let waking = spawn_wake(&seat);
            let woke_here = seat.wake();
            assert_ne!(waking.join().unwrap(), woke_here);
            assert_eq!(woken.times(), 1);
            assert!(sitter.leave());
        });
    }

    #[test]
    fn two_tasks_want_one_seat() {
        loom::model(|| {
            let seat = Arc::new(Seat::new());
            let other = Arc::clone(&seat);
            let sit = |seat: &Seat| {
                let (_, waker) = Woken::new();
                seat.sit(&waker).is_none_or(|sitter| !sitter.leave())
            };
            let sitting = loom::thread::spawn(move || sit(&other));
            assert!(sit(&seat), "nobody wakes anybody");
            assert!(sitting.join().unwrap());
            assert!(
                seat.sit(Waker::noop())
                    .is_some_and(|sitter| !sitter.leave())
            );
        });
    }
}

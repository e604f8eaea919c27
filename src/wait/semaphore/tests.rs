//! Models of the semaphore alone.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::sync::Arc as StdArc;
use std::task::Wake;

use loom::thread;

use super::*;
use crate::sync::{Arc, UnsafeCell, block_on, explore};

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: StdArc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A wait that is polled by hand.
struct Task {
    future: Pin<Box<Acquire<'static>>>,
    woken: StdArc<Woken>,
    /// Used by `future`, so dropped after it.
    semaphore: Arc<Semaphore>,
}

impl Task {
    /// Creates a wait, and polls it once, without success.
    fn parked(semaphore: &Arc<Semaphore>, count: usize) -> Self {
        let pointer: *const Semaphore = &**semaphore;
        // SAFETY: `Task` keeps the semaphore alive for as long as the future.
        let borrowed: &'static Semaphore = unsafe { &*pointer };
        let mut task = Self {
            future: Box::pin(borrowed.acquire(count)),
            woken: StdArc::default(),
            semaphore: Arc::clone(semaphore),
        };
        assert!(task.poll().is_pending());
        task
    }

    fn poll(&mut self) -> Poll<Result<Units<'static>, Closed>> {
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(StdArc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Relaxed)
    }

    /// Finishes a wait that must have been granted, and gives the units back.
    #[track_caller]
    fn finish(mut self) {
        assert!(self.is_woken(), "a wake was lost");
        match self.poll() {
            Poll::Ready(Ok(units)) => drop(units),
            Poll::Ready(Err(Closed)) => panic!("the semaphore is open"),
            Poll::Pending => panic!("woken without a grant"),
        }
        drop(self.future);
        drop(self.semaphore);
    }
}

fn semaphore(total: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(total))
}

/// Takes units that are available, without a destructor that gives them back.
fn take(semaphore: &Semaphore, count: usize) {
    mem::forget(semaphore.try_acquire(count).unwrap());
}

/// Data that only the holder of the unit may access.
struct Guarded {
    semaphore: Semaphore,
    data: UnsafeCell<usize>,
}

// SAFETY: The models check that only one thread accesses the data at a time.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            semaphore: Semaphore::new(1),
            data: UnsafeCell::new(0),
        })
    }

    fn change(&self) {
        self.data.with_mut(|data| {
            // SAFETY: The models check that only one thread accesses the data at a time.
            unsafe { *data += 1 };
        });
    }
}

/// The second thread takes the units with one compare-exchange, or not at all.
#[test]
fn units_guard_data() {
    explore(3, || {
        let guarded = Guarded::new();
        let shared = Arc::clone(&guarded);
        let other = thread::spawn(move || {
            if let Some(_units) = shared.semaphore.try_acquire(1) {
                shared.change();
            }
        });
        if let Some(_units) = guarded.semaphore.try_acquire(1) {
            guarded.change();
        }
        other.join().unwrap();
    });
}

/// The units become available between the first attempt and the lock.
#[test]
fn units_taken_under_the_lock_guard_data() {
    explore(3, || {
        let guarded = Guarded::new();
        let shared = Arc::clone(&guarded);
        let other = thread::spawn(move || {
            let _units = block_on(shared.semaphore.acquire(1)).unwrap();
            shared.change();
        });
        {
            let _units = block_on(guarded.semaphore.acquire(1)).unwrap();
            guarded.change();
        }
        other.join().unwrap();
    });
}

/// One thread gives back what another one grants: the units of both are needed.
#[test]
fn units_granted_by_another_guard_data() {
    explore(3, || {
        let shared = Arc::new((Semaphore::new(2), UnsafeCellPair::default()));
        take(&shared.0, 2);
        let threads = [0, 1].map(|index| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.1.change(index);
                shared.0.release(1);
            })
        });
        let units = block_on(shared.0.acquire(2)).unwrap();
        shared.1.change(0);
        shared.1.change(1);
        drop(units);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

struct UnsafeCellPair([UnsafeCell<usize>; 2]);

// SAFETY: The models check that only one thread accesses the data at a time.
unsafe impl Sync for UnsafeCellPair {}

impl Default for UnsafeCellPair {
    fn default() -> Self {
        Self([UnsafeCell::new(0), UnsafeCell::new(0)])
    }
}

impl UnsafeCellPair {
    fn change(&self, index: usize) {
        self.0[index].with_mut(|data| {
            // SAFETY: The models check that only one thread accesses the data at a time.
            unsafe { *data += 1 };
        });
    }
}

/// A wait begins while its units are given back in two parts.
#[test]
fn a_heavy_wait_against_two_releases() {
    explore(3, || {
        let semaphore = semaphore(2);
        take(&semaphore, 2);
        let shared = Arc::clone(&semaphore);
        let waiter = thread::spawn(move || drop(block_on(shared.acquire(2)).unwrap()));
        semaphore.release(1);
        semaphore.release(1);
        waiter.join().unwrap();
        assert_eq!(semaphore.available(), 2);
    });
}

/// Two threads give back one part each, and one of them grants.
#[test]
fn a_heavy_waiter_against_two_threads() {
    explore(3, || {
        let semaphore = semaphore(2);
        take(&semaphore, 2);
        let task = Task::parked(&semaphore, 2);
        let shared = Arc::clone(&semaphore);
        let other = thread::spawn(move || shared.release(1));
        semaphore.release(1);
        other.join().unwrap();
        task.finish();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), 2 * UNIT);
    });
}

/// Units are given back one at a time, and a newcomer tries to take one.
#[test]
fn a_newcomer_does_not_overtake() {
    explore(3, || {
        let semaphore = semaphore(2);
        take(&semaphore, 2);
        let task = Task::parked(&semaphore, 2);
        let shared = Arc::clone(&semaphore);
        let newcomer = thread::spawn(move || {
            let units = shared.try_acquire(1);
            assert!(units.is_none(), "the heavy waiter registered first");
        });
        semaphore.release(1);
        newcomer.join().unwrap();
        let newcomer = Task::parked(&semaphore, 1);
        semaphore.release(1);
        assert!(!newcomer.is_woken(), "the heavy waiter has all units");
        task.finish();
        newcomer.finish();
    });
}

/// The waiter is dropped before, while or after its units are granted.
#[test]
fn a_dropped_waiter_forwards_its_units() {
    explore(3, || {
        let semaphore = semaphore(1);
        take(&semaphore, 1);
        let dropped = Task::parked(&semaphore, 1);
        let next = Task::parked(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let other = thread::spawn(move || shared.release(1));
        drop(dropped);
        other.join().unwrap();
        next.finish();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), UNIT);
    });
}

/// The available units are enough for the second waiter once the first one is dropped.
#[test]
fn a_dropped_heavy_waiter_lets_the_next_one_be_granted() {
    explore(3, || {
        let semaphore = semaphore(3);
        take(&semaphore, 3);
        let dropped = Task::parked(&semaphore, 3);
        let next = Task::parked(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let other = thread::spawn(move || shared.release(1));
        drop(dropped);
        other.join().unwrap();
        next.finish();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), UNIT);
    });
}

/// One release is enough for two of three waiters.
#[test]
fn one_release_grants_all_that_it_satisfies() {
    explore(2, || {
        let semaphore = semaphore(3);
        take(&semaphore, 3);
        let first = Task::parked(&semaphore, 1);
        let second = Task::parked(&semaphore, 2);
        let third = Task::parked(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let other = thread::spawn(move || shared.release(3));
        other.join().unwrap();
        assert!(first.is_woken() && second.is_woken() && !third.is_woken());
        first.finish();
        second.finish();
        third.finish();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), 3 * UNIT);
    });
}

/// The last waiter is granted while a newcomer registers behind it.
#[test]
fn a_registration_against_a_grant() {
    explore(3, || {
        let semaphore = semaphore(1);
        take(&semaphore, 1);
        let first = Task::parked(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let newcomer = thread::spawn(move || drop(block_on(shared.acquire(1)).unwrap()));
        semaphore.release(1);
        first.finish();
        newcomer.join().unwrap();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), UNIT);
    });
}

/// A wait begins while the semaphore is closed.
#[test]
fn a_wait_against_close() {
    explore(3, || {
        let semaphore = semaphore(1);
        take(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let waiter = thread::spawn(move || {
            assert!(block_on(shared.acquire(1)).is_err());
        });
        semaphore.close();
        waiter.join().unwrap();
        assert_eq!(semaphore.state.load(Ordering::Relaxed), 0);
    });
}

/// The waiter's units are granted, or it fails; no units are lost in either case.
#[test]
fn a_release_against_close() {
    explore(3, || {
        let semaphore = semaphore(1);
        take(&semaphore, 1);
        let mut task = Task::parked(&semaphore, 1);
        let shared = Arc::clone(&semaphore);
        let closing = thread::spawn(move || shared.close());
        semaphore.release(1);
        closing.join().unwrap();
        assert!(task.is_woken());
        assert!(task.poll().is_ready());
        assert_eq!(semaphore.state.load(Ordering::Relaxed), UNIT);
    });
}

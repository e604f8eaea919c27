//! Delays at random places: in polls, and in wakers when they are cloned, called and dropped.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};
use std::thread;
use std::time::Duration;

use crate::support::PseudoRandom;

/// Where the random numbers of all threads come from.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Begins a run with this seed. The threads share one sequence, so a run differs from another one
/// with the same seed as their schedules do.
pub(crate) fn start(seed: u64) {
    NEXT.store(seed, Ordering::Relaxed);
}

fn random() -> PseudoRandom {
    PseudoRandom(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Mostly nothing; else spins, yields or, rarely, sleeps.
pub(crate) fn pause() {
    let mut random = random();
    match random.below(64) {
        0..8 => {
            for _ in 0..random.below(2_000) {
                std::hint::spin_loop();
            }
        }
        8..14 => thread::yield_now(),
        14 => thread::sleep(Duration::from_micros(random.below(300))),
        _ => {}
    }
}

/// Calls `poll` with a waker that delays, and wakes the waker of `cx`.
pub(crate) fn with_delays<R>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> R) -> R {
    pause();
    // SAFETY: the table takes the pointer for what it is, an `Arc` whose count it keeps.
    let waker = unsafe { Waker::from_raw(raw(Arc::new(cx.waker().clone()))) };
    let result = poll(&mut Context::from_waker(&waker));
    pause();
    result
}

static TABLE: RawWakerVTable = RawWakerVTable::new(
    |data| {
        pause();
        raw(Arc::clone(&borrow(data)))
    },
    |data| {
        let waker = take(data);
        pause();
        waker.wake_by_ref();
        pause();
    },
    |data| {
        pause();
        borrow(data).wake_by_ref();
        pause();
    },
    |data| {
        pause();
        drop(take(data));
    },
);

fn raw(waker: Arc<Waker>) -> RawWaker {
    RawWaker::new(Arc::into_raw(waker).cast(), &TABLE)
}

fn take(data: *const ()) -> Arc<Waker> {
    // SAFETY: the pointer of a waker is from `Arc::into_raw`, and the waker is used up.
    unsafe { Arc::from_raw(data.cast()) }
}

fn borrow(data: *const ()) -> ManuallyDrop<Arc<Waker>> {
    ManuallyDrop::new(take(data))
}

//! Delays at random places: in polls, and in wakers when they are cloned, called and dropped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Context;
use std::thread;
use std::time::Duration;

use crate::harness::{PseudoRandom, WakerEvent, waker_with_events};

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
    let waker = waker_with_events({
        let waker = cx.waker().clone();
        move |event| {
            pause();
            if event == WakerEvent::Wake {
                waker.wake_by_ref();
                pause();
            }
        }
    });
    let result = poll(&mut Context::from_waker(&waker));
    pause();
    result
}

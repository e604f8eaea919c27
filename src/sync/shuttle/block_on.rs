//! `block_on` for a shuttle run. The shuttle tests include this file, too.
//!
//! A pending future is polled again only after it was woken. shuttle's own `block_on` polls once
//! more after every yield and every contended lock during the last poll, which would hide lost
//! wakeups.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use shuttle::rand::Rng;

/// A thread that sleeps until it is woken.
struct Sleeper {
    woken: AtomicBool,
    /// The waker of the thread, which other code may also wake.
    thread: Waker,
}

impl Sleeper {
    fn new() -> Arc<Self> {
        let this_thread = poll_fn(|cx| Poll::Ready(cx.waker().clone()));
        Arc::new(Self {
            woken: AtomicBool::new(false),
            thread: shuttle::future::block_on(this_thread),
        })
    }

    /// Returns whether it was woken since the last call.
    fn was_woken(&self) -> bool {
        // ORDERING: Relaxed. Only one thread of a run executes at a time.
        self.woken.swap(false, Ordering::Relaxed)
    }

    fn sleep(&self) {
        shuttle::future::block_on(poll_fn(|_| {
            if self.was_woken() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
    }
}

/// Has no scheduling point of its own. A waker that is called late is covered by a task that is
/// scheduled late.
impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: Relaxed. Only one thread of a run executes at a time.
        self.woken.store(true, Ordering::Relaxed);
        self.thread.wake_by_ref();
    }
}

/// Runs `future` to its end. If it is never woken, shuttle reports a deadlock.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let output = run(future, |sleeper| {
        sleeper.sleep();
        true
    });
    match output {
        Some(output) => output,
        None => unreachable!("the wait has no time limit"),
    }
}

/// Runs `future` until it is finished or has waited for a random time, and then drops it.
pub(crate) fn block_on_for_a_while<F: Future>(future: F) -> Option<F::Output> {
    run(future, |sleeper| {
        loop {
            if shuttle::rand::thread_rng().gen_bool(0.25) {
                return false;
            }
            shuttle::thread::yield_now();
            if sleeper.was_woken() {
                return true;
            }
        }
    })
}

/// Polls `future` after each wake, until `wait` returns `false`.
fn run<F: Future>(future: F, wait: impl Fn(&Sleeper) -> bool) -> Option<F::Output> {
    let sleeper = Sleeper::new();
    let waker = Waker::from(Arc::clone(&sleeper));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        if sleeper.was_woken() {
            // Possibly by the future itself: run the thread that it waits for.
            shuttle::thread::yield_now();
        } else if !wait(&sleeper) {
            return None;
        }
    }
}

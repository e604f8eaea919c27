//! What a normal build has where there are threads.

pub(crate) use std::sync::Mutex;
pub(crate) use std::thread_local;
pub(crate) use std::time::Instant;

use core::cell::Cell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::task::Wake;
use std::thread::{self, Thread};

use super::{Arc, AtomicBool, Ordering};

/// How often a thread looks again before it parks, each time after twice as many [`spin_loop`](super::spin_loop)s.
pub(crate) const LOOKS_BEFORE_BLOCKING: u32 = 9;

/// Runs `future` on this thread, parking the thread while it waits; `None` if `deadline` came first.
pub(crate) fn block_on_until<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    thread_local! {
        /// Taken while in use, so that a call from inside another's waker gets one of its own.
        static IDLE: Cell<Option<Arc<ThreadWaker>>> = const { Cell::new(None) };
    }
    // In a destructor of another thread local, this one may be gone.
    let idle = IDLE.try_with(Cell::take).ok().flatten();
    let thread = idle.unwrap_or_else(ThreadWaker::new);
    let waker = Waker::from(Arc::clone(&thread));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            break Some(output);
        }
        if !thread.wait(deadline) {
            break None;
        }
    };
    let _ = IDLE.try_with(|idle| idle.set(Some(thread)));
    output
}

/// Panics on a thread that drives a tokio runtime's tasks, as tokio's own blocking calls do.
#[track_caller]
pub(crate) fn assert_may_block() {
    #[cfg(feature = "tokio")]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.block_on(async {});
    }
}

/// Wakes a thread.
struct ThreadWaker {
    thread: Thread,
    /// Woken since the last poll. Tells a wake of ours from other uses of the thread's park token.
    woken: AtomicBool,
}

impl ThreadWaker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            thread: thread::current(),
            woken: AtomicBool::new(false),
        })
    }

    /// Waits until woken; `false` if the deadline came first.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        // ORDERING: Acquire. Pairs with the Release in `wake_by_ref`: what the waker did is seen by the
        // poll that follows.
        if self.woken.swap(false, Ordering::Acquire) {
            // Woken during the poll, perhaps by itself: let the thread run that it waits for.
            thread::yield_now();
            return deadline.is_none_or(|deadline| Instant::now() < deadline);
        }
        // ORDERING: Acquire. As above.
        while !self.woken.swap(false, Ordering::Acquire) {
            let Some(deadline) = deadline else {
                thread::park();
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
        true
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: Release. Pairs with the Acquire in `wait`. A swap, so that a second wake does not hide the
        // first one's Release from it.
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

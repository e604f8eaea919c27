//! What a normal build has where there are threads.

pub(crate) use std::sync::Mutex;
pub(crate) use std::thread_local;

use core::cell::Cell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::task::Wake;
use std::thread;
use std::time::Instant;

use event_listener::{Event, listener};

use super::{Arc, AtomicBool, Ordering};
use crate::sync::RelaxedU32;

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
    let mut wait = SpinThenYield::default();
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            break Some(output);
        }
        if !thread.wait(deadline, &mut wait) {
            // What came by the deadline is still taken.
            break match future.as_mut().poll(&mut context) {
                Poll::Ready(output) => Some(output),
                Poll::Pending => None,
            };
        }
    };
    let _ = IDLE.try_with(|idle| idle.set(Some(thread)));
    output
}

/// Awaits `future` for no longer than `duration`, on a tokio runtime with a time driver.
#[cfg(feature = "tokio")]
pub(crate) async fn timeout<F: Future>(
    duration: core::time::Duration,
    future: F,
) -> Option<F::Output> {
    tokio::time::timeout(duration, future).await.ok()
}

/// Returns whether this thread belongs to a tokio runtime, so that it may be one that must not block.
#[inline]
pub(crate) fn is_in_runtime() -> bool {
    #[cfg(feature = "tokio")]
    return tokio::runtime::Handle::try_current().is_ok();
    #[cfg(not(feature = "tokio"))]
    false
}

/// Panics on a thread that drives a tokio runtime's tasks, as tokio's own blocking calls do. To be called when
/// `call` would block.
#[track_caller]
pub(crate) fn assert_may_block(call: &str) {
    #[cfg(feature = "tokio")]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        // Only tokio knows whether this thread drives tasks, and it tells by a panic, whose message does not name
        // the call.
        let entered = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {});
        }));
        assert!(
            entered.is_ok(),
            "mpmc-std: `{call}` would block a thread that runs tasks of a tokio runtime; await an asynchronous call \
             instead, or call it in `tokio::task::spawn_blocking`"
        );
    }
    #[cfg(not(feature = "tokio"))]
    let _ = call;
}

/// Returns whether there is only one core for the threads of this process, by the number of processors, affinity
/// and quota that the first thread has that creates a channel.
pub(crate) fn is_single_core() -> bool {
    /// 0 before they were counted. The system takes some microseconds to tell.
    static CORES: RelaxedU32 = RelaxedU32::new(0);
    if CORES.get() == 0 {
        // If it does not tell: what most machines have.
        let cores = thread::available_parallelism().map_or(2, core::num::NonZero::get);
        CORES.set(cores.min(2) as u32);
    }
    CORES.get() == 1
}

/// Lets other threads have this core.
pub(crate) fn yield_thread() {
    thread::yield_now();
}

/// Lets other threads run that have not been able to for a while, whatever their priorities.
pub(crate) fn sleep_briefly() {
    thread::sleep(core::time::Duration::from_micros(50));
}

/// Lets the thread run that a future waits for which wakes itself: by yielding, and after a while by sleeping, since
/// that thread may have a lower priority.
#[derive(Default)]
struct SpinThenYield {
    polls: u32,
}

impl SpinThenYield {
    fn step(&mut self) {
        const YIELDS: u32 = 1000;
        self.polls += 1;
        if self.polls > YIELDS {
            sleep_briefly();
        } else {
            thread::yield_now();
        }
    }
}

/// Wakes a thread. It does not use the thread's own park token, which may be meant for other code.
struct ThreadWaker {
    /// Woken since the last poll.
    woken: AtomicBool,
    /// Notified when that has been set.
    event: Event,
}

impl ThreadWaker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            woken: AtomicBool::new(false),
            event: Event::new(),
        })
    }

    /// Waits until woken; `false` if the deadline came first.
    fn wait(&self, deadline: Option<Instant>, busy: &mut SpinThenYield) -> bool {
        if self.take_wake() {
            // Woken during the poll, perhaps by itself.
            busy.step();
            return deadline.is_none_or(|deadline| Instant::now() < deadline);
        }
        *busy = SpinThenYield::default();
        loop {
            // Both `listen` and `notify` are full fences: either the wake is seen, or the listener is notified.
            listener!(self.event => listener);
            if self.take_wake() {
                return true;
            }
            if !park(listener, deadline) {
                return self.take_wake();
            }
        }
    }

    fn take_wake(&self) -> bool {
        // ORDERING: Acquire. Pairs with the Release in `wake_by_ref`: what the waker did is seen by the
        // poll that follows.
        self.woken.swap(false, Ordering::Acquire)
    }
}

/// Parks the thread until notified; `false` if the deadline came first.
#[cfg(not(target_family = "wasm"))]
fn park(listener: impl event_listener::Listener, deadline: Option<Instant>) -> bool {
    match deadline {
        None => listener.wait(),
        Some(deadline) => return listener.wait_deadline(deadline).is_some(),
    }
    true
}

/// There is only one thread here, and nothing that could wake it.
#[cfg(target_family = "wasm")]
fn park(_listener: impl event_listener::Listener, deadline: Option<Instant>) -> bool {
    match deadline {
        None => thread::park(),
        Some(deadline) => thread::park_timeout(deadline.saturating_duration_since(Instant::now())),
    }
    deadline.is_none_or(|deadline| Instant::now() < deadline)
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // ORDERING: Release. Pairs with the Acquire in `take_wake`. A swap, so that a second wake does not hide
        // the first one's Release from it.
        if !self.woken.swap(true, Ordering::Release) {
            self.event.notify(1);
        }
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use core::future::poll_fn;

    #[test]
    fn what_comes_by_the_deadline_is_taken() {
        let mut polls = 0;
        let future = poll_fn(|_| {
            polls += 1;
            if polls == 1 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        });
        assert_eq!(block_on_until(future, Some(Instant::now())), Some(2));
    }

    #[test]
    fn a_deadline_ends_a_wait_that_wakes_itself() {
        let future = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(block_on_until(future, Some(Instant::now())), None);
    }
}

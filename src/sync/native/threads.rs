//! The types of a normal build that need threads.

pub(crate) use std::sync::Mutex;
pub(crate) use std::thread_local;

use core::cell::Cell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::task::Wake;
use std::thread;
use std::time::Instant;

use event_listener::{Event, listener};

use super::Arc;
use crate::sync::{RelaxedU32, WakeFlag};

/// Runs `future` on this thread, parking the thread while it waits. Returns `None` if `deadline`
/// passes first.
pub(crate) fn block_on_until<F: Future>(future: F, deadline: Option<Instant>) -> Option<F::Output> {
    thread_local! {
        /// Taken while in use, so that a call from inside a waker gets another one.
        static IDLE: Cell<Option<Arc<ThreadWaker>>> = const { Cell::new(None) };
    }
    // In a destructor of another thread-local value, this one may be gone.
    let idle = IDLE.try_with(Cell::take).ok().flatten();
    let thread = idle.unwrap_or_else(ThreadWaker::new);
    let waker = Waker::from(Arc::clone(&thread));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let mut wait = YieldThenSleep::default();
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            break Some(output);
        }
        if !thread.wait(deadline, &mut wait) {
            // What has arrived by the deadline is still taken.
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

/// Returns whether this thread belongs to a tokio runtime, so it may be one that must not block.
#[inline]
pub(crate) fn is_in_runtime() -> bool {
    #[cfg(feature = "tokio")]
    return tokio::runtime::Handle::try_current().is_ok();
    #[cfg(not(feature = "tokio"))]
    false
}

/// Panics on a thread that drives a tokio runtime's tasks, as tokio's own blocking calls do. The
/// caller is about to block in `call`.
#[track_caller]
pub(crate) fn assert_may_block(call: &str) {
    #[cfg(feature = "tokio")]
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        // Only tokio knows whether this thread drives tasks. It reports that by a panic whose
        // message does not name the call.
        let entered = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {});
        }));
        assert!(
            entered.is_ok(),
            "mpmc-std: `{call}` would block a thread that runs tasks of a tokio runtime; \
             await an asynchronous call instead, or call it in `tokio::task::spawn_blocking`"
        );
    }
    #[cfg(not(feature = "tokio"))]
    let _ = call;
}

/// Returns whether this process has only one core. Determined once, from the number of processors
/// and the affinity and quota of the first thread that creates a channel.
pub(crate) fn is_single_core() -> bool {
    /// 0 before they were counted. The system call takes a few microseconds.
    static CORES: RelaxedU32 = RelaxedU32::new(0);
    if CORES.get() == 0 {
        // If the number is unknown, assume several cores.
        let cores = thread::available_parallelism().map_or(2, core::num::NonZero::get);
        CORES.set(cores.min(2) as u32);
    }
    CORES.get() == 1
}

/// Yields this thread's core to other threads.
pub(crate) fn yield_thread() {
    thread::yield_now();
}

/// Sleeps, so that other threads can run whatever their priorities are.
pub(crate) fn sleep_briefly() {
    thread::sleep(core::time::Duration::from_micros(50));
}

/// The waiting strategy while another thread is expected to do something soon: yields, and after a
/// while sleeps, since that thread may have a lower priority.
#[derive(Default)]
pub(crate) struct YieldThenSleep {
    polls: u32,
}

impl YieldThenSleep {
    pub(crate) fn step(&mut self) {
        const YIELDS: u32 = 1000;
        self.polls += 1;
        if self.polls > YIELDS {
            sleep_briefly();
        } else {
            thread::yield_now();
        }
    }
}

/// A waker of a thread.
struct ThreadWaker {
    woken: WakeFlag,
    /// Has a listener while the thread is parked, or about to park.
    parked: Event,
    parker: Parker,
}

impl ThreadWaker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            woken: WakeFlag::new(),
            parked: Event::new(),
            parker: Parker::default(),
        })
    }

    /// Waits until woken. Returns `false` if the deadline passes first.
    fn wait(&self, deadline: Option<Instant>, busy: &mut YieldThenSleep) -> bool {
        if self.woken.take() {
            // Woken during the poll, possibly by the future itself.
            busy.step();
            return deadline.is_none_or(|deadline| Instant::now() < deadline);
        }
        *busy = YieldThenSleep::default();
        loop {
            // Adding a listener and `notify` take the lock of the event's list: either this thread
            // sees the wake, or the waking one finds the listener.
            listener!(self.parked => _listener);
            if self.woken.take() {
                return true;
            }
            if !self.parker.park(deadline) {
                return self.woken.take();
            }
        }
    }
}

/// Puts a thread to sleep. The thread's own park token may be meant for other code.
///
/// `event_listener` could do that, too, but unparks a thread under its lock, which the thread needs
/// next. If both threads share a core, that takes two more switches from one to the other.
#[derive(Default)]
struct Parker {
    is_unparked: Mutex<bool>,
    unparked: Condvar,
}

impl Parker {
    /// Sleeps until [`unpark`](Self::unpark) is called, or was called before. Returns `false` if
    /// the deadline passes first. Where there are no threads, so that none could wake this one, the
    /// standard library panics or sleeps until the deadline.
    fn park(&self, deadline: Option<Instant>) -> bool {
        let is_asleep = |is_unparked: &mut bool| !*is_unparked;
        let guard = self.lock();
        let mut is_unparked = match deadline {
            None => {
                let woken = self.unparked.wait_while(guard, is_asleep);
                woken.unwrap_or_else(PoisonError::into_inner)
            }
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let woken = self.unparked.wait_timeout_while(guard, left, is_asleep);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        core::mem::take(&mut *is_unparked)
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // Only a wait where there are no threads panics under the lock, and leaves it as it was.
        let guard = self.is_unparked.lock();
        guard.unwrap_or_else(PoisonError::into_inner)
    }

    fn unpark(&self) {
        // Released before the thread is woken, which needs the lock.
        *self.lock() = true;
        self.unparked.notify_one();
    }
}

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.set() {
            return;
        }
        // Also if another wake has notified the listener and is suspended before it unparks.
        if self.parked.notify(1) > 0 || self.parked.is_notified() {
            self.parker.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::future::poll_fn;

    #[test]
    fn output_available_at_the_deadline_is_returned() {
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
    fn a_deadline_ends_a_future_that_wakes_itself() {
        let future = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(block_on_until(future, Some(Instant::now())), None);
    }
}

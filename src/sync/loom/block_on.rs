//! `block_on` for a loom run, designed to have few steps. The loom tests include this file, too.
//!
//! It differs from `loom::future::block_on`:
//!
//! * It polls only after a wake. (loom's polls once without a wake in each call, in half of the
//!   executions.) Ordinary tests show that a superfluous poll does no harm.
//! * A wake is not a step of its own but part of the step before it. Wakers that are called late
//!   are still covered: the thread that is woken is then scheduled late.
//! * A future that wakes itself and returns `Pending` lets the other threads run.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use loom::thread::{self, Thread};

/// Runs `future` on this thread, which blocks until it is woken; see the module's documentation.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let unparker = Arc::new(Unparker {
        thread: thread::current(),
        parked: AtomicBool::new(false),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unparker));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        unparker.wait();
    }
}

/// Wakes a thread of the model. loom does not track the flags: no other thread runs between a load
/// of one and the step that depends on it.
struct Unparker {
    thread: Thread,
    /// Set while the thread is parked here, so that it may be unparked. (loom would also unpark a
    /// thread that is blocked elsewhere.)
    parked: AtomicBool,
    /// Set when the thread was woken since the last wait.
    woken: AtomicBool,
}

impl Unparker {
    fn wait(&self) {
        if self.woken.swap(false, Ordering::Relaxed) {
            thread::yield_now();
            return;
        }
        self.parked.store(true, Ordering::Relaxed);
        while !self.woken.swap(false, Ordering::Relaxed) {
            thread::park();
        }
        self.parked.store(false, Ordering::Relaxed);
    }
}

impl Wake for Unparker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Relaxed);
        if self.parked.load(Ordering::Relaxed) {
            self.thread.unpark();
        }
    }
}

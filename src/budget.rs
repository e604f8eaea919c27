//! The cooperative budget: a task that always finds the channel ready still lets others run.
//!
//! Every asynchronous operation charges one unit before it looks at the channel. After [`LIMIT`] units
//! without a real wait in between, the next operation wakes its own task and returns `Pending` once, with
//! nothing sent or received. The count is kept per thread, not per task, so that it needs no runtime: a
//! task pays at worst for what its neighbours on the thread spent, with one early yield.

use core::cell::Cell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

#[cfg(not(feature = "std"))]
use crate::sync::Hint;
#[cfg(feature = "std")]
use crate::sync::thread_local;

/// How many operations in a row may find the channel ready.
pub(crate) const LIMIT: u32 = 256;

#[cfg(feature = "std")]
thread_local! {
    static SPENT: Cell<u32> = const { Cell::new(0) };
}

#[cfg(feature = "std")]
#[inline]
fn with_spent<R>(access: impl FnOnce(&Cell<u32>) -> R) -> R {
    SPENT.with(access)
}

/// Without an operating system nothing is known of threads, and all have one budget together.
#[cfg(not(feature = "std"))]
fn with_spent<R>(access: impl FnOnce(&Cell<u32>) -> R) -> R {
    static SPENT: Hint = Hint::new(0);
    let spent = Cell::new(SPENT.get());
    let result = access(&spent);
    SPENT.set(spent.get());
    result
}

/// Charges one operation: ready at once, or `Pending` with the task woken if the budget is spent.
#[inline]
pub(crate) fn poll_charge(cx: &mut Context<'_>) -> Poll<()> {
    let within = with_spent(|spent| {
        let count = spent.get() + 1;
        let within = count <= LIMIT;
        spent.set(if within { count } else { 0 });
        within
    });
    if within { Poll::Ready(()) } else { yielded(cx) }
}

#[cold]
fn yielded(cx: &mut Context<'_>) -> Poll<()> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// A task on this thread is about to wait, so others get to run anyway.
#[inline]
pub(crate) fn refill() {
    with_spent(|spent| spent.set(0));
}

/// A number for the thread that this runs on, not 0: to guess by, for another thread may by chance have the same.
/// Without an operating system all threads look like one.
pub(crate) fn this_thread() -> u32 {
    if cfg!(all(
        feature = "std",
        not(all(target_family = "wasm", target_os = "unknown"))
    )) {
        with_spent(|spent| core::ptr::from_ref(spent).addr() as u32 | 1)
    } else {
        1
    }
}

/// A number that differs from call to call (xorshift), with no memory but the thread's own.
#[cfg(feature = "std")]
pub(crate) fn random() -> u32 {
    thread_local! {
        static LAST: Cell<u32> = const { Cell::new(1) };
    }
    LAST.with(|last| {
        let mut number = last.get();
        number ^= number << 13;
        number ^= number >> 17;
        number ^= number << 5;
        last.set(number);
        number
    })
}

/// Without threads nobody ever asks.
#[cfg(not(feature = "std"))]
pub(crate) fn random() -> u32 {
    0
}

/// Lets the executor run other tasks once.
pub(crate) fn yield_now() -> impl Future<Output = ()> {
    YieldNow { yielded: false }
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        yielded(cx)
    }
}

//! Calling wakers: collected under a lock, called after it was released, without allocation.

use core::task::Waker;

use crate::unwind::run_all;

/// The number of wakers that are collected each time the lock is held.
const SIZE: usize = 16;

/// Wakers to call after the lock was released.
#[derive(Default)]
pub(super) struct WakerBatch {
    wakers: [Option<Waker>; SIZE],
    filled: usize,
    called: usize,
}

impl WakerBatch {
    pub(super) fn is_full(&self) -> bool {
        self.filled == SIZE
    }

    pub(super) fn push(&mut self, waker: Option<Waker>) {
        if waker.is_some() {
            self.wakers[self.filled] = waker;
            self.filled += 1;
        }
    }

    fn next(&mut self) -> Option<Waker> {
        if self.called == self.filled {
            (self.filled, self.called) = (0, 0);
            return None;
        }
        self.called += 1;
        self.wakers[self.called - 1].take()
    }
}

/// Calls the wakers that `collect` puts into the batch. Calls `collect` again while it returns that
/// there may be more. If a waker panics, the remaining wakers are still called.
pub(super) fn call_wakers(mut collect: impl FnMut(&mut WakerBatch) -> bool) {
    let mut batch = WakerBatch::default();
    let mut more = true;
    run_all(|| {
        if let Some(waker) = batch.next() {
            waker.wake();
            return true;
        }
        if !more {
            return false;
        }
        more = collect(&mut batch);
        true
    });
}

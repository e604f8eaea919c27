//! Calling wakers: collected under a lock, called after it was released, without allocating.

use core::task::Waker;

use crate::unwind::run_all;

/// How many wakers are collected each time that the lock is held.
const SIZE: usize = 16;

/// Wakers that are called after the lock was released.
#[derive(Default)]
pub(super) struct Batch {
    wakers: [Option<Waker>; SIZE],
    filled: usize,
    called: usize,
}

impl Batch {
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

/// Calls the wakers that `collect` puts into the batch, and asks it again for as long as it returns that
/// there may be more. If one of the wakers panics, the others are called nevertheless.
pub(super) fn call_wakers(mut collect: impl FnMut(&mut Batch) -> bool) {
    let mut batch = Batch::default();
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

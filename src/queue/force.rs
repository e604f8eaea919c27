//! Sends that take the oldest message out where there is no room.
//!
//! A forced send first promises: it takes a permit that there may be no room for, and then takes a message out
//! to make up for it (see `ring/permit.rs`). If there is no message to take out, then permits hold all of the room,
//! and the send fails; but the permits of others' promises, which are only passing through, must not count. So
//! promises are counted.

use super::operation::{Patience, persist};
use super::{Held, MpmcQueue};
use crate::ring::Refusal;
use crate::sync::{AtomicUsize, Backoff, Ordering};

/// How often a forced send gives way to others' promises. They may not end before this one does: their thread may
/// be suspended, or be this very thread, inside a waker that one of them called.
const ATTEMPTS: usize = 8;

/// How many forced sends are going on.
#[derive(Debug)]
pub(super) struct Promises(AtomicUsize);

impl Promises {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    fn count(&self) -> usize {
        // ORDERING: Acquire. Pairs with the Release in `Promising::drop`: if that is counted, a `tail` that is loaded
        // later has lost its permit.
        self.0.load(Ordering::Acquire)
    }
}

/// A forced send's time among the [`Promises`]: from before it takes its permit until after that is used or
/// given back.
struct Promising<'a>(&'a Promises);

impl<'a> Promising<'a> {
    fn new(promises: &'a Promises) -> Self {
        // ORDERING: Relaxed. Published by the swap that takes the permit.
        promises.0.fetch_add(1, Ordering::Relaxed);
        Self(promises)
    }
}

impl Drop for Promising<'_> {
    fn drop(&mut self) {
        // ORDERING: Release. Pairs with the Acquire in `Promises::count`.
        self.0.0.fetch_sub(1, Ordering::Release);
    }
}

impl<T> MpmcQueue<T> {
    /// Sends, taking the oldest message out to make room if there is none: that message is returned. Refused
    /// only as `Closed`, as `Exhausted`, or as `Blocked` if all room is held by permits,
    /// or by promises that stay in the way.
    pub(crate) fn force_send(&self, value: T) -> Result<Option<T>, (T, Refusal)> {
        let _promising = Promising::new(&self.promises);
        let backoff = Backoff::new();
        for _ in 0..ATTEMPTS {
            if let Err(refusal) = persist(Patience::Yield, || self.ring.overcommit()) {
                return Err((value, refusal));
            }
            // Goes back also if a waker panics.
            let mut promise = Held::new(self, 1);
            match self.keep_promise() {
                Ok(evicted) => {
                    promise.take(1);
                    self.send_reserved(value);
                    return Ok(evicted);
                }
                Err(Refusal::Closed) => return Err((value, Refusal::Closed)),
                Err(_) if self.is_held_by_permits() => return Err((value, Refusal::Blocked)),
                // Others' promises are in the way, as this one is in theirs.
                Err(_) => {}
            }
            drop(promise);
            backoff.snooze();
        }
        Err((value, Refusal::Blocked))
    }

    /// Takes a message out, unless there is room by now.
    fn keep_promise(&self) -> Result<Option<T>, Refusal> {
        while self.ring.is_overcommitted() {
            match self.try_recv(Patience::Yield) {
                Ok(oldest) => return Ok(Some(oldest)),
                // Nothing but permits in the way, unless somebody has received or released just now.
                Err(refusal) if self.ring.is_overcommitted() => return Err(refusal),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Whether permits that are no promises hold all of the room.
    fn is_held_by_permits(&self) -> bool {
        loop {
            let before = self.ring.permits();
            let promises = self.promises.count();
            // Who has left the promises in between had a permit before and has none now, and the other way round.
            if self.ring.permits() == before {
                return before.saturating_sub(promises) >= self.capacity();
            }
        }
    }
}

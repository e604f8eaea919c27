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
use crate::unwind::finally;

/// How often a forced send gives way to others' promises. They may not end before this one does: their thread may
/// be suspended, or be this very thread, inside a waker that one of them called.
const ATTEMPTS: usize = 8;

/// How many forced sends have begun, and how many have ended. Both only grow, so that one can be read before a
/// permit count and one after it.
#[derive(Debug)]
pub(super) struct Promises {
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl Promises {
    pub(super) fn new() -> Self {
        Self {
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    /// Of so many permits as `count` returns, how many are no promises: so many at least.
    fn others(&self, count: impl FnOnce() -> usize) -> usize {
        // ORDERING: Acquire. Pairs with the Release in `Promising::drop`: of a promise that has ended here, `count`
        // finds no permit any more. Guard: loom `two_force_sends_to_an_empty_channel`.
        let ended = self.ended.load(Ordering::Acquire);
        let permits = count();
        // ORDERING: Relaxed. A promise whose permit was counted had begun before: `count` has acquired the swap
        // that took it.
        let begun = self.begun.load(Ordering::Relaxed);
        permits.saturating_sub(begun.wrapping_sub(ended))
    }
}

/// A forced send's time among the [`Promises`]: from before it takes its permit until after that is used or
/// given back.
struct Promising<'a>(&'a Promises);

impl<'a> Promising<'a> {
    fn new(promises: &'a Promises) -> Self {
        // ORDERING: Relaxed. Published by the swap that takes the permit.
        promises.begun.fetch_add(1, Ordering::Relaxed);
        Self(promises)
    }
}

impl Drop for Promising<'_> {
    fn drop(&mut self) {
        // ORDERING: Release. Pairs with the Acquire in `Promises::others`.
        // Guard: loom `two_force_sends_to_an_empty_channel`.
        self.0.ended.fetch_add(1, Ordering::Release);
    }
}

impl<T> MpmcQueue<T> {
    /// Sends, taking the oldest message out to make room if there is none: that message is returned. Refused
    /// only as `Closed`, as `Exhausted`, or as `Blocked` if all room is held by permits,
    /// or by promises that stay in the way.
    pub(crate) fn force_send(&self, value: T) -> Result<Option<T>, (T, Refusal)> {
        let promising = Promising::new(&self.promises);
        let backoff = Backoff::new();
        for _ in 0..ATTEMPTS {
            if let Err(refusal) = persist(Patience::Yield, || self.ring.overcommit()) {
                return Err((value, refusal));
            }
            let mut promise = Held::new(self, 1);
            match self.keep_promise() {
                Ok(evicted) => {
                    promise.take(1);
                    let sent = self.claim_reserved().publish(value);
                    // Wakers are called last: one of them may force a send itself.
                    drop(promising);
                    let (oldest, senders_parked) = evicted.unzip();
                    let _senders = finally(|| {
                        if senders_parked == Some(true) {
                            self.senders.notify();
                        }
                    });
                    self.after_send_reserved(sent);
                    return Ok(oldest);
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

    /// Takes a message out, unless there is room by now; with it comes whether a sender is to be notified.
    fn keep_promise(&self) -> Result<Option<(T, bool)>, Refusal> {
        while self.ring.is_overcommitted() {
            match persist(Patience::Yield, || self.ring.claim_recv()) {
                Ok(claim) => return Ok(Some(claim.take())),
                // Nothing but permits in the way, unless somebody has received or released just now.
                Err(refusal) if self.ring.is_overcommitted() => return Err(refusal),
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Whether permits that are no promises hold all of the room.
    fn is_held_by_permits(&self) -> bool {
        self.promises.others(|| self.ring.permits()) >= self.capacity()
    }
}

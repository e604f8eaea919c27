//! Permits: room that is held without a position.
//!
//! The count rides in `tail`. `messages + permits <= capacity` (R5) is kept in two ways:
//!
//! * one message or permit more looks one slot further than `tail` for every permit that is out: that
//!   slot is free exactly if one more fits;
//! * several permits at once compare `head` and `tail`, and have the swap of `tail` confirm it. `head` may
//!   have moved since, which only makes more room.
//!
//! Two operations go beyond:
//!
//! * [`Ring::withhold`] adds what the capacity is lowered by, whatever is in the ring. These permits are used by
//!   nobody, so all others still find their slots. While the sum is above `capacity`, the slot that lies so far
//!   ahead holds a message (or `tail` itself is that far), and nothing more fits.
//! * [`Ring::reserve_over_capacity`] takes a permit that the ring has no room for, as the promise to take a message
//!   out next. There is one such promise at a time. A thread that holds a permit still finds a slot for its message,
//!   for the promised permit is not used before it is kept: with it and its own counted, at most `capacity - 1`
//!   messages are in the ring.

use super::claim::{ATTEMPTS, Direction, Tail};
use super::state::{MAX_PERMITS, State, change};
use super::{ClaimError, Ring, invariant};
use crate::sync::{ClaimBackoff, Ordering};

/// Whom to notify after permits were given back.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released {
    /// One sender for each permit: the capacity is free again, and senders wait for it.
    pub(crate) senders_parked: bool,
    /// All receivers: this was the last permit of a closed ring, nothing can come any more.
    pub(crate) receivers_finished: bool,
    /// Those who wait for fewer than [`MAX_PERMITS`] permits to be out.
    pub(crate) was_exhausted: bool,
}

/// What came of reserving a slot (message) for a waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    One,
    /// There is none.
    Nothing,
    /// No more reservations can be counted.
    Uncountable,
}

impl<T, B> Ring<T, B> {
    /// Takes room for one message without sending it yet.
    pub(crate) fn reserve(&self) -> Result<(), ClaimError> {
        self.reserve_when(|ring, seen| {
            if seen.permits() == MAX_PERMITS {
                Err(ClaimError::Exhausted)
            } else if !seen.is_fair() && ring.fits_beside_permits(seen) {
                Ok(Ok(1))
            } else {
                ring.explain_full(seen).map(Err)
            }
        })
        .map(|_| ())
    }

    /// [`reserve`](Self::reserve) with a single look.
    #[inline(always)]
    pub(crate) fn reserve_at_once(&self) -> bool {
        let seen = self.load::<Tail>();
        seen.permits() < MAX_PERMITS
            && !seen.is_fair()
            && self.fits_beside_permits(seen)
            && self.advance_tail(seen, seen.with_permits(1))
    }

    /// Takes room for at least `least` and at most `most` messages, as many as fit.
    pub(crate) fn reserve_many(&self, least: usize, most: usize) -> Result<usize, ClaimError> {
        self.reserve_when(|ring, seen| {
            let Some((head, tail)) = ring.try_snapshot() else {
                return Ok(Err(seen));
            };
            if !tail.claims_like(seen) {
                return Ok(Err(tail));
            }
            let free = ring.free_capacity_between(head, tail);
            if tail.is_fair() && free > 0 {
                return Err(ClaimError::Reserved);
            }
            let permits = (MAX_PERMITS - tail.permits()) as usize;
            let count = free.min(permits).min(most);
            if count >= least {
                Ok(Ok(count))
            } else if permits < free {
                Err(ClaimError::Exhausted)
            } else {
                Err(ClaimError::Blocked)
            }
        })
    }

    /// Takes a permit whether there is room for it or not. The caller owes the ring a message taken out
    /// before it uses the permit, unless [`is_over_capacity`](Self::is_over_capacity) finds that room
    /// came up by itself. Once it did, nobody else can take that room. To be called by one at a time.
    pub(crate) fn reserve_over_capacity(&self) -> Result<(), ClaimError> {
        self.reserve_when(|_, seen| {
            if seen.permits() == MAX_PERMITS {
                Err(ClaimError::Exhausted)
            } else {
                Ok(Ok(1))
            }
        })
        .map(|_| ())
    }

    /// Whether messages and permits together are more than fit.
    pub(crate) fn is_over_capacity(&self) -> bool {
        let (head, tail) = self.snapshot();
        let messages = self.layout.distance(head.position(), tail.position());
        messages + tail.permits() as usize > self.capacity()
    }

    /// Gives the permit of [`reserve_over_capacity`](Self::reserve_over_capacity) back if other permits hold all of the room; says whether
    /// no more could be counted before. In the same step, so that until then it is they who make the ring full:
    /// there is nobody to notify of any room.
    pub(crate) fn release_excess(&self) -> Option<bool> {
        let mut backoff = ClaimBackoff::new();
        loop {
            let seen = self.load::<Tail>();
            if seen.permits() as usize <= self.capacity() {
                return None;
            }
            if self.advance_tail(seen, seen.without_permits(1)) {
                return Some(seen.permits() == MAX_PERMITS);
            }
            backoff.step();
        }
    }

    /// Withholds `count` slots from senders, free or not: they count as permits, which nobody uses. `false`,
    /// and nothing is withheld, if so many permits cannot be counted. The ring must be open, and stay so
    /// meanwhile.
    ///
    /// Repeats only after another thread's success.
    pub(crate) fn withhold(&self, count: usize) -> bool {
        let mut backoff = ClaimBackoff::new();
        loop {
            let seen = self.load::<Tail>();
            if seen.permits() + count as u64 > MAX_PERMITS {
                return false;
            }
            if self.advance_tail(seen, seen.with_permits(count as u64)) {
                return true;
            }
            backoff.step();
        }
    }

    /// Adds as many permits as `count_for` allows for the `tail` it is shown; it may also name another one.
    fn reserve_when(
        &self,
        count_for: impl Fn(&Self, State) -> Result<Result<usize, State>, ClaimError>,
    ) -> Result<usize, ClaimError> {
        Tail::prepare(self);
        let mut backoff = ClaimBackoff::new();
        let mut seen = self.load::<Tail>();
        for _ in 0..ATTEMPTS {
            if seen.is_closed() {
                return Err(ClaimError::Closed);
            }
            let count = match count_for(self, seen)? {
                Ok(count) => count,
                Err(other) => {
                    seen = other;
                    continue;
                }
            };
            if self.advance_tail(seen, seen.with_permits(count as u64)) {
                return Ok(count);
            }
            backoff.step();
            seen = self.load::<Tail>();
        }
        Err(ClaimError::Contended)
    }

    /// Swaps `tail` for one with another number of permits; `false` if it has changed.
    #[inline(always)]
    fn advance_tail(&self, seen: State, next: State) -> bool {
        // ORDERING: AcqRel. Keeps the release sequence of [arm] and [close] on `tail` going (any
        // read-modify-write does); nothing else depends on it. On failure Relaxed: nothing is done with it.
        let exchanged = self.tail.state.compare_exchange_weak(
            seen.bits(),
            next.bits(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        exchanged.is_ok()
    }

    /// Gives the capacity of `count` permits back.
    pub(crate) fn release(&self, count: usize) -> Released {
        let (before, senders_parked) = self.unreserve::<Tail>(count);
        let after = before.without_permits(count as u64);
        Released {
            senders_parked,
            receivers_finished: after.is_finished() && after.has_waiters(),
            was_exhausted: before.permits() == MAX_PERMITS,
        }
    }

    /// Gives `count` reservations of a direction back. Returns the word before, and whether waiters have to
    /// be notified.
    pub(crate) fn unreserve<D: Direction>(&self, count: usize) -> (State, bool) {
        // ORDERING: AcqRel [unreserve]. Release pairs with the second look in `mark_parked`, by way of
        // [touch]. Acquire pairs with [mark] on `tail`: a receiver that must be notified is registered.
        let before = D::state(self).fetch_sub(change::permits(count as u64), Ordering::AcqRel);
        let before = State::from_bits(before);
        invariant(
            || before.permits() >= count as u64,
            "released permits were counted",
        );
        (before, self.touch::<D>())
    }

    /// Reserves a slot, or a message, for a waiter, if there is one that is neither taken nor reserved and
    /// the ring is open. Newcomers cannot take it while the word is fair.
    ///
    /// Repeats only after another thread's success, and newcomers have none meanwhile.
    pub(crate) fn reserve_for_waiter<D: Direction>(&self) -> Reserved {
        let mut backoff = ClaimBackoff::new();
        loop {
            let (head, tail) = self.snapshot();
            let seen = D::own(head, tail);
            if tail.is_closed() || D::available(self, head, tail) == 0 {
                return Reserved::Nothing;
            }
            if seen.permits() == MAX_PERMITS {
                return Reserved::Uncountable;
            }
            // ORDERING: AcqRel [reserve]. Release: a thread that sees the reservation sees that it is counted
            // in the wait queue. On failure Relaxed: nothing is done with it.
            let reserved = D::state(self).compare_exchange(
                seen.bits(),
                seen.with_permits(1).bits(),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if reserved.is_ok() {
                return Reserved::One;
            }
            backoff.step();
        }
    }

    /// Whether no more permits can be counted.
    pub(crate) fn is_exhausted(&self) -> bool {
        // ORDERING: Acquire. Pairs with [release] and [claim] on `tail`, which precede the notification of
        // those who wait for it.
        let tail = State::from_bits(self.tail.state.load(Ordering::Acquire));
        tail.permits() == MAX_PERMITS && !tail.is_closed()
    }

    /// Whether one more message or permit fits beside the permits outstanding: the slot that lies
    /// as many places ahead as there are permits must be free (R5).
    #[inline]
    pub(super) fn fits_beside_permits(&self, seen: State) -> bool {
        !seen.is_closed()
            && seen.permits() < self.capacity() as u64
            && self.is_ready::<Tail>(self.layout.ahead(seen.position(), seen.permits()))
    }

    /// Why there is no room for one more message or permit, or another `tail` to try.
    #[cold]
    pub(super) fn explain_full(&self, seen: State) -> Result<State, ClaimError> {
        if seen.is_closed() {
            return Err(ClaimError::Closed);
        }
        let Some((head, tail)) = self.try_snapshot() else {
            return Ok(seen);
        };
        if !tail.claims_like(seen) {
            return Ok(tail);
        }
        if self.free_capacity_between(head, tail) == 0 {
            return Err(ClaimError::Blocked);
        }
        if tail.is_fair() {
            return Err(ClaimError::Reserved);
        }
        if self.fits_beside_permits(tail) && self.is_ready::<Tail>(tail.position()) {
            return Ok(tail);
        }
        Err(ClaimError::InFlight)
    }
}

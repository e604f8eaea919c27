//! Permits: capacity that is reserved without a position.
//!
//! Their number is stored in `tail`. `messages + permits <= capacity` (R5) is ensured in two ways:
//!
//! * to add one message or permit, an operation checks the slot that lies as many places after
//!   `tail` as there are permits: that slot is free exactly if one more message or permit fits;
//! * to add several permits at once, an operation compares `head` and `tail`, and its
//!   compare-exchange of `tail` confirms the result. `head` may have moved since, which only
//!   increases the free capacity.
//!
//! Two operations exceed the capacity:
//!
//! * [`Ring::withhold`] adds the number of slots by which the capacity is lowered, whatever is in
//!   the ring. No sender uses these permits, so all others still find their slots. While the sum is
//!   above `capacity`, the slot that lies so far ahead holds a message (or `tail` itself is that
//!   far), and nothing more fits.
//! * [`Ring::reserve_over_capacity`] takes a permit even if there is no free capacity for it; its
//!   caller then evicts a message. At most one such permit exists at a time. A thread that holds
//!   another permit still finds a slot for its message, because the permit over capacity is not
//!   used before a message is evicted: counting it and the other permit, at most `capacity - 1`
//!   messages are in the ring.

use super::claim::{Send, Tail};
use super::state::{MAX_PERMITS, State};
use super::{ClaimError, Ring};
use crate::sync::{ClaimBackoff, Ordering};

/// The waiters to notify after permits were released.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released {
    /// One sender for each permit: capacity is free again, and senders wait for it.
    pub(crate) senders_parked: bool,
    /// All receivers: this was the last permit of a closed ring, so no message can arrive any more.
    pub(crate) receivers_finished: bool,
    /// Tasks that wait until fewer than [`MAX_PERMITS`] permits are outstanding.
    pub(crate) was_exhausted: bool,
}

impl<T, B> Ring<T, B> {
    /// Reserves capacity for one message without sending it yet.
    pub(crate) fn reserve(&self) -> Result<(), ClaimError> {
        self.reserve_one::<Send>(Self::fits_beside_permits)
    }

    /// Reserves like [`reserve`](Self::reserve), in a single attempt.
    #[inline(always)]
    pub(crate) fn reserve_at_once(&self) -> bool {
        let seen = self.load::<Tail>();
        seen.permits() < MAX_PERMITS
            && !seen.is_fair()
            && self.fits_beside_permits(seen)
            && self.change_reserved::<Tail>(seen, seen.with_permits(1))
    }

    /// Reserves capacity for at least `least` and at most `most` messages, as many as fit.
    pub(crate) fn reserve_many(&self, least: usize, most: usize) -> Result<usize, ClaimError> {
        self.reserve_when::<Tail>(|ring, seen| {
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

    /// Takes a permit whether there is free capacity for it or not. Before it uses the permit, the
    /// caller must evict a message, unless [`is_over_capacity`](Self::is_over_capacity) returns
    /// `false` because capacity has become free. No other thread can take that capacity. Only one
    /// thread may call this at a time.
    pub(crate) fn reserve_over_capacity(&self) -> Result<(), ClaimError> {
        self.reserve_when::<Tail>(|_, seen| {
            if seen.permits() == MAX_PERMITS {
                Err(ClaimError::Exhausted)
            } else {
                Ok(Ok(1))
            }
        })
        .map(|_| ())
    }

    /// Returns whether there are more messages and permits than the capacity.
    pub(crate) fn is_over_capacity(&self) -> bool {
        let (head, tail) = self.snapshot();
        let messages = self.layout.distance(head.position(), tail.position());
        messages + tail.permits() as usize > self.capacity()
    }

    /// Releases the permit of [`reserve_over_capacity`](Self::reserve_over_capacity) if other
    /// permits hold all of the capacity. Returns whether no more could be counted before. The check
    /// and the release are one step, so the other permits fill the ring until then, and no sender
    /// must be notified of free capacity.
    pub(crate) fn release_excess(&self) -> Option<bool> {
        let seen = self.change_permits(|seen| {
            (seen.permits() as usize > self.capacity()).then(|| seen.without_permits(1))
        })?;
        Some(seen.permits() == MAX_PERMITS)
    }

    /// Withholds `count` slots from senders, free or not: they count as permits that no sender
    /// uses. Returns `false`, and withholds nothing, if so many permits cannot be counted. The ring
    /// must be open, and must stay open during the call.
    ///
    /// Retries only after another thread's success.
    pub(crate) fn withhold(&self, count: usize) -> bool {
        self.change_permits(|seen| {
            let after = seen.permits() + count as u64;
            (after <= MAX_PERMITS).then(|| seen.with_permits(count as u64))
        })
        .is_some()
    }

    /// Changes `tail` to the state that `next` returns for it, and returns the one before; or
    /// returns `None` once `next` does.
    ///
    /// Retries only after another thread's success.
    fn change_permits(&self, next: impl Fn(State) -> Option<State>) -> Option<State> {
        let mut backoff = ClaimBackoff::new();
        loop {
            let seen = self.load::<Tail>();
            if self.change_reserved::<Tail>(seen, next(seen)?) {
                return Some(seen);
            }
            backoff.step();
        }
    }

    /// Releases `count` permits.
    pub(crate) fn release(&self, count: usize) -> Released {
        let (before, senders_parked) = self.unreserve::<Tail>(count);
        let after = before.without_permits(count as u64);
        Released {
            senders_parked,
            receivers_finished: after.is_finished() && after.has_waiters(),
            was_exhausted: before.permits() == MAX_PERMITS,
        }
    }

    /// Returns whether no more permits can be counted.
    pub(crate) fn is_exhausted(&self) -> bool {
        // ORDERING: Acquire. Synchronizes with [unreserve] and [claim] on `tail`, which precede the
        // notification of the tasks that wait until permits can be counted.
        let tail = State::from_bits(self.tail.state.load(Ordering::Acquire));
        tail.permits() == MAX_PERMITS && !tail.is_closed()
    }

    /// Returns whether one more message or permit fits beside the outstanding permits: the slot
    /// that lies as many places ahead as there are permits must be free (R5).
    #[inline]
    pub(super) fn fits_beside_permits(&self, seen: State) -> bool {
        !seen.is_closed()
            && seen.permits() < self.capacity() as u64
            && self.is_ready::<Tail>(self.layout.ahead(seen.position(), seen.permits()))
    }

    /// Returns why there is no free capacity for one more message or permit, or another `tail` to
    /// try.
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

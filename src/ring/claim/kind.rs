//! The kinds of claims: which slots each may claim, how it changes the state, and why it fails.

use super::{Direction, Head, Tail};
use crate::ring::state::{Layout, State, Step};
use crate::ring::{ClaimError, Ring};

/// A kind of claim in one direction.
pub(in crate::ring) trait Kind {
    type Direction: Direction;

    /// Returns the stamp that the slot at the state's position has while it is free. Returns a
    /// number that is no stamp if the state does not allow a claim at once.
    #[inline(always)]
    fn free_at_once(layout: &Layout, seen: State) -> u64 {
        layout.free(seen.position())
    }

    /// Returns whether a slot that is ready may be claimed.
    #[inline(always)]
    fn admits<T, B>(_ring: &Ring<T, B>, _seen: State) -> bool {
        true
    }

    /// Returns the number of ready slots that a claim of several must leave unclaimed, or `None` if
    /// it may claim none.
    #[inline(always)]
    fn leaves(_seen: State) -> Option<usize> {
        Some(0)
    }

    /// Returns the number of slots to claim of those that are ready.
    #[inline(always)]
    fn batch_len(ready: usize, leaves: usize) -> usize {
        ready.saturating_sub(leaves)
    }

    /// Returns the state after a claim of `count` slots, `step` further.
    #[inline(always)]
    fn claimed(seen: State, step: Step, _count: u64) -> State {
        seen.claimed(step)
    }

    /// Returns why `seen` could not be claimed, or another state to attempt.
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError>;
}

/// A claim that sends a message, if there is free capacity beside the permits.
pub(in crate::ring) struct Send;
/// A claim that sends messages, each on a permit.
pub(in crate::ring) struct SendReserved;
/// A claim that sends a message into a slot that was reserved for a waiter, unless the channel was
/// closed since.
pub(super) struct SendGranted;
/// A claim that receives messages.
pub(in crate::ring) struct Recv;
/// A claim that receives messages, the first of which was reserved for a waiter.
pub(in crate::ring) struct RecvGranted;
/// A claim that takes a message out to replace it with another one. The message may be reserved for
/// a waiter, which then gets the other one.
pub(super) struct Evict;

impl Kind for Send {
    type Direction = Tail;

    #[inline(always)]
    fn free_at_once(layout: &Layout, seen: State) -> u64 {
        layout.free_if_plain(seen)
    }

    #[inline(always)]
    fn admits<T, B>(ring: &Ring<T, B>, seen: State) -> bool {
        seen.is_plain() || (!seen.is_fair() && ring.fits_beside_permits(seen))
    }

    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        ring.explain_full(seen)
    }
}

impl Kind for SendReserved {
    type Direction = Tail;

    #[inline(always)]
    fn claimed(seen: State, step: Step, count: u64) -> State {
        seen.without_permits(count).claimed(step)
    }

    /// A permit is capacity (R5), so the slot can only be waiting for its receiver to free it.
    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        ring.explain_not_ready::<Tail>(seen)
    }
}

impl Kind for SendGranted {
    type Direction = Tail;

    #[inline(always)]
    fn admits<T, B>(_ring: &Ring<T, B>, seen: State) -> bool {
        !seen.is_closed()
    }

    #[inline(always)]
    fn claimed(seen: State, step: Step, count: u64) -> State {
        SendReserved::claimed(seen, step, count)
    }

    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        if seen.is_closed() {
            return Err(ClaimError::Closed);
        }
        SendReserved::explain(ring, seen)
    }
}

impl Kind for Recv {
    type Direction = Head;

    #[inline(always)]
    fn free_at_once(layout: &Layout, seen: State) -> u64 {
        layout.free_if_plain(seen)
    }

    #[inline(always)]
    fn admits<T, B>(ring: &Ring<T, B>, seen: State) -> bool {
        seen.is_plain() || (!seen.is_fair() && ring.is_ready_beside_reserved(seen))
    }

    /// Leaves what is reserved for waiters, and everything while the state is fair.
    #[inline(always)]
    fn leaves(seen: State) -> Option<usize> {
        (!seen.is_fair()).then(|| seen.permits() as usize)
    }

    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        explain_recv(ring, seen, |head, tail| {
            if Head::available(ring, head, tail) == 0 {
                Err(ClaimError::Blocked)
            } else if head.is_fair() {
                Err(ClaimError::Reserved)
            } else if ring.is_ready_beside_reserved(head) {
                Ok(head)
            } else {
                Err(ClaimError::InFlight)
            }
        })
    }
}

impl Kind for RecvGranted {
    type Direction = Head;

    /// Leaves what is reserved for other waiters.
    #[inline(always)]
    fn leaves(seen: State) -> Option<usize> {
        Some((seen.permits() as usize).saturating_sub(1))
    }

    /// Claims the reserved message, even if those for other waiters are still in flight.
    #[inline(always)]
    fn batch_len(ready: usize, leaves: usize) -> usize {
        ready.saturating_sub(leaves).max(ready.min(1))
    }

    #[inline(always)]
    fn claimed(seen: State, step: Step, _count: u64) -> State {
        seen.without_permits(1).claimed(step)
    }

    /// In a closed channel a waiter no longer has a reservation. Otherwise the message is in
    /// flight, or a `force_send` has taken it out and will replace it.
    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        explain_recv(ring, seen, |head, _| {
            if ring.is_ready::<Head>(head.position()) {
                Ok(head)
            } else {
                Err(ClaimError::InFlight)
            }
        })
    }
}

impl Kind for Evict {
    type Direction = Head;

    #[cold]
    fn explain<T, B>(ring: &Ring<T, B>, seen: State) -> Result<State, ClaimError> {
        let Some((head, tail)) = ring.try_snapshot() else {
            return Ok(seen);
        };
        if head.position() != seen.position() || ring.is_ready::<Head>(head.position()) {
            return Ok(head);
        }
        Err(if head.position() == tail.position() {
            ClaimError::Blocked
        } else {
            ClaimError::InFlight
        })
    }
}

/// Returns why a receiver could not claim `seen`, or another `head` to attempt: `Closed` if no more
/// messages can arrive, or what `explain` returns for `head` and `tail`.
fn explain_recv<T, B>(
    ring: &Ring<T, B>,
    seen: State,
    explain: impl FnOnce(State, State) -> Result<State, ClaimError>,
) -> Result<State, ClaimError> {
    let Some((head, tail)) = ring.try_snapshot() else {
        return Ok(seen);
    };
    if !head.claims_like(seen) {
        return Ok(head);
    }
    if head.position() == tail.position() && tail.is_finished() {
        return Err(ClaimError::Closed);
    }
    explain(head, tail)
}

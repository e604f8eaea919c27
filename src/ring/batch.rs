//! Claims of several slots at once: one compare-exchange claims all of them, then each slot is
//! finished in turn.
//!
//! A batch contains only slots that are ready when it is claimed, so it never holds a slot that it
//! has to wait for. No user code runs while it is finished (R4): the values come from, or go to,
//! memory that the caller has prepared before.

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use super::buffer::Buffer;
use super::claim::{ATTEMPTS, Direction, Kind, Recv, RecvGranted, SendReserved, Sent, stamp};
use super::state::{Layout, Position, State};
use super::{ClaimError, Ring, Slot};
use crate::sync::{ClaimBackoff, Ordering};

/// Claimed slots, before the claim is finished (R1).
struct Batch<'a, T, D> {
    /// The slots up to the end of the lap.
    first: Run<'a, T>,
    /// The slots of the next lap.
    second: Run<'a, T>,
    /// A copy, so that the compiler knows that the stores to the slots do not change it.
    layout: Layout,
    /// The state before the compare-exchange.
    seen: State,
    direction: PhantomData<D>,
}

impl<T, D: Direction> Batch<'_, T, D> {
    fn len(&self) -> usize {
        self.first.slots.len() + self.second.slots.len()
    }

    /// Accesses each value, numbered from 0, and hands its slot to the other side.
    #[inline(always)]
    fn finish(self, mut access: impl FnMut(usize, *mut MaybeUninit<T>)) -> State {
        self.first.finish::<D>(&self.layout, 0, &mut access);
        let number = self.first.slots.len();
        self.second.finish::<D>(&self.layout, number, &mut access);
        self.seen
    }
}

/// The right to write messages, which must be used (R4).
#[must_use = "a claim that is not published blocks the ring"]
pub(crate) struct SendBatch<'a, T, const N: usize> {
    batch: Batch<'a, T, <SendReserved as Kind>::Direction>,
    /// Holds at least `batch.len()` values.
    source: &'a mut Buffer<T, N>,
}

impl<T, const N: usize> SendBatch<'_, T, N> {
    /// Moves the first values of the buffer into the ring.
    #[inline(always)]
    #[must_use = "a parked receiver must be notified"]
    pub(crate) fn publish(self) -> Sent {
        let Self { batch, source } = self;
        let count = batch.len();
        let values = source.as_ptr();
        let seen = batch.finish(|number, slot| {
            // SAFETY: `number < count`, and the buffer holds at least `count` values.
            let from = unsafe { values.add(number) };
            // SAFETY: R1: the batch owns the slot; R2: it is empty, so nothing is overwritten; C1:
            // the moved memory is an initialized value.
            unsafe { slot.copy_from_nonoverlapping(from, 1) };
        });
        // SAFETY: just moved. Nothing between the first move and here can panic.
        unsafe { source.forget(count) };
        Sent::new(seen, count as u64)
    }
}

/// The right to read messages, which must be used (R4).
#[must_use = "a claim that is not taken blocks the ring"]
pub(crate) struct RecvBatch<'a, T> {
    batch: Batch<'a, T, <Recv as Kind>::Direction>,
    /// Has spare capacity for the messages.
    target: &'a mut Vec<T>,
}

impl<T> RecvBatch<'_, T> {
    /// Returns the position of the first message. The others follow it.
    pub(crate) fn position(&self) -> Position {
        self.batch.first.start
    }

    /// Moves the messages to the end of the target. Returns their number, and whether senders wait.
    #[inline(always)]
    pub(crate) fn take(self) -> (usize, bool) {
        let Self { batch, target } = self;
        let count = batch.len();
        let spare = target.spare_capacity_mut().as_mut_ptr();
        let seen = batch.finish(|number, slot| {
            // SAFETY: `number < count`, and the target has spare capacity for `count` values.
            let to = unsafe { spare.add(number) };
            // SAFETY: R1: the batch owns the slot; R2: it was full, and is read this once.
            unsafe { to.copy_from_nonoverlapping(slot, 1) };
        });
        // SAFETY: the `count` values after the old end were just initialized, within the capacity.
        unsafe { target.set_len(target.len() + count) };
        (count, seen.has_waiters())
    }
}

impl<T, B> Ring<T, B> {
    /// Claims slots for as many of the values in `source` as fit at once, at least one, and uses up
    /// one permit for each. Fails only with `InFlight` or `Contended`.
    #[inline(always)]
    pub(crate) fn claim_reserved_many<'a, const N: usize>(
        &'a self,
        source: &'a mut Buffer<T, N>,
    ) -> Result<SendBatch<'a, T, N>, ClaimError> {
        let batch = self.claim_many::<SendReserved>(source.len(), |_| {})?;
        Ok(SendBatch { batch, source })
    }

    /// Claims the oldest messages, at least one and at most `limit`, after reserving memory for
    /// them in `target`.
    #[inline(always)]
    pub(crate) fn claim_recv_many<'a>(
        &'a self,
        target: &'a mut Vec<T>,
        limit: usize,
    ) -> Result<RecvBatch<'a, T>, ClaimError> {
        let batch = self.claim_many::<Recv>(limit, |count| target.reserve(count))?;
        Ok(RecvBatch { batch, target })
    }

    /// Claims as [`claim_recv_many`](Self::claim_recv_many) does, and uses up one reservation of a
    /// waiter.
    #[cold]
    pub(crate) fn claim_recv_many_granted<'a>(
        &'a self,
        target: &'a mut Vec<T>,
        limit: usize,
    ) -> Result<RecvBatch<'a, T>, ClaimError> {
        let batch = self.claim_many::<RecvGranted>(limit, |count| target.reserve(count))?;
        Ok(RecvBatch { batch, target })
    }

    /// Claims the slots that are ready, at most `limit`; calls `prepare` with their number before
    /// the claim.
    // This and its callers are inlined up to the end of the claim: a batch that is returned in
    // memory is loaded again in other units than it was stored, and such a load waits until all
    // stores before it have left the store buffer, which the batch before has filled.
    #[inline(always)]
    fn claim_many<K: Kind>(
        &self,
        limit: usize,
        mut prepare: impl FnMut(usize),
    ) -> Result<Batch<'_, T, K::Direction>, ClaimError> {
        K::Direction::prepare(self);
        let mut backoff = ClaimBackoff::new();
        let mut seen = self.load::<K::Direction>();
        for _ in 0..ATTEMPTS {
            let at = seen.position();
            let Some(leaves) = K::leaves(seen) else {
                seen = K::explain(self, seen)?;
                continue;
            };
            let limit = limit.saturating_add(leaves).min(self.capacity());
            let (mut first, mut second) = self.ready_runs::<K::Direction>(at, limit);
            let ready = first.slots.len() + second.slots.len();
            let count = K::batch_len(ready, leaves);
            if count == 0 {
                seen = K::explain(self, seen)?;
                continue;
            }
            prepare(count);
            let step = self.layout.step(at, count as u64);
            if self.advance::<K>(seen, step, count as u64) {
                let here = first.truncate(count);
                second.truncate(count - here);
                return Ok(Batch {
                    first,
                    second,
                    layout: self.layout,
                    seen,
                    direction: PhantomData,
                });
            }
            backoff.step();
            seen = self.load::<K::Direction>();
        }
        Err(ClaimError::Contended)
    }

    /// Returns the slots from `at` on that are ready without a gap, at most `limit`.
    #[inline]
    fn ready_runs<D: Direction>(&self, at: Position, limit: usize) -> (Run<'_, T>, Run<'_, T>) {
        let (mut first, mut second) = self.runs(at, limit);
        let ready = first.count_ready::<D>(&self.layout);
        let next_ready = if ready == first.slots.len() {
            second.count_ready::<D>(&self.layout)
        } else {
            0
        };
        first.truncate(ready);
        second.truncate(next_ready);
        (first, second)
    }

    /// Returns the slots of `count` positions from `at` on: those up to the end of the lap, then
    /// those of the next lap.
    #[inline]
    fn runs(&self, at: Position, count: usize) -> (Run<'_, T>, Run<'_, T>) {
        let slots = self.slots.as_slice();
        if slots.is_empty() {
            let none = || Run { slots, start: at };
            return (none(), none());
        }
        let index = self.layout.index(at);
        let here = count.min(self.capacity() - index);
        let first = Run {
            slots: &slots[index..index + here],
            start: at,
        };
        let second = Run {
            slots: &slots[..count - here],
            start: self.layout.ahead(at, here as u64),
        };
        (first, second)
    }
}

/// Adjacent slots of one lap.
struct Run<'a, T> {
    slots: &'a [Slot<T>],
    /// The position of the first slot.
    start: Position,
}

impl<T> Run<'_, T> {
    /// Drops all but the first `len` slots. Returns the number of slots that are left.
    fn truncate(&mut self, len: usize) -> usize {
        let len = len.min(self.slots.len());
        self.slots = &self.slots[..len];
        len
    }

    /// Returns the number of leading slots that are ready without a gap.
    #[inline]
    fn count_ready<D: Direction>(&self, layout: &Layout) -> usize {
        // The same for all slots of one lap.
        let ready = D::ready(layout.free(self.start));
        let is_ready = |slot: &Slot<T>| stamp(slot) == ready;
        let groups = self.slots.chunks_exact(GROUP);
        let whole = groups.take_while(|group| group.iter().all(is_ready));
        let counted = whole.count() * GROUP;
        let rest = self.slots[counted..].iter();
        counted + rest.take_while(|slot| is_ready(slot)).count()
    }

    /// Accesses each value, numbered from `number`, and hands its slot to the other side.
    #[inline(always)]
    fn finish<D: Direction>(
        &self,
        layout: &Layout,
        number: usize,
        access: &mut impl FnMut(usize, *mut MaybeUninit<T>),
    ) {
        let finished = D::finished(layout, layout.free(self.start));
        let mut place = number;
        let mut finish_one = |slot: &Slot<T>| {
            slot.value.with_mut(|value| access(place, value));
            // ORDERING: Release. A [publish] or [free] like that of a single claim.
            // Test: loom `a_batch_crosses_the_wrap`.
            slot.stamp.store(finished, Ordering::Release);
            place += 1;
        };
        let groups = self.slots.chunks_exact(GROUP);
        let rest = groups.remainder();
        for group in groups {
            // The length is constant, so the compiler unrolls the loop.
            group.iter().for_each(&mut finish_one);
        }
        rest.iter().for_each(finish_one);
    }
}

/// The number of slots that are handled at a time, in an unrolled loop.
const GROUP: usize = 8;

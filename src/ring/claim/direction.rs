//! The two directions of claims.

use crate::ring::Ring;
use crate::ring::state::{Layout, State, full};
use crate::sync::AtomicU64;

/// The direction of a claim: which state is exchanged, which stamp a slot must have, and which
/// stamp the claim leaves.
pub(crate) trait Direction {
    /// Returns the state that this direction claims by.
    fn state<T, B>(ring: &Ring<T, B>) -> &AtomicU64;

    /// Returns the state that the other direction claims by. Waiters of this direction mark it.
    fn opposite<T, B>(ring: &Ring<T, B>) -> &AtomicU64;

    /// Returns the data beside the state that waiters of this direction mark.
    fn beside<T, B>(ring: &Ring<T, B>) -> &B;

    /// Returns the one of the two states that this direction claims by.
    fn own(head: State, tail: State) -> State;

    /// Returns the one of the two states that the other direction claims by.
    fn other(head: State, tail: State) -> State;

    /// Returns `head` and `tail`, given the state that this direction claims by and the other one.
    fn pair(own: State, other: State) -> (State, State);

    /// Returns the number of slots (messages) that can still be claimed, counting reserved ones as
    /// used.
    fn available<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> usize;

    /// Returns whether an operation of this direction has to wait for the other direction.
    fn blocks<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> bool;

    /// Prepares the ring for a claim outside the fast path. Senders allocate the slots.
    fn prepare<T, B>(_ring: &Ring<T, B>) {}

    /// Returns whether [`prepare`](Self::prepare) has nothing to do.
    fn is_prepared<T, B>(_ring: &Ring<T, B>) -> bool {
        true
    }

    /// Returns the stamp of a slot that can be claimed, given its stamp while it is free in the
    /// same lap.
    fn ready(free: u64) -> u64;

    /// Returns the stamp that a finished claim leaves, given the same stamp.
    fn finished(layout: &Layout, free: u64) -> u64;
}

/// The senders' direction: messages go in.
pub(crate) struct Tail;
/// The receivers' direction: messages come out.
pub(crate) struct Head;

impl Direction for Tail {
    #[inline(always)]
    fn beside<T, B>(ring: &Ring<T, B>) -> &B {
        &ring.head.beside
    }

    #[inline(always)]
    fn state<T, B>(ring: &Ring<T, B>) -> &AtomicU64 {
        &ring.tail.state
    }

    #[inline(always)]
    fn opposite<T, B>(ring: &Ring<T, B>) -> &AtomicU64 {
        &ring.head.state
    }

    fn own(_head: State, tail: State) -> State {
        tail
    }

    fn other(head: State, _tail: State) -> State {
        head
    }

    fn pair(own: State, other: State) -> (State, State) {
        (other, own)
    }

    fn available<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> usize {
        ring.free_capacity_between(head, tail)
    }

    fn blocks<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> bool {
        !tail.is_closed() && Self::available(ring, head, tail) == 0
    }

    #[inline]
    fn prepare<T, B>(ring: &Ring<T, B>) {
        ring.allocate();
    }

    fn is_prepared<T, B>(ring: &Ring<T, B>) -> bool {
        ring.slots.if_allocated().is_some()
    }

    #[inline(always)]
    fn ready(free: u64) -> u64 {
        free
    }

    #[inline(always)]
    fn finished(_layout: &Layout, free: u64) -> u64 {
        full(free)
    }
}

impl Direction for Head {
    #[inline(always)]
    fn beside<T, B>(ring: &Ring<T, B>) -> &B {
        &ring.tail.beside
    }

    #[inline(always)]
    fn state<T, B>(ring: &Ring<T, B>) -> &AtomicU64 {
        &ring.head.state
    }

    #[inline(always)]
    fn opposite<T, B>(ring: &Ring<T, B>) -> &AtomicU64 {
        &ring.tail.state
    }

    fn own(head: State, _tail: State) -> State {
        head
    }

    fn other(_head: State, tail: State) -> State {
        tail
    }

    fn pair(own: State, other: State) -> (State, State) {
        (own, other)
    }

    fn available<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> usize {
        let messages = ring.layout.distance(head.position(), tail.position());
        messages.saturating_sub(head.permits() as usize)
    }

    /// Receivers wait in a closed ring too, while all remaining messages are reserved.
    fn blocks<T, B>(ring: &Ring<T, B>, head: State, tail: State) -> bool {
        let is_disconnected = tail.is_finished() && head.position() == tail.position();
        !is_disconnected && Self::available(ring, head, tail) == 0
    }

    #[inline(always)]
    fn ready(free: u64) -> u64 {
        full(free)
    }

    #[inline(always)]
    fn finished(layout: &Layout, free: u64) -> u64 {
        layout.freed_from(free)
    }
}

//! Bit layouts: positions, laps, and the two states that are claimed by compare-exchange.
//!
//! ```text
//!  63                                20 19          4   3   2   1   0
//! +-----------------------------------+--------------+---+---+---+---+
//! |             position              |   reserved   | F | K | C | P |
//! +-----------------------------------+--------------+---+---+---+---+
//!  \_____ lap _____/\__ index (k bits) _/
//! ```
//!
//! | field | in `tail`, which senders claim by | in `head`, which receivers claim by |
//! |---|---|---|
//! | P, PARKED | receivers have parked (or offered) since the last claim | senders have |
//! | C, CLOSED | the channel is closed | always 0 |
//! | K, KEEP | receivers may wait that have not been notified | senders may |
//! | F, FAIR | a sender has lost too many races: waiters come first | a receiver has |
//! | reserved | permits, slots for waiting senders, withheld slots | messages for waiting receivers |
//!
//! P is set only together with K. See [`crate::wait`] for the use of P, K and F.
//!
//! A position has the same bits as in a state: 20 and up, with the lower bits zero. So a claim
//! compares and adds without shifting. A slot's stamp is the lap of a position, in the same bits,
//! with bit 0 as the FULL mark. The stamp omits the index, which is that of the slot. So adjacent
//! slots of one lap have the same stamp, which makes batches cheap.
//!
//! The index takes the `k` bits that the capacity needs, the lap all bits above. Indices run from 0
//! to `capacity - 1`, and then the lap is incremented, so any capacity works without a division.
//!
//! Positions have 44 bits, so they wrap after 2^44 messages: 2 days at 100 million messages per
//! second (half of that where the capacity is just above a power of two). All arithmetic here is
//! modular, so wrapping is an ordinary event: the stamps before and after it differ as those of any
//! two laps do. A compare-exchange succeeds by mistake only if its thread sleeps between load and
//! exchange while an exact multiple of 2^44 positions goes by and leaves the very same state. In
//! return for the other 20 bits, a claim learns all it needs from the one state that it changes.

/// The lowest bit of a position in a state.
const POSITION_SHIFT: u32 = 20;
/// The difference between two successive positions.
const POSITION_ONE: u64 = 1 << POSITION_SHIFT;
const POSITION_MASK: u64 = !(POSITION_ONE - 1);

const PARKED: u64 = 1 << 0;
const CLOSED: u64 = 1 << 1;
const KEEP: u64 = 1 << 2;
const FAIR: u64 = 1 << 3;
const PERMIT_SHIFT: u32 = 4;
const PERMIT_MASK: u64 = (POSITION_ONE - 1) & !(PARKED | CLOSED | KEEP | FAIR);

/// The bits that a claim must take into account beside the slot at its position.
const NOT_PLAIN: u64 = CLOSED | FAIR | PERMIT_MASK;

/// The bit of a stamp that is set while the slot holds a message.
const FULL: u64 = 1 << 0;

/// The largest number of permits that can be outstanding at a time: 65,535.
pub(crate) const MAX_PERMITS: u64 = PERMIT_MASK >> PERMIT_SHIFT;

/// The largest number of slots that can be withheld, so that 1,023 permits are left to count with.
pub(crate) const MAX_WITHHELD: usize = MAX_PERMITS as usize - 1023;

/// The largest capacity that the layout supports (16 laps before positions wrap). Where addresses
/// have 32 bits it is the largest power of two that is a `usize`, so that a lap has a length.
pub(super) const MAX_CAPACITY: usize = {
    let limit = 1_u64 << 40;
    if limit > usize::MAX as u64 {
        usize::MAX / 2 + 1
    } else {
        limit as usize
    }
};

/// A place in the endless sequence of messages: a lap and an index, already shifted into place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position(u64);

impl Position {
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Returns whether `other` is this position or an earlier one. The two must be less than half
    /// of all positions apart.
    pub(super) fn has_reached(self, other: Self) -> bool {
        (self.0.wrapping_sub(other.0) as i64) >= 0
    }
}

/// The distance between two positions, shifted into place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step(u64);

/// The layout of positions for a capacity: where the index ends, how far a lap is, and which stamps
/// a slot goes through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// The number of slots.
    capacity: u64,
    /// The mask of the index, once a position is shifted down.
    index_mask: u64,
    /// The mask of the lap of a position. Its negative is one lap, the distance between the same
    /// index in two laps.
    lap_mask: u64,
    /// The distance across the indices that the capacity leaves unused at the end of a lap.
    unused: u64,
    /// The mask of the lap of a state's position, and of all bits that make a state not plain.
    plain_mask: u64,
}

impl Layout {
    pub(super) fn new(capacity: usize) -> Self {
        let span = capacity.next_power_of_two() as u64;
        Self {
            capacity: capacity as u64,
            index_mask: span - 1,
            lap_mask: (span << POSITION_SHIFT).wrapping_neg(),
            unused: (span - capacity as u64) << POSITION_SHIFT,
            plain_mask: (span << POSITION_SHIFT).wrapping_neg() | NOT_PLAIN,
        }
    }

    #[inline(always)]
    pub(super) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Returns the distance between the same index in two laps, shifted into place.
    #[inline(always)]
    fn lap(&self) -> u64 {
        self.lap_mask.wrapping_neg()
    }

    /// Returns the position at `index` in lap number `lap` (which wraps).
    pub(super) fn position(&self, lap: u64, index: usize) -> Position {
        Position(
            lap.wrapping_mul(self.lap())
                .wrapping_add((index as u64) << POSITION_SHIFT),
        )
    }

    /// Returns the index of the slot of `position`, always below the capacity.
    #[inline(always)]
    pub(super) fn index(&self, position: Position) -> usize {
        ((position.0 >> POSITION_SHIFT) & self.index_mask) as usize
    }

    /// Returns the step from `position` to the position `count` after it, for `count` up to the
    /// capacity.
    #[inline(always)]
    pub(super) fn step(&self, position: Position, count: u64) -> Step {
        let step = count << POSITION_SHIFT;
        Step(if self.index(position) as u64 + count < self.capacity {
            step
        } else {
            step.wrapping_add(self.unused)
        })
    }

    /// Returns the position `count` after `position`, for `count` up to the capacity.
    #[inline(always)]
    pub(super) fn ahead(&self, position: Position, count: u64) -> Position {
        Position(position.0.wrapping_add(self.step(position, count).0))
    }

    /// Returns the position after `position`.
    #[cfg(test)]
    pub(super) fn next(&self, position: Position) -> Position {
        self.ahead(position, 1)
    }

    /// Returns the number of positions before `position` since the first lap, until positions wrap.
    pub(super) fn ordinal(&self, position: Position) -> u64 {
        // A lap is a power of two.
        let lap = position.0 >> self.lap_mask.trailing_zeros();
        lap * self.capacity + self.index(position) as u64
    }

    /// Returns the stamp of a slot that is free for the message of `position`.
    #[inline(always)]
    pub(super) fn free(&self, position: Position) -> u64 {
        position.0 & self.lap_mask
    }

    /// Returns [`free`](Self::free) of a state's position or, if the state is not plain, a number
    /// that is no stamp. Costs no more than `free`.
    #[inline(always)]
    pub(super) fn free_if_plain(&self, state: State) -> u64 {
        state.0 & self.plain_mask
    }

    /// Returns the stamp of a slot that holds the message of `position`.
    #[cfg(test)]
    pub(super) fn full(&self, position: Position) -> u64 {
        full(self.free(position))
    }

    /// Returns the stamp of a slot from which a message has been taken: free for the next lap.
    /// `free` is the stamp that it had before it held the message.
    #[inline(always)]
    pub(super) fn freed_from(&self, free: u64) -> u64 {
        free.wrapping_add(self.lap())
    }

    /// Returns the stamp of a slot from which the message of `position` has been taken.
    #[cfg(test)]
    pub(super) fn freed(&self, position: Position) -> u64 {
        self.freed_from(self.free(position))
    }

    /// Returns the number of positions from `head` up to `tail`. The two must be at most one lap
    /// apart, as they are when one of them did not change while both were loaded.
    #[inline]
    pub(super) fn distance(&self, head: Position, tail: Position) -> usize {
        let (from, to) = (self.index(head), self.index(tail));
        if from < to {
            to - from
        } else if from > to {
            self.capacity() - from + to
        } else if head == tail {
            0
        } else {
            self.capacity()
        }
    }
}

/// Returns the stamp of a slot that holds a message, given the stamp that it had before.
#[inline(always)]
pub(super) fn full(free: u64) -> u64 {
    free | FULL
}

/// The value of `tail` or of `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State(u64);

impl State {
    #[inline(always)]
    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// Returns an open state at `position`, with no waiters and no permits.
    pub(super) fn at(position: Position) -> Self {
        Self(position.0)
    }

    #[inline(always)]
    pub(super) fn position(self) -> Position {
        Position(self.0 & POSITION_MASK)
    }

    #[inline(always)]
    #[cfg(test)]
    pub(super) fn is_parked(self) -> bool {
        self.0 & PARKED != 0
    }

    #[inline(always)]
    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Returns whether the ring is closed and no permit is outstanding: this `tail` never moves
    /// again.
    #[inline]
    pub(super) fn is_finished(self) -> bool {
        self.is_closed() && self.permits() == 0
    }

    /// Returns the number of outstanding permits.
    #[inline(always)]
    pub(super) fn permits(self) -> u64 {
        (self.0 & PERMIT_MASK) >> PERMIT_SHIFT
    }

    /// Returns whether the slot at the position alone decides if it can be claimed: the state is
    /// open, and nothing is reserved.
    #[inline(always)]
    pub(super) fn is_plain(self) -> bool {
        self.0 & NOT_PLAIN == 0
    }

    /// Returns whether newcomers must leave slots (messages) to waiters.
    #[inline]
    pub(super) fn is_fair(self) -> bool {
        self.0 & FAIR != 0
    }

    /// Returns whether a waiter has not been notified, as far as this state shows.
    #[inline(always)]
    pub(super) fn has_waiters(self) -> bool {
        self.0 & (PARKED | KEEP) != 0
    }

    /// Returns whether a waiter marked the state before the last claim, and none has since.
    #[inline]
    pub(super) fn is_kept(self) -> bool {
        self.0 & (PARKED | KEEP) == KEEP
    }

    /// Returns the state after a claim: `step` further, with PARKED clear.
    #[inline(always)]
    pub(super) fn claimed(self, step: Step) -> Self {
        Self((self.0 & !PARKED).wrapping_add(step.0))
    }

    #[inline]
    pub(super) fn with_parked(self) -> Self {
        Self(self.0 | PARKED | KEEP)
    }

    #[inline]
    pub(super) fn without_keep(self) -> Self {
        Self(self.0 & !KEEP)
    }

    /// Returns whether the two states differ at most in the bits that the other side sets.
    #[inline]
    pub(super) fn claims_like(self, other: Self) -> bool {
        (self.0 ^ other.0) & !(PARKED | KEEP) == 0
    }

    #[inline]
    pub(super) fn with_permits(self, count: u64) -> Self {
        debug_assert!(self.permits() + count <= MAX_PERMITS);
        Self(self.0 + change::permits(count))
    }

    #[inline]
    pub(super) fn without_permits(self, count: u64) -> Self {
        debug_assert!(self.permits() >= count);
        Self(self.0 - change::permits(count))
    }
}

/// Operands that change one field of a state in place.
pub(super) mod change {
    /// The operand of `fetch_or` that closes.
    pub(in crate::ring) const CLOSE: u64 = super::CLOSED;
    /// Returns the operand of `fetch_add` that closes an open state and removes `count` permits.
    pub(in crate::ring) fn close_without_permits(count: u64) -> u64 {
        CLOSE.wrapping_sub(permits(count))
    }
    /// The operand of `fetch_or` that makes newcomers wait.
    pub(in crate::ring) const START_FAIR: u64 = super::FAIR;
    /// The operand of `fetch_and` that lets newcomers claim again.
    pub(in crate::ring) const END_FAIR: u64 = !super::FAIR;
    /// Returns the operand of `fetch_sub` that removes `count` permits.
    #[inline(always)]
    pub(in crate::ring) fn permits(count: u64) -> u64 {
        count << super::PERMIT_SHIFT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_visits_every_index_and_wraps_with_the_lap() {
        for capacity in [1, 2, 3, 4, 5, 7, 8, 1000] {
            let layout = Layout::new(capacity);
            let mut at = layout.position(0, 0);
            for step in 0..3 * capacity {
                assert_eq!(layout.index(at), step % capacity);
                assert_eq!(
                    at,
                    layout.position((step / capacity) as u64, step % capacity)
                );
                at = layout.next(at);
            }
        }
    }

    #[test]
    fn positions_wrap_at_the_end_of_their_44_bits() {
        for capacity in [1, 2, 3, 5, 8] {
            let layout = Layout::new(capacity);
            let last_lap = u64::MAX / layout.lap();
            let mut at = layout.position(last_lap, 0);
            let start = at;
            for _ in 0..capacity {
                assert_eq!(
                    layout.distance(start, layout.ahead(at, 0)),
                    layout.index(at)
                );
                at = layout.next(at);
            }
            assert_eq!(at, layout.position(0, 0), "capacity {capacity}");
            assert_eq!(layout.freed(start), layout.free(at));
            assert_eq!(layout.distance(start, at), capacity);
        }
    }

    #[test]
    fn a_position_has_reached_those_before_it() {
        for capacity in [1, 2, 3, 6, 8] {
            let layout = Layout::new(capacity);
            let last_lap = u64::MAX / layout.lap();
            for lap in [0, 4, last_lap] {
                let start = layout.position(lap, capacity - 1);
                assert!(start.has_reached(start));
                let mut at = start;
                for _ in 0..3 * capacity {
                    at = layout.next(at);
                    assert!(at.has_reached(start) && !start.has_reached(at));
                }
            }
        }
    }

    #[test]
    fn an_ordinal_counts_positions_until_they_wrap() {
        for capacity in [1, 2, 3, 6, 8, 1000] {
            let layout = Layout::new(capacity);
            let last_lap = u64::MAX / layout.lap();
            let mut at = layout.position(0, 0);
            for count in 0..3 * capacity as u64 {
                assert_eq!(layout.ordinal(at), count);
                at = layout.next(at);
            }
            let last = layout.position(last_lap, capacity - 1);
            let positions = (last_lap + 1) * capacity as u64;
            assert_eq!(layout.ordinal(last), positions - 1);
            assert_eq!(layout.ordinal(layout.next(last)), 0);
        }
    }

    #[test]
    fn ahead_is_next_repeated() {
        for capacity in [1, 2, 3, 6, 8] {
            let layout = Layout::new(capacity);
            for index in 0..capacity {
                let start = layout.position(4, index);
                let mut at = start;
                for count in 0..=capacity {
                    assert_eq!(layout.ahead(start, count as u64), at);
                    assert_eq!(layout.distance(start, at), count);
                    at = layout.next(at);
                }
            }
        }
    }

    /// The arithmetic is exact up to the last capacity, also where it is half of the address space.
    #[test]
    fn the_largest_capacities_have_a_geometry() {
        for capacity in [MAX_CAPACITY, MAX_CAPACITY - 1, MAX_CAPACITY / 2 + 1] {
            let layout = Layout::new(capacity);
            for lap in [0, 1, u64::MAX] {
                let last = layout.position(lap, capacity - 1);
                assert_eq!(layout.index(last), capacity - 1);
                let first = layout.next(last);
                assert_eq!(first, layout.position(lap.wrapping_add(1), 0));
                assert_eq!(layout.distance(last, first), 1);
                let start = layout.position(lap, 0);
                assert_eq!(layout.distance(start, first), capacity);
                assert_eq!(layout.distance(start, last), capacity - 1);
                assert_eq!(layout.ahead(start, capacity as u64), first);
                assert_eq!(layout.freed(last), layout.free(first));
            }
        }
    }

    #[test]
    fn fields_do_not_overlap() {
        let layout = Layout::new(3);
        let position = layout.position(7, 2);
        let mut state = State::at(position);
        assert!(state.is_plain() && !state.is_parked() && !state.is_closed());
        for count in 1..=MAX_PERMITS {
            state = state.with_permits(1);
            assert_eq!((state.permits(), state.position()), (count, position));
        }
        assert!(!state.is_parked() && !state.is_closed() && !state.is_plain());
        let full = state.with_parked().bits() | change::CLOSE | change::START_FAIR;
        let full = State::from_bits(full);
        assert_eq!((full.permits(), full.position()), (MAX_PERMITS, position));
        assert!(full.is_parked() && full.is_closed());
        let moved = full.claimed(layout.step(position, 1));
        assert!(!moved.is_parked() && moved.is_closed() && moved.is_fair());
        assert!(moved.is_kept());
        assert_eq!(moved.permits(), MAX_PERMITS);
        assert_eq!(moved.position(), layout.next(position));
        assert_eq!(moved.without_permits(1).permits(), MAX_PERMITS - 1);
    }

    #[test]
    fn a_slot_never_has_the_same_stamp_in_two_states() {
        for capacity in [1, 2, 3] {
            let layout = Layout::new(capacity);
            for index in 0..capacity {
                let stamps: Vec<u64> = (0..3)
                    .map(|lap| layout.position(lap, index))
                    .flat_map(|at| [layout.free(at), layout.full(at)])
                    .collect();
                for (i, stamp) in stamps.iter().enumerate() {
                    assert!(!stamps[i + 1..].contains(stamp));
                }
            }
        }
    }

    #[test]
    fn slots_of_one_lap_share_their_stamps() {
        let layout = Layout::new(5);
        let first = layout.position(7, 0);
        for index in 1..5 {
            let at = layout.position(7, index);
            assert_eq!(layout.free(at), layout.free(first));
            assert_eq!(layout.full(at), layout.full(first));
            assert_eq!(layout.freed(at), layout.free(layout.position(8, 0)));
        }
    }
}

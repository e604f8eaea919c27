//! Bit layouts: positions, laps, and the two words that are claimed by compare-and-swap.
//!
//! ```text
//!  63                                        18 17            2   1     0
//! +--------------------------------------------+---------------+-----+-----+
//! |                  position                  |    permits    |  C  |  P  |
//! +--------------------------------------------+---------------+-----+-----+
//!  \_____ lap _____/\_____ index (k bits) _____/                  |     |
//!                                                              CLOSED PARKED
//! ```
//!
//! `tail` uses all of it; in `head` the permits and CLOSED are always zero. PARKED in `tail` means
//! that receivers are parked, in `head` that senders are.
//!
//! A position keeps its place in the word: bits 18 and up, the lower ones zero. So a claim compares
//! and adds without shifting, and a slot's stamp is a position with bit 0 as the FULL mark.
//!
//! The index takes the `k` bits that the capacity needs, the lap all bits above. Indices run from 0 to
//! `capacity - 1` and then the lap goes up by one, so any capacity works without a division.
//!
//! Positions have 46 bits, so they wrap after 2^46 messages: 8 days at 100 million messages per second
//! (half of that where the capacity is just above a power of two). All arithmetic here is modular, so
//! wrapping is an ordinary event: the stamps before and after it differ as those of any two laps do,
//! and a compare-and-swap is fooled only if its thread sleeps between load and swap while an exact
//! multiple of 2^46 positions goes by and leaves the very same word. What the other 18 bits buy is that
//! a claim learns all it needs from the one word that it swaps.

/// The lowest bit of a position inside a word.
const POSITION_SHIFT: u32 = 18;
/// One position further.
const POSITION_ONE: u64 = 1 << POSITION_SHIFT;
const POSITION_MASK: u64 = !(POSITION_ONE - 1);

const PARKED: u64 = 1 << 0;
const CLOSED: u64 = 1 << 1;
const PERMIT_SHIFT: u32 = 2;
const PERMIT_MASK: u64 = (POSITION_ONE - 1) & !(PARKED | CLOSED);

/// In a stamp: the slot holds a message.
const FULL: u64 = 1 << 0;

/// The largest number of permits that can be outstanding at a time: 65,535.
pub(crate) const MAX_PERMITS: u64 = PERMIT_MASK >> PERMIT_SHIFT;

/// The largest capacity that the layout leaves room for (64 laps before positions wrap).
pub(super) const MAX_CAPACITY: usize = {
    let limit = 1_u64 << 40;
    if limit > usize::MAX as u64 {
        usize::MAX
    } else {
        limit as usize
    }
};

/// A place in the endless sequence of messages: a lap and an index, already shifted into place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position(u64);

impl Position {
    /// The stamp of a slot that is free for the message of this position.
    #[inline(always)]
    pub(super) fn free(self) -> u64 {
        self.0
    }

    /// The stamp of a slot that holds the message of this position.
    #[inline(always)]
    pub(super) fn full(self) -> u64 {
        self.0 | FULL
    }
}

/// The stamp that stands `count` slots further where `stamp` stands here, in the same lap.
#[inline(always)]
pub(super) fn stamp_along(stamp: u64, count: usize) -> u64 {
    stamp.wrapping_add((count as u64) << POSITION_SHIFT)
}

/// What a capacity makes of positions: where the index ends and how far a lap is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometry {
    /// Number of slots.
    capacity: u64,
    /// Selects the index once a position is shifted down.
    index_mask: u64,
    /// The distance between the same index in two laps, in place.
    lap: u64,
}

impl Geometry {
    pub(super) fn new(capacity: usize) -> Self {
        let span = capacity.next_power_of_two() as u64;
        Self {
            capacity: capacity as u64,
            index_mask: span - 1,
            lap: span << POSITION_SHIFT,
        }
    }

    #[inline(always)]
    pub(super) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// The position `index` places into lap number `lap` (which wraps).
    pub(super) fn position(&self, lap: u64, index: usize) -> Position {
        Position(
            lap.wrapping_mul(self.lap)
                .wrapping_add((index as u64) << POSITION_SHIFT),
        )
    }

    /// The slot of `position`; always below the capacity.
    #[inline(always)]
    pub(super) fn index(&self, position: Position) -> usize {
        ((position.0 >> POSITION_SHIFT) & self.index_mask) as usize
    }

    /// The position after `position`.
    #[inline(always)]
    pub(super) fn next(&self, position: Position) -> Position {
        self.ahead(position, 1)
    }

    /// The position `count` after `position`, for `count` up to the capacity.
    #[inline(always)]
    pub(super) fn ahead(&self, position: Position, count: u64) -> Position {
        let index = self.index(position) as u64 + count;
        let moved = position.0.wrapping_add(count << POSITION_SHIFT);
        if index < self.capacity {
            Position(moved)
        } else {
            // Past the last index: skip the indices that the capacity leaves unused.
            Position(
                moved
                    .wrapping_sub(self.capacity << POSITION_SHIFT)
                    .wrapping_add(self.lap),
            )
        }
    }

    /// How many positions lie before `position` since the first lap, until positions wrap.
    pub(super) fn ordinal(&self, position: Position) -> u64 {
        let lap = position.0 / self.lap;
        lap * self.capacity + self.index(position) as u64
    }

    /// The position with the same index, one lap later.
    #[inline(always)]
    pub(super) fn next_lap(&self, position: Position) -> Position {
        Position(position.0.wrapping_add(self.lap))
    }

    /// How many positions lie from `head` up to `tail`. The two must be at most one lap apart, as
    /// they are when both were read while one of them stood still.
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

/// The content of `tail` or of `head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    #[inline(always)]
    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u64 {
        self.0
    }

    /// A word at `position`: nobody parked, no permits, open.
    pub(super) fn at(position: Position) -> Self {
        Self(position.0)
    }

    #[inline(always)]
    pub(super) fn position(self) -> Position {
        Position(self.0 & POSITION_MASK)
    }

    #[inline(always)]
    pub(super) fn is_parked(self) -> bool {
        self.0 & PARKED != 0
    }

    #[inline(always)]
    pub(super) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Closed and no permit out: this `tail` never moves again.
    #[inline]
    pub(super) fn is_finished(self) -> bool {
        self.is_closed() && self.permits() == 0
    }

    /// The number of outstanding permits.
    #[inline(always)]
    pub(super) fn permits(self) -> u64 {
        (self.0 & PERMIT_MASK) >> PERMIT_SHIFT
    }

    /// Open and without permits: the slot at the position alone decides whether there is room.
    #[inline(always)]
    pub(super) fn is_plain(self) -> bool {
        self.0 & (CLOSED | PERMIT_MASK) == 0
    }

    /// The same word after a claim: at `position`, with nobody parked.
    #[inline(always)]
    pub(super) fn claimed_to(self, position: Position) -> Self {
        Self(position.0 | (self.0 & (CLOSED | PERMIT_MASK)))
    }

    #[inline]
    pub(super) fn with_parked(self) -> Self {
        Self(self.0 | PARKED)
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

/// What to add, or mask with, to change one field of a word in place.
pub(super) mod change {
    /// For `fetch_or`: closes.
    pub(in crate::ring) const CLOSE: u64 = super::CLOSED;
    /// For `fetch_and`: nobody is parked any more.
    pub(in crate::ring) const UNPARK: u64 = !super::PARKED;
    /// For `fetch_sub`: `count` permits less.
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
            let geometry = Geometry::new(capacity);
            let mut at = geometry.position(0, 0);
            for step in 0..3 * capacity {
                assert_eq!(geometry.index(at), step % capacity);
                assert_eq!(
                    at,
                    geometry.position((step / capacity) as u64, step % capacity)
                );
                at = geometry.next(at);
            }
        }
    }

    #[test]
    fn positions_wrap_at_the_end_of_their_46_bits() {
        for capacity in [1, 2, 3, 5, 8] {
            let geometry = Geometry::new(capacity);
            let last_lap = u64::MAX / geometry.lap;
            let mut at = geometry.position(last_lap, 0);
            let start = at;
            for _ in 0..capacity {
                assert_eq!(
                    geometry.distance(start, geometry.ahead(at, 0)),
                    geometry.index(at)
                );
                at = geometry.next(at);
            }
            assert_eq!(at, geometry.position(0, 0), "capacity {capacity}");
            assert_eq!(geometry.next_lap(start), at);
            assert_eq!(geometry.distance(start, at), capacity);
        }
    }

    #[test]
    fn ahead_is_next_repeated() {
        for capacity in [1, 2, 3, 6, 8] {
            let geometry = Geometry::new(capacity);
            for index in 0..capacity {
                let start = geometry.position(4, index);
                let mut at = start;
                for count in 0..=capacity {
                    assert_eq!(geometry.ahead(start, count as u64), at);
                    assert_eq!(geometry.distance(start, at), count);
                    at = geometry.next(at);
                }
            }
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let geometry = Geometry::new(3);
        let position = geometry.position(7, 2);
        let mut word = Word::at(position);
        assert!(word.is_plain() && !word.is_parked() && !word.is_closed());
        for count in 1..=MAX_PERMITS {
            word = word.with_permits(1);
            assert_eq!((word.permits(), word.position()), (count, position));
        }
        assert!(!word.is_parked() && !word.is_closed() && !word.is_plain());
        let full = Word::from_bits(word.with_parked().bits() | change::CLOSE);
        assert_eq!((full.permits(), full.position()), (MAX_PERMITS, position));
        assert!(full.is_parked() && full.is_closed());
        let moved = full.claimed_to(geometry.next(position));
        assert!(!moved.is_parked() && moved.is_closed());
        assert_eq!(moved.permits(), MAX_PERMITS);
        assert_eq!(moved.position(), geometry.next(position));
        assert_eq!(moved.without_permits(1).permits(), MAX_PERMITS - 1);
    }

    #[test]
    fn free_and_full_never_collide_between_laps() {
        let geometry = Geometry::new(1);
        let at = geometry.position(0, 0);
        let stamps = [
            at.free(),
            at.full(),
            geometry.next_lap(at).free(),
            geometry.next_lap(at).full(),
        ];
        for (i, a) in stamps.iter().enumerate() {
            assert!(stamps[i + 1..].iter().all(|b| a != b));
        }
    }
}

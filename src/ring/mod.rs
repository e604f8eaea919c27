//! The sequence ring: slots, positions, claims, the close bit, the permit count and the parked bits.
//! No wakers and nothing async; this is the only module that touches messages through `unsafe`.
//!
//! # The algorithm
//!
//! ```text
//!             head (receivers claim here)        tail (senders claim here)
//!               |                                  |
//!               v                                  v
//!  index   0    1      2      3      4      5      6      7
//!        +----+------+------+------+------+------+------+----+
//!  stamp | 1  | 0 F  | 0 F  | 0 F  | 0 *  | 0 F  | 0    | 0  |     F = FULL bit
//!        +----+------+------+------+------+------+------+----+
//!          ^                         ^
//!          freed for the next lap    claimed, not yet published
//! ```
//!
//! Every message has a *position*, a lap and an index. A slot's *stamp*, which holds the lap, says what the slot
//! is ready for:
//!
//! | stamp | meaning | who may change it |
//! |---|---|---|
//! | `free(p)` | empty, waits for the message of position `p` | the sender that claims `p` |
//! | `full(p)` | holds the message of position `p` | the receiver that claims `p` |
//!
//! * **Send:** load `tail`; the slot's stamp is `free(p)` → swap `tail` to the next position (the
//!   *claim*) → write the message → store `full(p)` (*publish*).
//! * **Receive:** load `head`; the slot's stamp is `full(p)` → swap `head` to the next position (the
//!   claim) → read the message → store `free(p + one lap)` (*free*).
//!
//! Neither reads the other's position: the stamp says whether the ring is full or empty here. Only when
//! the stamp says "not ready" does the cold path compare `head` and `tail`, to tell *blocked* (really
//! full or really empty) from *in flight* (claimed by a thread that has not published or freed yet).
//!
//! # Permits and capacity
//!
//! A permit holds room, not a position, so it never blocks messages sent after it. The count of
//! outstanding permits rides in `tail`, and `messages + permits <= capacity` is kept by looking one slot
//! further for every permit: the slot at `tail + permits` is free exactly if one more fits. With no
//! permit out that is the slot the send looks at anyway. See `permit.rs`.
//!
//! # Batches
//!
//! A batch claims the slots that are ready, up to a limit, with one swap, and finishes them one by one. Each
//! slot's stamp must be looked at, since claims finish out of order. See `batch.rs`.
//!
//! # Waiting
//!
//! A receiver that has to wait sets PARKED and KEEP in `tail` (a sender in `head`) with a compare-exchange of
//! the word that every claim of the other side must change. So the claim that ends the wait sees the bits,
//! clears PARKED, and owes a notification; no fence is needed and there is no way to miss it. FAIR sends
//! newcomers to the wait queue until a slot (a message) is reserved for a waiter. Slots that are reserved for
//! waiting senders are counted with the permits, and messages that are reserved for waiting receivers in the
//! same place of `head`. See [`crate::wait`].
//!
//! # Invariants
//!
//! * **R1** The thread whose compare-and-swap moved `tail` (`head`) past position `p` owns the value
//!   of `p`'s slot until it stores the slot's next stamp; nobody else touches that value meanwhile. For a
//!   claim needs the stamp `free(p)` (`full(p)`), only the claimer of `p` changes that stamp, and
//!   the swap succeeds for one thread only.
//! * **R2** A slot's value is initialised exactly while its stamp is `full(_)` or its receiver has
//!   claimed it and not yet read it.
//! * **R3** `Layout::index` of any position made by `Layout` is below the number of slots.
//! * **R4** A claim is always completed: between the swap and the stamp store there is only a copy
//!   of the value, which cannot panic.
//! * **R5** `head` is never ahead of `tail`, and `tail - head + permits <= capacity`, where neither the slots
//!   of [`Ring::withhold`] nor the promise of [`Ring::reserve_over_capacity`] count as permits. With them it holds
//!   after every other claim and reservation. At most as many messages are reserved as there are (but for a
//!   moment while a forced send replaces one).
//!
//! # Slots are packed
//!
//! A stamp beside the value, 16 bytes for a word-sized message. Giving each slot its own cache line was
//! measured and loses wherever there is a backlog (threads, 1 sender and 1 receiver, capacity 1024:
//! 10.7 ns per message packed, 47 padded to 64 bytes, 26 with permuted indices; 4 and 4: 4.9, 20 and
//! 8.6). To pad slots, use `CachePadded<T>` as the message type.

mod batch;
mod buffer;
mod claim;
mod drain;
mod permit;
mod probe;
#[cfg(feature = "std")]
mod reserve;
mod slots;
mod state;
mod transition;
mod withheld;

#[cfg(all(test, not(loom)))]
mod tests;

use core::mem::MaybeUninit;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::sync::{AtomicU64, CachePadded, MAX_LATE_BYTES, Ordering, UnsafeCell};
use crate::unwind::run_all;
use slots::Slots;
use state::{Layout, MAX_CAPACITY};
use withheld::Withheld;

pub(crate) use state::{MAX_PERMITS, MAX_WITHHELD, Position, State};

pub(crate) use batch::RecvBatch;
pub(crate) use buffer::Buffer;
pub(crate) use claim::{Direction, Head, RecvClaim, SendClaim, Sent, Tail};
pub(crate) use permit::{Released, Reserved};
pub(crate) use transition::Parked;

/// Why a claim was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimError {
    /// Full (for a send) or empty (for a receive): wait until the other side moves.
    Blocked,
    /// Neither full nor empty, but the slot's previous owner has not finished. It will without
    /// anybody's help, unless its thread is suspended.
    InFlight,
    /// There is something, but it is about to be reserved for a waiter that has lost too many races.
    Reserved,
    /// Lost to other claims too often; there may well be something to claim.
    Contended,
    /// No more permits can be counted, whether there is room or not.
    Exhausted,
    /// Closed; for a receive: closed, and nothing can come any more.
    Closed,
}

/// One cell of the ring.
struct Slot<T> {
    /// See the module's table. Written by the thread that owns the slot (R1).
    stamp: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    /// A slot that waits for the message of its position in the lap of `start`.
    fn free(layout: &Layout, start: Position) -> Self {
        Self {
            stamp: AtomicU64::new(layout.free(start)),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }
}

/// A word, and what is used along with it.
#[repr(C)]
struct Line<B> {
    state: AtomicU64,
    beside: B,
}

/// The ring. See the module's documentation for the algorithm and the invariants R1 to R5.
///
/// `B` is what lies beside a word, on the same cache line: the wait queue of those who mark the word.
pub(crate) struct Ring<T, B = ()> {
    /// Claimed by receivers; senders that wait set its PARKED and KEEP bits.
    head: CachePadded<Line<B>>,
    /// Claimed by senders; receivers that wait set its PARKED and KEEP bits, any handle its CLOSED bit.
    tail: CachePadded<Line<B>>,
    layout: Layout,
    slots: Slots<T>,
    /// Lies where the ring is padded. Seldom written.
    pub(crate) withheld: Withheld,
}

// SAFETY: R1: a value is reached by one thread at a time, and moves between threads as a whole.
unsafe impl<T: Send, B: Send> Send for Ring<T, B> {}
// SAFETY: as above: a shared `Ring` hands out values, never references to them, so `T: Send` is enough.
unsafe impl<T: Send, B: Sync> Sync for Ring<T, B> {}

// No user code runs while a slot is between two states (R4), so a panic cannot be seen through a ring.
impl<T, B> UnwindSafe for Ring<T, B> {}
impl<T, B> RefUnwindSafe for Ring<T, B> {}

impl<T, B> Ring<T, B> {
    /// A ring of exactly `capacity` slots, which are allocated here.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero or above [`MAX_CAPACITY`], or if the memory cannot be had; nothing has been
    /// allocated then.
    #[track_caller]
    pub(crate) fn with_beside(capacity: usize, beside: impl Fn() -> B) -> Self {
        Self::starting_in_lap(0, capacity, beside)
    }

    /// A ring whose first message is the first of lap number `lap`, to test what happens at the wrap.
    #[track_caller]
    fn starting_in_lap(lap: u64, capacity: usize, beside: impl Fn() -> B) -> Self {
        let layout = checked(capacity);
        let start = layout.position(lap, 0);
        let slots = Slots::new(capacity, || Slot::free(&layout, start));
        Self::starting_at(start, layout, slots, beside)
    }

    /// [`with_beside`](Self::with_beside), but slots that are quickly made are allocated when the first message
    /// is sent.
    ///
    /// # Panics
    ///
    /// As for `with_beside`.
    #[track_caller]
    pub(crate) fn late_with_beside(capacity: usize, beside: impl Fn() -> B) -> Self {
        if capacity.saturating_mul(size_of::<Slot<T>>()) > MAX_LATE_BYTES {
            return Self::with_beside(capacity, beside);
        }
        Self::without_slots(capacity, beside)
    }

    #[track_caller]
    fn without_slots(capacity: usize, beside: impl Fn() -> B) -> Self {
        let layout = checked(capacity);
        let start = layout.position(0, 0);
        Self::starting_at(start, layout, Slots::late(capacity), beside)
    }

    fn starting_at(
        start: Position,
        layout: Layout,
        slots: Slots<T>,
        beside: impl Fn() -> B,
    ) -> Self {
        let line = || {
            CachePadded::new(Line {
                state: AtomicU64::new(State::at(start).bits()),
                beside: beside(),
            })
        };
        Self {
            head: line(),
            tail: line(),
            layout,
            slots,
            withheld: Withheld::new(),
        }
    }

    /// Allocates the slots, if that was not done before. To be called before a slot is to be ready for a
    /// sender.
    ///
    /// # Panics
    ///
    /// If the memory cannot be had.
    #[inline]
    #[track_caller]
    pub(crate) fn allocate(&self) {
        self.slots.allocate(|| {
            // ORDERING: Relaxed. Nothing has been claimed before the slots are there, and if they are there by
            // now, what is made here is not used.
            let start = State::from_bits(self.tail.state.load(Ordering::Relaxed)).position();
            Slot::free(&self.layout, start)
        });
    }

    pub(crate) fn capacity(&self) -> usize {
        self.layout.capacity()
    }

    /// The number of messages: claimed by a sender and not yet by a receiver.
    pub(crate) fn len(&self) -> usize {
        let (head, tail) = self.snapshot();
        self.layout.distance(head.position(), tail.position())
    }

    /// How many messages have gone in and come out so far (until positions wrap), and how many are between.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        let (head, tail) = self.snapshot();
        let (head, tail) = (head.position(), tail.position());
        (
            self.ordinal(tail),
            self.ordinal(head),
            self.layout.distance(head, tail),
        )
    }

    /// How many positions lie before `position` (until positions wrap).
    pub(crate) fn ordinal(&self, position: Position) -> u64 {
        self.layout.ordinal(position)
    }

    /// Returns the number of permits outstanding, those that are withheld included, and whether the ring
    /// is closed.
    pub(crate) fn permits(&self) -> (usize, bool) {
        // ORDERING: Acquire. Pairs with [close]: a thread that sees the ring closed sees what was withheld.
        let tail = State::from_bits(self.tail.state.load(Ordering::Acquire));
        (tail.permits() as usize, tail.is_closed())
    }

    /// Returns how many more messages fit, permits counted as taken, and whether the ring is closed.
    pub(crate) fn free_capacity(&self) -> (usize, bool) {
        let (head, tail) = self.snapshot();
        (self.free_capacity_between(head, tail), tail.is_closed())
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire. Pairs with [close]: who sees the ring closed also sees what the closing
        // thread did before.
        State::from_bits(self.tail.state.load(Ordering::Acquire)).is_closed()
    }

    /// Returns the slot of a position, if the slots are allocated.
    #[inline(always)]
    fn slot(&self, position: Position) -> Option<&Slot<T>> {
        let slots = self.slots.if_allocated()?;
        Some(slots.get(self.layout.index(position)))
    }

    /// `head` and `tail` as they were at one moment.
    ///
    /// Tries again only if another operation succeeded in between, so it is not bounded by itself: a number
    /// that is given up would be wrong, and all that is exact about the ring rests on it. A thread that holds
    /// the lock of forced sends meanwhile waits for successes of others, not for their locks.
    fn snapshot(&self) -> (State, State) {
        loop {
            if let Some(both) = self.try_snapshot() {
                return both;
            }
        }
    }

    /// `head` and `tail` as they were at one moment, or `None` if `tail` moved while this looked.
    fn try_snapshot(&self) -> Option<(State, State)> {
        // ORDERING: Acquire. Pairs with [claim] on `tail`: the `head` loaded next is not older than what the
        // sender of that claim saw, or the two would never have been at the same time.
        let before = self.tail.state.load(Ordering::Acquire);
        // ORDERING: Acquire. Pairs with [claim] on `head`: the `tail` loaded next is not behind it (R5).
        let head = self.head.state.load(Ordering::Acquire);
        // ORDERING: Acquire. Pairs with [claim] on `tail` and with [close].
        let tail = self.tail.state.load(Ordering::Acquire);
        (before == tail).then_some((State::from_bits(head), State::from_bits(tail)))
    }

    /// How many more messages fit between `head` and `tail`, permits counted as taken.
    fn free_capacity_between(&self, head: State, tail: State) -> usize {
        let messages = self.layout.distance(head.position(), tail.position());
        self.capacity()
            .saturating_sub(messages + tail.permits() as usize)
    }

    /// Takes the oldest message out of a ring that nobody else can reach.
    fn pop_exclusive(&mut self) -> Option<T> {
        // ORDERING: Relaxed. `&mut self`: the thread that handed the ring over has synchronized with this one.
        let head = State::from_bits(self.head.state.load(Ordering::Relaxed));
        // ORDERING: Relaxed. As above.
        let tail = State::from_bits(self.tail.state.load(Ordering::Relaxed));
        if head.position() == tail.position() {
            return None;
        }
        let step = self.layout.step(head.position(), 1);
        // ORDERING: Relaxed. As above. Moved first: a message whose destructor panics is not met again.
        self.head
            .state
            .store(head.claimed(step).bits(), Ordering::Relaxed);
        let slot = self.slot(head.position())?;
        // SAFETY: between `head` and `tail` every slot is full, for no claim is open (R2, R4), and
        // `&mut self` makes this the only owner.
        Some(
            slot.value
                .with_mut(|value| unsafe { value.cast::<T>().read() }),
        )
    }
}

impl<T> Ring<T> {
    /// A ring alone; see [`with_beside`](Self::with_beside).
    #[track_caller]
    pub(crate) fn new(capacity: usize) -> Self {
        Self::with_beside(capacity, || ())
    }
}

/// # Panics
///
/// If there is no ring of this capacity.
#[track_caller]
fn checked(capacity: usize) -> Layout {
    assert!(capacity > 0, "mpmc-std: the capacity must be at least 1");
    assert!(
        capacity <= MAX_CAPACITY,
        "mpmc-std: the capacity {capacity} is above the maximum of {MAX_CAPACITY}"
    );
    Layout::new(capacity)
}

impl<T, B> Drop for Ring<T, B> {
    fn drop(&mut self) {
        if core::mem::needs_drop::<T>() {
            run_all(|| self.pop_exclusive().is_some());
        }
    }
}

/// Checks an internal invariant where `debug_assertions` or the feature `debug-assertions` is on.
#[inline(always)]
#[track_caller]
fn invariant(holds: impl FnOnce() -> bool, which: &str) {
    if cfg!(any(debug_assertions, feature = "debug-assertions")) {
        assert!(holds(), "mpmc-std internal invariant broken: {which}");
    }
}

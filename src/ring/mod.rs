//! The sequence ring: slots, positions, claims, the close bit, the permit count and the parked
//! bits. It contains no wakers and no async code. It is the only module that accesses messages
//! through `unsafe`.
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
//! Every message has a *position*, which consists of a lap and an index. A slot's *stamp*, which
//! holds the lap, says what the slot is ready for:
//!
//! | stamp | meaning | changed by |
//! |---|---|---|
//! | `free(p)` | empty, waits for the message of position `p` | the sender that claims `p` |
//! | `full(p)` | holds the message of position `p` | the receiver that claims `p` |
//!
//! * **Send:** load `tail`; if the slot's stamp is `free(p)`, advance `tail` to the next position
//!   by compare-exchange (the *claim*) → write the message → store `full(p)` (*publish*).
//! * **Receive:** load `head`; if the slot's stamp is `full(p)`, advance `head` to the next
//!   position by compare-exchange (the claim) → read the message → store `free(p + one lap)`
//!   (*free*).
//!
//! Neither loads the other's position: the stamp says whether the ring is full or empty here. Only
//! when the stamp is not the expected one does the cold path compare `head` and `tail`. It tells
//! *blocked* (really full or really empty) from *in flight* (claimed by a thread that has not
//! published or freed yet).
//!
//! # Permits and capacity
//!
//! A permit holds capacity, not a position, so it never blocks messages sent after it. The number
//! of outstanding permits is stored in `tail`. A send keeps `messages + permits <= capacity` by
//! checking one slot further for every permit: the slot at `tail + permits` is free exactly if one
//! more message fits. With no permit outstanding, that is the slot that the send checks anyway. See
//! `permit.rs`.
//!
//! # Batches
//!
//! A batch claims the slots that are ready, up to a limit, with one compare-exchange, and finishes
//! them one by one. It must check each slot's stamp, since claims finish out of order. See
//! `batch.rs`.
//!
//! # Waiting
//!
//! A receiver that has to wait sets PARKED and KEEP in `tail` (a sender in `head`), with a
//! compare-exchange of the state that every claim of the other side must change. So the claim that
//! ends the wait sees the bits, clears PARKED, and must notify a waiter. This needs no fence, and
//! no claim can miss the bits. FAIR sends newcomers (operations that have not waited) to the wait
//! queue until a slot (a message) is reserved for a waiter. Slots that are reserved for waiting
//! senders are counted with the permits in `tail`. Messages that are reserved for waiting receivers
//! are counted in the same field of `head`. See [`crate::wait`].
//!
//! # Invariants
//!
//! * **R1** The thread whose compare-exchange moved `tail` (`head`) past position `p` owns the
//!   value of `p`'s slot until it stores the slot's next stamp; no other thread accesses that value
//!   meanwhile. The reason: a claim needs the stamp `free(p)` (`full(p)`), only the thread that
//!   claims `p` changes that stamp, and the compare-exchange succeeds for one thread only.
//! * **R2** A slot's value is initialized exactly while its stamp is `full(_)` or its receiver has
//!   claimed it and not yet read it.
//! * **R3** `Layout::index` of any position made by `Layout` is below the number of slots.
//! * **R4** A claim is always completed: between the compare-exchange and the stamp store there is
//!   only a copy of the value, which cannot panic.
//! * **R5** `head` is never ahead of `tail`, and `tail - head + permits <= capacity` where neither
//!   the slots of [`Ring::withhold`] nor the permit of [`Ring::reserve_over_capacity`] count as
//!   permits. With them it holds after every other claim and reservation. No more messages are
//!   reserved than the ring holds (except for the moment in which a `force_send` replaces one).
//!
//! # Slots are packed
//!
//! The stamp lies beside the value, 16 bytes for a word-sized message. Giving each slot its own
//! cache line was measured and loses wherever there is a backlog (threads, 1 sender and 1 receiver,
//! capacity 1024: 10.7 ns per message packed, 47 ns padded to 64 bytes, 26 ns with permuted
//! indices; 4 and 4: 4.9, 20 and 8.6 ns). To pad slots, use `CachePadded<T>` as the message type.

mod batch;
mod buffer;
mod claim;
mod drain;
mod permit;
mod probe;
mod reserve;
mod slots;
mod state;
mod transition;
mod withheld;

#[cfg(all(test, not(loom)))]
mod tests;

use core::mem::MaybeUninit;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::sync::{AtomicU64, CachePadded, MAX_LAZY_BYTES, Ordering, UnsafeCell};
use crate::unwind::run_all;
use slots::Slots;
use state::{Layout, MAX_CAPACITY};
use withheld::Withheld;

pub(crate) use state::{MAX_PERMITS, MAX_WITHHELD, Position, State};

pub(crate) use batch::RecvBatch;
pub(crate) use buffer::Buffer;
pub(crate) use claim::{Direction, Head, RecvClaim, SendClaim, Sent, Tail};
pub(crate) use permit::Released;
pub(crate) use reserve::Reserved;
pub(crate) use transition::Parked;

/// The reason why a claim was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClaimError {
    /// Full (for a send) or empty (for a receive): wait until the other side moves.
    Blocked,
    /// Neither full nor empty, but the slot's previous owner has not finished. It finishes without
    /// the help of other threads, unless its thread is suspended.
    InFlight,
    /// There is a free slot or a message, but it is about to be reserved for a waiter that has lost
    /// too many races.
    Reserved,
    /// The claim lost too many races; there may well be something to claim.
    Contended,
    /// No more permits can be counted, whether there is free capacity or not.
    Exhausted,
    /// Closed; for a receive: closed, and no more messages can arrive.
    Closed,
}

/// One cell of the ring.
struct Slot<T> {
    /// See the table in the module documentation. Written by the thread that owns the slot (R1).
    stamp: AtomicU64,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    /// Creates a slot that waits for the message of its position in the lap of `start`.
    fn free(layout: &Layout, start: Position) -> Self {
        Self {
            stamp: AtomicU64::new(layout.free(start)),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }
}

/// A state, and the data that shares its cache line.
#[repr(C)]
struct Line<B> {
    state: AtomicU64,
    beside: B,
}

/// The ring. See the module documentation for the algorithm and the invariants R1 to R5.
///
/// `B` is the data beside a state, on the same cache line: the wait queue of the tasks that mark
/// the state.
pub(crate) struct Ring<T, B = ()> {
    /// The state that receivers claim by; senders that wait set its PARKED and KEEP bits.
    head: CachePadded<Line<B>>,
    /// The state that senders claim by; receivers that wait set its PARKED and KEEP bits, any
    /// handle its CLOSED bit.
    tail: CachePadded<Line<B>>,
    layout: Layout,
    slots: Slots<T>,
    /// Lies where the ring is padded. Seldom written.
    pub(crate) withheld: Withheld,
}

// SAFETY: R1: a value is reached by one thread at a time, and moves between threads as a whole.
unsafe impl<T: Send, B: Send> Send for Ring<T, B> {}
// SAFETY: as above: a shared `Ring` hands out values, never references to them, so `T: Send` is
// enough.
unsafe impl<T: Send, B: Sync> Sync for Ring<T, B> {}

// No user code runs while a claim is open (R4), so no panic leaves a ring inconsistent.
impl<T, B> UnwindSafe for Ring<T, B> {}
impl<T, B> RefUnwindSafe for Ring<T, B> {}

impl<T, B> Ring<T, B> {
    /// Creates a ring of exactly `capacity` slots, and allocates them.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero or above [`MAX_CAPACITY`], or if the memory cannot be allocated;
    /// nothing has been allocated then.
    #[track_caller]
    pub(crate) fn eager(capacity: usize, beside: impl Fn() -> B) -> Self {
        Self::starting_in_lap(0, capacity, beside)
    }

    /// Creates a ring whose first message is the first of lap number `lap`, to test the wrap of
    /// positions.
    #[track_caller]
    fn starting_in_lap(lap: u64, capacity: usize, beside: impl Fn() -> B) -> Self {
        let layout = checked(capacity);
        let start = layout.position(lap, 0);
        let slots = Slots::new(capacity, || Slot::free(&layout, start));
        Self::starting_at(start, layout, slots, beside)
    }

    /// Creates a ring like [`eager`](Self::eager), but allocates slots of at most
    /// [`MAX_LAZY_BYTES`] only when the first message is sent.
    ///
    /// # Panics
    ///
    /// As for `eager`.
    #[track_caller]
    pub(crate) fn lazy(capacity: usize, beside: impl Fn() -> B) -> Self {
        if capacity.saturating_mul(size_of::<Slot<T>>()) > MAX_LAZY_BYTES {
            return Self::eager(capacity, beside);
        }
        Self::without_slots(capacity, beside)
    }

    #[track_caller]
    fn without_slots(capacity: usize, beside: impl Fn() -> B) -> Self {
        let layout = checked(capacity);
        let start = layout.position(0, 0);
        Self::starting_at(start, layout, Slots::lazy(capacity), beside)
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

    /// Allocates the slots, unless they are allocated already. Call this before a slot must be
    /// ready for a sender.
    ///
    /// # Panics
    ///
    /// If the memory cannot be allocated.
    #[inline]
    #[track_caller]
    pub(crate) fn allocate(&self) {
        self.slots.allocate(|| {
            // ORDERING: Relaxed. No claim precedes the allocation of the slots. If they are
            // allocated by now, the slots made here are not used.
            let start = State::from_bits(self.tail.state.load(Ordering::Relaxed)).position();
            Slot::free(&self.layout, start)
        });
    }

    pub(crate) fn capacity(&self) -> usize {
        self.layout.capacity()
    }

    /// Returns the number of messages: claimed by a sender and not yet by a receiver.
    pub(crate) fn len(&self) -> usize {
        let (head, tail) = self.snapshot();
        self.layout.distance(head.position(), tail.position())
    }

    /// Returns the number of messages sent and received so far (until positions wrap), and the
    /// number of messages in the ring.
    pub(crate) fn counts(&self) -> (u64, u64, usize) {
        let (head, tail) = self.snapshot();
        let (head, tail) = (head.position(), tail.position());
        (
            self.ordinal(tail),
            self.ordinal(head),
            self.layout.distance(head, tail),
        )
    }

    /// Returns the number of positions before `position` (until positions wrap).
    pub(crate) fn ordinal(&self, position: Position) -> u64 {
        self.layout.ordinal(position)
    }

    /// Returns the number of outstanding permits, including the withheld ones, and whether the
    /// ring is closed. Call this under the lock of [`Withheld`].
    pub(crate) fn permits(&self) -> (usize, bool) {
        // ORDERING: Relaxed. Informational only. The lock orders this load among the changes of the
        // number of withheld slots, and the close.
        let tail = State::from_bits(self.tail.state.load(Ordering::Relaxed));
        (tail.permits() as usize, tail.is_closed())
    }

    /// Returns the number of messages that still fit, counting permits as used, and whether the
    /// ring is closed.
    pub(crate) fn free_capacity(&self) -> (usize, bool) {
        let (head, tail) = self.snapshot();
        (self.free_capacity_between(head, tail), tail.is_closed())
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDERING: Acquire. Synchronizes with [close]: a thread that sees the ring closed also
        // sees what the closing thread did before. Test: loom
        // `writes_before_a_close_are_visible_after_it`.
        State::from_bits(self.tail.state.load(Ordering::Acquire)).is_closed()
    }

    /// Returns the slot of a position, if the slots are allocated.
    #[inline(always)]
    fn slot(&self, position: Position) -> Option<&Slot<T>> {
        let slots = self.slots.if_allocated()?;
        Some(slots.get(self.layout.index(position)))
    }

    /// Returns `head` and `tail` as they were at one moment.
    ///
    /// Retries only if another operation succeeded in between, so this loop has no bound of its
    /// own. It must not give up: an approximate pair would break all exact properties of the ring.
    /// A thread that holds the lock of `force_send` meanwhile waits for the success of other
    /// threads, not for their locks.
    fn snapshot(&self) -> (State, State) {
        loop {
            if let Some(both) = self.try_snapshot() {
                return both;
            }
        }
    }

    /// Returns `head` and `tail` as they were at one moment, or `None` if `tail` moved during the
    /// call.
    fn try_snapshot(&self) -> Option<(State, State)> {
        // ORDERING: Acquire. Synchronizes with [claim] on `tail`: the `head` loaded next is not
        // older than the one that the sender of that claim saw. Otherwise the two would never have
        // existed at the same time. Test: loom `a_length_is_a_consistent_snapshot`.
        let before = self.tail.state.load(Ordering::Acquire);
        // ORDERING: Acquire. Synchronizes with [claim] on `head`: the `tail` loaded next is not
        // behind it (R5). Test: loom `a_length_is_a_consistent_snapshot`.
        let head = self.head.state.load(Ordering::Acquire);
        // ORDERING: Acquire. Synchronizes with [claim] on `tail` and with [close].
        let tail = self.tail.state.load(Ordering::Acquire);
        (before == tail).then_some((State::from_bits(head), State::from_bits(tail)))
    }

    /// Returns the number of messages that still fit between `head` and `tail`, counting permits as
    /// used.
    fn free_capacity_between(&self, head: State, tail: State) -> usize {
        let messages = self.layout.distance(head.position(), tail.position());
        self.capacity()
            .saturating_sub(messages + tail.permits() as usize)
    }

    /// Takes the oldest message out of a ring that no other thread can reach.
    fn pop_exclusive(&mut self) -> Option<T> {
        // ORDERING: Relaxed. `&mut self`: the thread that handed the ring over has synchronized
        // with this one.
        let head = State::from_bits(self.head.state.load(Ordering::Relaxed));
        // ORDERING: Relaxed. As above.
        let tail = State::from_bits(self.tail.state.load(Ordering::Relaxed));
        if head.position() == tail.position() {
            return None;
        }
        let step = self.layout.step(head.position(), 1);
        // ORDERING: Relaxed. As above. `head` moves first, so that a message whose destructor
        // panics is not read again.
        self.head
            .state
            .store(head.claimed(step).bits(), Ordering::Relaxed);
        let slot = self.slot(head.position())?;
        // SAFETY: between `head` and `tail` every slot is full, since no claim is open (R2, R4),
        // and `&mut self` makes this the only owner.
        Some(
            slot.value
                .with_mut(|value| unsafe { value.cast::<T>().read() }),
        )
    }
}

impl<T> Ring<T> {
    /// Creates a ring with nothing beside its states; see [`eager`](Self::eager).
    #[track_caller]
    pub(crate) fn new(capacity: usize) -> Self {
        Self::eager(capacity, || ())
    }
}

/// Returns the layout for a capacity.
///
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

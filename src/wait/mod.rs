//! Waiting until a channel is not empty, or not full, any more.
//!
//! Each side of a channel has a wait queue. The two work alike; this page speaks of receivers, which wait while
//! the ring is empty, and of the senders whose claims end the wait.
//!
//! # One waiter for each message
//!
//! Two bits in the word that senders claim by say whether receivers wait: PARKED ("since the last claim") and
//! KEEP ("some have not been notified").
//!
//! ```text
//!   receiver                                sender
//!   --------                                ------
//!   1 attempt to receive: empty
//!   2 register in the wait queue
//!   3 MARK: set PARKED and KEEP, or         CLAIM: clears PARKED, keeps KEEP
//!     find something: back to 1             publish n messages
//!   4 wait                                  one of the bits was set? NOTIFY:
//!                                             load the word
//!                                             wake min(n, waiting) waiters, the oldest first
//!                                             nobody left, and no mark since: clear KEEP
//!   5 woken: attempt; if that fails,
//!     back to 2 with the old place
//! ```
//!
//! > **W3** While a waiter has marked its side and has not been notified, KEEP is set.
//!
//! A mark that precedes the load in NOTIFY belongs to a waiter that is registered, and is found by the search
//! or left by it, and then KEEP stays. A mark that follows it has set PARKED, which only a claim clears, and a
//! claim moves the position; so the compare-exchange that would clear KEEP fails. A thread that is suspended
//! between publish and notify keeps nobody waiting but the one waiter that its own message is for: later claims
//! find KEEP and wake the others.
//!
//! A waiter that was notified looks once. Success owes nothing, since every message wakes a waiter of its own.
//! One that is dropped before it looked passes its notification on if there is something left.
//!
//! A receiver that parks although senders wait, in an empty channel, wakes as many of them as there is capacity:
//! those that were woken for it before do not look. The mirror image holds for senders in a full channel.
//!
//! # Bounded bypass
//!
//! Newcomers may take the message that a waiter was woken for, which is what makes the channel fast. A waiter
//! that was woken and finds nothing keeps its place in front of all that came later. When it has lost
//! [`MAX_LOSSES`] races and waits again, the side becomes *fair*: the bit FAIR in the word that receivers claim by
//! sends newcomers to the wait queue, and a message that comes is *reserved* for the waiter that is woken for it.
//! Reserved messages are counted in the same word, so that newcomers can take what is not reserved as soon as no
//! waiter is left that has lost too often. (A reserved message is a number, not a position: the oldest message
//! goes to the one that comes first. For senders, a reserved slot is a permit.)
//!
//! A reservation is not a message: a waiter that is dropped gives it back. If it is not polled, operations that
//! its reservation turns away come back until they have been turned away some hundreds of times and some time has
//! passed, and then end it. Closing ends all reservations of waiters.
//!
//! # Handles
//!
//! `Stream` and `Sink` handles are woken one for each message as long as they can be trusted; see `handle.rs`.
//!
//! # Draining
//!
//! Tasks that wait until all that was sent has been received mark `head` as well; see `drain.rs`.
//!
//! # Weight
//!
//! Senders of a weighted channel wait for units of a semaphore before they wait for a slot; see
//! `semaphore.rs`.
//!
//! # Observers
//!
//! An operation that waits until there is a message and takes none (`Operation::TAKES` is false) is woken by every
//! notification, beside the waiters that are woken to take the messages. It holds no notification, loses no race,
//! and nothing is reserved for it. So a message that wakes an observer has also woken a receiver, if one waits.
//!
//! # Spinning
//!
//! An operation that is not possible at once attempts again for a moment before anything else, if the other side
//! seems to be running on another core; see `spin.rs`. It is not waiting yet, so nothing above is concerned.
//!
//! # Waiting without parking
//!
//! An operation that finds a slot in flight (claimed, but not finished, for its thread was suspended) must not
//! park, since it would not be notified. It has spun already; it now wakes its own task and returns `Pending`, so
//! that the executor decides what to run meanwhile. After a few such polls in a row it yields the thread, too: the
//! suspended one may need its core.
//!
//! # User code
//!
//! Wakers are cloned before the lock of a wait queue is taken, and called and dropped after it was released. They
//! may do anything with the channel, from polling and closing it to dropping the future that they wake.

mod batch;
#[cfg(feature = "std")]
mod block;
mod budget;
mod drain;
mod future;
mod handle;
mod list;
mod poll;
mod queue;
mod reservation_lock;
mod semaphore;
mod spin;
mod standby;
mod waker_set;
mod yielding;

#[cfg(feature = "std")]
pub(crate) use block::{block, block_forever};
pub(crate) use drain::{DrainWaiters, Draining, UntilDrained};
pub(crate) use future::Run;
pub(crate) use handle::{HandleWaiter, RareWaiter};
pub(crate) use queue::{SpinState, WaitList, WaitQueue, WaitStats};
pub(crate) use reservation_lock::ReservationLock;
pub(crate) use semaphore::{Acquire, DetachedUnits, Semaphore, Units};
pub(crate) use spin::Spin;
pub(crate) use waker_set::{Observer, WakerSet};

#[cfg(doc)]
use queue::MAX_LOSSES;

use crate::ring::{Parked, Reserved, State};

/// One side of a channel: its wait queue, and what the ring does for it.
pub(crate) trait Side {
    fn queue(&self) -> WaitQueue<'_>;

    /// Returns whether there seems to be something for an operation.
    fn is_ready(&self) -> bool;

    /// The wait queue of the other side.
    fn opposite(&self) -> WaitQueue<'_>;

    fn is_closed(&self) -> bool;

    /// Marks this side as parked if its operations have to wait.
    fn mark_parked(&self) -> Parked;

    /// The word with this side's marks.
    fn marks(&self) -> State;

    /// Clears KEEP unless a waiter has marked this side since `marks` was loaded. No waiter is left.
    fn clear_keep(&self, marks: State);

    /// Sends newcomers to the wait queue.
    fn start_fair(&self);

    /// Lets newcomers claim what is not reserved.
    fn end_fair(&self);

    /// Reserves a slot (message) for a waiter, if there is one and the channel is open.
    fn reserve(&self) -> Reserved;

    /// Gives reservations back.
    fn unreserve(&self, count: usize);

    /// To be called after a reservation was used. In a closed channel others may have waited for what becomes of
    /// the last one.
    fn after_reservation(&self);

    /// Wakes a waiter, if there is something for it: in place of one that was woken and will not look.
    fn forward(&self);

    /// Wakes waiters of the other side for whatever there is for them.
    fn wake_opposite(&self);
}

/// A message or slot that is reserved for a waiter, and goes back when this is dropped.
pub(crate) struct Reservation<'a, S: Side> {
    side: &'a S,
    held: bool,
}

impl<'a, S: Side> Reservation<'a, S> {
    /// A reservation that was made.
    fn new(side: &'a S) -> Self {
        Self { side, held: true }
    }

    pub(crate) fn side(&self) -> &'a S {
        self.side
    }

    /// The operation has used it up, or owns it from now on. To be called before any user code.
    pub(crate) fn use_up(&mut self) {
        self.held = false;
    }
}

impl<S: Side> Drop for Reservation<'_, S> {
    fn drop(&mut self) {
        if self.held {
            self.side.unreserve(1);
        }
    }
}

/// What became of one attempt.
#[derive(Debug)]
pub(crate) enum Attempt<R> {
    Done(R),
    /// Over, although what the waiter was woken for is still there.
    GivenUp(R),
    /// Full or empty: park.
    Blocked,
    /// The work of another thread is unfinished: yield and look again.
    Busy,
}

/// Something that can be attempted and waited for.
pub(crate) trait Operation {
    type Side: Side;
    type Output;

    /// Whether the operation takes what it waits for. If not, its waiter is an observer: each
    /// notification wakes it along with the waiter that takes the message or slot.
    const TAKES: bool = true;

    fn side(&self) -> Self::Side;

    /// Tries once, without spinning: `Some` if that was enough.
    fn attempt_at_once(&mut self) -> Option<Self::Output>;

    /// Tries once what [`attempt_at_once`](Self::attempt_at_once) does not look for: capacity beside permits.
    #[inline(always)]
    fn attempt_beside_permits(&mut self) -> Option<Self::Output> {
        None
    }

    /// Whether [`attempt_at_once`](Self::attempt_at_once) is worth repeating: if not, it fails whatever the
    /// other side does.
    fn may_succeed_at_once(&self) -> bool {
        true
    }

    /// Tries once, with a bounded number of steps. All effects of the operation lie in the attempt that
    /// returns `Done`.
    fn attempt(&mut self) -> Attempt<Self::Output>;

    /// [`attempt`](Self::attempt) with a reservation, which it uses up if it returns `Done`. `Blocked` if it
    /// cannot be used, since the channel was closed.
    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output>;

    /// Fails without an attempt, since the handle was closed. To be overridden where handles can be closed
    /// alone.
    fn fail(&mut self) -> Self::Output {
        unreachable!("only the handles of senders are closed alone")
    }
}

/// So that an operation can be had back after it was given up.
impl<O: Operation> Operation for &mut O {
    type Side = O::Side;
    type Output = O::Output;

    const TAKES: bool = O::TAKES;

    fn side(&self) -> O::Side {
        (**self).side()
    }

    fn attempt_at_once(&mut self) -> Option<O::Output> {
        (**self).attempt_at_once()
    }

    fn attempt_beside_permits(&mut self) -> Option<O::Output> {
        (**self).attempt_beside_permits()
    }

    fn may_succeed_at_once(&self) -> bool {
        (**self).may_succeed_at_once()
    }

    fn attempt(&mut self) -> Attempt<O::Output> {
        (**self).attempt()
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, O::Side>,
    ) -> Attempt<O::Output> {
        (**self).attempt_granted(reservation)
    }
}

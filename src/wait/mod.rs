//! Waiting until a channel is no longer empty, or no longer full.
//!
//! Each side of a channel has a wait queue. The two work alike. This page speaks of receivers,
//! which wait while the ring is empty, and of the senders whose claims end the wait.
//!
//! # One waiter for each message
//!
//! Two bits in the state that senders claim by say whether receivers wait. PARKED is set while a
//! receiver has parked since the last claim. KEEP is set while there may be waiters that have not
//! been notified.
//!
//! ```text
//!   receiver                                sender
//!   --------                                ------
//!   1 attempt to receive: empty
//!   2 register in the wait queue
//!   3 MARK: set PARKED and KEEP, or,        CLAIM: clears PARKED, keeps KEEP
//!     if a message is there, back to 1      publish n messages
//!   4 wait                                  one of the bits was set? NOTIFY:
//!                                             load the state
//!                                             wake min(n, waiting) waiters, the oldest first
//!                                             none left, and no MARK since: clear KEEP
//!   5 woken: attempt; if that fails,
//!     back to 2 with the old place
//! ```
//!
//! > **W3** While a waiter has marked its side as parked and has not been notified, KEEP is set.
//!
//! A MARK that precedes the load in NOTIFY belongs to a waiter that is registered (or to an offer,
//! which relies on nothing; see [Helping](#helping)). NOTIFY either wakes that waiter or finds it
//! still queued, and then KEEP stays set. A MARK that follows the load has set PARKED. Only a claim
//! clears PARKED, and a claim advances the position, so the compare-exchange that would clear KEEP
//! fails. A thread that is suspended between publish and notify delays one waiter only, the one
//! that its own message is for: later claims find KEEP set and wake the other waiters.
//!
//! A waiter that was notified makes one attempt. If that succeeds, it forwards nothing, since every
//! message wakes a waiter of its own. A waiter that is dropped before its attempt forwards its
//! notification if a message is left. So does a waiter that succeeds in a poll without a
//! notification and is notified before the poll is over: the waiter that was notified of its
//! message may have been dropped, and its notification may be of the next one.
//!
//! A receiver that parks in an empty channel while senders wait wakes as many of them as there is
//! free capacity, as *extra* waiters: the senders that were woken for that capacity earlier may not
//! have been polled since. The same holds for a sender that parks in a full channel while receivers
//! wait. An extra waiter that finds nothing parks again, and so wakes an extra waiter of the other
//! side, and so on. On one thread that can lead to an order in which nearly all tasks find
//! something when they are polled, or to one in which all of them are woken for each message. So it
//! ends when no extra waiter has found anything for long. Then only tasks that park for the first
//! time, or after they were woken for something new, wake extra waiters.
//!
//! # Bounded bypass
//!
//! A newcomer may take the message that a waiter was woken for. This is what makes the channel
//! fast. A waiter that was woken and finds nothing keeps its place before all waiters that
//! registered later. When it has lost [`MAX_LOSSES`] races and waits again, the side becomes
//! *fair*: the bit FAIR in the state that receivers claim by sends newcomers to the wait queue, and
//! a message that arrives is *reserved* for the waiter that is woken for it. Reserved messages are
//! counted in the same state, so newcomers can take what is not reserved as soon as no waiter is
//! left that has lost too often. (A reservation is a number, not a position: the receiver that
//! claims first gets the oldest message. For senders, a reserved slot is a permit.)
//!
//! An extra waiter that finds nothing has lost a race only if a notification found no waiter while
//! it was awake. Otherwise, every notification since it parked has woken another waiter, which has
//! lost the race instead, or was for a spinning operation. If each wake of an extra waiter counted,
//! many tasks on one thread would lose their races before they succeed, and the side would hardly
//! ever cease to be fair.
//!
//! A waiter that is dropped gives its reservation back. If it is not polled, operations that its
//! reservation blocks retry. After some hundreds of blocked attempts, and after a minimum time,
//! they revoke the reservation. Closing the channel revokes all reservations of waiters.
//!
//! # Handles
//!
//! `Stream` and `Sink` handles are woken one for each message while each wake is followed by a
//! poll; see `handle.rs`.
//!
//! # Draining
//!
//! Tasks that wait until all messages have been received mark `head` as parked, too; see
//! `drain.rs`.
//!
//! # Weight
//!
//! Senders of a weighted channel wait for units of a semaphore before they wait for a slot; see
//! `semaphore.rs`.
//!
//! # Observers
//!
//! An operation that waits until there is a message and takes none (`Operation::TAKES` is false) is
//! woken by every notification, in addition to the waiters that are woken to take the messages. It
//! holds no notification, loses no race, and nothing is reserved for it. So a message that wakes an
//! observer has also woken a receiver, if one waits.
//!
//! # Spinning
//!
//! An operation that would block first spins for a short time, if the other side seems to be
//! running on another core; see `spin.rs`. It is not registered while it spins, so nothing above
//! applies to it.
//!
//! # Helping
//!
//! On a single core, a blocking call yields instead of spinning, and offers its operation. A thread
//! that notifies its side and finds no registered waiter attempts that operation; see `help.rs`.
//! An offer marks its side as a waiter does, so that threads look for it. A notification that finds
//! no waiter clears KEEP, whether it finds an offer or not.
//!
//! # Waiting without parking
//!
//! An operation that finds a slot in flight (claimed but not finished, because its thread was
//! suspended) must not park, since it would not be notified. It has already spun. It now wakes its
//! own task and returns `Pending`, so the executor decides what to run next. After a few such polls
//! in a row it also yields the thread, since the suspended thread may need its core.
//!
//! # User code
//!
//! Wakers are cloned before the lock of a wait queue is taken, and called and dropped after it was
//! released. They may do anything with the channel, including polling it, closing it and dropping
//! the future that they wake.

mod batch;
#[cfg(feature = "std")]
mod block;
mod budget;
mod cooldown;
mod drain;
mod future;
mod handle;
#[cfg(feature = "std")]
mod help;
mod list;
mod poll;
mod queue;
mod reservation_lock;
mod semaphore;
mod spin;
mod spin_tokens;
mod waker_set;
mod yielding;

#[cfg(feature = "std")]
pub(crate) use block::{block, block_forever};
pub(crate) use budget::charge;
pub(crate) use drain::{DrainWaiters, Draining, UntilDrained};
pub(crate) use future::Run;
pub(crate) use handle::{HandleWaiter, RareWaiter};
#[cfg(feature = "std")]
pub(crate) use help::Helped;
pub(crate) use queue::{SpinState, WaitList, WaitQueue, WaitStats};
pub(crate) use reservation_lock::ReservationLock;
pub(crate) use semaphore::{Acquire, DetachedUnits, Semaphore, Units};
pub(crate) use spin::Spin;
pub(crate) use waker_set::{Observer, WakerSet};

#[cfg(doc)]
use queue::MAX_LOSSES;

use crate::ring::{Parked, Reserved, State};

/// One side of a channel: its wait queue and the ring's operations for it.
pub(crate) trait Side {
    fn queue(&self) -> WaitQueue<'_>;

    /// Returns whether an operation seems possible. May be stale.
    fn is_ready(&self) -> bool;

    /// Returns the wait queue of the other side.
    fn opposite(&self) -> WaitQueue<'_>;

    fn is_closed(&self) -> bool;

    /// Marks this side as parked if its operations have to wait.
    fn mark_parked(&self) -> Parked;

    /// Loads the state that holds this side's parked bits.
    fn load_state(&self) -> State;

    /// Clears KEEP unless a waiter has marked this side as parked since `seen` was loaded. The
    /// caller has found no waiter left.
    fn clear_keep(&self, seen: State);

    /// Sends newcomers to the wait queue.
    fn start_fair(&self);

    /// Lets newcomers claim what is not reserved.
    fn end_fair(&self);

    /// Reserves a slot (or message) for a waiter, if there is one and the channel is open.
    fn reserve(&self) -> Reserved;

    /// Gives reservations back.
    fn unreserve(&self, count: usize);

    /// Notifies threads and tasks that wait for the last reservation of a closed channel to end.
    /// The caller must have used a reservation.
    fn after_reservation(&self);

    /// Wakes one waiter if an operation is possible. Forwards the notification of a waiter that was
    /// woken and will make no attempt.
    fn forward(&self);

    /// Wakes as many extra waiters of the other side as can succeed, in case those that were woken
    /// before are not polled.
    fn wake_opposite(&self);
}

/// A message or slot that is reserved for a waiter. Dropping it gives the reservation back.
pub(crate) struct Reservation<'a, S: Side> {
    side: &'a S,
    held: bool,
}

impl<'a, S: Side> Reservation<'a, S> {
    /// Wraps a reservation that the ring has already counted.
    fn new(side: &'a S) -> Self {
        Self { side, held: true }
    }

    pub(crate) fn side(&self) -> &'a S {
        self.side
    }

    /// Transfers the reservation to the operation, which has used it or owns it from now on. Call
    /// this before any user code runs.
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

/// The outcome of one attempt.
#[derive(Debug)]
pub(crate) enum Attempt<R> {
    Done(R),
    /// Finished without taking the message or slot that the waiter was woken for.
    GivenUp(R),
    /// Would block: the channel is full or empty. The task parks.
    Blocked,
    /// Another thread's operation is unfinished. The task yields and retries.
    Busy,
}

/// An operation that can be attempted and waited for.
pub(crate) trait Operation {
    type Side: Side;
    type Output;

    /// `true` if the operation takes the message or slot that it waits for. If `false`, its waiter
    /// is an observer: each notification wakes it in addition to the waiter that takes the message
    /// or slot.
    const TAKES: bool = true;

    /// `true` if another thread may call [`attempt_to_help`](Self::attempt_to_help), where messages
    /// are `Send`. The operation and its output must then be `Send` as well (H3 of `help.rs`, on
    /// which unsafe code relies).
    #[cfg(feature = "std")]
    const MAY_BE_HELPED: bool = false;

    fn side(&self) -> Self::Side;

    /// Makes one quick attempt without spinning. Returns `None` if that was not enough.
    fn attempt_at_once(&mut self) -> Option<Self::Output>;

    /// Makes one quick attempt that also considers capacity beside permits.
    #[inline(always)]
    fn attempt_beside_permits(&mut self) -> Option<Self::Output> {
        None
    }

    /// Returns whether repeating [`attempt_at_once`](Self::attempt_at_once) can help. If not, it
    /// fails whatever the other side does.
    fn may_succeed_at_once(&self) -> bool {
        true
    }

    /// Makes one attempt, with a bounded number of steps. Only an attempt that returns `Done` has
    /// any effect.
    fn attempt(&mut self) -> Attempt<Self::Output>;

    /// Makes one [`attempt`](Self::attempt) with a reservation, which it uses up if it returns
    /// `Done`. Returns `Blocked` if the reservation cannot be used because the channel was closed.
    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output>;

    /// Makes one quick attempt in place of the thread that owns the operation. Calls no user code:
    /// that thread makes the notification of the other side, by
    /// [`notify_after_help`](Self::notify_after_help).
    #[cfg(feature = "std")]
    fn attempt_to_help(&mut self) -> Option<Helped<Self::Output>> {
        None
    }

    /// Notifies the other side of the message or slot of an attempt that another thread has made.
    #[cfg(feature = "std")]
    fn notify_after_help(&self) {}

    /// Undoes an operation that has succeeded, and whose output nobody will get since a waker has
    /// panicked. Operations whose output stands for something that must be given back override
    /// this.
    fn undo(&self, output: Self::Output) {
        drop(output);
    }

    /// Fails without an attempt, since the handle was closed. Operations whose handle can be closed
    /// alone override this.
    fn fail(&mut self) -> Self::Output {
        unreachable!("only a sender's handle can be closed alone")
    }
}

/// Lets a caller keep the operation when it gives up waiting.
impl<O: Operation> Operation for &mut O {
    type Side = O::Side;
    type Output = O::Output;

    const TAKES: bool = O::TAKES;
    #[cfg(feature = "std")]
    const MAY_BE_HELPED: bool = O::MAY_BE_HELPED;

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

    #[cfg(feature = "std")]
    fn attempt_to_help(&mut self) -> Option<Helped<O::Output>> {
        (**self).attempt_to_help()
    }

    #[cfg(feature = "std")]
    fn notify_after_help(&self) {
        (**self).notify_after_help();
    }

    fn undo(&self, output: O::Output) {
        (**self).undo(output);
    }
}

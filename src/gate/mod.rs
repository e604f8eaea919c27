//! Gates: where tasks wait until a channel is not empty, or not full, any more.
//!
//! The ring has one gate for receivers and one for senders. They work alike; this page speaks of
//! receivers, who wait while the ring is empty, and calls what ends the wait a sender's claim.
//!
//! # The protocol
//!
//! ```text
//!   receiver                               sender
//!   --------                               ------
//!   1 try to receive: empty
//!   2 put a listener on the list
//!   3 ARM: set PARKED in the word          claim: swap the word, clearing PARKED
//!     that senders claim by, or            publish
//!     find something: back to 1            PARKED was set? notify one
//!   4 wait for the notification
//!   5 woken: owes a DUTY; back to 1
//! ```
//!
//! The bit is in the very word that every claim swaps, so a claim after step 3 sees it, and one before
//! step 3 makes step 3 fail. That is all it takes for *one* receiver.
//!
//! # The duty
//!
//! A claim that clears the bit notifies one task, although it may have been the arming of many that it
//! cleared, and later claims find no bit and notify nobody. Hence the invariant:
//!
//! > **G1** While a listener on the list has not been notified, either the bit is set, or somebody owes
//! > a duty: the claimer that cleared the bit and has not notified yet, a notified listener that has not
//! > looked yet, or an operation that was woken and has not finished.
//!
//! Whoever owes a duty and is done (it took a message, or found the ring closed, or its future was
//! dropped) passes it on: if nobody else is waiting unnotified, or somebody else already owes a duty,
//! there is nothing to do; if the ring is empty, the bit is armed again; otherwise the next listener is
//! notified and owes the duty from then on. A listener that was notified and is dropped before it
//! looked passes its notification on by itself: `event_listener` does that. The duty lives in a guard,
//! so a cancelled future cannot forget it.
//!
//! A burst of messages thus wakes receivers in a chain, each waking the next while there is something
//! left, and never more at a time than there is work for.
//!
//! # The seat
//!
//! One waiting task does not go on the list but to a [`Seat`] in front of it, which is cheaper. "On the
//! list" above includes it.
//!
//! # Tasks and pollers
//!
//! A future that waits ([`wait`]) can be trusted with a duty: it either looks again or is dropped. A
//! `Stream` or `Sink` cannot: `poll_next` leaves its registration in the handle, and a handle that is
//! never polled again (the losing branch of a `select!`) would sit on the duty. So handles are
//! *pollers*, on a list of their own ([`Watchers`]): a claim that clears the bit notifies one task *and all
//! pollers*, and pollers never owe anything. An abandoned poller then costs nobody a message. The price
//! is that parked pollers of one channel all wake up when it becomes ready; clones of a `Receiver` that
//! share work do better with `recv`.
//!
//! # Lingering
//!
//! An operation that is not possible at once looks again for a moment before anything else, if the other side
//! seems to be running on another core; see `linger.rs`. It is then not waiting yet, and owes no duty, so
//! nothing above is concerned.
//!
//! # Waiting without parking
//!
//! An operation that finds a slot in flight (claimed, but not finished, for its thread was suspended)
//! must not park, since nobody would notify it. It has spun already; it now wakes its own task and
//! returns `Pending`, so that the executor decides what to run meanwhile.
//!
//! # Limits
//!
//! `event_listener` calls wakers while it holds the lock of its list. A waker that re-enters *the same
//! gate* from inside `wake` (by polling, or by dropping a future that waits on it) deadlocks; wakers of
//! the usual executors only put the task into a queue. A waker that panics inside `wake` leaves the list's
//! count of notified listeners wrong: no message in the channel is lost or dropped twice, but tasks that wait on that
//! channel may not be woken any more.

#[cfg(feature = "std")]
mod block;
mod linger;
mod run;
mod seat;

#[cfg(feature = "std")]
pub(crate) use block::{block, block_for_ever};
pub(crate) use run::run;

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::budget;
use crate::sync::{AtomicUsize, Event, Ordering, Tally, listener};
use crate::trace;
use crate::unwind::finally;
use crate::watch::{Watcher, Watchers};
use linger::Lingering;
use seat::{Seat, Sitter};

/// How often one `poll` looks again when the state changed between looking and arming.
const ROUNDS: u32 = 8;

/// Where waiting tasks are, and waiting pollers.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The task that came first.
    seat: Seat,
    /// Those that came after it.
    tasks: Event,
    /// How many those are. Counted before they arm, see [`pass_on`].
    listed: AtomicUsize,
    pollers: Watchers,
    lingering: Lingering,
    figures: Figures,
}

/// What has happened at a gate, but for the seat. Counted where a task parks anyway.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    parks: Tally,
    wakes: Tally,
    spurious: Tally,
}

/// A reading of a gate's figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) waiting: u64,
    pub(crate) parks: u64,
    pub(crate) wakes: u64,
    pub(crate) spurious: u64,
}

impl Gate {
    /// A gate of a channel of `capacity` messages.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            seat: Seat::new(),
            tasks: Event::new(),
            listed: AtomicUsize::new(0),
            pollers: Watchers::new(),
            lingering: Lingering::new(capacity),
            figures: Figures::default(),
        }
    }

    /// To be called by whoever cleared the PARKED bit: hands the duty to one task, and wakes all
    /// pollers.
    ///
    /// No fence is needed before this: every listener armed with a read-modify-write of the word from
    /// which the caller's own read-modify-write took the bit ([arm] and [claim] in `ring`).
    #[cold]
    pub(crate) fn notify(&self) {
        // Each goes on if one before it panics: wakers and `tracing`'s subscribers are others' code.
        let _pollers = finally(|| self.pollers.notify_armed());
        let _task = finally(|| self.notify_task());
        trace::notified(self);
    }

    /// Wakes everybody, to see that the channel is closed.
    #[cold]
    pub(crate) fn notify_all(&self) {
        // Not `notify_armed`: who waits for something other than the PARKED bit has not armed.
        let _pollers = finally(|| self.pollers.notify());
        let _tasks = finally(|| {
            self.tasks.notify_relaxed(usize::MAX);
        });
        let _seat = finally(|| {
            self.seat.wake();
        });
        trace::closed(self);
    }

    /// Those who look for themselves; also for waits that have nothing to do with the PARKED bit.
    pub(crate) fn pollers(&self) -> &Watchers {
        &self.pollers
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading {
            waiting: u64::from(self.seat.is_waiting())
                + self.listed() as u64
                + self.pollers.waiting() as u64,
            parks: self.seat.parks.get() + self.figures.parks.get(),
            wakes: self.seat.wakes.get() + self.figures.wakes.get(),
            spurious: self.figures.spurious.get(),
        }
    }

    /// Hands the duty to the task that has waited longest.
    fn notify_task(&self) {
        if !self.seat.wake() {
            self.tasks.notify_relaxed(1);
        }
    }

    /// How many tasks are on the list behind the seat.
    #[inline]
    fn listed(&self) -> usize {
        // ORDERING: Relaxed. Where it is decided upon, ordered by [arm] and [claim]; see `pass_on`.
        self.listed.load(Ordering::Relaxed)
    }
}

/// A task's time on the list behind the seat.
struct Listed<'a>(&'a AtomicUsize);

impl<'a> Listed<'a> {
    fn new(listed: &'a AtomicUsize) -> Self {
        // ORDERING: Relaxed. Published by [arm], which follows.
        listed.fetch_add(1, Ordering::Relaxed);
        Self(listed)
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        // ORDERING: Relaxed. Whoever still counts this one looks at the list for nothing.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One side of a channel: its gate and the bit that belongs to it.
pub(crate) trait Lane {
    fn gate(&self) -> &Gate;

    /// The gate of the other side.
    fn opposite(&self) -> &Gate;

    /// Sets the PARKED bit if this side is blocked. If not, there may be something to do.
    fn arm(&self) -> bool;
}

/// What became of one attempt.
#[derive(Debug)]
pub(crate) enum Attempt<R> {
    Done(R),
    /// Full or empty: park.
    Blocked,
    /// Somebody else's work is unfinished: yield and look again.
    Busy,
}

/// Something that can be attempted and waited for.
pub(crate) trait Operation {
    type Lane: Lane;
    type Output;

    fn lane(&self) -> Self::Lane;

    /// Tries once, without any patience: `Some` if that was enough.
    fn attempt_at_once(&mut self) -> Option<Self::Output>;

    /// Whether [`attempt_at_once`](Self::attempt_at_once) is worth repeating: if not, it fails whatever the other
    /// side does.
    fn may_succeed_at_once(&self) -> bool {
        true
    }

    /// Tries once, with a bounded number of steps. All effects of the operation lie in the attempt that
    /// returns `Done`.
    fn attempt(&mut self) -> Attempt<Self::Output>;
}

/// So that whoever waits for an operation can have it back after giving up.
impl<O: Operation> Operation for &mut O {
    type Lane = O::Lane;
    type Output = O::Output;

    fn lane(&self) -> O::Lane {
        (**self).lane()
    }

    fn attempt_at_once(&mut self) -> Option<O::Output> {
        (**self).attempt_at_once()
    }

    fn may_succeed_at_once(&self) -> bool {
        (**self).may_succeed_at_once()
    }

    fn attempt(&mut self) -> Attempt<O::Output> {
        (**self).attempt()
    }
}

/// What a woken operation owes to the others on its lane; see the module's documentation.
struct Duty<'a, L: Lane> {
    lane: &'a L,
    owed: bool,
    /// Where the operation waits, if that is the seat: it may be notified when the operation is dropped.
    sitter: Option<Sitter<'a>>,
}

impl<L: Lane> Duty<'_, L> {
    /// Waits in the seat until notified, or until the gate cannot be armed any more.
    async fn stay_seated(&self) {
        let mut is_first = true;
        poll_fn(|cx| {
            // The waker was left, and the gate armed, just before the first poll.
            if core::mem::take(&mut is_first) {
                return Poll::Pending;
            }
            let Some(sitter) = &self.sitter else {
                return Poll::Ready(());
            };
            if sitter.poll(cx).is_pending() && self.lane.arm() {
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
    }

    /// Leaves the seat, if it has it, and owes what it was notified of.
    fn get_up(&mut self) {
        if let Some(sitter) = self.sitter.take() {
            self.owed |= sitter.leave();
        }
    }

    #[inline]
    fn pay(&mut self) {
        self.get_up();
        if core::mem::take(&mut self.owed) {
            pass_on(self.lane);
        }
    }
}

impl<L: Lane> Drop for Duty<'_, L> {
    #[inline]
    fn drop(&mut self) {
        self.pay();
    }
}

/// Pays what a woken operation owes.
///
/// It owes to those who were parked when a claim cleared the bit and notified it. If that was the sitter, all
/// others are on the list. If it was somebody on the list, the seat was not waiting; who has sat down
/// since has armed or looked by itself. So it is the list alone that needs an heir, and everybody on it
/// was counted before arming, and armed before that claim: an empty count can be trusted.
#[inline]
fn pass_on<L: Lane>(lane: &L) {
    if lane.gate().listed() > 0 {
        pass_on_to_list(lane);
    }
}

/// If a task on the list has been notified and is still to look, the duty is its as well, and it sees what is
/// left when it leaves. That it has left already may be overlooked here, but then it has paid.
#[cold]
fn pass_on_to_list<L: Lane>(lane: &L) {
    let gate = lane.gate();
    if !gate.tasks.is_notified() && !lane.arm() {
        gate.tasks.notify_relaxed(1);
    }
}

/// To be called before a thorough attempt, which takes a cache line from the other side.
fn linger<O: Operation>(operation: &mut O, lane: &O::Lane) -> Option<O::Output> {
    let opposite = &lane.opposite().lingering;
    lane.gate().lingering.linger(operation, opposite)
}

/// Attempts `operation` until it is done, parking its task in between.
///
/// Cancel safe: until this returns, the operation has had no effect.
pub(crate) async fn wait<O: Operation>(mut operation: O) -> O::Output {
    let lane = operation.lane();
    let gate = lane.gate();
    if let Some(output) = linger(&mut operation, &lane) {
        return output;
    }
    let mut duty = Duty {
        lane: &lane,
        owed: false,
        sitter: None,
    };
    let mut rounds = 0;
    let mut woken = false;
    loop {
        // The output must not live across an `await`: the future would be `Sync` only for messages that are.
        let blocked = match operation.attempt() {
            Attempt::Done(output) => {
                // If the waker of who comes next panics here, the output is still dropped; as the value that
                // is being returned, it would not be.
                duty.pay();
                return output;
            }
            Attempt::Blocked => rounds < ROUNDS,
            Attempt::Busy => false,
        };
        if !blocked {
            rounds = 0;
            budget::yield_now().await;
            continue;
        }
        rounds += 1;
        if core::mem::take(&mut woken) {
            gate.figures.spurious.add(1);
        }
        if gate.listed() == 0 {
            duty.sitter = poll_fn(|cx| Poll::Ready(gate.seat.sit(cx.waker()))).await;
        }
        if duty.sitter.is_some() {
            if lane.arm() {
                // The bit speaks for every parked task now, so whatever this one owed is paid.
                duty.owed = false;
                rounds = 0;
                budget::refill();
                trace::parked(gate);
                duty.stay_seated().await;
                trace::woken(gate);
                duty.get_up();
                woken = duty.owed;
            } else {
                duty.get_up();
            }
            continue;
        }
        listener!(gate.tasks => listener);
        let listed = Listed::new(&gate.listed);
        if lane.arm() {
            // As above.
            duty.owed = false;
            rounds = 0;
            budget::refill();
            gate.figures.parks.add(1);
            trace::parked(gate);
            poll_fn(|cx| {
                // A `clone` that panics must do so here: under the list's lock it would leave a listener behind
                // that is taken for notified.
                let waker = cx.waker().clone();
                Pin::new(&mut listener).poll(&mut Context::from_waker(&waker))
            })
            .await;
            duty.owed = true;
            woken = true;
            gate.figures.wakes.add(1);
            trace::woken(gate);
        }
        drop(listed);
    }
}

/// Attempts `operation`; if it has to wait, leaves the task's waker behind with `watcher`.
#[inline]
pub(crate) fn poll<O: Operation>(
    operation: &mut O,
    watcher: &mut Watcher,
    cx: &mut Context<'_>,
) -> Poll<O::Output> {
    let lane = operation.lane();
    let gate = lane.gate();
    if let Some(output) = operation.attempt_at_once() {
        gate.pollers.stop_waiting(watcher);
        return Poll::Ready(output);
    }
    poll_again(operation, gate, watcher, cx)
}

#[cold]
fn poll_again<O: Operation>(
    operation: &mut O,
    gate: &Gate,
    watcher: &mut Watcher,
    cx: &mut Context<'_>,
) -> Poll<O::Output> {
    let lane = operation.lane();
    if let Some(output) = linger(operation, &lane) {
        gate.pollers.stop_waiting(watcher);
        return Poll::Ready(output);
    }
    for _ in 0..ROUNDS {
        match operation.attempt() {
            Attempt::Done(output) => {
                gate.pollers.stop_waiting(watcher);
                return Poll::Ready(output);
            }
            Attempt::Busy => break,
            Attempt::Blocked => {}
        }
        gate.pollers.wait(watcher, cx.waker());
        if lane.arm() {
            gate.figures.parks.add(1);
            budget::refill();
            trace::parked(gate);
            return Poll::Pending;
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::{Arc, AtomicUsize, Ordering, block_on};

    #[test]
    fn notify_all_finds_pollers_that_have_not_armed() {
        loom::model(|| {
            let shared = Arc::new((Gate::new(1), AtomicUsize::new(0)));
            let closer = Arc::clone(&shared);
            let closer = loom::thread::spawn(move || {
                let (gate, closed) = &*closer;
                closed.store(1, Ordering::Release);
                gate.notify_all();
            });
            let (gate, closed) = &*shared;
            block_on(gate.pollers().until(|| closed.load(Ordering::Acquire) == 1));
            closer.join().unwrap();
        });
    }
}

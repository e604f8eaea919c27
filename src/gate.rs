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
//! count of notified listeners wrong: no message is lost or dropped twice, but tasks that wait on that
//! channel may not be woken any more.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::budget;
use crate::sync::{Event, Tally, listener};
use crate::watch::{Watcher, Watchers};

/// How often one `poll` looks again when the state changed between looking and arming.
const ROUNDS: u32 = 8;

/// A list of waiting tasks and one of waiting pollers.
#[derive(Debug)]
pub(crate) struct Gate {
    tasks: Event,
    pollers: Watchers,
    figures: Figures,
}

/// What has happened at a gate. Counted where a task parks anyway.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Tasks that are parked now.
    waiting: Tally,
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
    pub(crate) fn new() -> Self {
        Self {
            tasks: Event::new(),
            pollers: Watchers::new(),
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
        self.tasks.notify_relaxed(1);
        self.pollers.notify_armed();
    }

    /// Wakes everybody, to see that the channel is closed.
    #[cold]
    pub(crate) fn notify_all(&self) {
        self.tasks.notify_relaxed(usize::MAX);
        // Not `notify_armed`: who waits for something other than the PARKED bit has not armed.
        self.pollers.notify();
    }

    /// Those who look for themselves; also for waits that have nothing to do with the PARKED bit.
    pub(crate) fn pollers(&self) -> &Watchers {
        &self.pollers
    }

    pub(crate) fn reading(&self) -> Reading {
        Reading {
            waiting: self.figures.waiting.get() + self.pollers.waiting() as u64,
            parks: self.figures.parks.get(),
            wakes: self.figures.wakes.get(),
            spurious: self.figures.spurious.get(),
        }
    }

    /// Whether a task waits that nobody has notified, while no other notified task is still to look.
    fn needs_heir(&self) -> bool {
        !self.tasks.is_notified()
    }
}

/// A task's time on the list, for the figures.
struct Parked<'a>(&'a Figures);

impl<'a> Parked<'a> {
    fn new(figures: &'a Figures) -> Self {
        figures.waiting.add(1);
        figures.parks.add(1);
        Self(figures)
    }
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.0.waiting.subtract(1);
    }
}

/// One side of a channel: its gate and the bit that belongs to it.
pub(crate) trait Lane {
    fn gate(&self) -> &Gate;

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

    fn attempt(&mut self) -> Attempt<O::Output> {
        (**self).attempt()
    }
}

/// What a woken operation owes to the others on its lane; see the module's documentation.
struct Duty<L: Lane> {
    lane: L,
    owed: bool,
}

impl<L: Lane> Drop for Duty<L> {
    #[inline]
    fn drop(&mut self) {
        if self.owed {
            pass_on(&self.lane);
        }
    }
}

#[cold]
fn pass_on<L: Lane>(lane: &L) {
    if lane.gate().needs_heir() && !lane.arm() {
        lane.gate().tasks.notify_relaxed(1);
    }
}

pin_project! {
    /// An operation as a future: see [`run`].
    #[project = RunProjection]
    #[project_replace = RunReplaced]
    enum Run<O, F, W> {
        /// Not attempted yet.
        First { operation: O, wait: F },
        /// Not possible at once.
        Waiting { #[pin] waiting: W },
        Finished,
    }
}

/// Charges the budget, attempts `operation`, and waits if it has to.
///
/// Cancel safe: until it returns `Ready`, the operation has had no effect. The first attempt needs none of
/// the machinery for waiting, which is built only if that fails.
#[inline]
pub(crate) fn run<O: Operation>(operation: O) -> impl Future<Output = O::Output> {
    Run::First { operation, wait }
}

impl<O, F, W> Future for Run<O, F, W>
where
    O: Operation,
    F: FnOnce(O) -> W,
    W: Future<Output = O::Output>,
{
    type Output = O::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        if let RunProjection::First { operation, .. } = self.as_mut().project() {
            ready!(budget::poll_charge(cx));
            if let Some(output) = operation.attempt_at_once() {
                self.set(Run::Finished);
                return Poll::Ready(output);
            }
        }
        self.poll_waiting(cx)
    }
}

impl<O, F, W> Run<O, F, W>
where
    O: Operation,
    F: FnOnce(O) -> W,
    W: Future<Output = O::Output>,
{
    #[cold]
    fn poll_waiting(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O::Output> {
        if let RunProjection::First { .. } = self.as_mut().project() {
            let first = self.as_mut().project_replace(Run::Finished);
            let RunReplaced::First { operation, wait } = first else {
                unreachable!("as just seen")
            };
            self.set(Run::Waiting {
                waiting: wait(operation),
            });
        }
        let RunProjection::Waiting { waiting } = self.as_mut().project() else {
            panic!("a future was polled after it had finished");
        };
        let output = ready!(waiting.poll(cx));
        self.set(Run::Finished);
        Poll::Ready(output)
    }
}

/// Attempts `operation` until it is done, parking its task in between.
///
/// Cancel safe: until this returns, the operation has had no effect.
pub(crate) async fn wait<O: Operation>(mut operation: O) -> O::Output {
    let mut duty = Duty {
        lane: operation.lane(),
        owed: false,
    };
    let mut rounds = 0;
    let mut woken = false;
    loop {
        match operation.attempt() {
            Attempt::Done(output) => return output,
            Attempt::Blocked if rounds < ROUNDS => rounds += 1,
            Attempt::Blocked | Attempt::Busy => {
                rounds = 0;
                budget::yield_now().await;
                continue;
            }
        }
        let gate = duty.lane.gate();
        if core::mem::take(&mut woken) {
            gate.figures.spurious.add(1);
        }
        listener!(gate.tasks => listener);
        if duty.lane.arm() {
            // The bit speaks for every parked task now, so whatever this one owed is paid.
            duty.owed = false;
            rounds = 0;
            budget::refill();
            let parked = Parked::new(&gate.figures);
            listener.await;
            drop(parked);
            gate.figures.wakes.add(1);
            woken = true;
            duty.owed = true;
        }
    }
}

/// Attempts `operation`; if it has to wait, leaves the task's waker behind with `watcher`.
pub(crate) fn poll<O: Operation>(
    operation: &mut O,
    watcher: &mut Watcher,
    cx: &mut Context<'_>,
) -> Poll<O::Output> {
    let lane = operation.lane();
    let gate = lane.gate();
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
            return Poll::Pending;
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use crate::sync::{Arc, AtomicBool, Ordering, block_on};

    #[test]
    fn notify_all_finds_pollers_that_have_not_armed() {
        loom::model(|| {
            let shared = Arc::new((Gate::new(), AtomicBool::new(false)));
            let closer = Arc::clone(&shared);
            let closer = loom::thread::spawn(move || {
                let (gate, closed) = &*closer;
                closed.swap(true, Ordering::AcqRel);
                gate.notify_all();
            });
            let (gate, closed) = &*shared;
            block_on(gate.pollers().until(|| closed.load(Ordering::Acquire)));
            closer.join().unwrap();
        });
    }
}

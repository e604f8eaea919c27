//! A channel, all that waits on it, and what is done with it: by the steps of a walk, and by the
//! wakers that are called meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::task::{Context, Poll};

use mpmc_std::{OwnedPermit, Receiver, Sender, Stats, WeakReceiver, WeakSender, channel};

use crate::harness::EventWaker;
use crate::harness::PseudoRandom;
use crate::waiting::book::{Book, Message};
use crate::waiting::waiters::{For, KINDS, Kind, Outcome, PollFn, Waiter};

/// What the panics of wakers say.
pub(crate) const WANTED: &str = "as the test wants it";

pub(crate) const EXECUTORS: usize = 3;

/// Limits how many wait at a time, so that they meet often.
const CROWD: usize = 10;

thread_local! {
    /// The world of this thread's walk, for wakers.
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// See the module. Nothing is borrowed while the channel is called.
pub(crate) struct World {
    pub(crate) random: RefCell<PseudoRandom>,
    pub(crate) capacity: usize,
    pub(crate) tx: RefCell<Option<Sender<Message>>>,
    pub(crate) rx: RefCell<Option<Receiver<Message>>>,
    weak_tx: WeakSender<Message>,
    weak_rx: WeakReceiver<Message>,
    pub(crate) book: Rc<Book>,
    pub(crate) waiters: RefCell<BTreeMap<usize, Rc<Waiter>>>,
    pub(crate) permits: RefCell<Vec<OwnedPermit<Message>>>,
    next_id: Cell<usize>,
    /// Calls that are being made, one inside another.
    pub(crate) depth: Cell<u32>,
    /// Calls that were made.
    pub(crate) calls: Cell<u64>,
    /// Wakers that did something.
    pub(crate) acted: Cell<u64>,
    /// By executor.
    pub(crate) stuck: [Cell<bool>; EXECUTORS],
    pub(crate) receivers_gone: Cell<bool>,
    /// Nothing new is begun.
    pub(crate) is_ending: Cell<bool>,
    history: RefCell<Vec<String>>,
}

/// A handle for the time of a call. It may be the last one when it is dropped, which wakes others.
pub(crate) struct Held<'a, H> {
    world: &'a World,
    handle: Option<H>,
}

impl<'a, H> Held<'a, H> {
    fn new(world: &'a World, handle: H) -> Self {
        let handle = Some(handle);
        Self { world, handle }
    }

    pub(crate) fn take(mut self) -> H {
        self.handle.take().expect("it was not dropped")
    }
}

impl<H> Deref for Held<'_, H> {
    type Target = H;

    fn deref(&self) -> &H {
        self.handle.as_ref().expect("it was not dropped")
    }
}

impl<H> Drop for Held<'_, H> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.world.call(|| drop(handle));
            self.world.look_for_receivers();
        }
    }
}

impl World {
    /// Makes a world that is this thread's until it is [left](Self::leave).
    pub(crate) fn enter(seed: u64) -> Rc<Self> {
        let mut random = PseudoRandom(seed);
        let capacity = 1 + random.below(5) as usize;
        let (tx, rx) = channel(capacity);
        let world = Rc::new(Self {
            random: RefCell::new(random),
            capacity,
            weak_tx: tx.downgrade(),
            weak_rx: rx.downgrade(),
            tx: RefCell::new(Some(tx)),
            rx: RefCell::new(Some(rx)),
            book: Rc::default(),
            waiters: RefCell::default(),
            permits: RefCell::default(),
            next_id: Cell::new(0),
            depth: Cell::new(0),
            calls: Cell::new(0),
            acted: Cell::new(0),
            stuck: Default::default(),
            receivers_gone: Cell::new(false),
            is_ending: Cell::new(false),
            history: RefCell::new(vec![format!("capacity {capacity}")]),
        });
        WORLD.set(Some(Rc::clone(&world)));
        world
    }

    pub(crate) fn leave() {
        WORLD.set(None);
    }

    /// Prints the last steps of this thread's walk, if there is one, which has failed.
    pub(crate) fn print_history() {
        let Some(world) = WORLD.take() else { return };
        let history = world.history.borrow();
        let last = history.len().saturating_sub(60).max(1);
        eprintln!("{}", history[0]);
        for step in &history[last..] {
            eprintln!("  {step}");
        }
        drop(history);
        // What it holds may not be fit to be dropped.
        std::mem::forget(world);
    }

    /// Calls `act` with this thread's world, if there is one.
    pub(crate) fn with(act: impl FnOnce(&Self)) {
        // Wakers may be called when the thread ends.
        let world = WORLD.try_with(|world| world.borrow().clone());
        if let Ok(Some(world)) = world {
            act(&world);
        }
    }

    pub(crate) fn below(&self, limit: usize) -> usize {
        self.random.borrow_mut().below(limit as u64) as usize
    }

    pub(crate) fn note(&self, step: impl std::fmt::Debug) {
        let depth = self.depth.get() as usize;
        let step = format!("{}{step:?}", "  ".repeat(depth));
        self.history.borrow_mut().push(step);
    }

    /// Calls the channel. Returns `None` if a waker's panic came out.
    pub(crate) fn call<R>(&self, call: impl FnOnce() -> R) -> Option<R> {
        self.calls.set(self.calls.get() + 1);
        self.depth.set(self.depth.get() + 1);
        let result = catch_unwind(AssertUnwindSafe(call));
        self.depth.set(self.depth.get() - 1);
        match result {
            Ok(result) => Some(result),
            Err(panic) if panic.downcast_ref() == Some(&WANTED) => None,
            Err(panic) => resume_unwind(panic),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        self.weak_rx.stats()
    }

    pub(crate) fn sender(&self) -> Option<Held<'_, Sender<Message>>> {
        let handle = self.weak_tx.upgrade();
        handle.map(|handle| Held::new(self, handle))
    }

    pub(crate) fn receiver(&self) -> Option<Held<'_, Receiver<Message>>> {
        let handle = self.weak_rx.upgrade();
        handle.map(|handle| Held::new(self, handle))
    }

    pub(crate) fn messages(&self, count: usize) -> VecDeque<Message> {
        (0..count).map(|_| self.book.message()).collect()
    }

    /// All waiters, those that are being polled included.
    pub(crate) fn all(&self) -> Vec<Rc<Waiter>> {
        self.waiters.borrow().values().cloned().collect()
    }

    pub(crate) fn some_waiter(&self) -> Option<Rc<Waiter>> {
        let all = self.all();
        let at = self.below(all.len().max(1));
        all.get(at).cloned()
    }

    /// Begins a wait, and polls it unless its executor is stuck.
    pub(crate) fn start(&self) {
        let kind = KINDS[self.below(KINDS.len())];
        if self.waiters.borrow().len() >= CROWD || self.is_ending.get() {
            return;
        }
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        let waiter = if kind.waits_for() == For::Message {
            let Some(rx) = self.receiver() else { return };
            Waiter::receiving(id, kind, rx.take(), 1 + self.below(3))
        } else {
            let Some(tx) = self.sender() else { return };
            let count = match kind {
                Kind::Send | Kind::SendPosition | Kind::Sink => 1,
                Kind::SendMany => 1 + self.below(3),
                _ => 0,
            };
            Waiter::sending(id, kind, tx.take(), self.messages(count))
        };
        waiter.executor.set(self.below(EXECUTORS));
        waiter.since.set(self.book.now());
        self.note((id, kind, &waiter.numbers));
        let is_stuck = self.stuck[waiter.executor.get()].get();
        self.waiters.borrow_mut().insert(id, Rc::new(waiter));
        if !is_stuck {
            self.poll(id);
        }
    }

    /// Polls a waiter, if it is there and is not being polled.
    pub(crate) fn poll(&self, id: usize) {
        let waiter = self.waiters.borrow().get(&id).cloned();
        let Some(waiter) = waiter else { return };
        let held = waiter.held();
        let Some(mut poll) = waiter.poll.take() else {
            return;
        };
        let hooks = waiter.hooks.borrow().clone();
        // A call that wakes several may have taken the waker before this poll and call it after it.
        let was_late = waiter.wake_may_be_late.replace(self.depth.get() > 0);
        let was_woken = waiter.is_woken() && !waiter.woken_itself.get() && !was_late;
        let was_extra = waiter.is_extra.take();
        let opposite = self.sleeping_opposite(&waiter);
        hooks.clear_woken();
        if !waiter.parked.get() {
            waiter.target.set(self.stats().sent);
        }
        let is_closed = self.stats().closed;
        let since = self.book.now();
        let polled = self.call(|| {
            let waker = hooks.waker();
            poll(&mut Context::from_waker(&waker))
        });
        if !matches!(polled, Some(Poll::Ready(_))) {
            // It may have parked. Some may have been woken by a part of a batch.
            for other in opposite {
                other.is_extra.set(other.is_woken());
            }
        }
        match polled {
            Some(Poll::Pending) => {
                *waiter.poll.borrow_mut() = Some(poll);
                // A poll that wakes its own task has not looked at last.
                waiter.woken_itself.set(hooks.is_woken());
                let found_nothing = was_woken && !hooks.is_woken() && !is_closed;
                if waiter.held() < held {
                    // A part of a batch was sent.
                    waiter.losses.set(0);
                    waiter.extra_wakes.set(0);
                } else if found_nothing && waiter.kind.is_exclusive() {
                    let count = match was_extra {
                        true => &waiter.extra_wakes,
                        false => &waiter.losses,
                    };
                    count.set(count.get() + 1);
                    self.check_losses(&waiter);
                }
                waiter.parked.set(true);
                waiter.polled_at.set(self.calls.get());
            }
            Some(Poll::Ready(outcome)) => {
                self.complete(&waiter, outcome, since);
                self.remove(id, poll);
            }
            // Its effect is not known to the caller, only to the book.
            None => {
                self.note((id, "panicked"));
                self.remove(id, poll);
            }
        }
    }

    /// Returns the waiters of the other side that sleep.
    fn sleeping_opposite(&self, waiter: &Waiter) -> Vec<Rc<Waiter>> {
        let opposite = match waiter.kind.waits_for() {
            For::Message => For::Slot,
            For::Slot => For::Message,
            For::Other => return Vec::new(),
        };
        let is_opposite = |other: &Rc<Waiter>| other.kind.waits_for() == opposite && other.sleeps();
        self.all().into_iter().filter(is_opposite).collect()
    }

    fn complete(&self, waiter: &Waiter, outcome: Outcome, since: u64) {
        match outcome {
            Outcome::Received(messages) => {
                for (message, position) in messages {
                    self.note((waiter.id, "received", message.number()));
                    self.book.received(message, since, position);
                }
            }
            Outcome::Sent(true, position) => {
                self.note((waiter.id, "sent"));
                // The messages of a batch may have been sent by any poll.
                let since = match waiter.kind {
                    Kind::SendMany => waiter.since.get(),
                    _ => since,
                };
                for &number in &waiter.numbers {
                    self.book.sent(number, since, position);
                }
            }
            Outcome::Reserved(Some(permit)) => {
                self.note((waiter.id, "reserved"));
                self.permits.borrow_mut().push(permit);
            }
            Outcome::Sent(false, _) | Outcome::Reserved(None) | Outcome::Told => {
                self.note((waiter.id, "ended"));
            }
        }
    }

    fn remove(&self, id: usize, poll: PollFn) {
        let removed = self.waiters.borrow_mut().remove(&id);
        drop(removed);
        self.call(|| drop(poll));
        // The last receiver may have been that of this waiter.
        self.look_for_receivers();
    }

    /// Drops a waiter, if it is not being polled.
    pub(crate) fn drop_waiter(&self, id: usize) {
        let waiter = self.waiters.borrow().get(&id).cloned();
        let Some(waiter) = waiter else { return };
        let Some(poll) = waiter.poll.take() else {
            return;
        };
        self.note((id, "dropped"));
        self.remove(id, poll);
    }

    /// Lets another executor poll the waiter from now on, with another waker.
    pub(crate) fn move_waiter(&self, waiter: &Waiter) {
        let executor = self.below(EXECUTORS);
        if waiter.poll.borrow().is_none() || self.stuck[executor].get() {
            return;
        }
        self.note((waiter.id, "moves to executor", executor));
        waiter.executor.set(executor);
        let old = waiter.hooks.replace(EventWaker::default());
        drop(old);
        // An executor polls what it is given. Until then a wake may have gone to the old one.
        waiter.woken_itself.set(true);
        self.poll(waiter.id);
    }

    /// Notes that there are no receivers, so that what was in the channel is dropped.
    pub(crate) fn look_for_receivers(&self) {
        if self.weak_rx.strong_count() == 0 {
            self.receivers_gone.set(true);
        }
    }
}

//! Waiters of one kind, one of them with a hook in its waker, and the actions of hooks.

use std::panic::panic_any;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use mpmc_std::{Receiver, Sender, WeakReceiver, WeakSender};

use crate::harness::SendTask;
use crate::harness::{EventWaker, WakerEvent, callback_waker};
use crate::waiting::test_channel::{ALL, Kind, TestChannel, Waiting, waiter};

/// The methods that wait, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitMethod {
    Of(Kind),
    Closed,
    PollClosed,
    /// The first waiter collects permits, the other ones wait for the reservation lock.
    ReserveMany,
}

pub(crate) fn wait_methods() -> impl Iterator<Item = WaitMethod> {
    let others = [
        WaitMethod::Closed,
        WaitMethod::PollClosed,
        WaitMethod::ReserveMany,
    ];
    ALL.into_iter().map(WaitMethod::Of).chain(others)
}

/// An action of a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Close,
    /// Drops the handle of the other side, which is the last one or the last but those of waiters.
    DropOtherSide,
    DropSelf,
    DropNext,
    DropAll,
    TrySend,
    TryRecv,
    PollSelf,
    PollNext,
    /// Starts another wait and cancels it.
    PollNew,
    Panic,
}

pub(crate) const ACTIONS: [Action; 11] = [
    Action::Close,
    Action::DropOtherSide,
    Action::DropSelf,
    Action::DropNext,
    Action::DropAll,
    Action::TrySend,
    Action::TryRecv,
    Action::PollSelf,
    Action::PollNext,
    Action::PollNew,
    Action::Panic,
];

/// The payload of the panic of [`Action::Panic`].
pub(crate) const EXPECTED_PANIC: &str = "a panic that the test expects";

const CAPACITY: usize = 16;

/// The number of waiters behind the one with the hook.
const BEHIND: usize = 2;

/// A value that is taken out while it is used, so that code which runs meanwhile can detect that.
struct Shared<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Shared<T> {
    fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(Some(value))))
    }

    fn take(&self) -> Option<T> {
        self.0.lock().unwrap().take()
    }

    fn put(&self, value: T) {
        let old = self.0.lock().unwrap().replace(value);
        assert!(old.is_none());
    }

    fn is_present(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }
}

/// Waiters of one kind. The one at `place` has hooks in its waker.
#[derive(Clone)]
pub(crate) struct HookedWaiters {
    pub(crate) method: WaitMethod,
    /// The place in the queue of the waiter with the hook.
    pub(crate) place: usize,
    tx: Shared<Sender<u32>>,
    rx: Shared<Receiver<u32>>,
    weak_tx: WeakSender<u32>,
    weak_rx: WeakReceiver<u32>,
    waiters: Vec<Shared<Waiting>>,
    hooks: EventWaker,
}

fn start(method: WaitMethod, tx: &Sender<u32>, rx: &Receiver<u32>) -> Waiting {
    let mut tx = tx.clone();
    match method {
        WaitMethod::Of(kind) => waiter(kind, &tx, rx),
        WaitMethod::Closed => SendTask::boxed(async move {
            tx.closed().await;
            false
        }),
        WaitMethod::PollClosed => SendTask::from_fn(move |cx| tx.poll_closed(cx).map(|()| false)),
        WaitMethod::ReserveMany => SendTask::boxed(async move {
            let permits = tx.reserve_many(2).await;
            let permits = permits.map(|permits| permits.for_each(|permit| permit.send(0)));
            permits.is_ok()
        }),
    }
}

impl HookedWaiters {
    /// Parks waiters of one kind, of which the one at `place` has the hooks.
    pub(crate) fn new(method: WaitMethod, place: usize) -> Self {
        let kind = match method {
            WaitMethod::Of(kind) => kind,
            _ => Kind::Send,
        };
        let TestChannel { tx, rx, .. } = TestChannel::new(kind, CAPACITY);
        let hooks = EventWaker::default();
        let waker = hooks.waker();
        let waiters = (0..=place + BEHIND).map(|at| {
            let mut waiter = start(method, &tx, &rx);
            if at == place {
                assert!(waiter.poll_with(&waker).is_pending());
            } else {
                waiter.parks();
            }
            Shared::new(waiter)
        });
        let waiters = waiters.collect();
        Self {
            method,
            place,
            weak_tx: tx.downgrade(),
            weak_rx: rx.downgrade(),
            tx: Shared::new(tx),
            rx: Shared::new(rx),
            waiters,
            hooks,
        }
    }

    fn receives(&self) -> bool {
        matches!(self.method, WaitMethod::Of(kind) if kind.receives())
    }

    /// Sets the action of the hook for one event.
    pub(crate) fn set(&self, on: WakerEvent, action: Action) {
        let waiters = self.clone();
        self.hooks.set(on, Box::new(move || waiters.act(action)));
    }

    pub(crate) fn clear(&self) {
        self.hooks.clear();
    }

    fn act(&self, action: Action) {
        match action {
            Action::Close => self.close(),
            Action::DropOtherSide => self.drop_other_side(),
            Action::DropSelf => self.drop_waiter(self.place),
            Action::DropNext => self.drop_waiter(self.place + 1),
            Action::DropAll => (0..self.waiters.len()).for_each(|at| self.drop_waiter(at)),
            Action::TrySend => {
                let tx = self.weak_tx.upgrade();
                let _ = tx.map(|tx| tx.try_send(0));
            }
            Action::TryRecv => {
                let rx = self.weak_rx.upgrade();
                let _ = rx.map(|rx| rx.try_recv());
            }
            Action::PollSelf => self.poll_waiter(self.place, Waiting::poll),
            Action::PollNext => self.poll_waiter(self.place + 1, Waiting::poll),
            Action::PollNew => {
                if let (Some(tx), Some(rx)) = (self.weak_tx.upgrade(), self.weak_rx.upgrade()) {
                    let _ = start(self.method, &tx, &rx).poll();
                }
            }
            Action::Panic => panic_any(EXPECTED_PANIC),
        }
    }

    /// Sends messages, or frees slots, in one call.
    pub(crate) fn offer(&self, count: usize) {
        let (Some(tx), Some(rx)) = (self.weak_tx.upgrade(), self.weak_rx.upgrade()) else {
            return;
        };
        if self.receives() {
            let _ = tx.try_send_many(std::iter::repeat_n(0, count));
        } else {
            let _ = rx.try_recv_many(&mut Vec::new(), count);
        }
    }

    pub(crate) fn close(&self) {
        let rx = self.weak_rx.upgrade();
        rx.inspect(Receiver::close);
    }

    pub(crate) fn drop_other_side(&self) {
        if self.receives() {
            drop(self.tx.take());
        } else {
            drop(self.rx.take());
        }
    }

    pub(crate) fn drop_waiter(&self, at: usize) {
        drop(self.waiters[at].take());
    }

    /// Polls a waiter that has not been dropped, and puts it back if it still waits.
    fn poll_waiter(&self, at: usize, poll: impl FnOnce(&mut Waiting) -> Poll<bool>) {
        let Some(mut waiter) = self.waiters[at].take() else {
            return;
        };
        if at == self.place {
            self.hooks.clear_woken();
        }
        if poll(&mut waiter).is_pending() {
            self.waiters[at].put(waiter);
        }
    }

    pub(crate) fn poll_hooked_with_another_waker(&self) {
        self.poll_waiter(self.place, Waiting::poll);
    }

    /// Polls with another waker and then with the one that has the hook, which clones that one.
    pub(crate) fn poll_hooked_again(&self) {
        self.poll_waiter(self.place, Waiting::poll);
        let waker = self.hooks.waker();
        self.poll_waiter(self.place, |waiter| waiter.poll_with(&waker));
    }

    /// Makes each waiter's waker own it, and drop it when it is woken.
    pub(crate) fn give_waiters_to_their_wakers(&self) -> Vec<Waker> {
        let owner = |waiter: &Shared<Waiting>| {
            let owned = waiter.clone();
            let waker = callback_waker(move || drop(owned.take()));
            let mut taken = waiter.take().unwrap();
            assert!(taken.poll_with(&waker).is_pending());
            waiter.put(taken);
            waker
        };
        self.waiters.iter().map(owner).collect()
    }

    /// Returns the number of waiters that still wait.
    pub(crate) fn waiting(&self) -> usize {
        let waiters = self.waiters.iter();
        waiters.filter(|waiter| waiter.is_present()).count()
    }

    fn is_woken(&self, at: usize) -> Option<bool> {
        let waiter = self.waiters[at].0.lock().unwrap();
        let hooked = at == self.place && self.hooks.is_woken();
        waiter.as_ref().map(|waiter| waiter.is_woken() || hooked)
    }

    /// Checks that each message, or free slot, has woken a waiter, if there are that many waiters.
    pub(crate) fn check_wakes(&self) {
        let WaitMethod::Of(kind) = self.method else {
            return;
        };
        let woken: Vec<_> = (0..self.waiters.len())
            .filter_map(|at| self.is_woken(at))
            .collect();
        let sleeping = woken.iter().filter(|woken| !**woken).count();
        let stats = self.weak_rx.stats();
        let offered = if stats.closed {
            usize::MAX
        } else if kind.receives() {
            stats.len
        } else {
            CAPACITY - stats.len
        };
        let enough = if kind.is_exclusive() {
            woken.len() - sleeping >= offered
        } else {
            offered == 0
        };
        let drains = stats.closed && kind.receives() && stats.len > 0;
        assert!(
            sleeping == 0 || enough || drains,
            "{offered} offered, woken: {woken:?}"
        );
    }

    /// Offers messages or slots until no waiter is left, and finally closes the channel. Polls only
    /// waiters that are woken.
    pub(crate) fn check_that_all_end(&self) {
        let mut offers = 4 * CAPACITY;
        while self.waiting() > 0 {
            let woken = (0..self.waiters.len()).find(|at| self.is_woken(*at) == Some(true));
            if let Some(at) = woken {
                self.poll_waiter(at, Waiting::poll);
            } else if offers > 0 && !self.weak_rx.stats().closed {
                offers -= 1;
                self.offer(1);
            } else {
                assert!(
                    !self.weak_rx.stats().closed,
                    "the channel is closed, but not all waiters are woken"
                );
                let is_for_close =
                    matches!(self.method, WaitMethod::Closed | WaitMethod::PollClosed);
                assert!(
                    is_for_close,
                    "waiters are not woken although they can be served"
                );
                self.close();
            }
        }
    }
}

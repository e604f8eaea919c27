//! Waiters of one kind, one of them with a hook in its waker, and what the hook may do.

use std::panic::panic_any;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake, Waker};

use mpmc_std::{Receiver, Sender, WeakReceiver, WeakSender};

use crate::hooks::{Hooks, On};
use crate::scene::{ALL, Kind, Scene, Waiting, waiter};
use crate::waiter::Waiter;

/// The ways to wait, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Of(Kind),
    Closed,
    PollClosed,
    /// The first gathers permits, the others wait for the reservation lock.
    ReserveMany,
}

pub(crate) fn ways() -> impl Iterator<Item = Way> {
    let others = [Way::Closed, Way::PollClosed, Way::ReserveMany];
    ALL.into_iter().map(Way::Of).chain(others)
}

/// What a hook does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Close,
    /// Drops the handle of the other side, which is the last or will soon be.
    DropOtherSide,
    DropSelf,
    DropNext,
    DropAll,
    TrySend,
    TryRecv,
    PollSelf,
    PollNext,
    /// Begins another wait, and cancels it.
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

/// What the panic of [`Action::Panic`] says.
pub(crate) const WANTED: &str = "as the test wants it";

const CAPACITY: usize = 16;

/// How many wait behind the waiter with the hook.
const BEHIND: usize = 2;

/// Something that is taken out while it is used, so that code which runs meanwhile can see that.
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

    fn is_there(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }
}

/// See the module.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) way: Way,
    /// The place in the queue of the waiter with the hook.
    pub(crate) place: usize,
    tx: Shared<Sender<u32>>,
    rx: Shared<Receiver<u32>>,
    weak_tx: WeakSender<u32>,
    weak_rx: WeakReceiver<u32>,
    waiters: Vec<Shared<Waiting>>,
    hooks: Arc<Hooks>,
}

fn begin(way: Way, tx: &Sender<u32>, rx: &Receiver<u32>) -> Waiting {
    let mut tx = tx.clone();
    match way {
        Way::Of(kind) => waiter(kind, &tx, rx),
        Way::Closed => Waiter::new(async move {
            tx.closed().await;
            false
        }),
        Way::PollClosed => Waiter::from_fn(move |cx| tx.poll_closed(cx).map(|()| false)),
        Way::ReserveMany => Waiter::new(async move {
            let permits = tx.reserve_many(2).await;
            let permits = permits.map(|permits| permits.for_each(|permit| permit.send(0)));
            permits.is_ok()
        }),
    }
}

impl Party {
    /// Parks waiters of one kind, of which the one at `place` has the hooks.
    pub(crate) fn new(way: Way, place: usize) -> Self {
        let kind = match way {
            Way::Of(kind) => kind,
            _ => Kind::Send,
        };
        let Scene { tx, rx, .. } = Scene::new(kind, CAPACITY);
        let hooks = Arc::new(Hooks::default());
        let waker = hooks.waker();
        let waiters = (0..=place + BEHIND).map(|at| {
            let mut waiter = begin(way, &tx, &rx);
            if at == place {
                assert!(waiter.poll_with(&waker).is_pending());
            } else {
                waiter.parks();
            }
            Shared::new(waiter)
        });
        let waiters = waiters.collect();
        Self {
            way,
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
        matches!(self.way, Way::Of(kind) if kind.receives())
    }

    /// Lets the hook do this.
    pub(crate) fn arm(&self, on: On, action: Action) {
        let party = self.clone();
        self.hooks.arm(on, Box::new(move || party.act(action)));
    }

    pub(crate) fn disarm(&self) {
        self.hooks.disarm();
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
            Action::PollSelf => self.poll_waiter(self.place, Waiting::poll_once),
            Action::PollNext => self.poll_waiter(self.place + 1, Waiting::poll_once),
            Action::PollNew => {
                if let (Some(tx), Some(rx)) = (self.weak_tx.upgrade(), self.weak_rx.upgrade()) {
                    let _ = begin(self.way, &tx, &rx).poll_once();
                }
            }
            Action::Panic => panic_any(WANTED),
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

    /// Polls a waiter that is there, and puts it back if it still waits.
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
        self.poll_waiter(self.place, Waiting::poll_once);
    }

    /// Polls with another waker and then with the one that has the hook, which is cloned for that.
    pub(crate) fn poll_hooked_again(&self) {
        self.poll_waiter(self.place, Waiting::poll_once);
        let waker = self.hooks.waker();
        self.poll_waiter(self.place, |waiter| waiter.poll_with(&waker));
    }

    /// Lets each waiter's waker own it, and drop it when it is woken.
    pub(crate) fn give_waiters_to_their_wakers(&self) -> Vec<Waker> {
        struct Owner(Shared<Waiting>);
        impl Wake for Owner {
            fn wake(self: Arc<Self>) {
                drop(self.0.take());
            }
        }
        let owner = |waiter: &Shared<Waiting>| {
            let waker = Waker::from(Arc::new(Owner(waiter.clone())));
            let mut taken = waiter.take().unwrap();
            assert!(taken.poll_with(&waker).is_pending());
            waiter.put(taken);
            waker
        };
        self.waiters.iter().map(owner).collect()
    }

    /// Returns how many still wait.
    pub(crate) fn waiting(&self) -> usize {
        let waiters = self.waiters.iter();
        waiters.filter(|waiter| waiter.is_there()).count()
    }

    fn is_woken(&self, at: usize) -> Option<bool> {
        let waiter = self.waiters[at].0.lock().unwrap();
        let hooked = at == self.place && self.hooks.is_woken();
        waiter.as_ref().map(|waiter| waiter.is_woken() || hooked)
    }

    /// Checks that each message, or free slot, has woken a waiter, if there are so many.
    pub(crate) fn check_wakes(&self) {
        let Way::Of(kind) = self.way else {
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

    /// Offers until no waiter is left, and closes at last. Only waiters that are woken are polled.
    pub(crate) fn check_that_all_end(&self) {
        let mut offers = 4 * CAPACITY;
        while self.waiting() > 0 {
            let woken = (0..self.waiters.len()).find(|at| self.is_woken(*at) == Some(true));
            if let Some(at) = woken {
                self.poll_waiter(at, Waiting::poll_once);
            } else if offers > 0 && !self.weak_rx.stats().closed {
                offers -= 1;
                self.offer(1);
            } else {
                assert!(!self.weak_rx.stats().closed, "closed, and waiters sleep");
                let is_for_close = matches!(self.way, Way::Closed | Way::PollClosed);
                assert!(is_for_close, "waiters sleep beside what they wait for");
                self.close();
            }
        }
    }
}

//! A small model of `event_listener::Event`, for loom runs only.
//!
//! It keeps the parts of the contract that the gates rely on, and nothing else:
//!
//! * listeners are notified first in, first out;
//! * `notify(n)` makes sure that *at least* `n` listeners are notified, counting those that were
//!   notified before and have not looked yet;
//! * a notified listener that is dropped before it looked passes its notification on;
//! * the operations are totally ordered, and each happens-before the next (in the original by a lock).
//!
//! PLACEHOLDER

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
enum State {
    Waiting(Option<Waker>),
    Notified,
}

#[derive(Debug, Default)]
struct List {
    next_id: u64,
    entries: VecDeque<(u64, State)>,
}

impl List {
    fn notified(&self) -> usize {
        self.entries
            .iter()
            .filter(|(_, state)| matches!(state, State::Notified))
            .count()
    }

    /// Notifies, and leaves the waking to the caller.
    fn notify(&mut self, count: usize) -> Vec<Waker> {
        let missing = count.saturating_sub(self.notified());
        let waiting = self
            .entries
            .iter_mut()
            .filter(|(_, state)| matches!(state, State::Waiting(_)));
        let notified = waiting.take(missing).map(|(_, state)| {
            match std::mem::replace(state, State::Notified) {
                State::Waiting(waker) => waker,
                State::Notified => None,
            }
        });
        notified.flatten().collect()
    }

    fn position(&self, id: u64) -> usize {
        let position = self.entries.iter().position(|(entry, _)| *entry == id);
        position.expect("a listener is not polled after it was notified")
    }
}

/// The list, and the one loom object that orders accesses to it.
///
/// The mutex is never contended, because loom switches threads only at its own objects; so each
/// operation is a single step for the model, which keeps the number of interleavings down.
#[derive(Debug)]
struct Shared {
    order: AtomicUsize,
    list: Mutex<List>,
}

impl Shared {
    fn with<R>(&self, operation: impl FnOnce(&mut List) -> R) -> R {
        // ORDERING: AcqRel. What the original's lock does: every operation happens-before the next.
        self.order.fetch_add(1, Ordering::AcqRel);
        operation(&mut self.list.lock().unwrap())
    }
}

fn wake_all(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Event {
    shared: Arc<Shared>,
}

impl Event {
    pub(crate) fn new() -> Self {
        let list = Mutex::new(List::default());
        Self {
            shared: Arc::new(Shared {
                order: AtomicUsize::new(0),
                list,
            }),
        }
    }

    pub(crate) fn listen(&self) -> EventListener {
        let id = self.shared.with(|list| {
            list.next_id += 1;
            list.entries.push_back((list.next_id, State::Waiting(None)));
            list.next_id
        });
        EventListener {
            shared: Arc::clone(&self.shared),
            id: Some(id),
        }
    }

    pub(crate) fn notify(&self, count: usize) {
        wake_all(self.shared.with(|list| list.notify(count)));
    }

    pub(crate) fn notify_relaxed(&self, count: usize) {
        self.notify(count);
    }

    /// Whether a listener is notified and has not looked yet, or none is left to notify.
    pub(crate) fn is_notified(&self) -> bool {
        self.shared
            .with(|list| list.entries.is_empty() || list.notified() > 0)
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct EventListener {
    shared: Arc<Shared>,
    /// `None` once it has looked and left the list.
    id: Option<u64>,
}

impl Future for EventListener {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let id = self
            .id
            .expect("a listener is not polled after it was notified");
        let new = cx.waker().clone();
        // The old waker is dropped outside, for that is an operation of loom's.
        let (notified, _old) = self.shared.with(|list| {
            let at = list.position(id);
            match &mut list.entries[at].1 {
                State::Notified => {
                    list.entries.remove(at);
                    (true, Some(new))
                }
                State::Waiting(waker) => (false, waker.replace(new)),
            }
        });
        if notified {
            self.id = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl Drop for EventListener {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let (state, heirs) = self.shared.with(|list| {
            let at = list.position(id);
            let (_, state) = list.entries.remove(at).expect("as just found");
            let heirs = if matches!(state, State::Notified) {
                list.notify(1)
            } else {
                Vec::new()
            };
            (state, heirs)
        });
        drop(state);
        wake_all(heirs);
    }
}

macro_rules! listener {
    ($event:expr => $listener:ident) => {
        let mut $listener = std::pin::pin!($event.listen());
        #[allow(unused_mut)]
        let mut $listener = $listener.as_mut();
    };
}
pub(crate) use listener;

//! A small model of `event_listener::Event`, for loom runs only.
//!
//! It keeps the parts of the contract that the gates rely on, and nothing else:
//!
//! * listeners are notified first in, first out;
//! * `notify(n)` makes sure that *at least* `n` listeners are notified, counting those that were
//!   notified before and have not looked yet;
//! * a notified listener that is dropped before it looked passes its notification on;
//! * every operation is a critical section, and happens-before the next; `notify_relaxed` and
//!   `is_notified` look at a summary without the lock, as the original does.
//!
//! Why not the original, which has a loom build of its own: each of its operations takes loom's mutex, whose
//! steps add interleavings: up to a third more in models of two waiting tasks. And a failure here is one of the gates', not of the list's. The original is
//! still there to check this model against:
//! `RUSTFLAGS="--cfg loom --cfg real_event_listener" cargo test --release --test loom`
//! runs it. All models pass with it, and raised no violation of the original's own.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use loom::sync::atomic::Ordering;

use super::model_atomic::{AtomicUsize, together};

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

    /// What the lock-free readers see: how many are notified, or that all are (if there are any).
    fn summary(&self) -> usize {
        match self.notified() {
            notified if notified < self.entries.len() => notified,
            _ => usize::MAX,
        }
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

/// The list, its lock, and what can be seen of it without the lock.
#[derive(Debug)]
struct Shared {
    /// Counts the critical sections. For loom, one increment *is* the critical section.
    lock: AtomicUsize,
    /// [`List::summary`] of the last critical section.
    summary: AtomicUsize,
    /// Never contended: no thread of the model is suspended while it holds this.
    list: Mutex<List>,
}

impl Shared {
    /// A critical section.
    fn with<R>(&self, operation: impl FnOnce(&mut List) -> R) -> R {
        // ORDERING: AcqRel. What a lock does: every critical section happens-before the next.
        self.lock.fetch_add(1, Ordering::AcqRel);
        let mut list = self.list.lock().unwrap();
        let before = list.summary();
        let result = operation(&mut list);
        let after = list.summary();
        drop(list);
        if before != after {
            // No switch to another thread here: this belongs to the step above.
            // ORDERING: Release. Pairs with the loads in `notify_relaxed` and `is_notified`.
            together(|| {
                self.summary.store(after, Ordering::Release);
                self.lock.fetch_add(1, Ordering::Release);
            });
        }
        result
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
        Self {
            shared: Arc::new(Shared {
                lock: AtomicUsize::new(0),
                summary: AtomicUsize::new(usize::MAX),
                list: Mutex::new(List::default()),
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
        // ORDERING: Acquire. Pairs with the Release in `with`.
        if self.shared.summary.load(Ordering::Acquire) < count {
            self.notify(count);
        }
    }

    /// Whether a listener is notified and has not looked yet, or none is left to notify.
    pub(crate) fn is_notified(&self) -> bool {
        // ORDERING: Acquire. Pairs with the Release in `with`.
        self.shared.summary.load(Ordering::Acquire) > 0
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
        // The old waker is dropped outside, for that may be a step of the model.
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

#[cfg_attr(real_event_listener, allow(unused_macros))]
macro_rules! listener {
    ($event:expr => $listener:ident) => {
        let mut $listener = std::pin::pin!($event.listen());
        #[allow(unused_mut)]
        let mut $listener = $listener.as_mut();
    };
}
pub(crate) use listener;

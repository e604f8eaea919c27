//! Watchers: wakers that are all woken by every notification and owe nothing for it.
//!
//! For what cannot be trusted to look again after it was woken (a `Stream` or `Sink` that is polled in one
//! branch of a `select!`), and for what concerns everybody who waits for it (closing). Each watcher
//! has a place on the list which it keeps from its first wait to its end, so waiting allocates only
//! when the list grows.
//!
//! Wakers are cloned, called and dropped outside the list's lock: a waker may come back to the same list.

use alloc::vec::Vec;
use core::task::{Context, Poll, Waker};

use crate::sync::{AtomicUsize, Lock, Ordering};
use crate::unwind::exhaust;

/// A place on the list.
#[derive(Debug)]
enum Place {
    /// Belongs to nobody.
    Free,
    /// Its watcher is not waiting, or has been woken.
    Idle,
    Waiting(Waker),
}

#[derive(Debug, Default)]
struct List {
    places: Vec<Place>,
    free: Vec<usize>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Watchers {
    list: Lock<List>,
    /// The number of places that are waiting. Changed under the lock.
    waiting: AtomicUsize,
}

/// One watcher's claim to a place. Must be given back to its list with [`Watchers::leave`].
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    place: Option<usize>,
    /// Its place may hold a waker.
    waiting: bool,
}

impl Watchers {
    pub(crate) fn new() -> Self {
        Self {
            list: Lock::new(List::default()),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Has `waker` woken by the next notification, in place of the waker given before.
    ///
    /// What was waited for must be looked at once more after this: a notification may have come before.
    pub(crate) fn wait(&self, watcher: &mut Watcher, waker: &Waker) {
        let waker = waker.clone();
        let before = self.list.with(|list| {
            let place = *watcher.place.get_or_insert_with(|| {
                list.free.pop().unwrap_or_else(|| {
                    list.places.push(Place::Free);
                    list.places.len() - 1
                })
            });
            self.replace(list, place, Place::Waiting(waker))
        });
        watcher.waiting = true;
        drop(before);
    }

    /// Takes the waker back, if it was not woken.
    #[inline]
    pub(crate) fn stop_waiting(&self, watcher: &mut Watcher) {
        if watcher.waiting {
            self.forget_waker(watcher);
        }
    }

    #[cold]
    fn forget_waker(&self, watcher: &mut Watcher) {
        watcher.waiting = false;
        if let Some(place) = watcher.place {
            drop(
                self.list
                    .with(|list| self.replace(list, place, Place::Idle)),
            );
        }
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, watcher: &mut Watcher) {
        watcher.waiting = false;
        if let Some(place) = watcher.place.take() {
            drop(self.list.with(|list| {
                list.free.push(place);
                self.replace(list, place, Place::Free)
            }));
        }
    }

    /// Wakes all who are waiting. The caller has changed what they wait for.
    pub(crate) fn notify(&self) {
        let mut next = 0;
        exhaust(|| match self.take_waker(&mut next) {
            Some(waker) => {
                waker.wake();
                true
            }
            None => false,
        });
    }

    /// As [`notify`](Self::notify), where every watcher has changed a word with a read-modify-write after
    /// it began to wait, and the caller has changed that word since.
    #[inline]
    pub(crate) fn notify_armed(&self) {
        // ORDERING: Relaxed. Ordered by [arm] and [claim] on that word: who waits has counted itself before.
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.notify();
        }
    }

    /// Whether anybody is waiting; for figures.
    pub(crate) fn waiting(&self) -> usize {
        // ORDERING: Relaxed. A figure for people, of some moment during the call.
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits until `holds`; for what is announced by [`notify`](Self::notify).
    pub(crate) async fn until(&self, holds: impl Fn() -> bool) {
        /// Leaves the list when the future is dropped.
        struct Stay<'a>(&'a Watchers, Watcher);
        impl Drop for Stay<'_> {
            fn drop(&mut self) {
                self.0.leave(&mut self.1);
            }
        }
        let mut stay = Stay(self, Watcher::default());
        core::future::poll_fn(|cx| self.poll_until(&mut stay.1, cx, &holds)).await;
    }

    /// [`until`](Self::until) for a watcher that is kept elsewhere.
    pub(crate) fn poll_until(
        &self,
        watcher: &mut Watcher,
        cx: &mut Context<'_>,
        holds: impl Fn() -> bool,
    ) -> Poll<()> {
        if !holds() {
            self.wait(watcher, cx.waker());
            // The lock orders us with `notify`: either it finds us on the list, or we find what it announces.
            if !holds() {
                return Poll::Pending;
            }
        }
        self.stop_waiting(watcher);
        Poll::Ready(())
    }

    /// Puts `new` into a place and hands out what was there, to be dropped outside the lock.
    fn replace(&self, list: &mut List, place: usize, new: Place) -> Place {
        let waits = matches!(new, Place::Waiting(_));
        let before = core::mem::replace(&mut list.places[place], new);
        let waited = matches!(before, Place::Waiting(_));
        if waits != waited {
            // ORDERING: Relaxed. Under the lock; see `notify_armed` for who reads it without.
            let count = self.waiting.load(Ordering::Relaxed);
            let count = if waits { count + 1 } else { count - 1 };
            // ORDERING: Relaxed. As above.
            self.waiting.store(count, Ordering::Relaxed);
        }
        before
    }

    /// The first waker in a place from `next` on; moves `next` behind it.
    fn take_waker(&self, next: &mut usize) -> Option<Waker> {
        self.list.with(|list| {
            while *next < list.places.len() {
                let place = *next;
                *next += 1;
                if let Place::Waiting(_) = list.places[place] {
                    if let Place::Waiting(waker) = self.replace(list, place, Place::Idle) {
                        return Some(waker);
                    }
                }
            }
            None
        })
    }
}

//! Tasks that wait for something other than messages and slots: the end of the channel, the
//! reservation lock, or permits that can be counted.

use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::batch::call_wakers;
use super::list::{Choice, Kind, Link, List, QueueKind, Waiter, WaiterState};
use crate::sync::{Lock, OnceBox};

/// Waiters in the order in which they registered. A waiter must check its condition again after it
/// has registered. The lock orders that check against the notification. Until the first waiter
/// registers, no lock is allocated, and the pointer to it orders the two.
#[derive(Debug)]
pub(crate) struct WakerSet {
    members: OnceBox<Lock<Members>>,
}

#[derive(Debug)]
struct Members {
    list: List<1>,
    registrations: u64,
}

impl WakerSet {
    pub(crate) fn new() -> Self {
        Self {
            members: OnceBox::new(),
        }
    }

    fn with<R>(&self, access: impl FnOnce(&mut Members) -> R) -> R {
        let members = self.members.get_or_init(|| {
            Lock::new(Members {
                list: List::new(),
                registrations: 0,
            })
        });
        members.with(access)
    }

    /// Wakes all waiters that are registered.
    #[cold]
    pub(crate) fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// Wakes up to `count` waiters, the oldest first.
    #[cold]
    pub(crate) fn notify(&self, count: usize) {
        let Some(members) = self.members.get_after() else {
            return;
        };
        let mut left = count;
        let mut until = None;
        call_wakers(|batch| {
            members.with(|members| {
                let until = *until.get_or_insert(members.registrations);
                members.list.notify(batch, |entry| {
                    if left == 0 || entry.sequence > until {
                        return Choice::Stop;
                    }
                    left -= 1;
                    Choice::Notify
                })
            })
        });
    }

    /// Returns the number of waiters that have not been woken.
    pub(crate) fn waiting(&self) -> usize {
        match self.members.get_after() {
            Some(members) => members.with(|members| members.list.count(QueueKind::Exclusive)),
            None => 0,
        }
    }

    fn register(&self, waiter: Pin<&Waiter>, cx: &Context<'_>) {
        let link = Link::to(waiter);
        let waker = cx.waker().clone();
        let _previous = self.with(|members| {
            members.registrations += 1;
            let sequence = members.registrations;
            if members.list.state(link) != WaiterState::Waiting {
                members.list.push(QueueKind::Exclusive, link);
                members.list.entry(link, |entry| entry.sequence = sequence);
                members.list.set_state(link, WaiterState::Waiting);
            }
            members.list.entry(link, |entry| entry.waker.replace(waker))
        });
    }

    /// Ends a registration. Returns whether the waiter had been woken.
    #[cold]
    fn deregister(&self, waiter: Pin<&Waiter>) -> bool {
        let link = Link::to(waiter);
        let (was_woken, _waker) = self.with(|members| {
            let was_woken = members.list.state(link) == WaiterState::Notified;
            members.list.unlink(link);
            (was_woken, members.list.end_wait(link, WaiterState::Idle))
        });
        was_woken
    }

    /// Returns a future that waits until `check` returns `Some`. Each poll calls `check`. If the
    /// future is dropped after it was woken, it does not call `check` again and wakes the next
    /// waiter.
    pub(crate) fn until<R, F: FnMut() -> Option<R>>(&self, check: F) -> Until<'_, F> {
        self.until_as(Kind::Future, check)
    }

    /// Waits as [`until`](Self::until) does, for a task that uses up no wake: if the future is
    /// dropped after it was woken, it wakes no other waiter.
    pub(crate) fn observe<R, F: FnMut() -> Option<R>>(&self, check: F) -> Until<'_, F> {
        self.until_as(Kind::Observer, check)
    }

    fn until_as<F>(&self, kind: Kind, check: F) -> Until<'_, F> {
        Until {
            set: self,
            check,
            waiter: Waiter::new(kind),
        }
    }

    /// Polls until `holds` returns `true`, with a waiter that a handle stores.
    pub(crate) fn poll_until(
        &self,
        waiter: &mut Observer,
        cx: &mut Context<'_>,
        holds: impl Fn() -> bool,
    ) -> Poll<()> {
        let waiter = waiter
            .0
            .get_or_insert_with(|| Box::pin(Waiter::new(Kind::Handle)));
        self.poll_check(waiter.as_ref(), cx, || holds().then_some(()))
    }

    fn poll_check<R>(
        &self,
        waiter: Pin<&Waiter>,
        cx: &mut Context<'_>,
        mut check: impl FnMut() -> Option<R>,
    ) -> Poll<R> {
        let mut found = check();
        if found.is_none() {
            self.register(waiter, cx);
            found = check();
        }
        match found {
            None => Poll::Pending,
            Some(found) => {
                if waiter.state() != WaiterState::Idle {
                    self.deregister(waiter);
                }
                Poll::Ready(found)
            }
        }
    }

    /// Ends the registration of a handle. Returns whether there was one.
    pub(crate) fn deregister_observer(&self, waiter: &mut Observer) -> bool {
        let waiter = waiter.0.take();
        let waiter = waiter.filter(|waiter| waiter.state() != WaiterState::Idle);
        if let Some(waiter) = &waiter {
            self.deregister(waiter.as_ref());
        }
        waiter.is_some()
    }
}

/// A handle's registration with a [`WakerSet`]. Must be ended with
/// [`WakerSet::deregister_observer`].
#[derive(Debug, Default)]
pub(crate) struct Observer(Option<Pin<Box<Waiter>>>);

impl Observer {
    /// Returns whether the handle has waited since the registration was last ended.
    #[inline]
    pub(crate) fn is_used(&self) -> bool {
        self.0.is_some()
    }
}

pin_project! {
    /// The future that [`WakerSet::until`] returns.
    pub(crate) struct Until<'a, F> {
        set: &'a WakerSet,
        check: F,
        #[pin]
        waiter: Waiter,
    }

    impl<F> PinnedDrop for Until<'_, F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.as_ref();
            if waiter.state() != WaiterState::Idle
                && this.set.deregister(waiter)
                && waiter.kind() != Kind::Observer
            {
                this.set.notify(1);
            }
        }
    }
}

impl<R, F: FnMut() -> Option<R>> Future for Until<'_, F> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = self.project();
        this.set.poll_check(this.waiter.as_ref(), cx, this.check)
    }
}

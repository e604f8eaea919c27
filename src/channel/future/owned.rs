//! A future of a reservation that owns its sender.

use core::fmt;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Permits;
use crate::channel::{OwnedPermit, Sender, Shared};
use crate::error::SendError;
use crate::queue::{AttemptError, MpmcQueue, ReserveOperation, Reserving};
use crate::wait::{Attempt, Operation, Reservation};

pin_project! {
    /// The future of [`Sender::reserve_owned`](crate::Sender::reserve_owned).
    ///
    /// It borrows nothing: `'a` can be any lifetime that the message type outlives, `'static` for
    /// most types.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::Pin;
    /// use mpmc_std::future::ReserveOwned;
    /// use mpmc_std::{Sender, channel};
    ///
    /// /// Waits for capacity, between two polls of a task.
    /// struct Reserving {
    ///     future: Pin<Box<ReserveOwned<'static, u8>>>,
    /// }
    ///
    /// let (tx, rx) = channel(1);
    /// let mut reserving = Reserving { future: Box::pin(tx.reserve_owned()) };
    /// let permit = futures::executor::block_on(&mut reserving.future).unwrap();
    /// let tx: Sender<u8> = permit.send(7);
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// # drop(tx);
    /// ```
    //
    // * **O1** `permits` refers to the channel that `sender` keeps alive. It is dropped before
    //   `sender` is dropped or moved: it comes first here, and `poll` drops it first.
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct ReserveOwned<'a, T> {
        // `None` after this future has returned `Ready`.
        #[pin]
        permits: Option<Permits<Unprotected<'a, T>>>,
        // `None` after this future has returned `Ready`.
        sender: Option<Sender<T>>,
    }
}

/// The operation of a [`ReserveOwned`]. A reference in an argument must stay valid until the
/// function returns, also when the argument itself is dropped before; a union keeps it from being
/// seen as one.
///
/// * **O2** It is always initialized.
struct Unprotected<'a, T>(MaybeUninit<ReserveOperation<'a, T>>);

impl<'a, T> Unprotected<'a, T> {
    fn get(&self) -> ReserveOperation<'a, T> {
        // SAFETY: O2, and O1: the channel is alive.
        unsafe { self.0.assume_init() }
    }
}

impl<T> Clone for Unprotected<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Unprotected<'_, T> {}

impl<'a, T> Operation for Unprotected<'a, T> {
    type Side = <ReserveOperation<'a, T> as Operation>::Side;
    type Output = Result<(), AttemptError>;

    fn side(&self) -> Self::Side {
        self.get().side()
    }

    fn attempt_at_once(&mut self) -> Option<Self::Output> {
        self.get().attempt_at_once()
    }

    fn may_succeed_at_once(&self) -> bool {
        self.get().may_succeed_at_once()
    }

    fn attempt(&mut self) -> Attempt<Self::Output> {
        self.get().attempt()
    }

    fn attempt_granted(
        &mut self,
        reservation: &mut Reservation<'_, Self::Side>,
    ) -> Attempt<Self::Output> {
        self.get().attempt_granted(reservation)
    }

    fn undo(&self, output: Self::Output) {
        self.get().undo(output);
    }

    fn fail(&mut self) -> Self::Output {
        self.get().fail()
    }
}

impl<'a, T> Reserving for Unprotected<'a, T> {
    type Message = T;

    fn queue(&self) -> &MpmcQueue<T> {
        self.get().queue
    }
}

impl<'a, T> ReserveOwned<'a, T> {
    pub(in crate::channel) fn new(sender: Sender<T>) -> Self {
        let shared: *const Shared<T> = ptr::from_ref(&*sender.shared);
        // SAFETY: O1. The channel does not move when `sender` moves, which only points to it.
        let shared: &'a Shared<T> = unsafe { &*shared };
        let operation = Unprotected(MaybeUninit::new(ReserveOperation {
            queue: &shared.queue,
        }));
        let permits = match sender.check_open(()) {
            Ok(()) => Permits::new(operation),
            Err(SendError(())) => Permits::closed(operation),
        };
        Self {
            permits: Some(permits),
            sender: Some(sender),
        }
    }
}

impl<T> Future for ReserveOwned<'_, T> {
    type Output = Result<OwnedPermit<T>, SendError<()>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(permits), true) = (this.permits.as_mut().as_pin_mut(), this.sender.is_some())
        else {
            panic!("future polled after completion");
        };
        let reserved = ready!(permits.poll(cx));
        // For O1, before the sender is moved or dropped.
        this.permits.set(None);
        let sender = this.sender.take();
        Poll::Ready(reserved.map(|()| OwnedPermit::new(sender)))
    }
}

impl<T> fmt::Debug for ReserveOwned<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReserveOwned").finish_non_exhaustive()
    }
}

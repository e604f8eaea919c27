//! The futures of the methods that wait.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::message::Weighed;
use super::{Permit, SendError, Sender};
use crate::channel::future as plain;
use crate::error;
use crate::wait::{Acquire, Units};

pin_project! {
    /// The future of [`Sender::send`] and [`Sender::send_with_weight`].
    #[must_use = "a message is sent only if the future is awaited"]
    pub struct Send<'a, T> {
        sender: &'a Sender<T>,
        weight: usize,
        #[pin]
        stage: SendStage<'a, T>,
    }
}

pin_project! {
    #[project = SendProjection]
    enum SendStage<'a, T> {
        // Not polled yet. The message is gone when the future has finished.
        First { message: Option<T> },
        // Waits for weight.
        Weighing { message: Option<T>, #[pin] acquire: Acquire<'a> },
        // Holds the weight, and waits for a slot.
        Sending { #[pin] send: plain::Send<'a, Weighed<T>> },
    }
}

impl<'a, T> Send<'a, T> {
    #[inline]
    pub(super) fn new(sender: &'a Sender<T>, message: T, weight: usize) -> Self {
        Self {
            sender,
            weight,
            stage: SendStage::First {
                message: Some(message),
            },
        }
    }
}

/// Takes the message of a future that has not finished.
#[track_caller]
fn take<T>(message: &mut Option<T>) -> T {
    match message.take() {
        Some(message) => message,
        None => panic!("future polled after completion"),
    }
}

impl<'a, T> Send<'a, T> {
    /// Starts to wait for a slot for a message that has its weight.
    #[inline]
    fn start_sending(self: Pin<&mut Self>, message: T, units: Units<'a>) {
        let mut this = self.project();
        // SAFETY: M1: the future borrows the sender.
        let message = unsafe { Weighed::new(message, units) };
        let send = this.sender.plain.send(message);
        this.stage.set(SendStage::Sending { send });
    }
}

impl<T> Future for Send<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut this = self.as_mut().project();
            match this.stage.as_mut().project() {
                SendProjection::First { message } => {
                    let message = take(message);
                    let semaphore = &*this.sender.semaphore;
                    if *this.weight > semaphore.total() {
                        return Poll::Ready(Err(SendError::TooHeavy(message)));
                    }
                    match semaphore.try_acquire(*this.weight) {
                        Some(units) => self.as_mut().start_sending(message, units),
                        None => this.stage.set(SendStage::Weighing {
                            message: Some(message),
                            acquire: semaphore.acquire(*this.weight),
                        }),
                    }
                }
                SendProjection::Weighing { message, acquire } => {
                    let units = ready!(acquire.poll(cx));
                    let message = take(message);
                    match units {
                        Ok(units) => self.as_mut().start_sending(message, units),
                        Err(_) => return Poll::Ready(Err(SendError::Closed(message))),
                    }
                }
                SendProjection::Sending { send } => {
                    let sent = ready!(send.poll(cx));
                    return Poll::Ready(sent.map_err(closed));
                }
            }
        }
    }
}

/// Gives back the weight of a message that was not sent.
pub(super) fn closed<T>(error: error::SendError<Weighed<T>>) -> SendError<T> {
    SendError::Closed(error.0.into_value())
}

pin_project! {
    /// The future of [`Sender::reserve`].
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct Reserve<'a, T> {
        sender: &'a Sender<T>,
        weight: usize,
        #[pin]
        stage: ReserveStage<'a, T>,
    }
}

pin_project! {
    #[project = ReserveProjection]
    enum ReserveStage<'a, T> {
        // Waits for weight.
        Weighing { #[pin] acquire: Acquire<'a> },
        // Holds the weight, and waits for a slot. The weight is gone when the future has finished.
        Reserving { units: Option<Units<'a>>, #[pin] reserve: plain::Reserve<'a, Weighed<T>> },
    }
}

impl<'a, T> Reserve<'a, T> {
    pub(super) fn new(sender: &'a Sender<T>, weight: usize) -> Self {
        Self {
            sender,
            weight,
            stage: ReserveStage::Weighing {
                acquire: sender.semaphore.acquire(weight),
            },
        }
    }
}

impl<'a, T> Future for Reserve<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut this = self.as_mut().project();
            match this.stage.as_mut().project() {
                ReserveProjection::Weighing { acquire } => {
                    if *this.weight > this.sender.semaphore.total() {
                        return Poll::Ready(Err(SendError::TooHeavy(())));
                    }
                    let Ok(units) = ready!(acquire.poll(cx)) else {
                        return Poll::Ready(Err(SendError::Closed(())));
                    };
                    this.stage.set(ReserveStage::Reserving {
                        units: Some(units),
                        reserve: this.sender.plain.reserve(),
                    });
                }
                ReserveProjection::Reserving { units, reserve } => {
                    let reserved = ready!(reserve.poll(cx));
                    let units = take(units);
                    return Poll::Ready(match reserved {
                        Ok(slot) => Ok(Permit::new(slot, units)),
                        Err(_) => Err(SendError::Closed(())),
                    });
                }
            }
        }
    }
}

pin_project! {
    /// The future of [`Receiver::recv`](super::Receiver::recv).
    #[must_use = "futures do nothing unless they are awaited or polled"]
    pub struct Recv<'a, T> {
        #[pin]
        recv: plain::Recv<'a, Weighed<T>>,
    }
}

impl<'a, T> Recv<'a, T> {
    #[inline]
    pub(super) fn new(recv: plain::Recv<'a, Weighed<T>>) -> Self {
        Self { recv }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let message = ready!(self.project().recv.poll(cx));
        Poll::Ready(message.map(Weighed::into_value))
    }
}

impl<T> fmt::Debug for Send<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Send")
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Reserve<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve")
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}

//! The operations of senders and permits.

use std::pin::Pin;
use std::task::Poll;

use futures::Sink;
use mpmc_std::error::TrySendError;

use crate::model::reference::ClaimError;
use crate::model::work::{StartedFuture, Work};
use crate::model::world::{Handle, Stage, World, pick};
use crate::model::{Message, numbers};

/// Converts the result of `sent` to that of the reference.
fn with_claim_error<R, V>(sent: &Result<R, TrySendError<V>>) -> Result<(), ClaimError> {
    match sent {
        Ok(_) => Ok(()),
        Err(TrySendError::Full(_)) => Err(ClaimError::WouldBlock),
        Err(TrySendError::Closed(_)) => Err(ClaimError::Closed),
    }
}

impl World {
    /// Returns the index of a sender that was not closed as a sink.
    fn open_sender(&self, which: usize) -> Option<usize> {
        let at = pick(&self.senders, which)?;
        (self.senders[at].stage != Stage::Closed).then_some(at)
    }

    fn message(&mut self) -> (Message, u32) {
        let message = self.messages(1).remove(0);
        let number = message.number;
        (message, number)
    }

    pub(crate) fn try_send(&mut self, which: usize) -> Option<()> {
        let at = self.open_sender(which)?;
        let (message, number) = self.message();
        let sent = self.senders[at].handle.try_send(message);
        assert_eq!(with_claim_error(&sent), self.reference.send(number));
        let back = sent.err().map(|error| error.into_inner().number);
        assert!(back.is_none_or(|back| back == number));
        Some(())
    }

    pub(crate) fn try_send_many(&mut self, which: usize, count: usize) -> Option<()> {
        let at = self.open_sender(which)?;
        let messages = self.messages(count);
        let mut left = numbers(&messages);
        let mut expected = Ok(());
        while expected.is_ok() && !left.is_empty() {
            expected = self.reference.send(left[0]);
            if expected.is_ok() {
                left.remove(0);
            }
        }
        let sent = self.senders[at].handle.try_send_many(messages);
        assert_eq!(with_claim_error(&sent), expected);
        match sent {
            Ok(all) => assert_eq!(all, count),
            Err(error) => {
                let unsent = error.into_inner();
                assert_eq!(unsent.sent(), count - left.len());
                assert_eq!(numbers(&unsent.collect::<Vec<_>>()), left);
            }
        }
        Some(())
    }

    pub(crate) fn force_send(&mut self, which: usize) -> Option<()> {
        let at = self.open_sender(which)?;
        let (message, number) = self.message();
        let sent = self.senders[at].handle.force_send(message);
        let expected = self.reference.force_send(number);
        assert_eq!(with_claim_error(&sent), expected.map(|_| ()));
        match sent {
            Ok(evicted) => assert_eq!(Ok(evicted.map(|message| message.number)), expected),
            Err(error) => assert_eq!(error.into_inner().number, number),
        }
        Some(())
    }

    /// Creates a future with `count` messages, whose numbers `work` gets, and polls it once.
    pub(crate) fn begin_sending(
        &mut self,
        which: usize,
        count: usize,
        work: impl FnOnce(Vec<u32>) -> Work,
    ) -> Option<()> {
        let at = self.open_sender(which)?;
        let messages = self.messages(count);
        let work = work(numbers(&messages));
        let tx = self.senders[at].handle.clone();
        self.reference.senders += 1;
        self.futures
            .push(StartedFuture::sending(work, tx, messages));
        self.poll_future(self.futures.len() - 1)
    }

    pub(crate) fn try_reserve(&mut self, which: usize) -> Option<()> {
        let at = self.open_sender(which)?;
        let permit = self.senders[at].handle.clone().try_reserve_owned();
        assert_eq!(with_claim_error(&permit), self.reference.reserve_exactly(1));
        if let Ok(permit) = permit {
            self.reference.senders += 1;
            self.permits.push(permit);
        }
        Some(())
    }

    pub(crate) fn try_reserve_many(
        &mut self,
        which: usize,
        count: usize,
        used: usize,
    ) -> Option<()> {
        let at = self.open_sender(which)?;
        let messages = self.messages(used.min(count));
        let permits = self.senders[at].handle.try_reserve_many(count);
        assert_eq!(
            with_claim_error(&permits),
            self.reference.reserve_exactly(count)
        );
        let mut permits = permits.ok()?;
        assert_eq!(permits.len(), count);
        for message in messages {
            self.reference.send_reserved(message.number);
            permits.next().expect("there are enough").send(message);
        }
        self.reference.permits -= permits.len();
        Some(())
    }

    pub(crate) fn send_on_permit(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.permits, which)?;
        let (message, number) = self.message();
        let tx = self.permits.remove(at).send(message);
        self.reference.send_reserved(number);
        self.senders.push(Handle::new(tx));
        Some(())
    }

    pub(crate) fn release_permit(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.permits, which)?;
        let tx = self.permits.remove(at).release();
        self.reference.permits -= 1;
        self.senders.push(Handle::new(tx));
        Some(())
    }

    pub(crate) fn drop_permit(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.permits, which)?;
        drop(self.permits.remove(at));
        self.reference.permits -= 1;
        self.reference.remove_sender();
        Some(())
    }

    pub(crate) fn poll_ready(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.senders, which)?;
        let sender = &mut self.senders[at];
        let expected = match sender.stage {
            Stage::Ready => Poll::Ready(Ok(())),
            Stage::Closed => Poll::Ready(Err(())),
            Stage::Idle => match self.reference.reserve(1) {
                Ok(_) => {
                    sender.stage = Stage::Ready;
                    Poll::Ready(Ok(()))
                }
                Err(ClaimError::WouldBlock) => Poll::Pending,
                Err(ClaimError::Closed) => Poll::Ready(Err(())),
            },
        };
        let tx = &mut sender.handle;
        let polled = sender
            .task
            .poll_until_parked(|cx| Pin::new(&mut *tx).poll_ready(cx));
        assert_eq!(polled.map_err(|error| assert!(error.0.is_none())), expected);
        sender.losses += usize::from(sender.waits && expected.is_pending());
        sender.waits = expected.is_pending();
        Some(())
    }

    pub(crate) fn start_send(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.senders, which)?;
        let (message, number) = self.message();
        let sender = &mut self.senders[at];
        let expected = match sender.stage {
            // This would panic; `tests/suite/panics.rs` tests that.
            Stage::Idle => return None,
            Stage::Closed => Err(number),
            Stage::Ready => {
                sender.stage = Stage::Idle;
                self.reference.send_reserved(number);
                let disconnected = self.reference.receivers == 0;
                if disconnected { Err(number) } else { Ok(()) }
            }
        };
        let sent = Pin::new(&mut sender.handle).start_send(message);
        let back = sent.map_err(|error| error.0.expect("the message").number);
        assert_eq!(back, expected);
        Some(())
    }

    pub(crate) fn close_sink(&mut self, which: usize) -> Option<()> {
        let at = self.open_sender(which)?;
        let sender = &mut self.senders[at];
        let tx = &mut sender.handle;
        let closed = sender
            .task
            .poll_until_parked(|cx| Pin::new(&mut *tx).poll_close(cx));
        assert!(closed.is_ready());
        sender.waits = false;
        self.count_sender_out(at);
        self.senders[at].stage = Stage::Closed;
        Some(())
    }

    /// Removes the sender `at` from the reference.
    pub(crate) fn count_sender_out(&mut self, at: usize) {
        let stage = self.senders[at].stage;
        if stage == Stage::Ready {
            self.reference.permits -= 1;
        }
        if stage != Stage::Closed {
            self.reference.remove_sender();
        }
    }
}

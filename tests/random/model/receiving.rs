//! The operations of receivers, of futures and of handles.

use std::task::Poll;

use mpmc_std::error::TryRecvError;

use crate::model::numbers;
use crate::model::reference::ClaimError;
use crate::model::work::StartedFuture;
use crate::model::world::{Handle, Stage, World, pick};

/// Converts the error of `received` to that of the reference.
fn with_claim_error<R>(received: Result<R, TryRecvError>) -> Result<R, ClaimError> {
    received.map_err(|error| match error {
        TryRecvError::Empty => ClaimError::WouldBlock,
        TryRecvError::Disconnected => ClaimError::Closed,
    })
}

impl World {
    pub(crate) fn try_recv(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let received = with_claim_error(self.receivers[at].handle.try_recv());
        let received = received.map(|message| vec![message.number]);
        assert_eq!(received, self.reference.receive(1));
        Some(())
    }

    pub(crate) fn try_recv_many(&mut self, which: usize, limit: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let mut messages = Vec::new();
        let rx = &self.receivers[at].handle;
        let received = with_claim_error(rx.try_recv_many(&mut messages, limit));
        let expected = match limit {
            0 => Ok(vec![]),
            _ => self.reference.receive(limit),
        };
        assert_eq!(received, expected.as_ref().map(Vec::len).map_err(|e| *e));
        assert_eq!(numbers(&messages), expected.unwrap_or_default());
        Some(())
    }

    pub(crate) fn drain(&mut self, which: usize, limit: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let drained: Vec<_> = self.receivers[at].handle.drain().take(limit).collect();
        let expected = self.reference.receive(limit).unwrap_or_default();
        assert_eq!(numbers(&drained), expected);
        Some(())
    }

    /// Creates a future and polls it once.
    pub(crate) fn begin_receiving(&mut self, which: usize, limit: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let rx = self.receivers[at].handle.clone();
        self.reference.receivers += 1;
        self.futures
            .push(StartedFuture::receiving(limit.max(1), rx));
        self.poll_future(self.futures.len() - 1)
    }

    pub(crate) fn poll_future(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.futures, which)?;
        let outcome = self.futures[at].poll(&mut self.reference)?;
        let future = self.futures.remove(at);
        match outcome.permit {
            // The permit owns the handle now.
            Some(permit) => self.permits.push(permit),
            None => self.count_future_out(future),
        }
        Some(())
    }

    pub(crate) fn drop_future(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.futures, which)?;
        let future = self.futures.remove(at);
        self.count_future_out(future);
        Some(())
    }

    fn count_future_out(&mut self, future: StartedFuture) {
        if future.end(&mut self.reference) {
            self.reference.remove_receiver();
        } else {
            self.reference.remove_sender();
        }
    }

    pub(crate) fn poll_recv(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let receiver = &mut self.receivers[at];
        let expected = match self.reference.receive(1) {
            Ok(mut message) => Poll::Ready(message.pop()),
            Err(ClaimError::WouldBlock) => Poll::Pending,
            Err(ClaimError::Closed) => Poll::Ready(None),
        };
        let rx = &mut receiver.handle;
        let polled = receiver.task.poll_until_parked(|cx| rx.poll_recv(cx));
        assert_eq!(polled.map(|message| message.map(|m| m.number)), expected);
        receiver.losses += usize::from(receiver.waits && expected.is_pending());
        receiver.waits = expected.is_pending();
        Some(())
    }

    pub(crate) fn close(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        self.receivers[at].handle.close();
        self.reference.closed = true;
        Some(())
    }

    pub(crate) fn clone_sender(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.senders, which)?;
        let mut clone = Handle::new(self.senders[at].handle.clone());
        // A clone of a closed sender is closed. It holds no permit.
        if self.senders[at].stage == Stage::Closed {
            clone.stage = Stage::Closed;
        } else {
            self.reference.senders += 1;
        }
        self.senders.push(clone);
        Some(())
    }

    pub(crate) fn drop_sender(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.senders, which)?;
        self.count_sender_out(at);
        drop(self.senders.remove(at));
        Some(())
    }

    pub(crate) fn clone_receiver(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let clone = self.receivers[at].handle.clone();
        self.receivers.push(Handle::new(clone));
        self.reference.receivers += 1;
        Some(())
    }

    pub(crate) fn drop_receiver(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        drop(self.receivers.remove(at));
        self.reference.remove_receiver();
        Some(())
    }

    pub(crate) fn downgrade_sender(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.senders, which)?;
        self.weak_senders.push(self.senders[at].handle.downgrade());
        Some(())
    }

    pub(crate) fn downgrade_receiver(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.receivers, which)?;
        let weak = self.receivers[at].handle.downgrade();
        self.weak_receivers.push(weak);
        Some(())
    }

    pub(crate) fn upgrade_sender(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.weak_senders, which)?;
        let upgraded = self.weak_senders[at].upgrade();
        assert_eq!(upgraded.is_some(), self.reference.senders > 0);
        self.senders.push(Handle::new(upgraded?));
        self.reference.senders += 1;
        Some(())
    }

    pub(crate) fn upgrade_receiver(&mut self, which: usize) -> Option<()> {
        let at = pick(&self.weak_receivers, which)?;
        let upgraded = self.weak_receivers[at].upgrade();
        assert_eq!(upgraded.is_some(), self.reference.receivers > 0);
        self.receivers.push(Handle::new(upgraded?));
        self.reference.receivers += 1;
        Some(())
    }

    pub(crate) fn drop_weak(&mut self, which: usize) -> Option<()> {
        if let Some(at) = pick(&self.weak_senders, which) {
            self.weak_senders.remove(at);
        }
        let at = pick(&self.weak_receivers, which)?;
        self.weak_receivers.remove(at);
        Some(())
    }
}

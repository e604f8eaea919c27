use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::Sink;
use futures::future::poll_fn;
use mpmc_std::error::{SendError, SendTimeoutError, TrySendError};
use mpmc_std::{PermitIterator, Sender, WeakReceiver};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::{Flow, LIMIT};
use crate::block_on::{block_on, block_on_for_a_while};
use crate::ledger::{Ledger, Message, Observer};

/// The operations of a sending thread.
pub(crate) struct Sending {
    pub(crate) tx: Sender<Message>,
    pub(crate) name: usize,
    /// Whether the channel stays open until its messages are received.
    pub(crate) awaited: bool,
    pub(crate) ledger: Arc<Ledger>,
    /// Records the messages that it evicts.
    pub(crate) observer: Observer,
    /// Handles that were polled once and are not polled again.
    pub(crate) abandoned: Vec<Sender<Message>>,
    /// Closes the channel if it evicts the last awaited message.
    pub(crate) rx: WeakReceiver<Message>,
}

impl Sending {
    fn message(&self) -> Message {
        self.ledger.message(self.name, self.awaited)
    }

    fn sent(&self, id: usize) -> Flow {
        self.ledger.sent(id);
        Flow::Continue
    }

    /// Records that the message `id` was returned.
    fn returned(&self, id: usize, message: Message) {
        assert_eq!(id, message.id, "a different message was returned");
        self.ledger.unsent(id);
    }

    pub(crate) fn send(&mut self) -> Flow {
        let message = self.message();
        let id = message.id;
        match block_on(self.tx.send(message)) {
            Ok(()) => self.sent(id),
            Err(SendError(back)) => {
                self.returned(id, back);
                Flow::Stop
            }
        }
    }

    pub(crate) fn send_or_cancel(&mut self) -> Flow {
        let message = self.message();
        let id = message.id;
        match block_on_for_a_while(self.tx.send(message)) {
            Some(Ok(())) => self.sent(id),
            Some(Err(SendError(back))) => {
                self.returned(id, back);
                Flow::Stop
            }
            None => {
                self.ledger.unsent(id);
                Flow::Continue
            }
        }
    }

    pub(crate) fn blocking_send(&mut self) -> Flow {
        let message = self.message();
        let id = message.id;
        match self.tx.blocking_send(message) {
            Ok(()) => self.sent(id),
            Err(SendError(back)) => {
                self.returned(id, back);
                Flow::Stop
            }
        }
    }

    pub(crate) fn blocking_send_timeout(&mut self) -> Flow {
        let message = self.message();
        let id = message.id;
        match self.tx.blocking_send_timeout(message, LIMIT) {
            Ok(()) => self.sent(id),
            Err(SendTimeoutError::Timeout(back)) => {
                self.returned(id, back);
                Flow::Continue
            }
            Err(SendTimeoutError::Closed(back)) => {
                self.returned(id, back);
                Flow::Stop
            }
        }
    }

    /// Makes one attempt. Returns an error if the message was not sent.
    fn attempt(&mut self) -> Result<(), Flow> {
        let message = self.message();
        let id = message.id;
        match self.tx.try_send(message) {
            Ok(()) => {
                self.ledger.sent(id);
                Ok(())
            }
            Err(TrySendError::Full(back)) => {
                self.returned(id, back);
                Err(Flow::Continue)
            }
            Err(TrySendError::Closed(back)) => {
                self.returned(id, back);
                Err(Flow::Stop)
            }
        }
    }

    pub(crate) fn try_send(&mut self) -> Flow {
        self.attempt().err().unwrap_or(Flow::Continue)
    }

    /// Makes attempts until the message is sent or the channel is closed.
    pub(crate) fn try_send_until_sent(&mut self) -> Flow {
        loop {
            match self.attempt() {
                Ok(()) => return Flow::Continue,
                Err(Flow::Stop) => return Flow::Stop,
                Err(Flow::Continue) => thread::yield_now(),
            }
        }
    }

    pub(crate) fn send_reserved(&mut self) -> Flow {
        let Ok(permit) = block_on(self.tx.reserve()) else {
            return Flow::Stop;
        };
        self.ledger.permits_reserved(1);
        self.ledger.permits_released(1);
        let message = self.message();
        let id = message.id;
        permit.send(message);
        self.ledger.accepted(id);
        Flow::Continue
    }

    /// Reserves a permit and releases it, or cancels the call.
    pub(crate) fn reserve_and_release(&mut self) -> Flow {
        match block_on_for_a_while(self.tx.reserve()) {
            Some(Ok(permit)) => {
                self.ledger.permits_reserved(1);
                thread::yield_now();
                self.ledger.permits_released(1);
                drop(permit);
                Flow::Continue
            }
            Some(Err(SendError(()))) => Flow::Stop,
            None => Flow::Continue,
        }
    }

    /// Reserves two permits and uses a random number of them, or cancels the call.
    pub(crate) fn reserve_two(&mut self) -> Flow {
        self.use_permits(block_on_for_a_while(self.tx.reserve_many(2)))
    }

    /// Like [`reserve_two`](Self::reserve_two), but does not cancel the call.
    pub(crate) fn wait_for_two(&mut self) -> Flow {
        self.use_permits(Some(block_on(self.tx.reserve_many(2))))
    }

    /// Calls [`wait_for_two`](Self::wait_for_two) if the capacity is at least two, otherwise
    /// `send`.
    pub(crate) fn wait_for_two_or_send(&mut self) -> Flow {
        if self.tx.max_capacity() < 2 {
            self.send()
        } else {
            self.wait_for_two()
        }
    }

    fn use_permits(
        &self,
        reserved: Option<Result<PermitIterator<'_, Message>, SendError<()>>>,
    ) -> Flow {
        let mut permits = match reserved {
            None => return Flow::Continue,
            Some(Err(SendError(()))) => {
                let fits = self.tx.max_capacity() >= 2;
                return if fits { Flow::Stop } else { Flow::Continue };
            }
            Some(Ok(permits)) => permits,
        };
        self.ledger.permits_reserved(2);
        let used = thread_rng().gen_range(0..=2);
        for permit in permits.by_ref().take(used) {
            self.ledger.permits_released(1);
            let message = self.message();
            let id = message.id;
            permit.send(message);
            self.ledger.accepted(id);
        }
        self.ledger.permits_released(2 - used);
        drop(permits);
        Flow::Continue
    }

    pub(crate) fn send_owned(&mut self) -> Flow {
        let Ok(permit) = block_on(self.tx.clone().reserve_owned()) else {
            return Flow::Stop;
        };
        let message = self.message();
        let id = message.id;
        drop(permit.send(message));
        self.ledger.accepted(id);
        Flow::Continue
    }

    /// Reserves an owned permit and releases it, or cancels the call.
    pub(crate) fn reserve_owned_and_release(&mut self) -> Flow {
        match block_on_for_a_while(self.tx.clone().reserve_owned()) {
            Some(Ok(permit)) => {
                thread::yield_now();
                drop(permit);
                Flow::Continue
            }
            Some(Err(SendError(()))) => Flow::Stop,
            None => Flow::Continue,
        }
    }

    pub(crate) fn try_reserve(&mut self) -> Flow {
        match self.tx.try_reserve() {
            Ok(permit) => {
                self.ledger.permits_reserved(1);
                thread::yield_now();
                self.ledger.permits_released(1);
                drop(permit);
                Flow::Continue
            }
            Err(TrySendError::Full(())) => Flow::Continue,
            Err(TrySendError::Closed(())) => Flow::Stop,
        }
    }

    pub(crate) fn send_many(&mut self, count: usize) -> Flow {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let (rest, flow) = match block_on(self.tx.send_many(messages)) {
            Ok(sent) => {
                assert_eq!(sent, count);
                (Vec::new(), Flow::Continue)
            }
            Err(SendError(unsent)) => (unsent.collect(), Flow::Stop),
        };
        self.settle_batch(&ids, rest);
        flow
    }

    pub(crate) fn send_many_or_cancel(&mut self, count: usize) -> Flow {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let mut messages = messages.into_iter();
        let (rest, flow) = match block_on_for_a_while(self.tx.send_many(&mut messages)) {
            Some(Ok(sent)) => {
                assert_eq!(sent, count);
                (Vec::new(), Flow::Continue)
            }
            Some(Err(SendError(unsent))) => (unsent.collect(), Flow::Stop),
            None => (messages.collect(), Flow::Continue),
        };
        self.settle_batch(&ids, rest);
        flow
    }

    pub(crate) fn try_send_many(&mut self, count: usize) -> Flow {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let (rest, flow) = match self.tx.try_send_many(messages) {
            Ok(sent) => {
                assert_eq!(sent, count);
                (Vec::new(), Flow::Continue)
            }
            Err(TrySendError::Full(unsent)) => (unsent.collect(), Flow::Continue),
            Err(TrySendError::Closed(unsent)) => (unsent.collect(), Flow::Stop),
        };
        self.settle_batch(&ids, rest);
        flow
    }

    /// Records the outcome of a batch of which `rest` was not sent.
    fn settle_batch(&self, ids: &[usize], rest: Vec<Message>) {
        let (sent, unsent) = ids.split_at(ids.len() - rest.len());
        for &id in sent {
            self.ledger.accepted(id);
        }
        for (&id, message) in unsent.iter().zip(rest) {
            self.returned(id, message);
        }
    }

    pub(crate) fn force_send(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let message = self.message();
        let id = message.id;
        let (evicted, flow) = match self.tx.force_send(message) {
            Ok(evicted) => {
                self.ledger.accepted(id);
                (evicted, Flow::Continue)
            }
            Err(TrySendError::Full(back)) => {
                self.returned(id, back);
                (None, Flow::Continue)
            }
            Err(TrySendError::Closed(back)) => {
                self.returned(id, back);
                (None, Flow::Stop)
            }
        };
        if self.ledger.received(call, evicted, &mut self.observer) {
            if let Some(rx) = self.rx.upgrade() {
                rx.close();
            }
        }
        flow
    }

    pub(crate) fn force_send_and_yield(&mut self) -> Flow {
        let flow = self.force_send();
        thread::yield_now();
        flow
    }

    /// Sends through the `Sink` side.
    pub(crate) fn sink(&mut self) -> Flow {
        let reserved = block_on(poll_fn(|cx| self.tx.poll_reserve(cx)));
        self.start_send(Some(reserved))
    }

    /// Sends through the `Sink` side, or drops the handle after a while.
    pub(crate) fn sink_or_cancel(&mut self) -> Flow {
        let reserved = block_on_for_a_while(poll_fn(|cx| self.tx.poll_reserve(cx)));
        if reserved.is_none() {
            self.tx = self.tx.clone();
        }
        self.start_send(reserved)
    }

    /// Polls the `Sink` side of a handle once, with a waker that does nothing, and does not poll
    /// it again.
    pub(crate) fn sink_or_abandon(&mut self) -> Flow {
        let mut handle = self.tx.clone();
        let mut context = Context::from_waker(Waker::noop());
        match handle.poll_reserve(&mut context) {
            Poll::Ready(reserved) => {
                self.tx = handle;
                self.start_send(Some(reserved))
            }
            Poll::Pending => {
                self.abandoned.push(handle);
                Flow::Continue
            }
        }
    }

    fn start_send(&mut self, reserved: Option<Result<(), SendError<()>>>) -> Flow {
        match reserved {
            None => return Flow::Continue,
            Some(Err(SendError(()))) => return Flow::Stop,
            Some(Ok(())) => {}
        }
        let message = self.message();
        let id = message.id;
        match Pin::new(&mut self.tx).start_send(message) {
            Ok(()) => {
                self.ledger.accepted(id);
                Flow::Continue
            }
            Err(SendError(back)) => {
                let back = back.expect("`start_send` returns its message");
                self.returned(id, back);
                Flow::Stop
            }
        }
    }
}

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::Sink;
use futures::future::poll_fn;
use mpmc_std::error::{SendError, SendTimeoutError, TrySendError};
use mpmc_std::{PermitIterator, Sender, WeakReceiver};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use super::{Go, LIMIT};
use crate::block_on::{block_on, block_on_for_a_while};
use crate::ledger::{Ledger, Message, Observer};

/// Somebody who sends.
pub(crate) struct Sending {
    pub(crate) tx: Sender<Message>,
    pub(crate) name: usize,
    /// Whether its messages are awaited.
    pub(crate) awaited: bool,
    pub(crate) ledger: Arc<Ledger>,
    /// For messages that it evicts.
    pub(crate) observer: Observer,
    /// Handles that were polled once and are not polled again.
    pub(crate) abandoned: Vec<Sender<Message>>,
    /// To close the channel if it evicts the last message that is awaited.
    pub(crate) rx: WeakReceiver<Message>,
}

impl Sending {
    fn message(&self) -> Message {
        self.ledger.message(self.name, self.awaited)
    }

    fn sent(&self, id: usize) -> Go {
        self.ledger.sent(id);
        Go::On
    }

    /// The message `id` has come back.
    fn handed_back(&self, id: usize, message: Message) {
        assert_eq!(id, message.id, "somebody else's message came back");
        self.ledger.unsent(id);
    }

    pub(crate) fn send(&mut self) -> Go {
        let message = self.message();
        let id = message.id;
        match block_on(self.tx.send(message)) {
            Ok(()) => self.sent(id),
            Err(SendError(back)) => {
                self.handed_back(id, back);
                Go::Home
            }
        }
    }

    pub(crate) fn send_or_cancel(&mut self) -> Go {
        let message = self.message();
        let id = message.id;
        match block_on_for_a_while(self.tx.send(message)) {
            Some(Ok(())) => self.sent(id),
            Some(Err(SendError(back))) => {
                self.handed_back(id, back);
                Go::Home
            }
            None => {
                self.ledger.unsent(id);
                Go::On
            }
        }
    }

    pub(crate) fn blocking_send(&mut self) -> Go {
        let message = self.message();
        let id = message.id;
        match self.tx.blocking_send(message) {
            Ok(()) => self.sent(id),
            Err(SendError(back)) => {
                self.handed_back(id, back);
                Go::Home
            }
        }
    }

    pub(crate) fn blocking_send_timeout(&mut self) -> Go {
        let message = self.message();
        let id = message.id;
        match self.tx.blocking_send_timeout(message, LIMIT) {
            Ok(()) => self.sent(id),
            Err(SendTimeoutError::Timeout(back)) => {
                self.handed_back(id, back);
                Go::On
            }
            Err(SendTimeoutError::Closed(back)) => {
                self.handed_back(id, back);
                Go::Home
            }
        }
    }

    /// Tries once; whether that was enough.
    fn tried(&mut self) -> Result<(), Go> {
        let message = self.message();
        let id = message.id;
        match self.tx.try_send(message) {
            Ok(()) => {
                self.ledger.sent(id);
                Ok(())
            }
            Err(TrySendError::Full(back)) => {
                self.handed_back(id, back);
                Err(Go::On)
            }
            Err(TrySendError::Closed(back)) => {
                self.handed_back(id, back);
                Err(Go::Home)
            }
        }
    }

    pub(crate) fn try_send(&mut self) -> Go {
        self.tried().err().unwrap_or(Go::On)
    }

    /// Tries until it is sent.
    pub(crate) fn insist(&mut self) -> Go {
        loop {
            match self.tried() {
                Ok(()) => return Go::On,
                Err(Go::Home) => return Go::Home,
                Err(Go::On) => thread::yield_now(),
            }
        }
    }

    pub(crate) fn send_reserved(&mut self) -> Go {
        let Ok(permit) = block_on(self.tx.reserve()) else {
            return Go::Home;
        };
        self.ledger.permits_taken(1);
        self.ledger.permits_given_back(1);
        let message = self.message();
        let id = message.id;
        permit.send(message);
        self.ledger.accepted(id);
        Go::On
    }

    /// Takes a permit, or gives up, and gives it back.
    pub(crate) fn reserve_for_nothing(&mut self) -> Go {
        match block_on_for_a_while(self.tx.reserve()) {
            Some(Ok(permit)) => {
                self.ledger.permits_taken(1);
                thread::yield_now();
                self.ledger.permits_given_back(1);
                drop(permit);
                Go::On
            }
            Some(Err(SendError(()))) => Go::Home,
            None => Go::On,
        }
    }

    /// Takes two permits, or gives up, and uses a random number of them.
    pub(crate) fn reserve_two(&mut self) -> Go {
        self.use_permits(block_on_for_a_while(self.tx.reserve_many(2)))
    }

    /// As [`reserve_two`](Self::reserve_two), but does not give up.
    pub(crate) fn wait_for_two(&mut self) -> Go {
        self.use_permits(Some(block_on(self.tx.reserve_many(2))))
    }

    /// [`wait_for_two`](Self::wait_for_two) where that is possible.
    pub(crate) fn wait_for_two_or_send(&mut self) -> Go {
        if self.tx.max_capacity() < 2 {
            self.send()
        } else {
            self.wait_for_two()
        }
    }

    fn use_permits(
        &self,
        reserved: Option<Result<PermitIterator<'_, Message>, SendError<()>>>,
    ) -> Go {
        let mut permits = match reserved {
            None => return Go::On,
            Some(Err(SendError(()))) => {
                let fits = self.tx.max_capacity() >= 2;
                return if fits { Go::Home } else { Go::On };
            }
            Some(Ok(permits)) => permits,
        };
        self.ledger.permits_taken(2);
        let used = thread_rng().gen_range(0..=2);
        for permit in permits.by_ref().take(used) {
            self.ledger.permits_given_back(1);
            let message = self.message();
            let id = message.id;
            permit.send(message);
            self.ledger.accepted(id);
        }
        self.ledger.permits_given_back(2 - used);
        drop(permits);
        Go::On
    }

    pub(crate) fn send_owned(&mut self) -> Go {
        let Ok(permit) = block_on(self.tx.clone().reserve_owned()) else {
            return Go::Home;
        };
        let message = self.message();
        let id = message.id;
        drop(permit.send(message));
        self.ledger.accepted(id);
        Go::On
    }

    /// Takes an owned permit, or gives up, and gives it back.
    pub(crate) fn reserve_owned_for_nothing(&mut self) -> Go {
        match block_on_for_a_while(self.tx.clone().reserve_owned()) {
            Some(Ok(permit)) => {
                thread::yield_now();
                drop(permit);
                Go::On
            }
            Some(Err(SendError(()))) => Go::Home,
            None => Go::On,
        }
    }

    pub(crate) fn try_reserve(&mut self) -> Go {
        match self.tx.try_reserve() {
            Ok(permit) => {
                self.ledger.permits_taken(1);
                thread::yield_now();
                self.ledger.permits_given_back(1);
                drop(permit);
                Go::On
            }
            Err(TrySendError::Full(())) => Go::On,
            Err(TrySendError::Closed(())) => Go::Home,
        }
    }

    pub(crate) fn send_many(&mut self, count: usize) -> Go {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let (rest, go) = match block_on(self.tx.send_many(messages)) {
            Ok(sent) => {
                assert_eq!(sent, count);
                (Vec::new(), Go::On)
            }
            Err(SendError(unsent)) => (unsent.collect(), Go::Home),
        };
        self.settle_batch(&ids, rest);
        go
    }

    pub(crate) fn send_many_or_cancel(&mut self, count: usize) -> Go {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let mut messages = messages.into_iter();
        let (rest, go) = match block_on_for_a_while(self.tx.send_many(&mut messages)) {
            Some(Ok(sent)) => {
                assert_eq!(sent, count);
                (Vec::new(), Go::On)
            }
            Some(Err(SendError(unsent))) => (unsent.collect(), Go::Home),
            None => (messages.collect(), Go::On),
        };
        self.settle_batch(&ids, rest);
        go
    }

    pub(crate) fn try_send_many(&mut self, count: usize) -> Go {
        let messages: Vec<_> = (0..count).map(|_| self.message()).collect();
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let (rest, go) = match self.tx.try_send_many(messages) {
            Ok(sent) => {
                assert_eq!(sent, count);
                (Vec::new(), Go::On)
            }
            Err(TrySendError::Full(unsent)) => (unsent.collect(), Go::On),
            Err(TrySendError::Closed(unsent)) => (unsent.collect(), Go::Home),
        };
        self.settle_batch(&ids, rest);
        go
    }

    /// Of a batch, `rest` was not sent.
    fn settle_batch(&self, ids: &[usize], rest: Vec<Message>) {
        let (sent, unsent) = ids.split_at(ids.len() - rest.len());
        for &id in sent {
            self.ledger.accepted(id);
        }
        for (&id, message) in unsent.iter().zip(rest) {
            self.handed_back(id, message);
        }
    }

    pub(crate) fn force_send(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let message = self.message();
        let id = message.id;
        let (evicted, go) = match self.tx.force_send(message) {
            Ok(evicted) => {
                self.ledger.accepted(id);
                (evicted, Go::On)
            }
            Err(TrySendError::Full(back)) => {
                self.handed_back(id, back);
                (None, Go::On)
            }
            Err(TrySendError::Closed(back)) => {
                self.handed_back(id, back);
                (None, Go::Home)
            }
        };
        if self.ledger.received(call, evicted, &mut self.observer) {
            if let Some(rx) = self.rx.upgrade() {
                rx.close();
            }
        }
        go
    }

    pub(crate) fn force_send_and_yield(&mut self) -> Go {
        let go = self.force_send();
        thread::yield_now();
        go
    }

    /// Sends through the `Sink` side.
    pub(crate) fn sink(&mut self) -> Go {
        let reserved = block_on(poll_fn(|cx| self.tx.poll_reserve(cx)));
        self.start_send(Some(reserved))
    }

    /// Sends through the `Sink` side, or drops the handle after a while.
    pub(crate) fn sink_or_cancel(&mut self) -> Go {
        let reserved = block_on_for_a_while(poll_fn(|cx| self.tx.poll_reserve(cx)));
        if reserved.is_none() {
            self.tx = self.tx.clone();
        }
        self.start_send(reserved)
    }

    /// Polls the `Sink` side of a handle once, with a waker that wakes nothing, and then leaves it
    /// alone.
    pub(crate) fn sink_or_abandon(&mut self) -> Go {
        let mut handle = self.tx.clone();
        let mut context = Context::from_waker(Waker::noop());
        match handle.poll_reserve(&mut context) {
            Poll::Ready(reserved) => {
                self.tx = handle;
                self.start_send(Some(reserved))
            }
            Poll::Pending => {
                self.abandoned.push(handle);
                Go::On
            }
        }
    }

    fn start_send(&mut self, reserved: Option<Result<(), SendError<()>>>) -> Go {
        match reserved {
            None => return Go::On,
            Some(Err(SendError(()))) => return Go::Home,
            Some(Ok(())) => {}
        }
        let message = self.message();
        let id = message.id;
        match Pin::new(&mut self.tx).start_send(message) {
            Ok(()) => {
                self.ledger.accepted(id);
                Go::On
            }
            Err(SendError(back)) => {
                let back = back.expect("`start_send` hands its message back");
                self.handed_back(id, back);
                Go::Home
            }
        }
    }
}

//! Who takes part in a scenario, and what they can do; every step goes into the ledger.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use futures::future::poll_fn;
use futures::{Sink, Stream, StreamExt};
use mpmc_std::error::{RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, WeakReceiver};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::block_on::{block_on, block_on_for_a_while};
use crate::ledger::{Ledger, Message, Observer};

/// shuttle has no clock: any limit passes at a random moment.
const LIMIT: Duration = Duration::from_secs(1);

/// A random number up to `most`, at least 1.
pub(crate) fn up_to(most: usize) -> usize {
    thread_rng().gen_range(1..=most)
}

pub(crate) fn toss() -> bool {
    thread_rng().gen_bool(0.5)
}

/// Whether a party can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Go {
    On,
    /// The channel is closed, and for a receiver also empty.
    Home,
}

impl Go {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Somebody who sends.
pub(crate) struct Sending {
    pub(crate) tx: Sender<Message>,
    pub(crate) name: usize,
    /// Whether its messages are awaited.
    pub(crate) awaited: bool,
    pub(crate) ledger: Arc<Ledger>,
    /// For messages that it evicts.
    pub(crate) observer: Observer,
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
        reserved: Option<Result<mpmc_std::PermitIterator<'_, Message>, SendError<()>>>,
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

    /// Sends through the `Sink` side, or stops polling it after a while, and does not say so.
    pub(crate) fn sink_or_abandon(&mut self) -> Go {
        let reserved = block_on_for_a_while(poll_fn(|cx| self.tx.poll_reserve(cx)));
        self.start_send(reserved)
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

/// Somebody who receives.
pub(crate) struct Receiving {
    pub(crate) rx: Receiver<Message>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) observer: Observer,
}

impl Receiving {
    fn received(
        &mut self,
        call: crate::ledger::Receiving,
        messages: impl IntoIterator<Item = Message>,
    ) -> Go {
        if self.ledger.received(call, messages, &mut self.observer) {
            self.rx.close();
        }
        Go::On
    }

    fn received_or_ended(
        &mut self,
        call: crate::ledger::Receiving,
        message: Option<Message>,
    ) -> Go {
        match message {
            Some(message) => self.received(call, [message]),
            None => {
                self.ledger.found_the_end(call);
                Go::Home
            }
        }
    }

    /// `None` if the call was given up.
    fn received_or_cancelled(
        &mut self,
        call: crate::ledger::Receiving,
        outcome: Option<Option<Message>>,
    ) -> Go {
        match outcome {
            Some(message) => self.received_or_ended(call, message),
            None => {
                self.ledger.gave_up(call);
                Go::On
            }
        }
    }

    fn received_many(&mut self, call: crate::ledger::Receiving, messages: Vec<Message>) -> Go {
        if messages.is_empty() {
            self.ledger.found_the_end(call);
            return Go::Home;
        }
        self.received(call, messages)
    }

    pub(crate) fn recv(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let message = block_on(self.rx.recv());
        self.received_or_ended(call, message)
    }

    pub(crate) fn recv_or_cancel(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let outcome = block_on_for_a_while(self.rx.recv());
        self.received_or_cancelled(call, outcome)
    }

    pub(crate) fn blocking_recv(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let message = self.rx.blocking_recv();
        self.received_or_ended(call, message)
    }

    pub(crate) fn blocking_recv_timeout(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let outcome = match self.rx.blocking_recv_timeout(LIMIT) {
            Ok(message) => Some(Some(message)),
            Err(RecvTimeoutError::Disconnected) => Some(None),
            Err(RecvTimeoutError::Timeout) => None,
        };
        self.received_or_cancelled(call, outcome)
    }

    pub(crate) fn try_recv(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        match self.rx.try_recv() {
            Ok(message) => self.received(call, [message]),
            Err(TryRecvError::Empty) => {
                self.ledger.found_empty(call);
                Go::On
            }
            Err(TryRecvError::Disconnected) => self.received_or_ended(call, None),
        }
    }

    pub(crate) fn recv_many(&mut self, limit: usize) -> Go {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        let count = block_on(self.rx.recv_many(&mut messages, limit));
        assert_eq!(count, messages.len());
        self.received_many(call, messages)
    }

    pub(crate) fn recv_many_or_cancel(&mut self, limit: usize) -> Go {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        match block_on_for_a_while(self.rx.recv_many(&mut messages, limit)) {
            Some(_) => self.received_many(call, messages),
            None => {
                assert!(messages.is_empty(), "a cancelled call has received");
                self.ledger.gave_up(call);
                Go::On
            }
        }
    }

    pub(crate) fn try_recv_many(&mut self, limit: usize) -> Go {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        match self.rx.try_recv_many(&mut messages, limit) {
            Ok(_) => self.received(call, messages),
            Err(TryRecvError::Empty) => {
                self.ledger.found_empty(call);
                Go::On
            }
            Err(TryRecvError::Disconnected) => self.received_or_ended(call, None),
        }
    }

    /// Receives through the `Stream` side.
    pub(crate) fn next(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let message = block_on(self.rx.next());
        self.received_or_ended(call, message)
    }

    /// Receives through the `Stream` side, or stops polling it after a while, and does not say so.
    pub(crate) fn next_or_abandon(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let outcome = block_on_for_a_while(self.rx.next());
        self.received_or_cancelled(call, outcome)
    }

    /// Polls the `Stream` side once, with a waker that nobody hears.
    pub(crate) fn poll_next(&mut self) -> Go {
        let call = self.ledger.receiving(1);
        let mut context = Context::from_waker(Waker::noop());
        let outcome = match Pin::new(&mut self.rx).poll_next(&mut context) {
            std::task::Poll::Ready(message) => Some(message),
            std::task::Poll::Pending => None,
        };
        self.received_or_cancelled(call, outcome)
    }
}

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::{Stream, StreamExt};
use mpmc_std::Receiver;
use mpmc_std::error::{RecvTimeoutError, TryRecvError};

use super::{Flow, LIMIT};
use crate::block_on::{block_on, block_on_for_a_while};
use crate::ledger::{Call, Ledger, Message, Observer};

/// The operations of a receiving thread.
pub(crate) struct Receiving {
    pub(crate) rx: Receiver<Message>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) observer: Observer,
    /// Handles that were polled once and are not polled again.
    pub(crate) abandoned: Vec<Receiver<Message>>,
}

impl Receiving {
    fn received(&mut self, call: Call, messages: impl IntoIterator<Item = Message>) -> Flow {
        if self.ledger.received(call, messages, &mut self.observer) {
            self.rx.close();
        }
        Flow::Continue
    }

    fn received_or_ended(&mut self, call: Call, message: Option<Message>) -> Flow {
        match message {
            Some(message) => self.received(call, [message]),
            None => {
                self.ledger.found_the_end(call);
                Flow::Stop
            }
        }
    }

    /// Records `outcome`, which is `None` if the call was cancelled.
    fn received_or_cancelled(&mut self, call: Call, outcome: Option<Option<Message>>) -> Flow {
        match outcome {
            Some(message) => self.received_or_ended(call, message),
            None => {
                self.ledger.gave_up(call);
                Flow::Continue
            }
        }
    }

    fn received_many(&mut self, call: Call, messages: Vec<Message>) -> Flow {
        if messages.is_empty() {
            self.ledger.found_the_end(call);
            return Flow::Stop;
        }
        self.received(call, messages)
    }

    pub(crate) fn recv(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let message = block_on(self.rx.recv());
        self.received_or_ended(call, message)
    }

    pub(crate) fn recv_or_cancel(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let outcome = block_on_for_a_while(self.rx.recv());
        self.received_or_cancelled(call, outcome)
    }

    pub(crate) fn blocking_recv(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let message = self.rx.blocking_recv();
        self.received_or_ended(call, message)
    }

    pub(crate) fn blocking_recv_timeout(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let outcome = match self.rx.blocking_recv_timeout(LIMIT) {
            Ok(message) => Some(Some(message)),
            Err(RecvTimeoutError::Disconnected) => Some(None),
            Err(RecvTimeoutError::Timeout) => None,
        };
        self.received_or_cancelled(call, outcome)
    }

    pub(crate) fn try_recv(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        match self.rx.try_recv() {
            Ok(message) => self.received(call, [message]),
            Err(TryRecvError::Empty) => {
                self.ledger.found_empty(call);
                Flow::Continue
            }
            Err(TryRecvError::Disconnected) => self.received_or_ended(call, None),
        }
    }

    pub(crate) fn recv_many(&mut self, limit: usize) -> Flow {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        let count = block_on(self.rx.recv_many(&mut messages, limit));
        assert_eq!(count, messages.len());
        self.received_many(call, messages)
    }

    pub(crate) fn recv_many_or_cancel(&mut self, limit: usize) -> Flow {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        match block_on_for_a_while(self.rx.recv_many(&mut messages, limit)) {
            Some(_) => self.received_many(call, messages),
            None => {
                assert!(messages.is_empty(), "a cancelled call has received");
                self.ledger.gave_up(call);
                Flow::Continue
            }
        }
    }

    pub(crate) fn try_recv_many(&mut self, limit: usize) -> Flow {
        let call = self.ledger.receiving(limit);
        let mut messages = Vec::new();
        match self.rx.try_recv_many(&mut messages, limit) {
            Ok(_) => self.received(call, messages),
            Err(TryRecvError::Empty) => {
                self.ledger.found_empty(call);
                Flow::Continue
            }
            Err(TryRecvError::Disconnected) => self.received_or_ended(call, None),
        }
    }

    /// Receives through the `Stream` side.
    pub(crate) fn next(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let message = block_on(self.rx.next());
        self.received_or_ended(call, message)
    }

    /// Receives through the `Stream` side, or drops the handle after a while.
    pub(crate) fn next_or_cancel(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let outcome = block_on_for_a_while(self.rx.next());
        if outcome.is_none() {
            self.rx = self.rx.clone();
        }
        self.received_or_cancelled(call, outcome)
    }

    /// Polls the `Stream` side of a handle once, with a waker that does nothing, and does not
    /// poll it again.
    pub(crate) fn next_or_abandon(&mut self) -> Flow {
        let call = self.ledger.receiving(1);
        let mut handle = self.rx.clone();
        let mut context = Context::from_waker(Waker::noop());
        let outcome = match Pin::new(&mut handle).poll_next(&mut context) {
            Poll::Ready(message) => Some(message),
            Poll::Pending => None,
        };
        self.abandoned.push(handle);
        self.received_or_cancelled(call, outcome)
    }
}

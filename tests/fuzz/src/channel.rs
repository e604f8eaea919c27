//! Sequences of calls on one channel, beside the model of it.

use std::collections::VecDeque;
use std::task::Poll;

use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{
    Builder, OwnedPermit, Receiver, Sender, Stats, WeakReceiver, WeakSender, blocking, channel,
};

use crate::input::Input;
use crate::message::{Alive, Message};
use crate::waits::{KINDS, Kind, Outcome, Task, Wait};

/// What a sender is as a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    /// Capacity is reserved in the handle.
    Ready,
    Closed,
    /// Closed, with capacity for one last message.
    ClosedReady,
}

impl Stage {
    pub(crate) fn is_closed(self) -> bool {
        matches!(self, Self::Closed | Self::ClosedReady)
    }

    pub(crate) fn holds(self) -> bool {
        matches!(self, Self::Ready | Self::ClosedReady)
    }
}

pub(crate) struct Tx {
    pub(crate) handle: Sender<Message>,
    pub(crate) stage: Stage,
    pub(crate) sink: Task,
    pub(crate) closed: Task,
    pub(crate) ready: Task,
}

pub(crate) struct Rx {
    pub(crate) handle: Receiver<Message>,
    pub(crate) stream: Task,
    pub(crate) ready: Task,
}

impl Tx {
    pub(crate) fn new(handle: Sender<Message>, stage: Stage) -> Self {
        Self {
            handle,
            stage,
            sink: Task::default(),
            closed: Task::default(),
            ready: Task::default(),
        }
    }
}

impl Rx {
    pub(crate) fn new(handle: Receiver<Message>) -> Self {
        Self {
            handle,
            stream: Task::default(),
            ready: Task::default(),
        }
    }
}

/// The channel, and what should be in it.
pub(crate) struct World {
    pub(crate) capacity: usize,
    pub(crate) queue: VecDeque<u32>,
    pub(crate) is_closed: bool,
    /// Messages ever put in and ever taken out.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Handles that count, those inside of futures and permits too.
    pub(crate) senders: usize,
    pub(crate) receivers: usize,

    pub(crate) txs: Vec<Tx>,
    pub(crate) rxs: Vec<Rx>,
    pub(crate) blocking_txs: Vec<blocking::Sender<Message>>,
    pub(crate) blocking_rxs: Vec<blocking::Receiver<Message>>,
    pub(crate) weak_txs: Vec<WeakSender<Message>>,
    pub(crate) weak_rxs: Vec<WeakReceiver<Message>>,
    pub(crate) permits: Vec<OwnedPermit<Message>>,
    pub(crate) waits: Vec<Wait>,
    /// For what can be told when there is no handle left.
    pub(crate) observer: WeakReceiver<Message>,
    pub(crate) alive: Alive,
    last_number: u32,
}

/// Limits how many of a kind there are, so that they meet.
pub(crate) const MANY: usize = 8;

pub(crate) fn run(input: &mut Input<'_>) {
    let mut world = World::new(input);
    let traces = std::env::var_os("MPMC_FUZZ_TRACE").is_some();
    while !input.is_over() {
        let choice = input.below(64);
        world.step(choice, input);
        if traces {
            world.print(choice);
        }
        world.check();
    }
    world.settle();
    world.end();
}

impl World {
    fn new(input: &mut Input<'_>) -> Self {
        let capacity = 1 + input.below(5);
        let (tx, rx) = match input.below(3) {
            0 => channel(capacity),
            1 => Builder::new(capacity).without_spinning().build(),
            _ => {
                let (tx, rx) = blocking::bounded(capacity);
                (tx.into_async(), rx.into_async())
            }
        };
        Self {
            capacity,
            queue: VecDeque::new(),
            is_closed: false,
            sent: 0,
            received: 0,
            senders: 1,
            receivers: 1,
            observer: rx.downgrade(),
            txs: vec![Tx::new(tx, Stage::Idle)],
            rxs: vec![Rx::new(rx)],
            blocking_txs: vec![],
            blocking_rxs: vec![],
            weak_txs: vec![],
            weak_rxs: vec![],
            permits: vec![],
            waits: vec![],
            alive: Alive::default(),
            last_number: 0,
        }
    }

    pub(crate) fn message(&mut self) -> (u32, Message) {
        self.last_number += 1;
        (self.last_number, self.alive.message(self.last_number))
    }

    pub(crate) fn messages(&mut self, count: usize) -> VecDeque<Message> {
        (0..count).map(|_| self.message().1).collect()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.observer.stats()
    }

    /// Notes that a message was put in.
    pub(crate) fn put(&mut self, number: u32) {
        self.queue.push_back(number);
        self.sent += 1;
    }

    /// Compares what was taken out with what is oldest.
    pub(crate) fn took(&mut self, messages: &[Message]) {
        for message in messages {
            assert_eq!(Some(message.number()), self.queue.pop_front());
            self.received += 1;
        }
    }

    pub(crate) fn closes(&mut self) {
        self.is_closed = true;
    }

    pub(crate) fn sender_goes(&mut self) {
        self.senders -= 1;
        self.is_closed |= self.senders == 0;
    }

    pub(crate) fn receiver_goes(&mut self) {
        self.receivers -= 1;
        if self.receivers == 0 {
            self.is_closed = true;
            self.received += self.queue.len() as u64;
            self.queue.clear();
        }
    }

    fn step(&mut self, choice: usize, input: &mut Input<'_>) -> Option<()> {
        match choice {
            0..4 => self.try_send(input),
            4..6 => self.try_send_many(input),
            6 => self.force_send(input),
            7..10 => self.try_recv(input),
            10..13 => self.try_recv_many(input),
            13..20 => self.begin(input),
            20..28 => {
                let at = input.pick(&self.waits)?;
                if input.below(4) == 0 {
                    self.waits[at].task.replace();
                }
                self.poll_wait(at);
                Some(())
            }
            28..31 => {
                let at = input.pick(&self.waits)?;
                self.drop_wait(at);
                Some(())
            }
            31..34 => self.try_reserve(input),
            34..37 => self.use_permit(input),
            37..44 => self.poll_sender(input),
            44..48 => self.poll_receiver(input),
            48 => self.close(input),
            49..55 => self.change_handles(input),
            55..60 => self.block(input),
            60..62 => self.select(input),
            _ => {
                self.settle();
                Some(())
            }
        }
    }

    /// Prints what there is after a step.
    fn print(&self, choice: usize) {
        eprintln!("{choice}: {:?}, {:?}", self.queue, self.stats());
        for wait in &self.waits {
            eprint!("  {:?} {}", wait.kind, wait.task);
        }
        for tx in &self.txs {
            eprint!("  {:?} {} {} {}", tx.stage, tx.sink, tx.closed, tx.ready);
        }
        for rx in &self.rxs {
            eprint!("  rx {} {}", rx.stream, rx.ready);
        }
        eprintln!("  {} {}", self.blocking_txs.len(), self.blocking_rxs.len());
    }

    pub(crate) fn some_tx(&mut self, input: &mut Input<'_>) -> Option<usize> {
        input.pick(&self.txs)
    }

    /// Compares the answer of a call that sends without waiting.
    pub(crate) fn judge_sent<E>(&mut self, sent: &Result<(), TrySendError<E>>, is_closed: bool) {
        match sent {
            Ok(()) => assert!(!is_closed, "sent through what is closed"),
            Err(TrySendError::Closed(_)) => assert!(is_closed, "not closed"),
            Err(TrySendError::Full(_)) => {
                assert!(!is_closed);
                self.judge_refusal(self.free(), self.senders_wait(), "full");
            }
        }
    }

    pub(crate) fn judge_received<R>(&self, received: &Result<R, TryRecvError>) {
        match received {
            Ok(_) => {}
            Err(TryRecvError::Disconnected) => assert!(self.is_finished(), "not at the end"),
            Err(TryRecvError::Empty) => {
                assert!(!self.is_finished(), "at the end");
                self.judge_refusal(self.queue.len(), self.receivers_wait(), "empty");
            }
        }
    }

    /// What is there may be reserved for waiters, or left to them.
    fn judge_refusal(&self, available: usize, waiting: bool, what: &str) {
        assert!(
            available == 0 || waiting,
            "not {what}: {available} are there"
        );
    }

    fn try_send(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = self.some_tx(input)?;
        let (number, message) = self.message();
        let is_closed = self.is_closed || self.txs[at].stage.is_closed();
        let tx = &self.txs[at].handle;
        let sent = if input.below(2) == 0 {
            tx.try_send(message)
        } else {
            let position = tx.try_send_with_position(message);
            position.map(|position| assert_eq!(position, self.sent))
        };
        self.judge_sent(&sent, is_closed);
        if sent.is_ok() {
            self.put(number);
        }
        Some(())
    }

    fn try_send_many(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = self.some_tx(input)?;
        let messages = self.messages(input.below(6));
        let numbers: Vec<_> = messages.iter().map(Message::number).collect();
        let is_closed = self.is_closed || self.txs[at].stage.is_closed();
        let tx = &self.txs[at].handle;
        let is_exact = input.below(2) == 0;
        // The second kind does not tell how many there are.
        let sent = if is_exact {
            let sent = tx.try_send_many(messages);
            sent.map_err(|error| {
                (
                    matches!(error, TrySendError::Closed(_)),
                    error.into_inner().sent(),
                )
            })
        } else {
            let sent = tx.try_send_many(messages.into_iter().filter(|_| true));
            sent.map_err(|error| {
                (
                    matches!(error, TrySendError::Closed(_)),
                    error.into_inner().sent(),
                )
            })
        };
        let count = match sent {
            Ok(count) => {
                assert_eq!(count, numbers.len());
                count
            }
            Err((closed, count)) => {
                assert!(count < numbers.len() || (!is_exact && closed));
                assert_eq!(closed, is_closed);
                count
            }
        };
        numbers[..count].iter().for_each(|&number| self.put(number));
        if let Err((false, _)) = sent {
            self.judge_refusal(self.free(), self.senders_wait(), "full");
        }
        Some(())
    }

    fn force_send(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = self.some_tx(input)?;
        let (number, message) = self.message();
        let is_closed = self.is_closed || self.txs[at].stage.is_closed();
        let free = self.free();
        match self.txs[at].handle.force_send(message) {
            Ok(evicted) => {
                assert!(!is_closed);
                assert!(evicted.is_some() || free > 0, "more than fit");
                assert!(evicted.is_none() || free == 0 || self.senders_wait());
                self.took(&Vec::from_iter(evicted));
                self.put(number);
            }
            Err(TrySendError::Closed(_)) => assert!(is_closed),
            Err(TrySendError::Full(_)) => {
                assert!(!is_closed);
                assert!(self.queue.is_empty() || self.receivers_wait() || self.senders_wait());
            }
        }
        Some(())
    }

    fn try_recv(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.rxs)?;
        let rx = &self.rxs[at].handle;
        let received = if input.below(2) == 0 {
            rx.try_recv()
        } else {
            let received = rx.try_recv_with_position();
            received.map(|(position, message)| {
                assert_eq!(position, self.received);
                message
            })
        };
        self.judge_received(&received);
        self.took(&Vec::from_iter(received));
        Some(())
    }

    fn try_recv_many(&mut self, input: &mut Input<'_>) -> Option<()> {
        let at = input.pick(&self.rxs)?;
        let limit = input.below(5);
        let mut messages = Vec::new();
        let rx = &self.rxs[at].handle;
        match input.below(4) {
            0 => messages.extend(rx.drain().take(limit)),
            1 => messages.extend(rx.try_iter().take(limit)),
            2 => {
                let received = rx.try_recv_many(&mut messages, limit);
                if limit > 0 {
                    self.judge_received(&received);
                }
                assert_eq!(received.unwrap_or(0), messages.len());
            }
            _ => {
                let received = rx.try_recv_many_with_position(&mut messages, limit);
                if limit > 0 {
                    self.judge_received(&received);
                }
                if let (Ok(positions), false) = (received, messages.is_empty()) {
                    assert_eq!(positions.start, self.received);
                    assert_eq!(positions.end - positions.start, messages.len() as u64);
                }
            }
        }
        assert!(messages.len() <= limit);
        self.took(&messages);
        Some(())
    }

    fn begin(&mut self, input: &mut Input<'_>) -> Option<()> {
        let kind = KINDS[input.below(KINDS.len())];
        if self.waits.len() >= MANY {
            return None;
        }
        if kind.receives() {
            let at = input.pick(&self.rxs)?;
            let limit = 1 + input.below(3);
            let rx = self.rxs[at].handle.clone();
            self.receivers += 1;
            self.waits.push(Wait::receiving(kind, rx, limit));
        } else {
            let at = self.some_tx(input)?;
            if self.txs[at].stage.is_closed() {
                return None;
            }
            let count = input.below(4).min(self.capacity);
            let sends = match kind {
                Kind::Send | Kind::SendPosition => 1,
                Kind::SendMany => input.below(5),
                Kind::ReserveMany => input.below(count + 1),
                _ => 0,
            };
            let messages = self.messages(sends);
            let tx = self.txs[at].handle.clone();
            self.senders += 1;
            let is_exact = input.below(2) == 0;
            self.waits
                .push(Wait::sending(kind, tx, messages, count, is_exact));
        }
        // Not all are polled at once.
        if input.below(4) > 0 {
            self.poll_wait(self.waits.len() - 1);
        }
        Some(())
    }

    pub(crate) fn poll_wait(&mut self, at: usize) {
        let sent = self.sent;
        self.waits[at].target.get_or_insert(sent);
        let polled = self.waits[at].poll();
        let back = match &polled {
            Poll::Ready(Outcome::Sent(_, back, _)) => back.len(),
            _ => 0,
        };
        for number in self.waits[at].newly_sent(back) {
            self.put(number);
        }
        let Poll::Ready(outcome) = polled else {
            return;
        };
        let wait = self.waits.remove(at);
        let kind = wait.kind;
        match outcome {
            Outcome::Received(messages, positions) => {
                assert!(
                    !messages.is_empty() || self.is_finished(),
                    "{kind:?} ends early"
                );
                if let Some(positions) = positions.filter(|_| !messages.is_empty()) {
                    assert_eq!(positions.start, self.received);
                    assert_eq!(positions.end - positions.start, messages.len() as u64);
                }
                self.took(&messages);
            }
            Outcome::Sent(sent, back, position) => {
                assert!(
                    sent.is_ok() || self.is_closed,
                    "{kind:?} fails in an open channel"
                );
                // Those of a batch have been counted.
                if kind != Kind::SendMany && sent.is_ok() {
                    assert!(position.is_none_or(|position| position == self.sent));
                    wait.numbers.iter().for_each(|&number| self.put(number));
                }
                let back: Vec<_> = back.iter().map(Message::number).collect();
                if sent.is_err() {
                    assert_eq!(back, Vec::from(wait.numbers.clone()));
                }
            }
            Outcome::Reserved(Some(permit)) => {
                assert!(!self.is_closed);
                self.permits.push(permit);
                // It owns the handle of the future.
                self.senders += 1;
            }
            Outcome::Reserved(None) => assert!(self.is_closed),
            Outcome::ReservedMany(Some(sent)) => {
                assert_eq!(sent, wait.numbers.len());
                wait.numbers.iter().for_each(|&number| self.put(number));
            }
            Outcome::ReservedMany(None) => assert!(self.is_closed),
            Outcome::Ready(true) => {
                let available = if kind.receives() {
                    self.queue.len()
                } else {
                    self.free()
                };
                assert!(available > 0, "{kind:?}, and there is nothing");
            }
            Outcome::Ready(false) if kind.receives() => assert!(self.is_finished()),
            Outcome::Ready(false) => assert!(self.is_closed),
            Outcome::Over if kind == Kind::Closed => assert!(self.is_closed),
            Outcome::Over => assert!(Some(self.received) >= wait.target, "not drained"),
        }
        self.end_wait(wait);
    }

    pub(crate) fn drop_wait(&mut self, at: usize) {
        let wait = self.waits.remove(at);
        self.end_wait(wait);
    }

    fn end_wait(&mut self, wait: Wait) {
        let receives = wait.kind.receives();
        drop(wait);
        if receives {
            self.receiver_goes();
        } else {
            self.sender_goes();
        }
    }
}

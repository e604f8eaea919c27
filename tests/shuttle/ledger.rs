//! Records the messages that were sent and received, and checks the records.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The begin and the end of an operation, on the ledger's clock.
#[derive(Clone, Copy, Debug)]
struct Span {
    begin: u64,
    end: u64,
}

/// The state of outcome a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SendOutcome {
    /// The call has not returned.
    Open,
    Sent,
    /// The message was returned, or its future was cancelled.
    Unsent,
    /// The message was sent, or dropped because no receiver was left. The call does not tell which.
    Accepted,
}

#[derive(Debug)]
struct Record {
    sender: usize,
    outcome: SendOutcome,
    sent: Span,
    received: Option<Span>,
    /// Whether the channel stays open until the message is received.
    awaited: bool,
    dropped: bool,
}

#[derive(Debug, Default)]
struct State {
    capacity: usize,
    clock: u64,
    records: Vec<Record>,
    /// The calls that found the channel empty.
    empty: Vec<Span>,
    /// Whether a receiver has seen the end of the channel.
    ended: bool,
    /// The number of messages that calls in progress may have taken out.
    may_have_taken: usize,
    permits: usize,
    awaited: usize,
}

/// The records of one channel, behind a lock of the standard library, which adds no scheduling
/// points.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<State>);

/// The message of all scenarios.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: usize,
    ledger: Arc<Ledger>,
}

impl Drop for Message {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut state = self.ledger.state();
            let dropped = std::mem::replace(&mut state.records[self.id].dropped, true);
            assert!(!dropped, "message {} was dropped twice", self.id);
        }
    }
}

/// The last message that one receiver has seen of each sender.
#[derive(Debug, Default)]
pub(crate) struct Observer(BTreeMap<usize, usize>);

/// The begin of a receiving call.
#[must_use]
pub(crate) struct Call {
    begin: u64,
    limit: usize,
}

impl State {
    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn settle(&mut self, id: usize, outcome: SendOutcome) {
        let end = self.now();
        let record = &mut self.records[id];
        assert_eq!(
            record.outcome,
            SendOutcome::Open,
            "message {id} was settled twice"
        );
        record.outcome = outcome;
        record.sent.end = end;
        self.check_capacity();
    }

    /// Checks that the messages and permits that are certainly in the channel fit. A message that a
    /// call in progress may have taken out does not count.
    fn check_capacity(&self) {
        let inside = self.records.iter().filter(|record| {
            record.outcome == SendOutcome::Sent && record.received.is_none() && !record.dropped
        });
        let held = inside.count() + self.permits;
        assert!(
            held <= self.capacity + self.may_have_taken,
            "{held} messages and permits in a channel for {}",
            self.capacity
        );
    }
}

impl Ledger {
    pub(crate) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            capacity,
            ..State::default()
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `count` messages that must be received before the channel is closed.
    pub(crate) fn await_more(&self, count: usize) {
        self.state().awaited += count;
    }

    /// Creates a message that `sender` is about to send.
    pub(crate) fn message(self: &Arc<Self>, sender: usize, awaited: bool) -> Message {
        let mut state = self.state();
        let begin = state.now();
        state.records.push(Record {
            sender,
            outcome: SendOutcome::Open,
            sent: Span { begin, end: begin },
            received: None,
            awaited,
            dropped: false,
        });
        let id = state.records.len() - 1;
        drop(state);
        Message {
            id,
            ledger: Arc::clone(self),
        }
    }

    pub(crate) fn sent(&self, id: usize) {
        self.state().settle(id, SendOutcome::Sent);
    }

    pub(crate) fn unsent(&self, id: usize) {
        self.state().settle(id, SendOutcome::Unsent);
    }

    pub(crate) fn accepted(&self, id: usize) {
        self.state().settle(id, SendOutcome::Accepted);
    }

    pub(crate) fn permits_reserved(&self, count: usize) {
        let mut state = self.state();
        state.permits += count;
        state.check_capacity();
    }

    pub(crate) fn permits_released(&self, count: usize) {
        self.state().permits -= count;
    }

    /// Records the begin of a call that may take up to `limit` messages.
    pub(crate) fn receiving(&self, limit: usize) -> Call {
        let mut state = self.state();
        state.may_have_taken += limit;
        let begin = state.now();
        Call { begin, limit }
    }

    /// Records the messages that the call has returned, in this order. Returns whether the last
    /// awaited message is among them.
    pub(crate) fn received(
        &self,
        call: Call,
        messages: impl IntoIterator<Item = Message>,
        observer: &mut Observer,
    ) -> bool {
        let mut last = false;
        for message in messages {
            let mut state = self.state();
            let end = state.now();
            let begin = call.begin;
            let Record {
                sender, awaited, ..
            } = state.records[message.id];
            let before = state.records[message.id]
                .received
                .replace(Span { begin, end });
            assert!(
                before.is_none(),
                "message {} was received twice",
                message.id
            );
            if let Some(before) = observer.0.insert(sender, message.id) {
                let id = message.id;
                assert!(before < id, "message {before} was received before {id}");
            }
            if awaited {
                state.awaited -= 1;
                last |= state.awaited == 0;
            }
        }
        self.state().may_have_taken -= call.limit;
        last
    }

    /// Records that the call has found the channel empty.
    pub(crate) fn found_empty(&self, call: Call) {
        let mut state = self.state();
        state.may_have_taken -= call.limit;
        let end = state.now();
        let begin = call.begin;
        state.empty.push(Span { begin, end });
    }

    /// Records that the call was cancelled.
    pub(crate) fn gave_up(&self, call: Call) {
        self.state().may_have_taken -= call.limit;
    }

    /// Records that the call has seen the end of the channel.
    pub(crate) fn found_the_end(&self, call: Call) {
        let mut state = self.state();
        state.may_have_taken -= call.limit;
        state.ended = true;
    }

    /// Checks all records. The caller must have dropped every handle.
    pub(crate) fn check(&self) {
        let state = self.state();
        assert_eq!(state.awaited, 0, "awaited messages were not received");
        for (id, record) in state.records.iter().enumerate() {
            assert!(record.dropped, "message {id} was never dropped");
            let received = record.received.is_some();
            match record.outcome {
                SendOutcome::Open => panic!("the send of message {id} has no outcome"),
                SendOutcome::Unsent => {
                    assert!(!received, "message {id} was received, though not sent")
                }
                SendOutcome::Sent if state.ended => assert!(received, "message {id} was lost"),
                SendOutcome::Sent | SendOutcome::Accepted => {}
            }
        }
        state.check_order();
        state.check_emptiness();
    }
}

impl State {
    /// Checks that a message whose send returned before another send began is not received after
    /// the message of that send.
    fn check_order(&self) {
        let received = || {
            let records = self.records.iter();
            records.filter_map(|record| Some((record, record.received?)))
        };
        for (first, first_received) in received() {
            for (second, second_received) in received() {
                let is_first =
                    first.outcome != SendOutcome::Open && first.sent.end < second.sent.begin;
                let came_last = second_received.end < first_received.begin;
                assert!(!(is_first && came_last), "{first:?} after {second:?}");
            }
        }
    }

    /// Checks that a call does not find the channel empty if a message was in it before the call
    /// began and after it returned.
    fn check_emptiness(&self) {
        for empty in &self.empty {
            let overlooked = self.records.iter().find(|record| {
                let before = record.outcome == SendOutcome::Sent && record.sent.end < empty.begin;
                before && record.received.is_some_and(|span| empty.end < span.begin)
            });
            assert!(
                overlooked.is_none(),
                "{overlooked:?} was overlooked by a call at {empty:?}"
            );
        }
    }
}

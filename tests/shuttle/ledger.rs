//! What was sent and received, kept beside the channel, and what must be true of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// When something began and ended, on the ledger's clock.
#[derive(Clone, Copy, Debug)]
struct Span {
    begin: u64,
    end: u64,
}

/// What is known of the sending of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    /// Not finished.
    Open,
    Sent,
    /// Not sent, for sure: handed back, or its future was cancelled.
    Unsent,
    /// Sent, or dropped because no receiver was left: the call does not say.
    Accepted,
}

#[derive(Debug)]
struct Record {
    sender: usize,
    sending: Sending,
    sent: Span,
    received: Option<Span>,
    /// Whether the run is to go on until it is received.
    awaited: bool,
    dropped: bool,
}

#[derive(Debug, Default)]
struct Books {
    capacity: usize,
    clock: u64,
    records: Vec<Record>,
    /// When receivers were told that the channel was empty.
    empty: Vec<Span>,
    /// A receiver has seen the end of the channel.
    ended: bool,
    /// How many messages calls that have not returned may have taken out.
    may_have_taken: usize,
    permits: usize,
    awaited: usize,
}

/// The books of one channel. Behind a real lock, so that they add no scheduling points.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<Books>);

/// The message of all scenarios.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: usize,
    ledger: Arc<Ledger>,
}

impl Drop for Message {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let mut books = self.ledger.books();
            let dropped = std::mem::replace(&mut books.records[self.id].dropped, true);
            assert!(!dropped, "message {} was dropped twice", self.id);
        }
    }
}

/// The order in which one receiver sees one sender's messages.
#[derive(Debug, Default)]
pub(crate) struct Observer(BTreeMap<usize, usize>);

/// The beginning of a receiving call.
#[must_use]
pub(crate) struct Call {
    begin: u64,
    limit: usize,
}

impl Books {
    fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    fn settle(&mut self, id: usize, sending: Sending) {
        let end = self.now();
        let record = &mut self.records[id];
        assert_eq!(record.sending, Sending::Open, "message {id} ends twice");
        record.sending = sending;
        record.sent.end = end;
        self.check_capacity();
    }

    /// Of what is surely in the channel, counting no message that somebody may just be taking out.
    fn check_capacity(&self) {
        let inside = self.records.iter().filter(|record| {
            record.sending == Sending::Sent && record.received.is_none() && !record.dropped
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
        Arc::new(Self(Mutex::new(Books {
            capacity,
            ..Books::default()
        })))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that so many more messages are to be received before the channel is closed.
    pub(crate) fn await_more(&self, count: usize) {
        self.books().awaited += count;
    }

    /// A message that `sender` is about to send.
    pub(crate) fn message(self: &Arc<Self>, sender: usize, awaited: bool) -> Message {
        let mut books = self.books();
        let begin = books.now();
        books.records.push(Record {
            sender,
            sending: Sending::Open,
            sent: Span { begin, end: begin },
            received: None,
            awaited,
            dropped: false,
        });
        let id = books.records.len() - 1;
        drop(books);
        Message {
            id,
            ledger: Arc::clone(self),
        }
    }

    pub(crate) fn sent(&self, id: usize) {
        self.books().settle(id, Sending::Sent);
    }

    pub(crate) fn unsent(&self, id: usize) {
        self.books().settle(id, Sending::Unsent);
    }

    pub(crate) fn accepted(&self, id: usize) {
        self.books().settle(id, Sending::Accepted);
    }

    pub(crate) fn permits_taken(&self, count: usize) {
        let mut books = self.books();
        books.permits += count;
        books.check_capacity();
    }

    pub(crate) fn permits_given_back(&self, count: usize) {
        self.books().permits -= count;
    }

    /// A call that may take up to `limit` messages begins.
    pub(crate) fn receiving(&self, limit: usize) -> Call {
        let mut books = self.books();
        books.may_have_taken += limit;
        let begin = books.now();
        Call { begin, limit }
    }

    /// The call has returned these messages, in this order. Whether they were the last ones that
    /// are awaited.
    pub(crate) fn received(
        &self,
        call: Call,
        messages: impl IntoIterator<Item = Message>,
        observer: &mut Observer,
    ) -> bool {
        let mut last = false;
        for message in messages {
            let mut books = self.books();
            let end = books.now();
            let begin = call.begin;
            let Record {
                sender, awaited, ..
            } = books.records[message.id];
            let before = books.records[message.id]
                .received
                .replace(Span { begin, end });
            assert!(before.is_none(), "message {} came twice", message.id);
            if let Some(before) = observer.0.insert(sender, message.id) {
                let id = message.id;
                assert!(before < id, "message {before} came before {id}");
            }
            if awaited {
                books.awaited -= 1;
                last |= books.awaited == 0;
            }
        }
        self.books().may_have_taken -= call.limit;
        last
    }

    /// The call has found the channel empty.
    pub(crate) fn found_empty(&self, call: Call) {
        let mut books = self.books();
        books.may_have_taken -= call.limit;
        let end = books.now();
        let begin = call.begin;
        books.empty.push(Span { begin, end });
    }

    /// The call was cancelled.
    pub(crate) fn gave_up(&self, call: Call) {
        self.books().may_have_taken -= call.limit;
    }

    /// The call was told that nothing can come any more.
    pub(crate) fn found_the_end(&self, call: Call) {
        let mut books = self.books();
        books.may_have_taken -= call.limit;
        books.ended = true;
    }

    /// To be called when every handle is gone.
    pub(crate) fn check(&self) {
        let books = self.books();
        assert_eq!(books.awaited, 0, "not all came that was awaited");
        for (id, record) in books.records.iter().enumerate() {
            assert!(record.dropped, "message {id} was never dropped");
            let received = record.received.is_some();
            match record.sending {
                Sending::Open => panic!("message {id} was left behind"),
                Sending::Unsent => assert!(!received, "message {id} was received, though not sent"),
                Sending::Sent if books.ended => assert!(received, "message {id} was lost"),
                Sending::Sent | Sending::Accepted => {}
            }
        }
        books.check_order();
        books.check_emptiness();
    }
}

impl Books {
    /// What was sent before another was begun to be sent is not received after it.
    fn check_order(&self) {
        let received = || {
            let records = self.records.iter();
            records.filter_map(|record| Some((record, record.received?)))
        };
        for (first, first_received) in received() {
            for (second, second_received) in received() {
                let is_first = first.sending != Sending::Open && first.sent.end < second.sent.begin;
                let came_last = second_received.end < first_received.begin;
                assert!(!(is_first && came_last), "{first:?} after {second:?}");
            }
        }
    }

    /// Where a message was from before a call began until after it ended, the call does not find
    /// nothing.
    fn check_emptiness(&self) {
        for empty in &self.empty {
            let overlooked = self.records.iter().find(|record| {
                let before = record.sending == Sending::Sent && record.sent.end < empty.begin;
                before && record.received.is_some_and(|span| empty.end < span.begin)
            });
            assert!(
                overlooked.is_none(),
                "{overlooked:?} was overlooked by a call at {empty:?}"
            );
        }
    }
}

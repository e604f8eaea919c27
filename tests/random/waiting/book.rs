//! Numbered messages, when each was sent and received, and the check of that at the end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The beginning and the end of a call, on the clock of the book.
pub(crate) type Interval = (u64, u64);

/// What is known of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    sent: Option<Interval>,
    received: Option<Interval>,
    sent_position: Option<u64>,
    received_position: Option<u64>,
    drops: u32,
    /// Dropped by a call that a waker's panic has ended.
    lost_by_panic: bool,
}

/// The messages of one walk.
#[derive(Default)]
pub(crate) struct Book {
    records: RefCell<Vec<Record>>,
    clock: Cell<u64>,
    alive: Cell<usize>,
}

/// A message that notes its drop.
pub(crate) struct Message {
    number: usize,
    book: Rc<Book>,
}

impl Drop for Message {
    fn drop(&mut self) {
        let mut records = self.book.records.borrow_mut();
        let record = &mut records[self.number];
        record.drops += 1;
        record.lost_by_panic |= record.received.is_none() && std::thread::panicking();
        self.book.alive.set(self.book.alive.get() - 1);
    }
}

impl Message {
    pub(crate) fn number(&self) -> usize {
        self.number
    }
}

impl Book {
    pub(crate) fn message(self: &Rc<Self>) -> Message {
        let mut records = self.records.borrow_mut();
        records.push(Record::default());
        self.alive.set(self.alive.get() + 1);
        Message {
            number: records.len() - 1,
            book: Rc::clone(self),
        }
    }

    /// Returns how many messages have not been dropped.
    pub(crate) fn alive(&self) -> usize {
        self.alive.get()
    }

    /// Returns the time, which no other call returns.
    pub(crate) fn now(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }

    pub(crate) fn sent(&self, number: usize, since: u64, position: Option<u64>) {
        let interval = (since, self.now());
        let record = &mut self.records.borrow_mut()[number];
        assert_eq!(record.sent, None, "message {number} was sent twice");
        record.sent = Some(interval);
        record.sent_position = position;
    }

    pub(crate) fn received(&self, message: Message, since: u64, position: Option<u64>) {
        let interval = (since, self.now());
        let record = &mut self.records.borrow_mut()[message.number];
        let number = message.number;
        assert_eq!(record.received, None, "message {number} was received twice");
        record.received = Some(interval);
        record.received_position = position;
    }

    /// Checks a walk that is over, of which nothing is left. With `receivers_gone`, what was in the
    /// channel then was dropped with it.
    pub(crate) fn check(&self, receivers_gone: bool) {
        assert_eq!(self.alive(), 0, "messages are left");
        let records = self.records.borrow();
        for (number, record) in records.iter().enumerate() {
            assert_eq!(record.drops, 1, "drops of message {number}: {record:?}");
            let lost = record.sent.is_some() && record.received.is_none();
            assert!(
                !lost || receivers_gone || record.lost_by_panic,
                "message {number} is lost: {record:?}"
            );
            if let (Some(sent), Some(received)) = (record.sent_position, record.received_position) {
                assert_eq!(sent, received, "positions of message {number}");
            }
        }
        let through: Vec<_> = records
            .iter()
            .filter_map(|record| {
                Some((
                    record.sent?,
                    record.received?,
                    record.received_position.or(record.sent_position),
                ))
            })
            .collect();
        for (sent, received, position) in &through {
            for (other_sent, other_received, other_position) in &through {
                if sent.1 < other_sent.0 {
                    assert!(
                        received.0 < other_received.1,
                        "sent at {sent:?} and {other_sent:?}, received at {received:?} and \
                         {other_received:?}"
                    );
                    if let (Some(position), Some(other)) = (position, other_position) {
                        assert!(position < other, "positions {position} and {other}");
                    }
                }
            }
        }
    }
}

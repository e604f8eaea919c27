//! Numbered messages, records of them, and the check at the end.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::harness::Progress;

/// The number of the sender, and the number of its message.
pub(crate) type Number = (u64, u64);

/// The records of one channel.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Is reported for each message that is sent or received.
    pub(crate) progress: Progress,
    senders: AtomicUsize,
    made: AtomicUsize,
    dropped: AtomicUsize,
    /// What each sender knows to have been sent, in its order.
    sent: Mutex<HashMap<u64, Vec<u64>>>,
    /// The messages that each receiver has received, in its order.
    views: Mutex<Vec<Vec<Number>>>,
}

/// A message with a checksum.
pub(crate) struct Message {
    sender: u64,
    number: u64,
    /// On the heap, so that a sanitizer also finds a message that is dropped twice or leaked.
    checksum: Box<u64>,
    ledger: Arc<Ledger>,
}

fn checksum(sender: u64, number: u64) -> u64 {
    (sender ^ number.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Message {
    fn check(&self) -> Number {
        let expected = checksum(self.sender, self.number);
        assert_eq!(*self.checksum, expected, "a message was corrupted");
        (self.sender, self.number)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.check();
        self.ledger.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// The records of one sender. They are added to the ledger when this is dropped.
pub(crate) struct Sent {
    ledger: Arc<Ledger>,
    sender: u64,
    next: u64,
    sent: Vec<u64>,
}

impl Sent {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            sender: ledger.senders.fetch_add(1, Ordering::Relaxed) as u64,
            next: 0,
            sent: Vec::new(),
        }
    }

    /// Creates the sender's next message. Its number is not reused, even if it is not sent.
    pub(crate) fn make(&mut self) -> Message {
        self.ledger.made.fetch_add(1, Ordering::Relaxed);
        let number = self.next;
        self.next += 1;
        Message {
            sender: self.sender,
            number,
            checksum: Box::new(checksum(self.sender, number)),
            ledger: Arc::clone(&self.ledger),
        }
    }

    /// Records that the first `sent` of the last `made` messages were sent.
    pub(crate) fn note(&mut self, made: u64, sent: u64) {
        let first = self.next - made;
        self.sent.extend(first..first + sent);
        if sent > 0 {
            self.ledger.progress.made();
        }
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let mut all = self.ledger.sent.lock().unwrap();
        all.insert(self.sender, mem::take(&mut self.sent));
    }
}

/// The records of one receiver. They are added to the ledger when this is dropped.
pub(crate) struct View {
    ledger: Arc<Ledger>,
    received: Vec<Number>,
}

impl View {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            received: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, message: Message) {
        self.received.push(message.check());
        self.ledger.progress.made();
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let mut views = self.ledger.views.lock().unwrap();
        views.push(mem::take(&mut self.received));
    }
}

/// The statistics of a channel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) channels: u64,
    pub(crate) senders: u64,
    pub(crate) receivers: u64,
    pub(crate) made: u64,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, other: Self) {
        self.channels += other.channels;
        self.senders += other.senders;
        self.receivers += other.receivers;
        self.made += other.made;
        self.sent += other.sent;
        self.received += other.received;
    }
}

impl Ledger {
    /// Checks the records after the channel was dropped. `receivers_left` says that all receivers
    /// may have been dropped before the senders had finished, so that the channel dropped messages.
    #[track_caller]
    pub(crate) fn check(&self, receivers_left: bool) -> Totals {
        let made = self.made.load(Ordering::Relaxed) as u64;
        let dropped = self.dropped.load(Ordering::Relaxed) as u64;
        assert_eq!(dropped, made, "messages dropped, of those made");

        let sent = self.sent.lock().unwrap();
        let views = self.views.lock().unwrap();
        let mut received: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for view in &*views {
            let mut last: HashMap<u64, u64> = HashMap::new();
            for &(sender, number) in view {
                let before = last.insert(sender, number);
                assert!(
                    before < Some(number),
                    "message {number} of sender {sender} was received after {before:?}"
                );
                received.entry(sender).or_default().push(number);
            }
        }
        let mut totals = Totals {
            channels: 1,
            senders: sent.len() as u64,
            receivers: views.len() as u64,
            made,
            ..Totals::default()
        };
        for (sender, sent) in &*sent {
            let mut received = received.remove(sender).unwrap_or_default();
            received.sort_unstable();
            totals.sent += sent.len() as u64;
            totals.received += received.len() as u64;
            // The last receiver drops the messages in the channel, which are the last ones sent.
            let expected = if receivers_left {
                &sent[..received.len().min(sent.len())]
            } else {
                &sent[..]
            };
            assert_eq!(received, expected, "messages of sender {sender}");
        }
        assert!(
            received.is_empty(),
            "messages that were not sent: {received:?}"
        );
        totals
    }
}

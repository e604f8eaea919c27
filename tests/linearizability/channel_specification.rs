//! The sequential specification of a channel.
//!
//! Every call is one atomic step, except for two:
//!
//! * A batch of sends reserves capacity and pushes messages in several steps.
//! * `force_send` reserves a permit over capacity, evicts the oldest message, and pushes its own.

use std::collections::VecDeque;

use crate::checker::{Next, Progress, Specification};

pub(crate) type Message = u32;

/// The outcome of a call that sends or reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Full,
    Closed,
    /// The timeout expired, or the future was dropped while pending. The call must have no effect.
    GaveUp,
}

/// The outcome of a call that receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// At least one message.
    Messages(Vec<Message>),
    Empty,
    Disconnected,
    GaveUp,
}

#[derive(Clone, Debug)]
pub(crate) enum Call {
    Send(Message, Outcome),
    /// All messages, and the number of those that were sent.
    SendMany(Vec<Message>, usize, Outcome),
    /// The message to send, and the message that was evicted for it, if any.
    ForceSend(Message, Option<Message>, Outcome),
    Recv(Received),
    Reserve(Outcome),
    /// Uses up a permit, like `Release`.
    SendOnPermit(Message),
    Release,
    Close,
    Len(usize),
    Capacity(usize),
    IsClosed(bool),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Channel {
    capacity: usize,
    messages: VecDeque<Message>,
    permits: usize,
    closed: bool,
    /// A forced send has begun and not finished.
    forcing: bool,
}

impl Channel {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            messages: VecDeque::new(),
            permits: 0,
            closed: false,
            forcing: false,
        }
    }

    fn used(&self) -> usize {
        self.messages.len() + self.permits
    }

    fn free_capacity(&self) -> usize {
        self.capacity.saturating_sub(self.used())
    }

    /// Returns whether the channel is empty and can receive no more messages.
    fn is_finished(&self) -> bool {
        self.messages.is_empty() && self.closed && self.permits == 0
    }

    /// Returns whether a call that reserves capacity may end with `outcome` without reserving any.
    fn allows(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Done => false,
            Outcome::Full => !self.closed && self.free_capacity() == 0,
            Outcome::Closed => self.closed,
            Outcome::GaveUp => true,
        }
    }

    fn then(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        change(&mut next);
        next
    }

    /// Returns the single step that ends a call, if it is possible.
    fn done(&self, possible: bool, change: impl FnOnce(&mut Self)) -> Vec<(Self, Next)> {
        if possible {
            vec![(self.then(change), Next::Done)]
        } else {
            Vec::new()
        }
    }

    /// Reserves capacity for one message if `outcome` says so, and applies `change`.
    fn reserve(&self, outcome: Outcome, change: impl FnOnce(&mut Self)) -> Vec<(Self, Next)> {
        if outcome == Outcome::Done {
            self.done(!self.closed && self.free_capacity() > 0, change)
        } else {
            self.done(self.allows(outcome), |_| {})
        }
    }

    fn recv(&self, received: &Received) -> Vec<(Self, Next)> {
        match received {
            Received::Messages(messages) => {
                let count = messages.len();
                let are_oldest = self.messages.iter().take(count).eq(messages);
                self.done(count > 0 && are_oldest, |next| {
                    next.messages.drain(..count);
                })
            }
            Received::Empty => self.done(self.messages.is_empty() && !self.is_finished(), |_| {}),
            Received::Disconnected => self.done(self.is_finished(), |_| {}),
            Received::GaveUp => self.done(true, |_| {}),
        }
    }

    fn use_permit(&mut self, message: Message) {
        self.permits -= 1;
        self.messages.push_back(message);
    }

    /// Steps of a batch. Progress: the number of permits held, and of messages pushed.
    fn send_many(
        &self,
        messages: &[Message],
        sent: usize,
        outcome: Outcome,
        [held, pushed]: Progress,
    ) -> Vec<(Self, Next)> {
        if held > 0 {
            let next = self.then(|next| next.use_permit(messages[usize::from(pushed)]));
            return vec![(next, Next::Continues([held - 1, pushed + 1]))];
        }
        let left = sent - usize::from(pushed);
        if left == 0 {
            let complete = outcome == Outcome::Done && sent == messages.len();
            return self.done(complete || self.allows(outcome), |_| {});
        }
        if self.closed {
            return Vec::new();
        }
        let counts = 1..=left.min(self.free_capacity());
        counts
            .map(|count| {
                let next = self.then(|next| next.permits += count);
                (next, Next::Continues([count as u8, pushed]))
            })
            .collect()
    }

    /// Steps of a forced send. Progress: the stage.
    fn force_send(
        &self,
        message: Message,
        evicted: Option<Message>,
        outcome: Outcome,
        [stage, _]: Progress,
    ) -> Vec<(Self, Next)> {
        let step = |possible: bool, stage, change: &dyn Fn(&mut Self)| {
            if possible {
                vec![(self.then(change), Next::Continues([stage, 0]))]
            } else {
                Vec::new()
            }
        };
        match (stage, outcome, evicted) {
            (0, Outcome::Closed, _) => self.done(self.closed, |_| {}),
            // Only one forced send at a time. From here on, other calls see its permit.
            (0, ..) => step(!self.closed && !self.forcing, 1, &|next| {
                next.permits += 1;
                next.forcing = true;
            }),
            (1, Outcome::Done, Some(evicted)) => {
                step(self.messages.front() == Some(&evicted), 2, &|next| {
                    next.messages.pop_front();
                })
            }
            (1, Outcome::Done, None) => step(self.used() <= self.capacity, 2, &|_| {}),
            (2, Outcome::Done, _) => self.done(true, |next| {
                next.use_permit(message);
                next.forcing = false;
            }),
            // The other permits hold all of the capacity at the moment when it releases its own.
            (1, Outcome::Full, _) => self.done(self.permits > self.capacity, |next| {
                next.permits -= 1;
                next.forcing = false;
            }),
            _ => Vec::new(),
        }
    }
}

impl Specification for Channel {
    type Call = Call;

    fn steps(&self, call: &Call, progress: Progress) -> Vec<(Self, Next)> {
        match *call {
            Call::Send(message, outcome) => {
                self.reserve(outcome, |next| next.messages.push_back(message))
            }
            Call::SendMany(ref messages, sent, outcome) => {
                self.send_many(messages, sent, outcome, progress)
            }
            Call::ForceSend(message, evicted, outcome) => {
                self.force_send(message, evicted, outcome, progress)
            }
            Call::Recv(ref received) => self.recv(received),
            Call::Reserve(outcome) => self.reserve(outcome, |next| next.permits += 1),
            Call::SendOnPermit(message) => {
                self.done(self.permits > 0, |next| next.use_permit(message))
            }
            Call::Release => self.done(self.permits > 0, |next| next.permits -= 1),
            Call::Close => self.done(true, |next| next.closed = true),
            Call::Len(len) => self.done(self.messages.len() == len, |_| {}),
            Call::Capacity(capacity) => self.done(self.free_capacity() == capacity, |_| {}),
            Call::IsClosed(closed) => self.done(self.closed == closed, |_| {}),
        }
    }
}

//! What a channel is allowed to do, as a sequential object.
//!
//! Every call is one atomic step but for batches of sends, which take room and put messages in as several, and
//! `force_send`, which takes room that may not be there, takes the oldest message out, and puts its own in.

use std::collections::VecDeque;

use crate::checker::{Next, Progress, Specification};

pub(crate) type Message = u32;

/// How a call that sends or reserves ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Full,
    Closed,
    /// The time was up, or the future was dropped while it was pending: nothing may have happened.
    GaveUp,
}

/// How a call that receives ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// These messages, at least one.
    Messages(Vec<Message>),
    Empty,
    Disconnected,
    GaveUp,
}

#[derive(Clone, Debug)]
pub(crate) enum Call {
    Send(Message, Outcome),
    /// All messages, and how many of them were sent.
    SendMany(Vec<Message>, usize, Outcome),
    /// The message that was taken out for it, if any.
    ForceSend(Message, Option<Message>, Outcome),
    Recv(Received),
    Reserve(Outcome),
    /// These two use up a permit.
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
    /// A forced send is under way.
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

    fn taken(&self) -> usize {
        self.messages.len() + self.permits
    }

    fn room(&self) -> usize {
        self.capacity.saturating_sub(self.taken())
    }

    /// Nothing is there, and nothing can come.
    fn is_finished(&self) -> bool {
        self.messages.is_empty() && self.closed && self.permits == 0
    }

    /// Whether a call that takes room could have ended so without taking any.
    fn allows(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Done => false,
            Outcome::Full => !self.closed && self.room() == 0,
            Outcome::Closed => self.closed,
            Outcome::GaveUp => true,
        }
    }

    fn then(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        change(&mut next);
        next
    }

    /// One step and done, if it can be taken.
    fn done(&self, possible: bool, change: impl FnOnce(&mut Self)) -> Vec<(Self, Next)> {
        if possible {
            vec![(self.then(change), Next::Done)]
        } else {
            Vec::new()
        }
    }

    /// Takes room for one message as `outcome` says, and uses it for `change`.
    fn take_room(&self, outcome: Outcome, change: impl FnOnce(&mut Self)) -> Vec<(Self, Next)> {
        if outcome == Outcome::Done {
            self.done(!self.closed && self.room() > 0, change)
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

    /// Progress: how much room is held, and how many messages are in.
    fn send_many(
        &self,
        messages: &[Message],
        sent: usize,
        outcome: Outcome,
        [held, pushed]: Progress,
    ) -> Vec<(Self, Next)> {
        if held > 0 {
            let next = self.then(|next| next.use_permit(messages[usize::from(pushed)]));
            return vec![(next, Next::Goes([held - 1, pushed + 1]))];
        }
        let left = sent - usize::from(pushed);
        if left == 0 {
            let complete = outcome == Outcome::Done && sent == messages.len();
            return self.done(complete || self.allows(outcome), |_| {});
        }
        if self.closed {
            return Vec::new();
        }
        let bites = 1..=left.min(self.room());
        bites
            .map(|bite| {
                let next = self.then(|next| next.permits += bite);
                (next, Next::Goes([bite as u8, pushed]))
            })
            .collect()
    }

    /// Progress: the stage.
    fn force_send(
        &self,
        message: Message,
        evicted: Option<Message>,
        outcome: Outcome,
        [stage, _]: Progress,
    ) -> Vec<(Self, Next)> {
        let go = |possible: bool, stage, change: &dyn Fn(&mut Self)| {
            if possible {
                vec![(self.then(change), Next::Goes([stage, 0]))]
            } else {
                Vec::new()
            }
        };
        match (stage, outcome, evicted) {
            (0, Outcome::Closed, _) => self.done(self.closed, |_| {}),
            // One at a time, and from here on others see its permit.
            (0, ..) => go(!self.closed && !self.forcing, 1, &|next| {
                next.permits += 1;
                next.forcing = true;
            }),
            (1, Outcome::Done, Some(evicted)) => {
                go(self.messages.front() == Some(&evicted), 2, &|next| {
                    next.messages.pop_front();
                })
            }
            (1, Outcome::Done, None) => go(self.taken() <= self.capacity, 2, &|_| {}),
            (2, Outcome::Done, _) => self.done(true, |next| {
                next.use_permit(message);
                next.forcing = false;
            }),
            // Others' permits hold all of the room at the very moment when its own goes.
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
                self.take_room(outcome, |next| next.messages.push_back(message))
            }
            Call::SendMany(ref messages, sent, outcome) => {
                self.send_many(messages, sent, outcome, progress)
            }
            Call::ForceSend(message, evicted, outcome) => {
                self.force_send(message, evicted, outcome, progress)
            }
            Call::Recv(ref received) => self.recv(received),
            Call::Reserve(outcome) => self.take_room(outcome, |next| next.permits += 1),
            Call::SendOnPermit(message) => {
                self.done(self.permits > 0, |next| next.use_permit(message))
            }
            Call::Release => self.done(self.permits > 0, |next| next.permits -= 1),
            Call::Close => self.done(true, |next| next.closed = true),
            Call::Len(len) => self.done(self.messages.len() == len, |_| {}),
            Call::Capacity(room) => self.done(self.room() == room, |_| {}),
            Call::IsClosed(closed) => self.done(self.closed == closed, |_| {}),
        }
    }
}

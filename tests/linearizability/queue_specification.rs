//! The sequential specification of the raw queue, whose calls are not atomic.
//!
//! A send takes two steps: it claims the next slot, and later publishes it. A receive claims the
//! oldest message, and later frees its slot. Between the two steps the slot is *in flight*. The
//! allowed results are:
//!
//! * `recv` may return `None` only if, at some instant during the call, the next slot to receive
//!   from held no published message: the queue was empty, or the oldest message was claimed and not
//!   yet published by a send that had not returned.
//! * `send` may return its message only if, at some instant during the call, the queue was closed
//!   or the next slot to send into was not free: the queue was full, or a receive that had not
//!   returned had not yet freed that slot.
//!
//! Calls that do not overlap therefore see an ordinary bounded queue.

use crate::checker::{Next, Progress, Specification};

pub(crate) type Message = u32;

#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// The message, and whether it was sent.
    Send(Message, bool),
    Recv(Option<Message>),
    Close,
    Len(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Free,
    Claimed(Message),
    Published(Message),
    Taken,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    slots: Vec<Slot>,
    /// The next slot to send into.
    tail: usize,
    /// The next slot to receive from.
    head: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            slots: vec![Slot::Free; capacity],
            tail: 0,
            head: 0,
            closed: false,
        }
    }

    fn after(&self, index: usize) -> usize {
        (index + 1) % self.slots.len()
    }

    /// Returns the number of slots that a sender has claimed and no receiver has.
    fn len(&self) -> usize {
        let is_message = |slot: &&Slot| matches!(slot, Slot::Claimed(_) | Slot::Published(_));
        self.slots.iter().filter(is_message).count()
    }

    fn with_slot(&self, index: usize, slot: Slot) -> Self {
        let mut next = self.clone();
        next.slots[index] = slot;
        next
    }

    fn unchanged_if(&self, possible: bool) -> Vec<(Self, Next)> {
        if possible {
            vec![(self.clone(), Next::Done)]
        } else {
            Vec::new()
        }
    }
}

/// Progress: whether the call has claimed a slot, and the index of that slot.
impl Specification for Queue {
    type Call = Call;

    fn steps(&self, call: &Call, [stage, index]: Progress) -> Vec<(Self, Next)> {
        let index = usize::from(index);
        let (tail, head) = (self.tail, self.head);
        match (call, stage) {
            (&Call::Send(message, true), 0) => {
                if self.closed || self.slots[tail] != Slot::Free {
                    return Vec::new();
                }
                let mut next = self.with_slot(tail, Slot::Claimed(message));
                next.tail = self.after(tail);
                vec![(next, Next::Continues([1, tail as u8]))]
            }
            (&Call::Send(message, true), _) => {
                vec![(self.with_slot(index, Slot::Published(message)), Next::Done)]
            }
            (Call::Send(_, false), _) => {
                self.unchanged_if(self.closed || self.slots[tail] != Slot::Free)
            }
            (&Call::Recv(Some(message)), 0) => {
                if self.slots[head] != Slot::Published(message) {
                    return Vec::new();
                }
                let mut next = self.with_slot(head, Slot::Taken);
                next.head = self.after(head);
                vec![(next, Next::Continues([1, head as u8]))]
            }
            (Call::Recv(Some(_)), _) => vec![(self.with_slot(index, Slot::Free), Next::Done)],
            (Call::Recv(None), _) => {
                self.unchanged_if(!matches!(self.slots[head], Slot::Published(_)))
            }
            (Call::Close, _) => {
                let mut next = self.clone();
                next.closed = true;
                vec![(next, Next::Done)]
            }
            (&Call::Len(len), _) => self.unchanged_if(self.len() == len),
        }
    }
}

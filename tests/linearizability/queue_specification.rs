//! What the raw queue is allowed to do, as a sequential object whose calls are not atomic.
//!
//! A send is two steps: it claims the next slot, and later publishes it. A receive claims the oldest message,
//! and later frees its slot. In between the slot is *in flight*. What the raw queue may answer follows:
//!
//! * `recv` may answer `None` only if, at some instant within the call, no published message was in the slot
//!   that is to be received from next: the queue was empty, or the oldest message was claimed but not
//!   published by a send that had not returned.
//! * `send` may hand its message back only if, at some instant within the call, the queue was closed or
//!   the slot that is to be sent into next was not free: the queue was full, or a receive that had not
//!   returned had not freed that slot.
//!
//! So calls that do not overlap see an ordinary bounded queue.

use crate::checker::{Next, Progress, Specification};

pub(crate) type Message = u32;

#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// Whether it was sent.
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
    /// The next slot to send into, and to receive from.
    tail: usize,
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

    fn after(&self, place: usize) -> usize {
        (place + 1) % self.slots.len()
    }

    /// Claimed by a sender and not yet by a receiver.
    fn len(&self) -> usize {
        let is_message = |slot: &&Slot| matches!(slot, Slot::Claimed(_) | Slot::Published(_));
        self.slots.iter().filter(is_message).count()
    }

    fn with_slot(&self, place: usize, slot: Slot) -> Self {
        let mut next = self.clone();
        next.slots[place] = slot;
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

/// Progress: whether the slot is claimed, and which it is.
impl Specification for Queue {
    type Call = Call;

    fn steps(&self, call: &Call, [stage, place]: Progress) -> Vec<(Self, Next)> {
        let place = usize::from(place);
        let (tail, head) = (self.tail, self.head);
        match (call, stage) {
            (&Call::Send(message, true), 0) => {
                if self.closed || self.slots[tail] != Slot::Free {
                    return Vec::new();
                }
                let mut next = self.with_slot(tail, Slot::Claimed(message));
                next.tail = self.after(tail);
                vec![(next, Next::Goes([1, tail as u8]))]
            }
            (&Call::Send(message, true), _) => {
                vec![(self.with_slot(place, Slot::Published(message)), Next::Done)]
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
                vec![(next, Next::Goes([1, head as u8]))]
            }
            (Call::Recv(Some(_)), _) => vec![(self.with_slot(place, Slot::Free), Next::Done)],
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

//! The channel as it is meant: a queue, a few counts, and no concurrency.

use std::collections::VecDeque;

use mpmc_std::error::SetCapacityError;

/// What a channel is at a moment.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) capacity: usize,
    /// What the capacity can be raised to.
    pub(crate) limit: usize,
    pub(crate) queue: VecDeque<u32>,
    pub(crate) permits: usize,
    pub(crate) closed: bool,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    /// Messages ever put in and ever taken out.
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Somebody gathers several permits.
    pub(crate) turn_taken: bool,
}

/// Why nothing was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Full, or empty.
    Blocked,
    Closed,
}

impl Reference {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            limit: capacity,
            queue: VecDeque::new(),
            permits: 0,
            closed: false,
            senders: 1,
            receivers: 1,
            sent: 0,
            received: 0,
            turn_taken: false,
        }
    }

    pub(crate) fn room(&self) -> usize {
        self.capacity
            .saturating_sub(self.queue.len() + self.permits)
    }

    /// Nothing more can come.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed && self.permits == 0
    }

    /// Takes room for one to `most` messages.
    pub(crate) fn reserve(&mut self, most: usize) -> Result<usize, Refusal> {
        match self.room().min(most) {
            _ if self.closed => Err(Refusal::Closed),
            0 => Err(Refusal::Blocked),
            count => {
                self.permits += count;
                Ok(count)
            }
        }
    }

    /// Takes room for `count` messages or none.
    pub(crate) fn reserve_exactly(&mut self, count: usize) -> Result<(), Refusal> {
        if count > self.capacity {
            return Err(Refusal::Blocked);
        }
        if self.closed {
            return Err(Refusal::Closed);
        }
        if count > self.room() {
            return Err(Refusal::Blocked);
        }
        self.permits += count;
        Ok(())
    }

    pub(crate) fn send_reserved(&mut self, message: u32) {
        self.permits -= 1;
        if self.receivers > 0 {
            self.queue.push_back(message);
            self.sent += 1;
        }
    }

    pub(crate) fn send(&mut self, message: u32) -> Result<(), Refusal> {
        self.reserve(1)?;
        self.send_reserved(message);
        Ok(())
    }

    pub(crate) fn force_send(&mut self, message: u32) -> Result<Option<u32>, Refusal> {
        match self.send(message) {
            Err(Refusal::Blocked) => {
                // One for one, also if there is more than the capacity.
                let evicted = self.receive(1)?.pop();
                self.permits += 1;
                self.send_reserved(message);
                Ok(evicted)
            }
            sent => sent.map(|()| None),
        }
    }

    /// Takes one to `most` messages out.
    pub(crate) fn receive(&mut self, most: usize) -> Result<Vec<u32>, Refusal> {
        let count = self.queue.len().min(most);
        if count == 0 {
            return Err(if self.is_finished() {
                Refusal::Closed
            } else {
                Refusal::Blocked
            });
        }
        self.received += count as u64;
        Ok(self.queue.drain(..count).collect())
    }

    pub(crate) fn set_capacity(&mut self, capacity: usize) -> Result<usize, SetCapacityError> {
        let limit = self.limit;
        if capacity == 0 {
            return Err(SetCapacityError::Zero);
        }
        if capacity > limit {
            return Err(SetCapacityError::AboveLimit { limit });
        }
        if self.closed {
            return Err(SetCapacityError::Closed);
        }
        Ok(std::mem::replace(&mut self.capacity, capacity))
    }

    pub(crate) fn remove_sender(&mut self) {
        self.senders -= 1;
        self.closed |= self.senders == 0;
    }

    pub(crate) fn remove_receiver(&mut self) {
        self.receivers -= 1;
        if self.receivers == 0 {
            self.closed = true;
            self.received += self.queue.len() as u64;
            self.queue.clear();
        }
    }
}

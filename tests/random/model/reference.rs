//! The reference implementation of a channel: a queue and a few counters, without concurrency.

use std::collections::VecDeque;

use mpmc_std::error::SetCapacityError;

/// The state of a channel.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) capacity: usize,
    /// The largest capacity that can be set.
    pub(crate) limit: usize,
    pub(crate) queue: VecDeque<u32>,
    pub(crate) permits: usize,
    pub(crate) closed: bool,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    /// The number of messages sent so far.
    pub(crate) sent: u64,
    /// The number of messages received so far.
    pub(crate) received: u64,
    /// Whether a future that reserves several permits holds the reservation lock.
    pub(crate) reservation_locked: bool,
}

/// The reason why an operation had no effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ClaimError {
    /// The channel is full or empty.
    WouldBlock,
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
            reservation_locked: false,
        }
    }

    pub(crate) fn free_capacity(&self) -> usize {
        self.capacity
            .saturating_sub(self.queue.len() + self.permits)
    }

    /// Returns whether the channel can receive no more messages.
    pub(crate) fn is_finished(&self) -> bool {
        self.closed && self.permits == 0
    }

    /// Reserves capacity for one to `max` messages.
    pub(crate) fn reserve(&mut self, max: usize) -> Result<usize, ClaimError> {
        match self.free_capacity().min(max) {
            _ if self.closed => Err(ClaimError::Closed),
            0 => Err(ClaimError::WouldBlock),
            count => {
                self.permits += count;
                Ok(count)
            }
        }
    }

    /// Reserves capacity for `count` messages or none.
    pub(crate) fn reserve_exactly(&mut self, count: usize) -> Result<(), ClaimError> {
        if count > self.capacity {
            return Err(ClaimError::WouldBlock);
        }
        if self.closed {
            return Err(ClaimError::Closed);
        }
        if count > self.free_capacity() {
            return Err(ClaimError::WouldBlock);
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

    pub(crate) fn send(&mut self, message: u32) -> Result<(), ClaimError> {
        self.reserve(1)?;
        self.send_reserved(message);
        Ok(())
    }

    pub(crate) fn force_send(&mut self, message: u32) -> Result<Option<u32>, ClaimError> {
        match self.send(message) {
            Err(ClaimError::WouldBlock) => {
                // One message is evicted for one sent, even above the capacity.
                let evicted = self.receive(1)?.pop();
                self.permits += 1;
                self.send_reserved(message);
                Ok(evicted)
            }
            sent => sent.map(|()| None),
        }
    }

    /// Receives one to `max` messages.
    pub(crate) fn receive(&mut self, max: usize) -> Result<Vec<u32>, ClaimError> {
        let count = self.queue.len().min(max);
        if count == 0 {
            return Err(if self.is_finished() {
                ClaimError::Closed
            } else {
                ClaimError::WouldBlock
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

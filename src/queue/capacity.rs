//! A capacity that changes while the queue is in use.
//!
//! The ring keeps its slots, as many as the *limit* says. A lower capacity is made by *withholding* slots: they
//! are counted in `tail` along with the permits, and nobody uses them. So a claim learns of them from the word
//! that it changes anyway, and a send through a queue whose capacity is its limit costs what it always did.
//!
//! Slots are withheld whether they are free or not. While messages and permits are more than the new
//! capacity, the ring is over capacity, and accepts nothing until it is below. A permit that was reserved
//! before still finds its slot, since what is withheld is never filled: messages, permits and slots reserved
//! for waiting senders are at most as many as there are slots.
//!
//! Closing gives the slots back in the step that sets CLOSED, or else receivers would wait for messages on
//! permits that nobody holds. After it the count stays as it was, for those who ask for the capacity.

use super::MpmcQueue;
use crate::error::SetCapacityError;
use crate::ring::{MAX_PERMITS, MAX_WITHHELD, Released};
use crate::unwind::defer;

/// What changed, and whom to tell.
enum Change {
    Nothing,
    Lowered,
    Raised { by: usize, released: Released },
}

impl<T> MpmcQueue<T> {
    /// Returns the number of messages that the queue holds when full: the limit less what is withheld.
    pub(super) fn current_capacity(&self) -> usize {
        self.capacity_limit() - self.ring.withheld.count()
    }

    /// Returns what the capacity can be raised to: the number of slots.
    pub(crate) fn capacity_limit(&self) -> usize {
        self.ring.capacity()
    }

    /// Returns how many permits there can be at a time, as the capacity is now.
    pub(crate) fn max_together(&self) -> usize {
        let withheld = self.ring.withheld.count();
        let capacity = self.capacity_limit() - withheld;
        capacity.min(MAX_PERMITS as usize - withheld)
    }

    /// Returns how many more messages fit, permits counted as taken.
    pub(crate) fn free_capacity(&self) -> usize {
        let (free, is_closed) = self.ring.free_capacity();
        if is_closed {
            // Closing has given back what is withheld, but the capacity is what it was.
            free.saturating_sub(self.ring.withheld.count())
        } else {
            free
        }
    }

    /// Returns the number of permits outstanding.
    pub(crate) fn permits(&self) -> usize {
        self.ring.withheld.changing.with(|()| {
            let (permits, is_closed) = self.ring.permits();
            if is_closed {
                permits
            } else {
                permits - self.ring.withheld.count()
            }
        })
    }

    /// Closes the ring, and gives back what is withheld. `false` if it was closed before.
    pub(super) fn close_ring(&self) -> bool {
        let withheld = &self.ring.withheld;
        withheld
            .changing
            .with(|()| self.ring.close(withheld.count()))
    }

    /// Changes the capacity, at once for all sends that begin after this. Returns the one before.
    pub(crate) fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        let target = self.withheld_at(capacity)?;
        let withheld = &self.ring.withheld;
        let (before, change) = withheld.changing.with(|()| {
            if self.ring.is_closed() {
                return Err(SetCapacityError::Closed);
            }
            let before = withheld.count();
            let change = if target > before {
                if !self.ring.withhold(target - before) {
                    return Err(SetCapacityError::TooManyPermits);
                }
                Change::Lowered
            } else if target < before {
                let by = before - target;
                let released = self.ring.release(by);
                Change::Raised { by, released }
            } else {
                Change::Nothing
            };
            withheld.set(target);
            self.senders.set_capacity(capacity);
            self.receivers.set_capacity(capacity);
            Ok((before, change))
        })?;
        match change {
            Change::Nothing => {}
            Change::Lowered => self.announce_lowered(),
            Change::Raised { by, released } => self.announce_raised(by, released),
        }
        Ok(self.capacity_limit() - before)
    }

    /// Returns how many slots have to be withheld for a capacity.
    fn withheld_at(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        let limit = self.capacity_limit();
        if capacity == 0 {
            return Err(SetCapacityError::Zero);
        }
        let withheld = limit
            .checked_sub(capacity)
            .ok_or(SetCapacityError::AboveLimit { limit })?;
        if withheld > MAX_WITHHELD {
            return Err(SetCapacityError::TooFarBelowLimit { limit });
        }
        Ok(withheld)
    }

    /// Has tasks that wait for several permits see whether there can be as many.
    fn announce_lowered(&self) {
        if let Some(rare) = self.rare.get_after() {
            rare.lowered.notify_all();
        }
    }

    /// Wakes a sender for each slot that is free now. While messages and permits are still more than the
    /// capacity there is none; the receivers that make room wake the senders.
    fn announce_raised(&self, by: usize, released: Released) {
        let _exhausted = defer(|| self.after_use_of_permits(released.was_exhausted));
        if released.senders_parked {
            let count = by.min(self.ring.free_capacity().0);
            if count > 0 {
                self.notify_senders(count);
            }
        }
    }

    /// Waits until no `count` permits can be out together, for the capacity has been lowered.
    pub(crate) async fn lowered_below(&self, count: usize) {
        let is_below = || (count > self.max_together()).then_some(());
        self.rare().lowered.until(is_below).await;
    }
}

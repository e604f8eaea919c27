//! A capacity that changes while the queue is in use.
//!
//! The ring keeps as many slots as the *limit* says. To lower the capacity, the queue *withholds*
//! slots: `tail` counts them along with the permits, and no sender uses them. So a claim learns of
//! them from the state that it changes anyway, and a send through a queue whose capacity is its
//! limit costs no more than without this feature.
//!
//! Slots are withheld whether they are free or not. While there are more messages and permits than
//! the new capacity, the ring is over capacity, and accepts nothing until it is below. A permit
//! that was reserved before still finds its slot, because withheld slots are never filled:
//! messages, permits and slots reserved for waiting senders are at most as many as there are slots.
//!
//! Closing releases the withheld slots in the step that sets CLOSED. Otherwise receivers would wait
//! for messages on permits that no sender holds. The number of withheld slots keeps its value after
//! that, to report the capacity.

use super::MpmcQueue;
use crate::error::SetCapacityError;
use crate::ring::{MAX_PERMITS, MAX_WITHHELD, Released};
use crate::unwind::defer;

impl<T> MpmcQueue<T> {
    /// Returns the number of messages that the queue holds when full: the limit minus the withheld
    /// slots.
    pub(super) fn current_capacity(&self) -> usize {
        self.capacity_limit() - self.ring.withheld.count()
    }

    /// Returns the highest capacity that can be set, which is the number of slots.
    pub(crate) fn capacity_limit(&self) -> usize {
        self.ring.capacity()
    }

    /// Returns the number of permits that can be outstanding at a time, with the current capacity.
    pub(crate) fn max_together(&self) -> usize {
        let withheld = self.ring.withheld.count();
        let capacity = self.capacity_limit() - withheld;
        capacity.min(MAX_PERMITS as usize - withheld)
    }

    /// Returns the free capacity. Permits count as used.
    pub(crate) fn free_capacity(&self) -> usize {
        let (free, is_closed) = self.ring.free_capacity();
        if is_closed {
            // Closing has released the withheld slots, but the reported capacity stays the same.
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

    /// Closes the ring, and releases the withheld slots. Returns `false` if it was closed before.
    pub(super) fn close_ring(&self) -> bool {
        let withheld = &self.ring.withheld;
        withheld
            .changing
            .with(|()| self.ring.close(withheld.count()))
    }

    /// Changes the capacity for all sends that begin after this call. Returns the capacity before.
    /// Wakes no tasks that wait for more permits than are possible afterward: the caller does, with
    /// [`ReservationLock::end`](crate::wait::ReservationLock::end).
    pub(crate) fn set_capacity(&self, capacity: usize) -> Result<usize, SetCapacityError> {
        let target = self.withheld_at(capacity)?;
        let withheld = &self.ring.withheld;
        let (before, released) = withheld.changing.with(|()| {
            if self.ring.is_closed() {
                return Err(SetCapacityError::Closed);
            }
            let before = withheld.count();
            if target > before && !self.ring.withhold(target - before) {
                return Err(SetCapacityError::TooManyPermits);
            }
            let released = (target < before).then(|| self.ring.release(before - target));
            withheld.set(target);
            self.senders.set_capacity(capacity);
            self.receivers.set_capacity(capacity);
            Ok((before, released))
        })?;
        if let Some(released) = released {
            self.announce_raised(before - target, released);
        }
        Ok(self.capacity_limit() - before)
    }

    /// Returns the number of slots to withhold for a capacity.
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

    /// Wakes a sender for each slot that is free now. While there are still more messages and
    /// permits than the capacity, no slot is free; the receivers that free capacity wake the
    /// senders.
    fn announce_raised(&self, by: usize, released: Released) {
        let _exhausted = defer(|| self.after_use_of_permits(released.was_exhausted));
        if released.senders_parked {
            let count = by.min(self.ring.free_capacity().0);
            if count > 0 {
                self.notify_senders(count);
            }
        }
    }
}

//! The two sides of a queue, as the wait queues see them: one implementation for both directions.

use core::marker::PhantomData;

use super::MpmcQueue;
use crate::ring::{ClaimError, Direction, Head, Parked, Reserved, State, Tail};
use crate::unwind::defer;
use crate::wait::{Side, SpinState, WaitQueue};

/// A direction with a wait queue.
pub(crate) trait Waits: Direction {
    type Opposite: Waits;

    fn spin_state<T>(queue: &MpmcQueue<T>) -> &SpinState;

    fn wait_queue<T>(queue: &MpmcQueue<T>) -> WaitQueue<'_> {
        WaitQueue::new(Self::beside(&queue.ring), Self::spin_state(queue))
    }

    /// Gives reservations back, and makes the notifications that this requires.
    fn unreserve<T>(queue: &MpmcQueue<T>, count: usize);

    /// See [`Side::after_reservation`].
    fn after_reservation<T>(_queue: &MpmcQueue<T>) {}

    /// Fails as an operation that takes one message or slot would.
    fn probe<T>(queue: &MpmcQueue<T>) -> Result<(), ClaimError>;

    /// Returns whether tasks outside the wait queue share the marks of this side.
    fn shares_marks<T>(_queue: &MpmcQueue<T>) -> bool {
        false
    }
}

/// The receivers' side, which waits until the queue is not empty.
pub(crate) type Receivers<'a, T> = QueueSide<'a, T, Head>;
/// The senders' side, which waits until the queue is not full.
pub(crate) type Senders<'a, T> = QueueSide<'a, T, Tail>;

impl Waits for Head {
    type Opposite = Tail;

    fn spin_state<T>(queue: &MpmcQueue<T>) -> &SpinState {
        &queue.receivers
    }

    fn unreserve<T>(queue: &MpmcQueue<T>, count: usize) {
        let (_, notify) = queue.ring.unreserve::<Head>(count);
        if !notify {
            return;
        }
        if queue.is_closed() {
            // A newcomer may take the message that a single woken waiter would find, and no message
            // follows.
            queue.finish_receivers();
        } else {
            queue.notify_receivers(count);
        }
    }

    fn after_reservation<T>(queue: &MpmcQueue<T>) {
        queue.after_reserved_recv();
    }

    fn probe<T>(queue: &MpmcQueue<T>) -> Result<(), ClaimError> {
        queue.ring.probe_recv()
    }
}

impl Waits for Tail {
    type Opposite = Head;

    fn spin_state<T>(queue: &MpmcQueue<T>) -> &SpinState {
        &queue.senders
    }

    fn unreserve<T>(queue: &MpmcQueue<T>, count: usize) {
        queue.release(count);
    }

    fn probe<T>(queue: &MpmcQueue<T>) -> Result<(), ClaimError> {
        queue.ring.probe_send()
    }

    fn shares_marks<T>(queue: &MpmcQueue<T>) -> bool {
        queue.has_drain_waiters()
    }
}

/// One side of a queue.
pub(crate) struct QueueSide<'a, T, D> {
    queue: &'a MpmcQueue<T>,
    direction: PhantomData<D>,
}

impl<'a, T, D> QueueSide<'a, T, D> {
    pub(super) fn of(queue: &'a MpmcQueue<T>) -> Self {
        Self {
            queue,
            direction: PhantomData,
        }
    }
}

impl<T, D> Clone for QueueSide<'_, T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, D> Copy for QueueSide<'_, T, D> {}

impl<T, D: Waits> QueueSide<'_, T, D> {
    /// Fails as an operation that takes one message or slot would.
    pub(super) fn probe(&self) -> Result<(), ClaimError> {
        D::probe(self.queue)
    }

    /// Returns whether such an operation seems possible at the first attempt.
    pub(super) fn probe_at_once(&self) -> bool {
        self.queue.ring.probe_at_once::<D>()
    }

    /// Returns whether [`probe_at_once`](Self::probe_at_once) is worth repeating.
    pub(super) fn may_probe_at_once(&self) -> bool {
        self.queue.ring.may_probe_at_once::<D>()
    }
}

impl<T, D: Waits> Side for QueueSide<'_, T, D> {
    fn queue(&self) -> WaitQueue<'_> {
        D::wait_queue(self.queue)
    }

    fn opposite(&self) -> WaitQueue<'_> {
        D::Opposite::wait_queue(self.queue)
    }

    fn is_ready(&self) -> bool {
        self.queue.ring.is_next_ready::<D>()
    }

    fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    fn mark_parked(&self) -> Parked {
        self.queue.ring.mark_parked::<D>()
    }

    fn load_state(&self) -> State {
        self.queue.ring.marks::<D>()
    }

    fn clear_keep(&self, marks: State) {
        if !D::shares_marks(self.queue) {
            self.queue.ring.clear_keep::<D>(marks);
        }
    }

    fn start_fair(&self) {
        self.queue.ring.start_fair::<D>();
    }

    fn end_fair(&self) {
        self.queue.ring.end_fair::<D>();
    }

    fn reserve(&self) -> Reserved {
        self.queue.ring.reserve_for_waiter::<D>()
    }

    fn unreserve(&self, count: usize) {
        if count > 0 {
            D::unreserve(self.queue, count);
        }
    }

    #[cold]
    fn after_reservation(&self) {
        D::after_reservation(self.queue);
    }

    #[cold]
    fn forward(&self) {
        if self.queue.ring.available::<D>() > 0 {
            self.queue().notify(self, 1);
        }
    }

    #[cold]
    fn wake_opposite(&self) {
        let available = self.queue.ring.available::<D::Opposite>();
        let opposite = QueueSide::<T, D::Opposite>::of(self.queue);
        if available > 0 {
            opposite.queue().notify_extra(&opposite, available);
        } else if opposite.queue().has_grants() {
            // The rest is reserved for a waiter that may not attempt. A second waiter ends that,
            // unless nothing can be reserved for it although it is starving: a known limit.
            opposite.queue().notify(&opposite, 1);
        }
        // Otherwise permits hold the capacity, or a selection holds the messages. A woken waiter
        // would find nothing, and waiters of the two sides would wake each other without end.
    }
}

impl<T> MpmcQueue<T> {
    /// Returns whether operations may spin before they wait.
    #[cfg(feature = "std")]
    pub(crate) fn spins(&self) -> bool {
        Tail::wait_queue(self).spinner().is_adaptive()
    }

    pub(crate) fn receivers_side(&self) -> Receivers<'_, T> {
        Receivers::of(self)
    }

    pub(crate) fn senders_side(&self) -> Senders<'_, T> {
        Senders::of(self)
    }

    /// Notifies receivers of `count` messages.
    #[cold]
    #[inline(never)]
    pub(super) fn notify_receivers(&self, count: usize) {
        Head::wait_queue(self).notify(&Receivers::of(self), count);
    }

    /// Notifies senders of `count` free slots, and tasks that wait until sent messages are
    /// received.
    #[cold]
    #[inline(never)]
    pub(super) fn notify_senders(&self, count: usize) {
        let _senders = defer(|| Tail::wait_queue(self).notify(&Senders::of(self), count));
        self.notify_drained();
    }

    /// Wakes the receivers of a closed queue in which nothing is left to receive. Call this after a
    /// message was received on a reservation: in a closed queue, receivers park while all remaining
    /// messages are reserved, and this may have been the last one.
    #[cold]
    pub(super) fn after_reserved_recv(&self) {
        if self.ring.touch::<Head>() && self.is_closed() {
            self.finish_receivers();
        }
    }

    /// Returns whether a sender finds slots at the first attempt.
    pub(super) fn has_slots(&self) -> bool {
        Tail::is_prepared(&self.ring)
    }

    /// Wakes all receivers, so that they see that no more messages can arrive.
    #[cold]
    pub(super) fn finish_receivers(&self) {
        Head::wait_queue(self).notify_all(&Receivers::of(self));
    }

    /// Ends a reservation that its waiter does not use. Call this after an attempt failed because
    /// of reservations. Returns whether a reservation was ended, so that another attempt may
    /// succeed.
    #[cold]
    pub(super) fn end_reservation<D: Waits>(&self) -> bool {
        let side = QueueSide::<T, D>::of(self);
        let ended = side.queue().has_grants() && side.queue().try_revoke_oldest();
        if ended {
            side.unreserve(1);
        }
        ended
    }

    /// Wakes all waiting tasks, so that they see that the queue is closed.
    pub(crate) fn announce_close(&self) {
        let _countable = defer(|| self.notify_countable());
        let _senders = defer(|| Tail::wait_queue(self).notify_all(&Senders::of(self)));
        self.finish_receivers();
    }
}

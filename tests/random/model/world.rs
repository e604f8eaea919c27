//! A channel with its reference, and all of its handles, permits and futures.

use std::rc::Rc;

use mpmc_std::error::SetCapacityError;
use mpmc_std::{OwnedPermit, Receiver, Sender, Stats, WeakReceiver, WeakSender, channel};

use crate::harness::WakeCounter;
use crate::model::Message;
use crate::model::operation::Operation;
use crate::model::reference::Reference;
use crate::model::work::{StartedFuture, Wait, Work};

/// A handle that can be polled, and the task that polls it.
pub(crate) struct Handle<H> {
    pub(crate) handle: H,
    pub(crate) task: WakeCounter,
    /// Whether the last poll returned `Pending`.
    pub(crate) waits: bool,
    /// The number of polls after a wake that found nothing.
    pub(crate) losses: usize,
    pub(crate) stage: Stage,
}

/// The state of a sender as a sink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stage {
    Idle,
    Ready,
    Closed,
}

impl<H> Handle<H> {
    pub(crate) fn new(handle: H) -> Self {
        Self {
            handle,
            task: WakeCounter::default(),
            waits: false,
            losses: 0,
            stage: Stage::Idle,
        }
    }

    /// Returns whether the handle waits and has not been woken.
    fn is_parked(&self) -> bool {
        self.waits && !self.task.is_woken()
    }
}

pub(crate) struct World {
    pub(crate) reference: Reference,
    pub(crate) senders: Vec<Handle<Sender<Message>>>,
    pub(crate) receivers: Vec<Handle<Receiver<Message>>>,
    pub(crate) weak_senders: Vec<WeakSender<Message>>,
    pub(crate) weak_receivers: Vec<WeakReceiver<Message>>,
    pub(crate) permits: Vec<OwnedPermit<Message>>,
    pub(crate) futures: Vec<StartedFuture>,
    /// A reference count that every message shares.
    alive: Rc<()>,
    last_number: u32,
}

/// Returns the index of the item that `which` selects; `None` if the list is empty.
pub(crate) fn pick<T>(list: &[T], which: usize) -> Option<usize> {
    which.checked_rem(list.len())
}

impl World {
    pub(crate) fn new(capacity: usize) -> Self {
        let (tx, rx) = channel(capacity);
        Self {
            reference: Reference::new(capacity),
            senders: vec![Handle::new(tx)],
            receivers: vec![Handle::new(rx)],
            weak_senders: vec![],
            weak_receivers: vec![],
            permits: vec![],
            futures: vec![],
            alive: Rc::new(()),
            last_number: 0,
        }
    }

    pub(crate) fn messages(&mut self, count: usize) -> Vec<Message> {
        let numbers = self.last_number + 1..=self.last_number + count as u32;
        self.last_number = *numbers.end();
        let messages = numbers.map(|number| Message {
            number,
            _alive: Rc::clone(&self.alive),
        });
        messages.collect()
    }

    /// Applies `operation` to the channel and the reference, and compares the results. Returns
    /// `None` if the handle, permit or future that it needs does not exist.
    pub(crate) fn apply(&mut self, operation: &Operation) -> Option<()> {
        use Operation::*;
        match *operation {
            TrySend(which) => self.try_send(which),
            TrySendMany(which, count) => self.try_send_many(which, count),
            ForceSend(which) => self.force_send(which),
            TryRecv(which) => self.try_recv(which),
            TryRecvMany(which, limit) => self.try_recv_many(which, limit),
            Drain(which, limit) => self.drain(which, limit),
            Send(which) => self.begin_sending(which, 1, |numbers| Work::Send(numbers[0])),
            SendMany(which, count) => self.begin_sending(which, count, |numbers| Work::SendMany {
                sent: 0,
                left: numbers.into(),
            }),
            Reserve(which) => self.begin_sending(which, 0, |_| Work::Reserve),
            ReserveMany(which, count, used) => {
                self.begin_sending(which, used.min(count), |numbers| Work::ReserveMany {
                    count,
                    held: 0,
                    has_lock: false,
                    numbers,
                })
            }
            Receive(which, limit) => self.begin_receiving(which, limit),
            PollFuture(which) => self.poll_future(which),
            DropFuture(which) => self.drop_future(which),
            TryReserve(which) => self.try_reserve(which),
            TryReserveMany(which, count, used) => self.try_reserve_many(which, count, used),
            SendOnPermit(which) => self.send_on_permit(which),
            ReleasePermit(which) => self.release_permit(which),
            DropPermit(which) => self.drop_permit(which),
            PollReady(which) => self.poll_ready(which),
            StartSend(which) => self.start_send(which),
            CloseSink(which) => self.close_sink(which),
            PollRecv(which) => self.poll_recv(which),
            SetCapacity(which, capacity) => self.set_capacity(which, capacity),
            Close(which) => self.close(which),
            CloneSender(which) => self.clone_sender(which),
            DropSender(which) => self.drop_sender(which),
            CloneReceiver(which) => self.clone_receiver(which),
            DropReceiver(which) => self.drop_receiver(which),
            DowngradeSender(which) => self.downgrade_sender(which),
            UpgradeSender(which) => self.upgrade_sender(which),
            DowngradeReceiver(which) => self.downgrade_receiver(which),
            UpgradeReceiver(which) => self.upgrade_receiver(which),
            DropWeak(which) => self.drop_weak(which),
        }
    }

    fn set_capacity(&mut self, which: usize, capacity: usize) -> Option<()> {
        let changed = if which % 2 == 0 {
            let sender = &self.senders[pick(&self.senders, which)?];
            if sender.stage == Stage::Closed {
                let result = sender.handle.set_capacity(capacity);
                assert_eq!(result, Err(SetCapacityError::Closed));
                return Some(());
            }
            sender.handle.set_capacity(capacity)
        } else {
            let receiver = &self.receivers[pick(&self.receivers, which)?];
            receiver.handle.set_capacity(capacity)
        };
        assert_eq!(changed, self.reference.set_capacity(capacity));
        Some(())
    }

    /// Compares all queries, and checks which waiters have been woken.
    pub(crate) fn check(&self) {
        for Handle {
            handle: tx, stage, ..
        } in &self.senders
        {
            let closed = self.reference.closed || *stage == Stage::Closed;
            assert_eq!(tx.is_closed(), closed);
            assert_eq!(tx.len(), self.reference.queue.len());
            assert_eq!(tx.is_empty(), self.reference.queue.is_empty());
            assert_eq!(tx.capacity(), self.reference.free_capacity());
            assert_eq!(tx.max_capacity(), self.reference.capacity);
            assert_eq!(tx.capacity_limit(), self.reference.limit);
            assert_eq!(tx.strong_count(), self.reference.senders);
            assert_eq!(tx.weak_count(), self.weak_senders.len());
            assert_eq!(tx.receiver_strong_count(), self.reference.receivers);
            assert_eq!(tx.receiver_weak_count(), self.weak_receivers.len());
            self.check_stats(&tx.stats());
        }
        for Handle { handle: rx, .. } in &self.receivers {
            assert_eq!(rx.is_closed(), self.reference.closed);
            assert_eq!(rx.len(), self.reference.queue.len());
            assert_eq!(rx.is_empty(), self.reference.queue.is_empty());
            assert_eq!(rx.capacity(), self.reference.free_capacity());
            assert_eq!(rx.max_capacity(), self.reference.capacity);
            assert_eq!(rx.capacity_limit(), self.reference.limit);
            assert_eq!(rx.strong_count(), self.reference.receivers);
            assert_eq!(rx.weak_count(), self.weak_receivers.len());
            assert_eq!(rx.sender_strong_count(), self.reference.senders);
            assert_eq!(rx.sender_weak_count(), self.weak_senders.len());
            self.check_stats(&rx.stats());
        }
        for weak in &self.weak_senders {
            assert_eq!(weak.strong_count(), self.reference.senders);
        }
        for weak in &self.weak_receivers {
            assert_eq!(weak.strong_count(), self.reference.receivers);
        }
        let waiting: usize = self.futures.iter().map(StartedFuture::messages).sum();
        let alive = Rc::strong_count(&self.alive) - 1;
        assert_eq!(alive, self.reference.queue.len() + waiting);
        self.check_wakes();
    }

    fn check_stats(&self, stats: &Stats) {
        assert_eq!(stats.sent, self.reference.sent);
        assert_eq!(stats.received, self.reference.received);
        assert_eq!(stats.len, self.reference.queue.len());
        assert_eq!(stats.permits, self.reference.permits);
        assert_eq!(stats.max_capacity, self.reference.capacity);
        assert_eq!(stats.closed, self.reference.closed);
    }

    /// Checks that one waiter is woken if it can make progress, and all waiters if the channel is
    /// closed. (`tests/suite/waiting` counts them.)
    fn check_wakes(&self) {
        let Self {
            reference, futures, ..
        } = self;
        let parked = |wait| {
            let waiting = futures
                .iter()
                .filter(move |future| future.waits_for() == wait);
            waiting.map(|future| !future.is_woken())
        };
        let senders = self.senders.iter().filter(|handle| handle.waits);
        let receivers = self.receivers.iter().filter(|handle| handle.waits);
        let capacity: Vec<_> = parked(Wait::Capacity)
            .chain(senders.map(Handle::is_parked))
            .collect();
        let message: Vec<_> = parked(Wait::Message)
            .chain(receivers.map(Handle::is_parked))
            .collect();
        let lock: Vec<_> = parked(Wait::ReservationLock).collect();
        let one_woken = |parked: &[bool]| parked.is_empty() || parked.contains(&false);
        let all_woken = |parked: &[bool]| !parked.contains(&true);
        assert!(!reference.closed || all_woken(&capacity) && all_woken(&lock));
        assert!(!reference.is_finished() || all_woken(&message));
        assert!(
            reference.free_capacity() == 0 || one_woken(&capacity),
            "there is capacity, but no waiter is woken"
        );
        assert!(
            reference.reservation_locked || one_woken(&lock),
            "the reservation lock is free, but no waiter is woken"
        );
        assert!(
            reference.queue.is_empty() || one_woken(&message),
            "there is a message, but no waiter is woken"
        );
    }

    /// Returns whether a waiter has lost so many races that the channel may reserve a message or a
    /// slot for it, which the reference does not model.
    pub(crate) fn may_be_fair(&self) -> bool {
        const MAX_LOST_RACES: usize = 4;
        let futures = self.futures.iter().map(StartedFuture::losses);
        let senders = self.senders.iter().map(|handle| handle.losses);
        let receivers = self.receivers.iter().map(|handle| handle.losses);
        let mut losses = futures.chain(senders).chain(receivers);
        losses.any(|losses| losses >= MAX_LOST_RACES)
    }

    /// Drops everything, and checks that no message is left.
    pub(crate) fn end(self) {
        let alive = Rc::clone(&self.alive);
        drop(self);
        assert_eq!(Rc::strong_count(&alive), 1);
    }
}

//! Cancel safety, which is exact here: a future that is dropped before it completed has done
//! nothing, and if it was woken, another waiting task is woken in its place.

use std::task::Poll;

use mpmc_std::error::TryRecvError;
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{Drops, Task, poll_once, reserve};

/// The event that a task waits for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// A message.
    Recv,
    /// Capacity that a receive frees.
    Send,
    /// Capacity that a dropped permit frees.
    SendAfterPermit,
}

/// A channel on which tasks wait, with an operation that makes an item available to one of them and
/// one that takes it away again.
struct TestChannel {
    wait: Wait,
    tx: Sender<u8>,
    rx: Receiver<u8>,
    permits: Vec<Sender<u8>>,
}

impl TestChannel {
    /// Creates one channel for each kind of wait, on which `capacity` items can become available.
    fn of_each_kind(capacity: usize) -> [Self; 3] {
        [Wait::Recv, Wait::Send, Wait::SendAfterPermit].map(|wait| {
            let (tx, rx) = channel(capacity);
            let mut channel = Self {
                wait,
                tx,
                rx,
                permits: Vec::new(),
            };
            if !matches!(wait, Wait::Recv) {
                (0..capacity).for_each(|_| channel.take());
            }
            channel
        })
    }

    /// Returns a task that waits on this channel, through handles of its own.
    fn parked(&self) -> Task<impl Future<Output = ()> + use<>> {
        let (tx, rx) = (self.tx.clone(), self.rx.clone());
        let wait = self.wait;
        Task::parked(async move {
            match wait {
                Wait::Recv => assert!(rx.recv().await.is_some()),
                Wait::Send | Wait::SendAfterPermit => tx.send(0).await.unwrap(),
            }
        })
    }

    fn offer(&mut self) {
        match self.wait {
            Wait::Recv => self.tx.try_send(0).unwrap(),
            Wait::Send => drop(self.rx.try_recv().unwrap()),
            Wait::SendAfterPermit => drop(self.permits.pop().unwrap()),
        }
    }

    fn take(&mut self) {
        match self.wait {
            Wait::Recv => drop(self.rx.try_recv().unwrap()),
            Wait::Send => self.tx.try_send(0).unwrap(),
            Wait::SendAfterPermit => {
                let mut tx = self.tx.clone();
                reserve(&mut tx);
                self.permits.push(tx);
            }
        }
    }
}

#[test]
fn a_cancelled_wait_forwards_its_wakeup() {
    for mut channel in TestChannel::of_each_kind(1) {
        let (first, second) = (channel.parked(), channel.parked());
        channel.offer();
        assert!(first.is_woken() && !second.is_woken(), "{:?}", channel.wait);
        drop(first);
        assert!(second.is_woken(), "{:?}", channel.wait);
        second.finish();
    }
}

#[test]
fn a_wait_cancelled_before_its_wakeup_takes_none() {
    for mut channel in TestChannel::of_each_kind(1) {
        let (first, second, third) = (channel.parked(), channel.parked(), channel.parked());
        drop(first);
        drop(second);
        channel.offer();
        assert!(third.is_woken(), "{:?}", channel.wait);
        third.finish();
    }
}

#[test]
fn a_wakeup_survives_any_number_of_cancellations() {
    for mut channel in TestChannel::of_each_kind(1) {
        let mut waiting: Vec<_> = (0..10).map(|_| channel.parked()).collect();
        channel.offer();
        while waiting.len() > 1 {
            let woken = waiting
                .iter()
                .position(Task::is_woken)
                .expect("one is woken");
            drop(waiting.swap_remove(woken));
        }
        waiting.pop().unwrap().finish();
    }
}

#[test]
fn a_task_that_lost_a_race_is_woken_again() {
    for mut channel in TestChannel::of_each_kind(1) {
        let (mut first, second) = (channel.parked(), channel.parked());
        channel.offer();
        channel.take();
        assert!(first.is_woken());
        first.parks();
        assert!(!second.is_woken(), "nothing is available");
        channel.offer();
        let [first, second] = [first.is_woken(), second.is_woken()];
        assert!(first || second, "{:?}", channel.wait);
    }
}

#[test]
fn cancelling_a_task_that_lost_a_race_loses_no_wakeup() {
    for repoll in [false, true] {
        for mut channel in TestChannel::of_each_kind(1) {
            let (mut first, second) = (channel.parked(), channel.parked());
            channel.offer();
            channel.take();
            if repoll {
                first.parks();
            }
            drop(first);
            channel.offer();
            assert!(second.is_woken(), "{:?}", channel.wait);
            second.finish();
        }
    }
}

#[test]
fn each_available_item_wakes_a_task() {
    for mut channel in TestChannel::of_each_kind(3) {
        let waiting = [(); 4].map(|()| channel.parked());
        // Only the first of these calls finds the parked bit set.
        (0..3).for_each(|_| channel.offer());
        let mut woken = 0;
        for task in waiting {
            if task.is_woken() {
                woken += 1;
                task.finish();
            }
        }
        assert_eq!(woken, 3, "{:?}", channel.wait);
    }
}

#[test]
fn a_spurious_poll_keeps_the_waiter_registered() {
    for mut channel in TestChannel::of_each_kind(1) {
        let mut waiting = channel.parked();
        waiting.parks();
        waiting.parks();
        channel.offer();
        assert!(waiting.is_woken(), "{:?}", channel.wait);
        waiting.finish();
    }
}

#[test]
fn a_cancelled_recv_takes_no_message() {
    let (tx, rx) = channel(2);
    drop(rx.recv());
    let parked = Task::parked(rx.recv());
    drop(parked);
    let woken = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert!(woken.is_woken());
    drop(woken);
    drop(rx.recv());
    assert_eq!(rx.len(), 2);
    assert_eq!([rx.try_recv(), rx.try_recv()], [Ok(1), Ok(2)]);
}

#[test]
fn a_cancelled_send_sends_nothing_and_drops_its_message_once() {
    let drops = Drops::default();
    let (tx, rx) = channel(1);
    drop(tx.send(drops.message()));
    assert!(tx.is_empty(), "the future was not polled");

    tx.try_send(drops.message()).unwrap();
    drop(Task::parked(tx.send(drops.message())));
    let woken = Task::parked(tx.send(drops.message()));
    assert_eq!(rx.try_recv().unwrap().number, 1);
    assert!(woken.is_woken());
    drop(woken);
    assert!(tx.is_empty());
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(drops.of_each(), [1; 4]);
}

#[test]
fn cancelled_sends_keep_the_order_of_the_other_sends() {
    let (tx, rx) = channel(1);
    tx.try_send(0).unwrap();
    let mut parked: Vec<_> = (1..6)
        .map(|number| Some(Task::parked(tx.send(number))))
        .collect();
    parked[1] = None;
    parked[3] = None;
    let mut received = vec![rx.try_recv().unwrap()];
    for task in parked.into_iter().flatten() {
        assert!(task.is_woken());
        task.finish().unwrap();
        received.push(rx.try_recv().unwrap());
    }
    assert_eq!(received, [0, 1, 3, 5]);
}

/// Repeats `operation` until it returns `Pending` because the task's budget is spent.
fn until_budget_is_spent<T>(operation: impl Fn() -> Poll<T>) {
    while operation().is_ready() {}
}

#[test]
fn a_future_dropped_after_a_yield_has_done_nothing() {
    let (tx, rx) = channel(1);
    until_budget_is_spent(|| poll_once(async { tx.send(1).await }).map(|_| rx.try_recv()));
    assert!(tx.is_empty());

    tx.try_send(1).unwrap();
    until_budget_is_spent(|| poll_once(rx.recv()).map(|_| tx.try_send(1)));
    assert_eq!(rx.len(), 1);
}

#[test]
fn a_cancelled_wait_for_the_close_leaves_other_waiters_registered() {
    let (tx, rx) = channel::<u8>(1);
    let [first, second] = [(); 2].map(|()| Task::parked(tx.closed()));
    drop(first);
    rx.close();
    assert!(second.is_woken());
    second.finish();
}

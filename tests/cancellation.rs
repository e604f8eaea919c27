//! Exact cancellation: a future that is dropped before it was ready has done nothing, and if it had been
//! woken, another waiting task is woken in its place.
#![cfg(not(loom))]

mod support;

use std::task::Poll;

use mpmc_std::error::TryRecvError;
use mpmc_std::{Receiver, Sender, channel};
use support::{Drops, Task, poll_once, reserve};

/// What tasks can wait for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// A message.
    Recv,
    /// Room that a receiver makes.
    Send,
    /// Room that a permit gives back.
    SendBesidePermits,
}

/// A channel on which tasks wait, and the acts that let one of them go on and that take this back.
struct Lane {
    wait: Wait,
    tx: Sender<u8>,
    rx: Receiver<u8>,
    permits: Vec<Sender<u8>>,
}

impl Lane {
    /// Every kind of lane, with room for `capacity` to go on.
    fn of_every_kind(capacity: usize) -> [Self; 3] {
        [Wait::Recv, Wait::Send, Wait::SendBesidePermits].map(|wait| {
            let (tx, rx) = channel(capacity);
            let mut lane = Self {
                wait,
                tx,
                rx,
                permits: Vec::new(),
            };
            if !matches!(wait, Wait::Recv) {
                (0..capacity).for_each(|_| lane.take_back());
            }
            lane
        })
    }

    /// A task that waits on this lane. It has handles of its own, so that the lane stays free to act.
    fn parked(&self) -> Task<'static, ()> {
        let (tx, rx) = (self.tx.clone(), self.rx.clone());
        let wait = self.wait;
        Task::parked(async move {
            match wait {
                Wait::Recv => assert!(rx.recv().await.is_some()),
                Wait::Send | Wait::SendBesidePermits => tx.send(0).await.unwrap(),
            }
        })
    }

    fn let_one_go(&mut self) {
        match self.wait {
            Wait::Recv => self.tx.try_send(0).unwrap(),
            Wait::Send => drop(self.rx.try_recv().unwrap()),
            Wait::SendBesidePermits => drop(self.permits.pop().unwrap()),
        }
    }

    fn take_back(&mut self) {
        match self.wait {
            Wait::Recv => drop(self.rx.try_recv().unwrap()),
            Wait::Send => self.tx.try_send(0).unwrap(),
            Wait::SendBesidePermits => {
                let mut tx = self.tx.clone();
                reserve(&mut tx);
                self.permits.push(tx);
            }
        }
    }
}

#[test]
fn a_cancelled_wait_passes_its_wakeup_on() {
    for mut lane in Lane::of_every_kind(1) {
        let (first, second) = (lane.parked(), lane.parked());
        lane.let_one_go();
        assert!(first.is_woken() && !second.is_woken(), "{:?}", lane.wait);
        drop(first);
        assert!(second.is_woken(), "{:?}", lane.wait);
        second.finish();
    }
}

#[test]
fn a_wait_cancelled_before_it_was_woken_takes_no_wakeup() {
    for mut lane in Lane::of_every_kind(1) {
        let (first, second, third) = (lane.parked(), lane.parked(), lane.parked());
        drop(first);
        drop(second);
        lane.let_one_go();
        assert!(third.is_woken(), "{:?}", lane.wait);
        third.finish();
    }
}

#[test]
fn a_wakeup_survives_any_number_of_cancellations() {
    for mut lane in Lane::of_every_kind(1) {
        let mut waiting: Vec<_> = (0..10).map(|_| lane.parked()).collect();
        lane.let_one_go();
        while waiting.len() > 1 {
            let woken = waiting.iter().position(Task::is_woken).expect("one is");
            drop(waiting.swap_remove(woken));
        }
        waiting.pop().unwrap().finish();
    }
}

#[test]
fn who_was_woken_for_nothing_still_hears_of_the_next_chance() {
    for mut lane in Lane::of_every_kind(1) {
        let (mut first, second) = (lane.parked(), lane.parked());
        lane.let_one_go();
        lane.take_back();
        assert!(first.is_woken());
        first.parks();
        assert!(!second.is_woken(), "there is nothing for anybody");
        lane.let_one_go();
        let [first, second] = [first.is_woken(), second.is_woken()];
        assert!(first || second, "{:?}", lane.wait);
    }
}

#[test]
fn who_was_woken_for_nothing_and_is_cancelled_leaves_the_others_waiting() {
    for repoll in [false, true] {
        for mut lane in Lane::of_every_kind(1) {
            let (mut first, second) = (lane.parked(), lane.parked());
            lane.let_one_go();
            lane.take_back();
            if repoll {
                first.parks();
            }
            drop(first);
            lane.let_one_go();
            assert!(second.is_woken(), "{:?}", lane.wait);
            second.finish();
        }
    }
}

#[test]
fn who_goes_on_wakes_the_next_while_there_is_more() {
    for mut lane in Lane::of_every_kind(3) {
        let waiting = [(); 4].map(|()| lane.parked());
        // Only the first of these acts meets the parked bit.
        (0..3).for_each(|_| lane.let_one_go());
        let mut woken = 0;
        for task in waiting {
            if task.is_woken() {
                woken += 1;
                task.finish();
            }
        }
        assert_eq!(woken, 3, "{:?}", lane.wait);
    }
}

#[test]
fn polling_again_without_a_wake_keeps_the_place() {
    for mut lane in Lane::of_every_kind(1) {
        let mut waiting = lane.parked();
        waiting.parks();
        waiting.parks();
        lane.let_one_go();
        assert!(waiting.is_woken(), "{:?}", lane.wait);
        waiting.finish();
    }
}

#[test]
fn a_cancelled_recv_takes_nothing() {
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
    assert!(tx.is_empty(), "it was not polled");

    tx.try_send(drops.message()).unwrap();
    drop(Task::parked(tx.send(drops.message())));
    let woken = Task::parked(tx.send(drops.message()));
    assert_eq!(rx.try_recv().unwrap().number(), 1);
    assert!(woken.is_woken());
    drop(woken);
    assert!(tx.is_empty());
    assert_eq!(rx.try_recv().unwrap_err(), TryRecvError::Empty);
    assert_eq!(drops.of_each(), [1; 4]);
}

#[test]
fn cancelled_sends_leave_the_order_of_the_others() {
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

/// The first `Pending` of a task that could have gone on: its budget is spent.
fn until_budget_is_spent<T>(operation: impl Fn() -> Poll<T>) {
    while operation().is_ready() {}
}

#[test]
fn a_future_dropped_while_it_yields_has_done_nothing() {
    let (tx, rx) = channel(1);
    until_budget_is_spent(|| poll_once(async { tx.send(1).await }).map(|_| rx.try_recv()));
    assert!(tx.is_empty());

    tx.try_send(1).unwrap();
    until_budget_is_spent(|| poll_once(rx.recv()).map(|_| tx.try_send(1)));
    assert_eq!(rx.len(), 1);
}

#[test]
fn a_cancelled_wait_for_the_close_leaves_the_others_waiting() {
    let (tx, rx) = channel::<u8>(1);
    let [first, second] = [(); 2].map(|()| Task::parked(tx.closed()));
    drop(first);
    rx.close();
    assert!(second.is_woken());
    second.finish();
}

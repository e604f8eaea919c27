//! Checks a select that blocks its thread: the events that wake it, and the wakes that it forwards.

use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::blocking::{Receiver, RecvError, Select, Sender, channel};
use mpmc_std::{SideStats, Stats};

use crate::harness::{Task, within_limit};

const MOMENT: Duration = Duration::from_millis(30);

/// Waits until `count` waiters are registered.
fn await_parked(side: impl Fn() -> SideStats, count: u64) {
    while side().parked < count {
        thread::yield_now();
    }
}

fn stats<T>(tx: &Sender<T>) -> Stats {
    tx.as_async().stats()
}

fn select_one(first: &Receiver<u32>, second: &Receiver<u32>) -> (usize, Result<u32, RecvError>) {
    let mut select = Select::new_biased();
    select.recv(first);
    select.recv(second);
    let selected = select.select();
    let index = selected.index();
    (
        index,
        selected.recv(if index == 0 { first } else { second }),
    )
}

#[test]
fn each_channel_wakes_a_select_and_keeps_no_waiter() {
    within_limit(|| {
        for chosen in [0, 1] {
            let (first_tx, first) = channel(1);
            let (second_tx, second) = channel(1);
            thread::scope(|scope| {
                let selecting = scope.spawn(|| select_one(&first, &second));
                await_parked(|| stats(&first_tx).receivers, 1);
                await_parked(|| stats(&second_tx).receivers, 1);
                let tx = [&first_tx, &second_tx][chosen];
                tx.send(7).unwrap();
                assert_eq!(selecting.join().unwrap(), (chosen, Ok(7)));
            });
            for tx in [&first_tx, &second_tx] {
                assert_eq!(stats(tx).receivers.parked, 0);
            }
        }
    });
}

#[test]
fn a_free_slot_wakes_a_select() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        tx.send(1).unwrap();
        thread::scope(|scope| {
            let selecting = scope.spawn(|| {
                let mut select = Select::new();
                select.send(&tx);
                select.select().send(&tx, 2)
            });
            await_parked(|| stats(&tx).senders, 1);
            assert_eq!(rx.recv(), Ok(1));
            selecting.join().unwrap().unwrap();
        });
        assert_eq!(rx.recv(), Ok(2));
        assert_eq!(stats(&tx).senders.parked, 0);
    });
}

#[test]
fn closing_wakes_a_select() {
    within_limit(|| {
        let (first_tx, first) = channel(1);
        let (second_tx, second) = channel::<u32>(1);
        thread::scope(|scope| {
            let selecting = scope.spawn(|| select_one(&first, &second));
            await_parked(|| stats(&first_tx).receivers, 1);
            drop(second_tx);
            assert_eq!(selecting.join().unwrap(), (1, Err(RecvError)));
        });
        let (tx, rx) = channel(1);
        tx.send(1).unwrap();
        thread::scope(|scope| {
            let selecting = scope.spawn(|| {
                let mut select = Select::new();
                select.send(&tx);
                select.select().send(&tx, 2).unwrap_err().into_inner()
            });
            await_parked(|| stats(&tx).senders, 1);
            rx.close();
            assert_eq!(selecting.join().unwrap(), 2);
        });
    });
}

#[test]
fn a_select_that_times_out_is_deregistered() {
    within_limit(|| {
        let (tx, rx) = channel::<u32>(1);
        let (full, _outbox) = channel(1);
        full.send(1).unwrap();
        let mut select = Select::new();
        select.recv(&rx);
        select.send(&full);
        for _ in 0..2 {
            let start = Instant::now();
            assert!(select.select_timeout(MOMENT).is_err());
            assert!(select.ready_deadline(Instant::now() + MOMENT).is_err());
            assert!(start.elapsed() >= 2 * MOMENT);
            assert_eq!(stats(&tx).receivers.parked, 0);
            assert_eq!(stats(&full).senders.parked, 0);
        }
        // A deadline that is never reached.
        thread::scope(|scope| {
            let selecting = scope.spawn(|| {
                let selected = select.select_timeout(Duration::MAX).unwrap();
                selected.recv(&rx)
            });
            await_parked(|| stats(&tx).receivers, 1);
            tx.send(3).unwrap();
            assert_eq!(selecting.join().unwrap(), Ok(3));
        });
    });
}

/// The select waits in front of a task, is woken by that channel, and receives from the other one.
/// The task must be woken.
#[test]
fn the_wake_of_a_channel_that_was_not_selected_is_forwarded() {
    within_limit(|| {
        let (mut others_chosen, mut needless_wakes) = (0, 0);
        for _ in 0..1000 {
            let (first_tx, first) = channel(1);
            let (second_tx, second) = channel(2);
            let beside = second.clone().into_async();
            thread::scope(|scope| {
                let selecting = scope.spawn(|| select_one(&first, &second));
                await_parked(|| stats(&second_tx).receivers, 1);
                await_parked(|| stats(&first_tx).receivers, 1);
                let task = Task::parked(beside.recv());
                second_tx.send(2).unwrap();
                first_tx.send(1).unwrap();
                let (chosen, received) = selecting.join().unwrap();
                if chosen == 0 {
                    others_chosen += 1;
                    assert_eq!(received, Ok(1));
                    assert!(
                        task.is_woken(),
                        "the channel has a message, but no task was woken"
                    );
                    assert_eq!(task.finish(), Some(2));
                } else {
                    assert_eq!(received, Ok(2));
                    // A message that is sent while the select registers can be announced to both.
                    needless_wakes += usize::from(task.is_woken());
                }
            });
        }
        assert!(needless_wakes < 100, "{needless_wakes} of 1000 times");
        println!("{others_chosen} of 1000 times it was woken by the one and took from the other");
    });
}

/// The selected message is not received, so a receiver that waits for it must be woken.
#[test]
fn a_dropped_selection_wakes_another_receiver() {
    let (tx, rx) = channel(1);
    tx.send(7).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    let selected = select.select();
    let task = Task::parked(rx.as_async().recv());
    drop(selected);
    assert!(task.is_woken());
    assert_eq!(task.finish(), Some(7));

    let mut select = Select::new();
    select.send(&tx);
    let selected = select.select();
    let task = Task::parked(tx.as_async().send(8));
    drop(selected);
    assert!(task.is_woken());
    assert_eq!(task.finish(), Ok(()));
}

/// One thread receives the reserved message, and another thread waits for its slot.
#[test]
fn receiving_a_selected_message_wakes_a_sender() {
    let (tx, rx) = channel(1);
    tx.send(7).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    let selected = select.select();
    let task = Task::parked(tx.as_async().send(8));
    assert_eq!(selected.recv(&rx), Ok(7));
    assert!(task.is_woken());
    assert_eq!(task.finish(), Ok(()));
}

/// The permit limit is reached, although the channel has capacity.
#[test]
fn a_select_waits_at_the_permit_limit() {
    within_limit(|| {
        let (tx, rx) = channel(70_000);
        let permits = tx.as_async().try_reserve_many(65_535).unwrap();
        thread::scope(|scope| {
            let selecting = scope.spawn(|| {
                let mut select = Select::new();
                select.send(&tx);
                assert!(select.try_select().is_err());
                select.select().send(&tx, 1)
            });
            await_parked(|| stats(&tx).senders, 1);
            drop(permits);
            selecting.join().unwrap().unwrap();
        });
        assert_eq!(rx.recv(), Ok(1));
        assert_eq!(stats(&tx).senders.parked, 0);
    });
}

/// A ready operation is selected also inside a task.
#[cfg(feature = "tokio")]
#[test]
fn a_select_inside_a_task_panics_if_it_would_block() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (tx, rx) = channel(1);
    let mut select = Select::new();
    select.recv(&rx);
    let blocked = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { drop(select.select()) });
    }));
    let message = blocked.unwrap_err().downcast::<String>().unwrap();
    assert!(
        message.contains("`Select::select` would block"),
        "{message}"
    );
    assert_eq!(stats(&tx).receivers.parked, 0);
    runtime.block_on(async {
        assert!(select.select_timeout(Duration::ZERO).is_err());
        tx.send(7).unwrap();
        assert_eq!(select.select().recv(&rx), Ok(7));
    });
}

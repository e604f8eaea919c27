//! A thread that waits for several channels: one of them wakes it while it receives from another,
//! or while it releases a selected operation.

use loom::thread;
use mpmc_std::blocking::{Receiver, Select, channel};

use crate::support::{block_on, explore, parked, recv};

/// Receives from the selected one of two channels. The other operation must not keep a wake.
fn select_one(first: &Receiver<usize>, second: &Receiver<usize>) -> usize {
    let mut select = Select::new_biased();
    let one = select.recv(first);
    select.recv(second);
    let selected = select.select();
    if selected.index() == one {
        selected.recv(first).unwrap()
    } else {
        selected.recv(second).unwrap()
    }
}

#[test]
fn park_and_wake_a_select() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let (_other_tx, other) = channel(1);
        let selecting = thread::spawn(move || (select_one(&other, &rx), rx, other));
        tx.try_send(7).unwrap();
        let (received, _rx, _other) = selecting.join().unwrap();
        assert_eq!(received, 7);
    });
}

/// The receiver waits behind the select, which is notified first.
#[test]
fn a_receiver_behind_a_select_is_woken() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let (other_tx, other) = channel(1);
        let receiver = parked(recv(rx.clone().into_async()));
        let selecting = thread::spawn(move || (select_one(&other, &rx), rx, other));
        other_tx.try_send(2).unwrap();
        tx.try_send(1).unwrap();
        let (received, _beside) = {
            let (selected, rx, other) = selecting.join().unwrap();
            if selected == 1 {
                tx.try_send(3).unwrap();
            }
            let received = block_on(receiver);
            drop((rx, other));
            assert_ne!(received.0, Some(selected));
            received
        };
        assert!(received.is_some());
    });
}

/// A message that was selected and not received is available to other receivers.
#[test]
fn a_dropped_selection_wakes_a_receiver() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let receiver = parked(recv(rx.clone().into_async()));
        let selecting = thread::spawn(move || {
            let mut select = Select::new();
            select.recv(&rx);
            drop(select.try_select());
            drop(select);
            rx
        });
        tx.try_send(7).unwrap();
        let (received, _beside) = block_on(receiver);
        assert_eq!(received, Some(7));
        let _rx = selecting.join().unwrap();
    });
}

/// The reserved message is the only one, and another receiver must not miss the next one.
#[test]
fn a_reserved_message_is_received_once() {
    explore(2, || {
        let (tx, rx) = channel(2);
        tx.try_send(1).unwrap();
        let beside = rx.clone();
        let selecting = thread::spawn(move || {
            let mut select = Select::new();
            select.recv(&rx);
            let received = select.select().recv(&rx).unwrap();
            drop(select);
            (received, rx)
        });
        let receiver = thread::spawn(move || (beside.recv().unwrap(), beside));
        tx.try_send(2).unwrap();
        let (selected, _rx) = selecting.join().unwrap();
        let (received, _beside) = receiver.join().unwrap();
        assert_eq!(selected + received, 3);
    });
}

/// A select that sends waits beside a sender for the same slot.
#[test]
fn a_select_that_sends_parks_and_is_woken() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let (other_tx, _other) = channel(1);
        tx.try_send(1).unwrap();
        other_tx.try_send(9).unwrap();
        let beside = tx.clone();
        let selecting = thread::spawn(move || {
            let mut select = Select::new();
            select.send(&other_tx);
            let index = select.send(&tx);
            let selected = select.select();
            assert_eq!(selected.index(), index);
            selected.send(&tx, 2).unwrap();
            drop(select);
            (tx, other_tx)
        });
        assert_eq!(rx.recv(), Ok(1));
        assert_eq!(rx.recv(), Ok(2));
        let _senders = selecting.join().unwrap();
        drop(beside);
    });
}

#[test]
fn closing_wakes_a_select() {
    explore(2, || {
        let (tx, rx) = channel::<usize>(1);
        let (_other_tx, other) = channel::<usize>(1);
        let selecting = thread::spawn(move || {
            let mut select = Select::new();
            select.recv(&other);
            select.recv(&rx);
            let received = select.select().recv(&rx);
            drop(select);
            (received.is_err(), rx, other)
        });
        drop(tx);
        let (closed, _rx, _other) = selecting.join().unwrap();
        assert!(closed);
    });
}

/// A selection has reserved the only message of a closed channel. Another receiver waits until the
/// selection is completed, and then sees the end.
#[test]
fn a_selection_in_a_closed_channel_ends_other_waits() {
    for completes in [true, false] {
        explore(2, move || {
            let (tx, rx) = channel(1);
            let other = rx.clone().into_async();
            tx.try_send(7).unwrap();
            let mut select = Select::new();
            select.recv(&rx);
            let selected = select.try_select().unwrap();
            drop(tx);
            let waiting = thread::spawn(move || block_on(recv(other)).0);
            let received = completes.then(|| selected.recv(&rx).unwrap());
            assert_eq!(waiting.join().unwrap().or(received), Some(7));
        });
    }
}

/// One of two waiting receivers gets the message, and the other one sees the end.
#[test]
fn a_released_selection_in_a_closed_channel_wakes_all() {
    explore(1, || {
        let (tx, rx) = channel(1);
        tx.try_send(7).unwrap();
        let mut select = Select::new();
        select.recv(&rx);
        let selected = select.try_select().unwrap();
        drop(tx);
        let waiting = [(); 2].map(|()| parked(recv(rx.clone().into_async())));
        drop(selected);
        // Takes the message for which the first receiver was woken.
        let received = rx.try_recv().ok();
        let [first, second] = waiting;
        let others = thread::spawn(move || block_on(first).0);
        let second = block_on(second).0;
        let all = [received, second, others.join().unwrap()];
        assert_eq!(all.into_iter().flatten().collect::<Vec<_>>(), [7]);
    });
}

//! Threads that select over two channels.

use std::time::Duration;

use mpmc_std::blocking::{Receiver, RecvError, Select, Sender, channel};
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{self, JoinHandle};

use crate::explore::explore;
use crate::operations::up_to;

const MESSAGES: usize = 3;

/// Sends `MESSAGES` numbers from `first` on.
fn count_from(first: usize, tx: Sender<usize>) -> JoinHandle<()> {
    thread::spawn(move || {
        for number in first..first + MESSAGES {
            tx.send(number).unwrap();
        }
    })
}

/// Sometimes selects an operation without completing it, or times out. The selection is released.
fn select_without_completing(select: &mut Select<'_>) {
    while thread_rng().gen_bool(0.25) {
        // The timeout expires at a random moment.
        drop(select.select_timeout(Duration::from_secs(1)));
    }
}

/// Receives from both channels until both are closed.
fn receive_all(receivers: &[Receiver<usize>; 2]) -> [Vec<usize>; 2] {
    let mut received = [Vec::new(), Vec::new()];
    let mut select = Select::new();
    for receiver in receivers {
        select.recv(receiver);
    }
    let mut open = receivers.len();
    while open > 0 {
        select_without_completing(&mut select);
        let selected = select.select();
        let index = selected.index();
        match selected.recv(&receivers[index]) {
            Ok(number) => received[index].push(number),
            Err(RecvError) => {
                select.remove(index);
                open -= 1;
            }
        }
    }
    received
}

#[test]
fn two_threads_select_from_two_channels() {
    explore(|| {
        let (a, from_a) = channel(up_to(2));
        let (b, from_b) = channel(up_to(2));
        let senders = [count_from(0, a), count_from(MESSAGES, b)];
        let both = [from_a, from_b];
        let receivers =
            [both.clone(), both].map(|receivers| thread::spawn(move || receive_all(&receivers)));
        for sender in senders {
            sender.join().unwrap();
        }
        let mut all = Vec::new();
        for receiver in receivers {
            for received in receiver.join().unwrap() {
                assert!(received.is_sorted(), "{received:?}");
                all.extend(received);
            }
        }
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..2 * MESSAGES), "{all:?}");
    });
}

/// Sends `MESSAGES` numbers from `first` on while it receives, and returns what it has received.
fn exchange(first: usize, to: Sender<usize>, from: &Receiver<usize>) -> Vec<usize> {
    let mut received = Vec::new();
    let mut next = first;
    while next < first + MESSAGES {
        let mut select = Select::new();
        let sending = select.send(&to);
        select.recv(from);
        select_without_completing(&mut select);
        let selected = select.select();
        if selected.index() == sending {
            selected.send(&to, next).unwrap();
            next += 1;
        } else {
            match selected.recv(from) {
                Ok(number) => received.push(number),
                // The other thread has sent all messages.
                Err(RecvError) => to.send(next).map(|()| next += 1).unwrap(),
            }
        }
    }
    drop(to);
    received.extend(from.iter());
    received
}

#[test]
fn two_threads_select_between_sending_and_receiving() {
    explore(|| {
        // Two threads that only send would wait for each other when both channels are full.
        let (to_first, first) = channel(1);
        let (to_second, second) = channel(1);
        let other = thread::spawn(move || exchange(MESSAGES, to_first, &second));
        let received = exchange(0, to_second, &first);
        assert!(received.into_iter().eq(MESSAGES..2 * MESSAGES));
        assert!(other.join().unwrap().into_iter().eq(0..MESSAGES));
    });
}

#[test]
fn a_thread_selects_beside_a_thread_that_receives() {
    explore(|| {
        let (a, from_a) = channel(1);
        let (b, from_b) = channel(1);
        let senders = [count_from(0, a), count_from(MESSAGES, b)];
        let alone = from_a.clone();
        let receiver = thread::spawn(move || alone.iter().collect::<Vec<_>>());
        let [mut all, rest] = receive_all(&[from_a, from_b]);
        assert!(rest.into_iter().eq(MESSAGES..2 * MESSAGES));
        all.extend(receiver.join().unwrap());
        all.sort_unstable();
        assert!(all.into_iter().eq(0..MESSAGES));
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

/// Both channels may wake the same thread, which takes one message and must forward its other wake
/// to the other thread. The channels stay open, so that a close does not wake that thread instead.
#[test]
fn a_thread_that_was_woken_twice_forwards_a_wake() {
    explore(|| {
        let (a, from_a) = channel(1);
        let (b, from_b) = channel(1);
        let both = [from_a, from_b];
        let receivers = [both.clone(), both].map(|receivers| {
            thread::spawn(move || {
                let mut select = Select::new();
                for receiver in &receivers {
                    select.recv(receiver);
                }
                let selected = select.select();
                let index = selected.index();
                selected.recv(&receivers[index]).unwrap()
            })
        });
        for tx in [&a, &b] {
            while tx.as_async().stats().receivers.parked < 2 {
                thread::yield_now();
            }
        }
        a.send(0).unwrap();
        b.send(1).unwrap();
        let mut received = receivers.map(|receiver| receiver.join().unwrap());
        received.sort_unstable();
        assert_eq!(received, [0, 1]);
    });
}

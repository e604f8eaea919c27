//! Checks many threads that select among the same channels: no message is lost or duplicated, and
//! the threads make progress.

use std::thread;

use mpmc_std::blocking::{Receiver, Select, Sender, channel};

use crate::harness::while_it_moves;

const CHANNELS: usize = 3;
const SENDERS: usize = 2;
const MESSAGES: usize = 2000;

type Ends = Vec<(Sender<usize>, Receiver<usize>)>;

fn ends(capacity: usize) -> Ends {
    (0..CHANNELS).map(|_| channel(capacity)).collect()
}

/// Sends each of its messages into one of the channels.
fn send_selecting(senders: &[Sender<usize>], first: usize) {
    let mut select = Select::new();
    for sender in senders {
        select.send(sender);
    }
    for message in first..first + MESSAGES {
        let selected = select.select();
        let sender = &senders[selected.index()];
        selected.send(sender, message).unwrap();
    }
}

/// Receives from all channels until all are closed. Sometimes drops a selection.
fn receive_selecting(receivers: &[Receiver<usize>], moved: impl Fn()) -> Vec<usize> {
    let mut select = Select::new();
    for receiver in receivers {
        select.recv(receiver);
    }
    let mut received = Vec::new();
    let mut open = receivers.len();
    let mut selections = 0;
    while open > 0 {
        let selected = select.select();
        let index = selected.index();
        selections += 1;
        if selections % 7 == 0 {
            continue;
        }
        match selected.recv(&receivers[index]) {
            Ok(message) => received.push(message),
            Err(_) => {
                select.remove(index);
                open -= 1;
            }
        }
        moved();
    }
    received
}

fn split(ends: Ends) -> (Vec<Sender<usize>>, Vec<Receiver<usize>>) {
    ends.into_iter().unzip()
}

fn assert_each_once(received: impl IntoIterator<Item = Vec<usize>>, count: usize) {
    let mut all: Vec<usize> = received.into_iter().flatten().collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..count), "lost or doubled");
}

/// Threads select on both sides, beside threads that send and receive directly.
#[test]
fn no_message_is_lost_or_duplicated() {
    for capacity in [1, 4] {
        let received = while_it_moves(move |progress| {
            let (senders, receivers) = split(ends(capacity));
            let selecting: Vec<_> = (0..2)
                .map(|_| {
                    let receivers = receivers.clone();
                    let progress = progress.clone();
                    thread::spawn(move || receive_selecting(&receivers, || progress.made()))
                })
                .collect();
            let plain: Vec<_> = receivers
                .into_iter()
                .map(|receiver| thread::spawn(move || receiver.iter().collect()))
                .collect();
            for number in 0..SENDERS {
                let senders = senders.clone();
                thread::spawn(move || send_selecting(&senders, number * MESSAGES));
            }
            for (number, sender) in (SENDERS..).zip(senders) {
                let first = number * MESSAGES;
                thread::spawn(move || {
                    (first..first + MESSAGES).for_each(|message| sender.send(message).unwrap());
                });
            }
            let threads = selecting.into_iter().chain(plain);
            let received: Vec<Vec<usize>> = threads.map(|thread| thread.join().unwrap()).collect();
            received
        });
        assert_each_once(received, (SENDERS + CHANNELS) * MESSAGES);
    }
}

/// All threads select, so that each message must wake one of them.
#[test]
fn selects_on_both_sides_make_progress() {
    for capacity in [1, 2] {
        let received = while_it_moves(move |progress| {
            let (senders, receivers) = split(ends(capacity));
            let selecting: Vec<_> = (0..3)
                .map(|_| {
                    let receivers = receivers.clone();
                    let progress = progress.clone();
                    thread::spawn(move || receive_selecting(&receivers, || progress.made()))
                })
                .collect();
            drop(receivers);
            for number in 0..SENDERS {
                let senders = senders.clone();
                thread::spawn(move || send_selecting(&senders, number * MESSAGES));
            }
            drop(senders);
            let joined = selecting.into_iter().map(|thread| thread.join().unwrap());
            joined.collect::<Vec<_>>()
        });
        assert_each_once(received, SENDERS * MESSAGES);
    }
}

/// A relay that receives and sends in the same select holds at most one message.
#[test]
fn a_relay_selects_between_receiving_and_sending() {
    let sum = while_it_moves(|progress| {
        let (tx, inbox) = channel(2);
        let (outbox, rx) = channel(1);
        let progress = progress.clone();
        thread::spawn(move || (0..MESSAGES).for_each(|message| tx.send(message).unwrap()));
        thread::spawn(move || {
            let mut held = None;
            loop {
                let mut select = Select::new();
                let index = match held {
                    None => select.recv(&inbox),
                    Some(_) => select.send(&outbox),
                };
                let selected = select.select();
                assert_eq!(selected.index(), index);
                match held.take() {
                    None => match selected.recv(&inbox) {
                        Ok(message) => held = Some(message),
                        Err(_) => return,
                    },
                    Some(message) => selected.send(&outbox, message).unwrap(),
                }
            }
        });
        rx.iter().inspect(|_| progress.made()).sum::<usize>()
    });
    assert_eq!(sum, (0..MESSAGES).sum());
}

/// Deadlines expire while a message arrives: it is selected, or it stays in the channel.
#[test]
fn selects_that_time_out_lose_nothing() {
    use std::time::Duration;

    let received = while_it_moves(|progress| {
        let (senders, receivers) = split(ends(1));
        let selecting: Vec<_> = (0..2)
            .map(|number| {
                let receivers = receivers.clone();
                let progress = progress.clone();
                thread::spawn(move || {
                    let mut received = Vec::new();
                    let mut select = Select::new();
                    for receiver in &receivers {
                        select.recv(receiver);
                    }
                    let mut open = receivers.len();
                    while open > 0 {
                        let timeout = Duration::from_micros(number * 20);
                        let Ok(selected) = select.select_timeout(timeout) else {
                            continue;
                        };
                        let index = selected.index();
                        match selected.recv(&receivers[index]) {
                            Ok(message) => received.push(message),
                            Err(_) => {
                                select.remove(index);
                                open -= 1;
                            }
                        }
                        progress.made();
                    }
                    received
                })
            })
            .collect();
        for (number, sender) in senders.into_iter().enumerate() {
            let first = number * MESSAGES;
            thread::spawn(move || {
                (first..first + MESSAGES).for_each(|message| sender.send(message).unwrap());
            });
        }
        let joined = selecting.into_iter().map(|thread| thread.join().unwrap());
        joined.collect::<Vec<_>>()
    });
    assert_each_once(received, CHANNELS * MESSAGES);
}

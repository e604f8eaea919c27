//! Each message and each free slot wakes one waiter, while another thread is suspended anywhere,
//! also between publishing and notifying.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use loom::thread;
use mpmc_std::{Receiver, Sender, channel};

use crate::support::{Task, explore, recv, send, starving_sender};

type Receiving = Task<(Option<usize>, Receiver<usize>)>;

fn receivers(count: usize, rx: &Receiver<usize>) -> Vec<Receiving> {
    let receivers = (0..count).map(|_| Task::parked(recv(rx.clone())));
    receivers.collect()
}

fn woken<R>(tasks: &[Task<R>]) -> usize {
    tasks.iter().filter(|task| task.is_woken()).count()
}

/// Counts the messages or slots that completed calls have made available. Not modeled by loom.
#[derive(Clone, Default)]
struct Offered(Arc<AtomicUsize>);

impl Offered {
    fn add(&self, count: usize) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// The first claim clears PARKED, and its thread may be suspended before it notifies. The other
/// send still wakes a receiver.
#[test]
fn each_message_wakes_one_of_two() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let tasks = receivers(2, &rx);
        let (other, offered) = (tx.clone(), Offered::default());
        let sender = {
            let offered = offered.clone();
            thread::spawn(move || {
                other.try_send(1).unwrap();
                offered.add(1);
                other
            })
        };
        tx.try_send(2).unwrap();
        offered.add(1);
        assert!(woken(&tasks) >= offered.count());
        let _other = sender.join().unwrap();
        assert_eq!(woken(&tasks), 2);
        let sum: usize = tasks.into_iter().map(|task| task.finish().0.unwrap()).sum();
        assert_eq!(sum, 3);
    });
}

#[test]
fn each_message_wakes_one_of_three() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let tasks = receivers(3, &rx);
        let (other, offered) = (tx.clone(), Offered::default());
        let sender = {
            let offered = offered.clone();
            thread::spawn(move || {
                other.try_send(1).unwrap();
                offered.add(1);
                other
            })
        };
        for message in 2..=3 {
            tx.try_send(message).unwrap();
            offered.add(1);
            assert!(woken(&tasks) >= offered.count());
        }
        let _other = sender.join().unwrap();
        assert_eq!(woken(&tasks), 3);
        let sum: usize = tasks.into_iter().map(|task| task.finish().0.unwrap()).sum();
        assert_eq!(sum, 6);
    });
}

#[test]
fn each_message_of_a_batch_wakes_one() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let tasks = receivers(3, &rx);
        let (other, offered) = (tx.clone(), Offered::default());
        let sender = {
            let offered = offered.clone();
            thread::spawn(move || {
                assert_eq!(other.try_send_many([1, 2]).unwrap(), 2);
                offered.add(2);
                other
            })
        };
        tx.try_send(3).unwrap();
        offered.add(1);
        assert!(woken(&tasks) >= offered.count());
        let _other = sender.join().unwrap();
        assert_eq!(woken(&tasks), 3);
        let sum: usize = tasks.into_iter().map(|task| task.finish().0.unwrap()).sum();
        assert_eq!(sum, 6);
    });
}

type Sending = Task<(Result<(), mpmc_std::error::SendError<usize>>, Sender<usize>)>;

/// Fills the channel, and returns senders that wait.
fn senders(count: usize, tx: &Sender<usize>) -> Vec<Sending> {
    while tx.try_send(0).is_ok() {}
    let senders = (0..count).map(|_| Task::parked(send(tx.clone(), 1)));
    senders.collect()
}

fn finish(senders: Vec<Sending>) {
    for task in senders {
        assert_eq!(task.finish().0, Ok(()));
    }
}

#[test]
fn each_slot_wakes_one_of_two() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let tasks = senders(2, &tx);
        let (other, offered) = (rx.clone(), Offered::default());
        let receiver = {
            let offered = offered.clone();
            thread::spawn(move || {
                other.try_recv().unwrap();
                offered.add(1);
                other
            })
        };
        rx.try_recv().unwrap();
        offered.add(1);
        assert!(woken(&tasks) >= offered.count());
        let _other = receiver.join().unwrap();
        finish(tasks);
    });
}

#[test]
fn each_slot_wakes_one_of_three() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let tasks = senders(3, &tx);
        let (other, offered) = (rx.clone(), Offered::default());
        let receiver = {
            let offered = offered.clone();
            thread::spawn(move || {
                other.try_recv().unwrap();
                offered.add(1);
                other
            })
        };
        for _ in 0..2 {
            rx.try_recv().unwrap();
            offered.add(1);
            assert!(woken(&tasks) >= offered.count());
        }
        let _other = receiver.join().unwrap();
        finish(tasks);
    });
}

#[test]
fn each_slot_of_a_batch_wakes_one() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let tasks = senders(3, &tx);
        let other = rx.clone();
        let receiver = thread::spawn(move || {
            let mut received = Vec::new();
            assert!(other.try_recv_many(&mut received, 2).is_ok());
            (received.len(), other)
        });
        rx.try_recv().unwrap();
        let (count, _other) = receiver.join().unwrap();
        assert_eq!(woken(&tasks), 1 + count);
        if count < 2 {
            rx.try_recv().unwrap();
        }
        finish(tasks);
    });
}

/// Several permits are released at once, beside a receive.
#[test]
fn each_released_permit_wakes_one() {
    explore(2, || {
        let (tx, rx) = channel(3);
        let permits = tx.clone().try_reserve_owned().unwrap();
        let both = tx.try_reserve_many(1).unwrap();
        let tasks = senders(3, &tx);
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(both);
        assert!(woken(&tasks) >= 1);
        let _tx = permits.release();
        assert!(woken(&tasks) >= 2);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        finish(tasks);
    });
}

/// Two receivers park while a notification finds no waiter. It must not clear their marks.
#[test]
fn keep_is_cleared_against_a_mark() {
    explore(3, || {
        let (tx, rx) = channel(3);
        let first = Task::parked(recv(rx.clone()));
        let other = tx.clone();
        let sender = thread::spawn(move || {
            other.try_send(1).unwrap();
            other
        });
        let mut received = Vec::from_iter(rx.try_recv());
        let mut waiting = vec![first];
        for _ in 0..2 {
            let mut task = Task::new(recv(rx.clone()));
            match task.poll() {
                Poll::Ready((message, _rx)) => received.extend(message),
                Poll::Pending => waiting.push(task),
            }
        }
        tx.try_send(2).unwrap();
        tx.try_send(3).unwrap();
        let _other = sender.join().unwrap();
        let left = 3 - received.len();
        assert!(woken(&waiting) >= waiting.len().min(left));
    });
}

/// The same for senders.
#[test]
fn keep_is_cleared_against_a_senders_mark() {
    explore(3, || {
        let (tx, rx) = channel(3);
        let mut waiting = senders(1, &tx);
        let other = rx.clone();
        let receiver = thread::spawn(move || {
            other.try_recv().unwrap();
            other
        });
        let mut sent = usize::from(tx.try_send(0).is_ok());
        for _ in 0..2 {
            let mut task = Task::new(send(tx.clone(), 1));
            match task.poll() {
                Poll::Ready(_) => sent += 1,
                Poll::Pending => waiting.push(task),
            }
        }
        rx.try_recv().unwrap();
        rx.try_recv().unwrap();
        let _other = receiver.join().unwrap();
        let left = 3 - sent;
        assert!(woken(&waiting) >= waiting.len().min(left));
    });
}

/// The woken sender is not polled. The receiver that then parks in the empty channel wakes the next
/// sender.
#[test]
fn a_receiver_that_parks_wakes_a_sender_that_waits() {
    explore(1, || {
        let (tx, rx) = channel(1);
        let tasks = senders(2, &tx);
        rx.try_recv().unwrap();
        assert_eq!(woken(&tasks), 1);
        let _receiver = Task::parked(recv(rx));
        assert_eq!(woken(&tasks), 2);
    });
}

/// The same while the slot is being reserved for the woken sender. It is not polled, so that the
/// other sender must be woken for the receiver that waits.
#[test]
fn a_receiver_parks_while_a_slot_is_reserved() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let reserving = starving_sender(&tx, &rx, 1);
        let next = Task::parked(send(tx, 2));
        let receiver = {
            let rx = rx.clone();
            thread::spawn(move || (rx.try_recv(), rx))
        };
        let mut waiting = Task::new(recv(rx));
        let is_parked = waiting.poll().is_pending() && !waiting.is_woken();
        let (_received, _rx) = receiver.join().unwrap();
        assert!(reserving.is_woken());
        assert!(!is_parked || next.is_woken());
    });
}

#[test]
fn a_sender_that_parks_wakes_a_receiver_that_waits() {
    explore(1, || {
        let (tx, rx) = channel(1);
        let tasks = receivers(2, &rx);
        tx.try_send(1).unwrap();
        assert_eq!(woken(&tasks), 1);
        let _sender = Task::parked(send(tx, 2));
        assert_eq!(woken(&tasks), 2);
    });
}

/// The woken receiver is dropped when another one has taken its message in a poll without a wake.
/// The notification that meets the other one belongs to the next message, and must not end with it.
#[test]
fn a_receiver_that_was_not_woken_takes_the_message_of_one_that_is_dropped() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let mut tasks = receivers(3, &rx);
        tx.try_send(1).unwrap();
        let first = tasks.remove(0);
        let mut second = tasks.remove(0);
        let poller = thread::spawn(move || second.poll().is_pending().then_some(second));
        let sender = thread::spawn(move || (tx.try_send(2), tx));
        drop(first);
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        tasks.extend(poller.join().unwrap());
        assert!(woken(&tasks) >= rx.len().min(tasks.len()));
    });
}

/// The same for slots.
#[test]
fn a_sender_that_was_not_woken_takes_the_slot_of_one_that_is_dropped() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let mut tasks = senders(3, &tx);
        rx.try_recv().unwrap();
        let first = tasks.remove(0);
        let mut second = tasks.remove(0);
        let poller = thread::spawn(move || second.poll().is_pending().then_some(second));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(first);
        let (received, rx) = receiver.join().unwrap();
        assert_eq!(received, Ok(0));
        tasks.extend(poller.join().unwrap());
        assert!(woken(&tasks) >= (2 - rx.len()).min(tasks.len()));
    });
}

//! Closing, by a call and by dropping the last handle of a side.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::channel;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};

use crate::support::{Counted, block_on, explore, parked, poll_next, recv, reserve_waiting, send};

#[test]
fn close_wakes_a_receiver() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let receiver = thread::spawn(move || block_on(recv(rx)));
        drop(tx);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, None);
    });
}

#[test]
fn close_wakes_a_stream() {
    explore(3, || {
        let (tx, mut rx) = channel::<usize>(1);
        let receiver = thread::spawn(move || (block_on(futures::StreamExt::next(&mut rx)), rx));
        drop(tx);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, None);
    });
}

#[test]
fn close_wakes_all_receivers() {
    explore(2, || {
        let (tx, rx) = channel::<usize>(1);
        let first = parked(recv(rx.clone()));
        let second = parked(recv(rx));
        let receiver = thread::spawn(move || block_on(first));
        let closer = thread::spawn(move || drop(tx));
        let (here, _rx) = block_on(second);
        let (there, _rx) = receiver.join().unwrap();
        assert_eq!((here, there), (None, None));
        closer.join().unwrap();
    });
}

#[test]
fn close_drains_before_it_ends() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || {
            tx.try_send(1).unwrap();
            drop(tx);
        });
        let (first, rx) = block_on(recv(rx));
        let (second, _rx) = block_on(recv(rx));
        assert_eq!((first, second), (Some(1), None));
        sender.join().unwrap();
    });
}

#[test]
fn close_wakes_a_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || block_on(send(tx, 2)));
        rx.close();
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Err(SendError(2)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn close_wakes_a_sink() {
    explore(3, || {
        let (mut tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = thread::spawn(move || (block_on(reserve_waiting(&mut tx)).is_ok(), tx));
        rx.close();
        let (reserved, _tx) = sender.join().unwrap();
        assert!(!reserved);
    });
}

#[test]
fn close_against_send() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let sender = thread::spawn(move || (tx.try_send(1), tx));
        rx.close();
        // If the send was first, its message is in the channel, published or in flight.
        let received = rx.try_recv();
        let (sent, _tx) = sender.join().unwrap();
        match sent {
            Ok(()) => assert_eq!(received, Ok(1)),
            Err(error) => {
                assert_eq!(error, TrySendError::Closed(1));
                assert_eq!(received, Err(TryRecvError::Disconnected));
            }
        }
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn close_against_close() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let waiting = parked(recv(rx.clone()));
        let closer = thread::spawn(move || drop(tx));
        rx.close();
        let (received, _rx) = block_on(waiting);
        assert_eq!(received, None);
        closer.join().unwrap();
    });
}

#[test]
fn close_wakes_a_task_that_waits_for_it() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let waiter = thread::spawn(move || {
            block_on(tx.closed());
            tx
        });
        drop(rx);
        let tx = waiter.join().unwrap();
        assert!(tx.is_closed());
    });
}

/// The last sender closes the channel, after the messages of both senders.
#[test]
fn the_last_of_two_senders_closes() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let sender = {
            let tx = tx.clone();
            thread::spawn(move || {
                tx.try_send(1).unwrap();
                drop(tx);
            })
        };
        tx.try_send(2).unwrap();
        drop(tx);
        let (first, rx) = block_on(recv(rx));
        let (second, rx) = block_on(recv(rx));
        assert_eq!(first.unwrap() + second.unwrap(), 3);
        let (end, _rx) = block_on(recv(rx));
        assert_eq!(end, None);
        sender.join().unwrap();
    });
}

/// This includes the writes of the sender that was not the last.
#[test]
fn writes_of_dropped_senders_are_visible_at_the_end() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let done = Arc::new(AtomicUsize::new(0));
        let sender = {
            let (tx, done) = (tx.clone(), Arc::clone(&done));
            thread::spawn(move || {
                done.store(1, Ordering::Relaxed);
                drop(tx);
            })
        };
        drop(tx);
        let (end, _rx) = block_on(recv(rx));
        assert_eq!((end, done.load(Ordering::Relaxed)), (None, 1));
        sender.join().unwrap();
    });
}

/// A sender that finds the channel closed sees what the closing thread did before.
#[test]
fn writes_before_a_close_are_visible_after_it() {
    explore(3, || {
        let (tx, rx) = channel::<usize>(1);
        let done = Arc::new(AtomicUsize::new(0));
        let receiver = {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                done.store(1, Ordering::Relaxed);
                rx.close();
                rx
            })
        };
        if tx.is_closed() {
            assert_eq!(done.load(Ordering::Relaxed), 1);
        }
        let _rx = receiver.join().unwrap();
    });
}

/// The last receiver drops the messages in the channel, also one that is sent during the drop.
#[test]
fn the_last_receiver_drops_messages() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(2);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let message = Counted(Arc::clone(&drops));
        let sender = thread::spawn(move || {
            drop(tx.try_send(message));
            tx
        });
        drop(rx);
        let _tx = sender.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn the_last_of_two_receivers_empties_the_channel() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(1);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let other = rx.clone();
        let receiver = thread::spawn(move || drop(other));
        drop(rx);
        receiver.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert!(tx.is_closed());
    });
}

/// One receiver receives the message, or the other one drops it as the last receiver.
#[test]
fn a_receiver_is_dropped_while_the_other_receives() {
    explore(3, || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = channel(1);
        tx.try_send(Counted(Arc::clone(&drops))).unwrap();
        let other = rx.clone();
        let receiver = thread::spawn(move || {
            let received = other.try_recv();
            drop(other);
            received.is_ok()
        });
        drop(rx);
        assert!(
            receiver.join().unwrap(),
            "the receiver itself keeps the channel open"
        );
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(tx);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn dropping_the_last_sender_wakes_a_stream() {
    explore(3, || {
        let (tx, mut rx) = channel::<usize>(1);
        let other = tx.clone();
        assert!(poll_next(&mut rx).is_pending());
        let sender = thread::spawn(move || drop(other));
        drop(tx);
        assert_eq!(block_on(futures::StreamExt::next(&mut rx)), None);
        sender.join().unwrap();
    });
}

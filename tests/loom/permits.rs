//! Permits, through the `Sink` side: their counter in the senders' state, and permits that are
//! used, released, or outlive the close of the channel.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, channel};

use crate::support::{
    Counted, Task, block_on, explore, parked, poll_next, poll_ready, recv, reserve, send,
    send_reserved,
};

#[test]
fn a_permit_counts_against_the_capacity() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let mut reserving = tx.clone();
        let reserver = thread::spawn(move || {
            let reserved = poll_ready(&mut reserving).is_ready();
            (reserving, reserved)
        });
        let sent = [tx.try_send(1).is_ok(), tx.try_send(2).is_ok()];
        let (reserving, reserved) = reserver.join().unwrap();
        let used = usize::from(sent[0]) + usize::from(sent[1]) + usize::from(reserved);
        assert_eq!(used, 2, "wrong number of permits");
        assert_eq!(rx.capacity(), 0);
        drop(reserving);
        assert_eq!(rx.capacity(), usize::from(reserved));
    });
}

#[test]
fn two_tasks_reserve_one_slot() {
    explore(3, || {
        let (mut here, rx) = channel::<usize>(1);
        let mut there = here.clone();
        let reserver = thread::spawn(move || (poll_ready(&mut there).is_ready(), there));
        let reserved_here = poll_ready(&mut here).is_ready();
        let (reserved_there, _there) = reserver.join().unwrap();
        assert!(reserved_here || reserved_there);
        assert!(!(reserved_here && reserved_there));
        assert_eq!(rx.capacity(), 0);
    });
}

/// The claims of a send and of a permit's message change the same word.
#[test]
fn a_permit_is_used_beside_a_send() {
    explore(3, || {
        let (mut tx, rx) = channel(2);
        reserve(&mut tx);
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(1), other));
        send_reserved(&mut tx, 2).unwrap();
        let (sent, _other) = sender.join().unwrap();
        assert_eq!(sent, Ok(()), "there was capacity for both");
        assert_eq!(rx.try_recv().unwrap() + rx.try_recv().unwrap(), 3);
        assert_eq!(rx.capacity(), 2, "no permit is left");
    });
}

#[test]
fn a_permit_is_released_beside_a_send() {
    explore(3, || {
        let (mut reserving, rx) = channel(2);
        let tx = reserving.clone();
        reserve(&mut reserving);
        let sender = thread::spawn(move || (tx.try_send(1), tx.try_send(2), tx));
        drop(reserving);
        let (first, second, _tx) = sender.join().unwrap();
        assert_eq!(first, Ok(()), "there was capacity for both");
        if second.is_err() {
            assert_eq!(second, Err(TrySendError::Full(2)));
        }
        assert_eq!(rx.capacity(), 1 - usize::from(second.is_ok()));
    });
}

/// A permit holds capacity but no position: messages sent before its use are received before its
/// message.
#[test]
fn a_permit_never_blocks_later_messages() {
    explore(3, || {
        let (mut tx, rx) = channel(2);
        reserve(&mut tx);
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(1), other));
        let (received, rx) = block_on(recv(rx));
        assert_eq!(received, Some(1));
        let (sent, _other) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        send_reserved(&mut tx, 2).unwrap();
        assert_eq!(rx.try_recv(), Ok(2));
    });
}

/// The sender may be about to park when the permit is released, which does not move `head`.
#[test]
fn released_permit_wakes_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut reserving = tx.clone();
        reserve(&mut reserving);
        let sender = thread::spawn(move || block_on(send(tx, 1)));
        drop(reserving);
        let (sent, _tx) = sender.join().unwrap();
        assert_eq!(sent, Ok(()));
        assert_eq!(rx.try_recv(), Ok(1));
    });
}

#[test]
fn released_permit_wakes_a_sink() {
    explore(3, || {
        let (mut tx, rx) = channel::<usize>(1);
        let mut reserving = tx.clone();
        reserve(&mut reserving);
        let sender = thread::spawn(move || {
            block_on(crate::support::reserve_waiting(&mut tx)).unwrap();
            tx
        });
        drop(reserving);
        let tx = sender.join().unwrap();
        assert_eq!(rx.capacity(), 0);
        drop(tx);
        assert_eq!(rx.capacity(), 1);
    });
}

#[test]
fn released_permits_wake_one_sender_each() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let permits = tx.try_reserve_many(2).unwrap();
        let first = Task::parked(send(tx.clone(), 1));
        let second = thread::spawn({
            let tx = tx.clone();
            move || block_on(send(tx, 2))
        });
        drop(permits);
        assert_eq!(first.finish().0, Ok(()));
        let (sent, _tx) = second.join().unwrap();
        assert_eq!((sent, rx.len()), (Ok(()), 2));
    });
}

/// Both sides free capacity at once: a message is received, and a permit is released.
#[test]
fn two_senders_wait_for_a_permit_and_a_message() {
    explore(2, || {
        let (mut reserving, rx) = channel(2);
        let tx = reserving.clone();
        reserve(&mut reserving);
        tx.try_send(1).unwrap();
        let first = parked(send(tx.clone(), 2));
        let second = parked(send(tx, 2));
        let receiver = thread::spawn(move || (rx.try_recv(), rx));
        drop(reserving);
        let (first, _tx) = block_on(first);
        let (second, _tx) = block_on(second);
        assert_eq!((first, second), (Ok(()), Ok(())));
        let (received, rx) = receiver.join().unwrap();
        assert_eq!((received, rx.len()), (Ok(1), 2));
    });
}

#[test]
fn close_against_reserve() {
    explore(3, || {
        let (mut tx, rx) = channel(1);
        let sender = thread::spawn(move || {
            let reserved = poll_ready(&mut tx) == std::task::Poll::Ready(true);
            if reserved {
                send_reserved(&mut tx, 1).unwrap();
            }
            (reserved, tx)
        });
        rx.close();
        let (received, rx) = block_on(recv(rx));
        let (reserved, _tx) = sender.join().unwrap();
        assert_eq!(received, reserved.then_some(1), "a permit outlives closing");
        assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    });
}

#[test]
fn last_permit_ends_a_closed_ring() {
    explore(3, || {
        let (mut tx, rx) = channel::<usize>(1);
        reserve(&mut tx);
        rx.close();
        let receiver = thread::spawn(move || block_on(recv(rx)));
        drop(tx);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, None);
    });
}

/// The second receiver may start to wait while the first one waits, or later.
#[test]
fn last_permit_ends_a_closed_ring_for_the_second_receiver() {
    explore(2, || {
        let (mut tx, rx) = channel::<usize>(1);
        reserve(&mut tx);
        rx.close();
        let first = parked(recv(rx.clone()));
        let receiver = thread::spawn(move || block_on(recv(rx)));
        drop(first);
        drop(tx);
        let (received, _rx) = receiver.join().unwrap();
        assert_eq!(received, None);
    });
}

/// The last permit may be released before, during or after the close of the channel.
#[test]
fn last_permit_against_close() {
    explore(3, || {
        let (mut tx, rx) = channel::<usize>(1);
        reserve(&mut tx);
        let waiting = parked(recv(rx.clone()));
        let closer = thread::spawn(move || rx.close());
        let _other = tx.clone();
        drop(tx);
        let (received, _rx) = block_on(waiting);
        assert_eq!(received, None);
        closer.join().unwrap();
    });
}

#[test]
fn last_permit_used_ends_a_closed_ring_for_all() {
    explore(2, || {
        let (mut tx, rx) = channel(1);
        reserve(&mut tx);
        rx.close();
        let first = parked(recv(rx.clone()));
        let receiver = thread::spawn(move || block_on(recv(rx)));
        send_reserved(&mut tx, 1).unwrap();
        let (here, _rx) = block_on(first);
        let (there, _rx) = receiver.join().unwrap();
        assert!(matches!((here, there), (Some(1), None) | (None, Some(1))));
    });
}

#[test]
fn last_permit_used_ends_a_closed_ring_for_streams() {
    explore(3, || {
        let (mut tx, mut first) = channel(1);
        reserve(&mut tx);
        first.close();
        let mut second = first.clone();
        assert!(poll_next(&mut first).is_pending());
        assert!(poll_next(&mut second).is_pending());
        let receiver = thread::spawn(move || {
            let received = block_on(futures::StreamExt::next(&mut second));
            (received, second)
        });
        send_reserved(&mut tx, 1).unwrap();
        let here = block_on(futures::StreamExt::next(&mut first));
        let (there, _second) = receiver.join().unwrap();
        assert!(matches!((here, there), (Some(1), None) | (None, Some(1))));
    });
}

/// The message is returned to the caller, or the last receiver drops it. It never stays until the
/// last sender is dropped.
fn check_a_permit_against_the_last_receiver(before: fn(&Receiver<Counted>)) {
    explore(3, move || {
        let drops = Arc::new(AtomicUsize::new(0));
        let (mut tx, rx) = channel(1);
        reserve(&mut tx);
        before(&rx);
        let receiver = thread::spawn(move || drop(rx));
        drop(send_reserved(&mut tx, Counted(Arc::clone(&drops))));
        receiver.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(tx);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_permit_against_the_last_receiver() {
    check_a_permit_against_the_last_receiver(|_| {});
}

/// The last receiver's own close changes nothing then, but orders it against the permit.
#[test]
fn a_permit_against_the_last_receiver_of_a_closed_channel() {
    check_a_permit_against_the_last_receiver(|rx| rx.close());
}

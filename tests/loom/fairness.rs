//! Waiters that have lost too many races: reservations for them, and reservations that are not
//! used.
//!
//! Models in which a newcomer waits on a thread of its own have a lower bound on preemptions: while
//! a reservation makes its attempts fail, it retries by itself, and each retry adds interleavings
//! with the steps of the other threads.

use std::task::Poll;

use loom::thread;
use mpmc_std::{Receiver, Sender, channel};

use crate::support::{
    MAX_LOST_RACES, Task, almost_starving_receiver, almost_starving_sender, block_on, explore,
    poll_ready, recv, reserve, send, send_reserved, starving_receiver, starving_sender,
};

type Receiving = Task<(Option<usize>, Receiver<usize>)>;
type Sending = Task<(Result<(), mpmc_std::error::SendError<usize>>, Sender<usize>)>;

#[test]
fn a_starving_receiver_comes_before_a_newcomer() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_receiver(&tx, &rx);
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        assert!(rx.try_recv().is_err());
        let _tx = sender.join().unwrap().unwrap();
        assert_eq!(task.finish().0, Some(1));
        assert!(rx.is_empty());
    });
}

#[test]
fn a_starving_sender_comes_before_a_newcomer() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_sender(&tx, &rx, 1);
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        assert!(tx.try_send(2).is_err());
        let rx = receiver.join().unwrap().unwrap();
        assert_eq!(task.finish().0, Ok(()));
        assert_eq!((rx.try_recv(), rx.len()), (Ok(1), 0));
    });
}

/// The waiter has lost its last race and has not been polled since. It registers while a message
/// arrives.
#[test]
fn a_receiver_becomes_starving_against_a_send() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let mut task = almost_starving_receiver(&tx, &rx);
        let other = tx.clone();
        let sender = thread::spawn(move || other.try_send(1).map(|()| other));
        if let Poll::Ready((message, _rx)) = task.poll() {
            assert_eq!(message, Some(1));
            let _other = sender.join().unwrap().unwrap();
            return;
        }
        // It may have waited only for the send to finish, without registering.
        let stolen = rx.try_recv().is_ok();
        let _other = sender.join().unwrap().unwrap();
        if stolen {
            assert!(task.poll().is_pending());
            tx.try_send(1).unwrap();
            assert!(rx.try_recv().is_err());
        }
        assert_eq!(task.finish().0, Some(1));
    });
}

#[test]
fn a_sender_becomes_starving_against_a_recv() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let mut task = almost_starving_sender(&tx, &rx, 1);
        let other = rx.clone();
        let receiver = thread::spawn(move || other.try_recv().map(|_| other));
        if let Poll::Ready((sent, _tx)) = task.poll() {
            assert_eq!(sent, Ok(()));
            let _other = receiver.join().unwrap().unwrap();
            return;
        }
        let stolen = tx.try_send(0).is_ok();
        let _other = receiver.join().unwrap().unwrap();
        if stolen {
            assert!(task.poll().is_pending());
            rx.try_recv().unwrap();
            assert!(tx.try_send(0).is_err());
        }
        assert_eq!(task.finish().0, Ok(()));
    });
}

/// The slot is being freed while a receiver parks in the empty channel, which may wake the sender as
/// an extra waiter before it is woken for the slot. It has lost a race nevertheless.
#[test]
fn a_receiver_that_parks_hides_no_lost_race() {
    explore(2, || {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut task = Task::parked(send(tx.clone(), 1));
        for _ in 1..MAX_LOST_RACES {
            assert_eq!(rx.try_recv(), Ok(0));
            tx.try_send(0).unwrap();
            assert!(task.poll().is_pending());
        }
        let other = rx.clone();
        let receiver = thread::spawn(move || (other.try_recv(), other));
        let mut waiting = Task::new(recv(rx.clone()));
        let _ = waiting.poll();
        let _other = receiver.join().unwrap();
        drop(waiting);
        tx.try_send(0).unwrap();
        assert!(task.is_woken());
        assert!(task.poll().is_pending());
        rx.try_recv().unwrap();
        assert!(tx.try_send(0).is_err());
        assert_eq!(task.finish().0, Ok(()));
    });
}

/// The slot has woken the first sender, which is not polled. A receiver that parks wakes the other
/// one, which may lose one more race for a slot of its own, while a newcomer takes this one.
#[test]
fn an_extra_sender_that_finds_nothing_has_lost_no_race() {
    explore(2, || {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let mut first = Task::parked(send(tx.clone(), 1));
        let mut extra = Task::parked(send(tx.clone(), 2));
        rx.try_recv().unwrap();
        assert!(first.is_woken());
        tx.try_send(0).unwrap();
        for _ in 1..MAX_LOST_RACES {
            rx.try_recv().unwrap();
            assert!(extra.is_woken());
            tx.try_send(0).unwrap();
            assert!(extra.poll().is_pending());
        }
        assert!(first.poll().is_pending());
        rx.try_recv().unwrap();
        assert!(first.is_woken() && !extra.is_woken());
        let other = tx.clone();
        let newcomer = thread::spawn(move || other.try_send(0).map(|()| other));
        let parks = {
            let mut receiver = Task::new(recv(rx.clone()));
            receiver.poll().is_pending()
        };
        let _other = newcomer.join().unwrap().unwrap();
        if parks && extra.is_woken() {
            assert!(extra.poll().is_pending());
            rx.try_recv().unwrap();
            assert!(tx.try_send(0).is_ok());
        }
    });
}

/// The channel stays fair until each of them has a reservation.
#[test]
fn two_starving_receivers_come_before_a_newcomer() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let mut tasks = [(); 2].map(|()| Task::parked(recv(rx.clone())));
        for _ in 0..MAX_LOST_RACES {
            assert_eq!(tx.try_send_many([0, 0]).unwrap(), 2);
            assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(0)));
            assert!(tasks.iter_mut().all(|task| task.poll().is_pending()));
        }
        let other = tx.clone();
        let sender = thread::spawn(move || other.try_send(1).map(|()| other));
        tx.try_send(2).unwrap();
        assert!(rx.try_recv().is_err());
        let _other = sender.join().unwrap().unwrap();
        let received = tasks.map(|task| task.finish().0.unwrap());
        assert_eq!(received.iter().sum::<usize>(), 3);
    });
}

/// A batch does not take a message that is reserved or about to be reserved.
#[test]
fn a_starving_receiver_comes_before_a_batch() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let task = starving_receiver(&tx, &rx);
        let sender = thread::spawn(move || {
            assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
            tx
        });
        let mut received = Vec::new();
        let _ = rx.try_recv_many(&mut received, 2);
        assert!(received.len() < 2, "one message is left for the waiter");
        let _tx = sender.join().unwrap();
        received.extend(task.finish().0);
        received.extend(rx.try_recv());
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

#[test]
fn a_starving_sender_comes_before_a_permit() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_sender(&tx, &rx, 1);
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        assert!(tx.try_reserve().is_err());
        let _rx = receiver.join().unwrap().unwrap();
        assert_eq!(task.finish().0, Ok(()));
    });
}

#[test]
fn a_starving_sender_comes_before_a_sink() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_sender(&tx, &rx, 1);
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        let mut sink = tx.clone();
        assert!(poll_ready(&mut sink).is_pending());
        let _rx = receiver.join().unwrap().unwrap();
        assert_eq!(task.finish().0, Ok(()));
    });
}

/// The capacity for permits is computed from positions.
#[test]
fn a_starving_sender_comes_before_several_permits() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let task = starving_sender(&tx, &rx, 1);
        let receiver = thread::spawn(move || {
            rx.try_recv().unwrap();
            rx.try_recv().unwrap();
            rx
        });
        assert!(tx.try_reserve_many(2).is_err());
        let permits = tx.try_reserve_many(1);
        let rx = receiver.join().unwrap();
        assert_eq!(task.finish().0, Ok(()));
        let held = permits.as_ref().map_or(0, ExactSizeIterator::len);
        assert_eq!(rx.capacity(), 1 - held, "wrong number of permits");
    });
}

/// A newcomer that waits is also served.
#[test]
fn a_newcomer_waits_beside_a_starving_receiver() {
    explore(1, || {
        let (tx, rx) = channel(2);
        let task = starving_receiver(&tx, &rx);
        let newcomer = thread::spawn(move || block_on(recv(rx)));
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        assert!(task.is_woken());
        let (here, _rx) = block_on(task.into_future());
        let (there, _rx) = newcomer.join().unwrap();
        assert_eq!(here.unwrap() + there.unwrap(), 3);
    });
}

#[test]
fn a_newcomer_waits_beside_a_starving_sender() {
    explore(1, || {
        let (tx, rx) = channel(2);
        let task = starving_sender(&tx, &rx, 1);
        let newcomer = thread::spawn(move || block_on(send(tx, 2)));
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(0)));
        assert!(task.is_woken());
        let (here, _tx) = block_on(task.into_future());
        let (there, _tx) = newcomer.join().unwrap();
        assert_eq!((here, there, rx.len()), (Ok(()), Ok(()), 2));
    });
}

/// Returns a receiver to which the message 1 has been granted.
fn granted_receiver(tx: &Sender<usize>, rx: &Receiver<usize>) -> Receiving {
    let task = starving_receiver(tx, rx);
    tx.try_send(1).unwrap();
    assert!(task.is_woken());
    task
}

/// Returns a sender of 1 to which a slot has been granted.
fn granted_sender(tx: &Sender<usize>, rx: &Receiver<usize>) -> Sending {
    let task = starving_sender(tx, rx, 1);
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(task.is_woken());
    task
}

#[test]
fn a_granted_receiver_is_dropped() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = granted_receiver(&tx, &rx);
        let newcomer = thread::spawn(move || block_on(recv(rx)));
        drop(task);
        let (received, _rx) = newcomer.join().unwrap();
        assert_eq!(received, Some(1));
    });
}

#[test]
fn a_granted_sender_is_dropped() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = granted_sender(&tx, &rx);
        let newcomer = thread::spawn(move || block_on(send(tx, 2)));
        drop(task);
        let (sent, _tx) = newcomer.join().unwrap();
        assert_eq!((sent, rx.try_recv(), rx.capacity()), (Ok(()), Ok(2), 1));
    });
}

/// Another parked waiter gets the reservation of the dropped waiter.
#[test]
fn a_starving_receiver_is_dropped_before_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_receiver(&tx, &rx);
        let next = Task::parked(recv(rx.clone()));
        let sender = thread::spawn(move || tx.try_send(1).map(|()| tx));
        drop(task);
        let tx = sender.join().unwrap().unwrap();
        assert_eq!(next.finish().0, Some(1));
        assert_eq!(tx.try_send(2), Ok(()));
        assert_eq!(rx.try_recv(), Ok(2), "newcomers may receive again");
    });
}

#[test]
fn a_starving_sender_is_dropped_before_another() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = starving_sender(&tx, &rx, 1);
        let next = Task::parked(send(tx.clone(), 2));
        let receiver = thread::spawn(move || rx.try_recv().map(|_| rx));
        drop(task);
        let rx = receiver.join().unwrap().unwrap();
        assert_eq!(next.finish().0, Ok(()));
        assert_eq!((rx.try_recv(), rx.capacity()), (Ok(2), 1));
        assert_eq!(tx.try_send(3), Ok(()), "newcomers may send again");
    });
}

/// A newcomer may have queued only because of the starving waiter. The message is already in the
/// channel.
#[test]
fn the_last_starving_receiver_is_dropped_beside_a_newcomer() {
    explore(1, || {
        let (tx, rx) = channel(2);
        let task = starving_receiver(&tx, &rx);
        let other = rx.clone();
        let newcomer = thread::spawn(move || block_on(recv(other)));
        tx.try_send(1).unwrap();
        drop(task);
        let (received, _rx) = newcomer.join().unwrap();
        assert_eq!(received, Some(1));
        assert!(tx.try_send(2).is_ok());
        assert_eq!(rx.try_recv(), Ok(2), "newcomers may receive again");
    });
}

#[test]
fn the_last_starving_sender_is_dropped_beside_a_newcomer() {
    explore(1, || {
        let (tx, rx) = channel(1);
        let task = starving_sender(&tx, &rx, 1);
        let other = tx.clone();
        let newcomer = thread::spawn(move || block_on(send(other, 2)));
        assert_eq!(rx.try_recv(), Ok(0));
        drop(task);
        let (sent, _tx) = newcomer.join().unwrap();
        assert_eq!((sent, rx.try_recv()), (Ok(()), Ok(2)));
        assert_eq!(tx.try_send(3), Ok(()), "newcomers may send again");
    });
}

/// The waiter is polled only after the newcomer has finished.
#[test]
fn a_grant_that_is_not_polled_is_taken_back() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let mut task = granted_receiver(&tx, &rx);
        let newcomer = thread::spawn(move || block_on(recv(rx)));
        let (there, _rx) = newcomer.join().unwrap();
        assert_eq!(there, Some(1));
        assert!(task.poll().is_pending());
        tx.try_send(2).unwrap();
        assert_eq!(task.finish().0, Some(2));
    });
}

#[test]
fn a_senders_grant_that_is_not_polled_is_taken_back() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_sender(&tx, &rx);
        let newcomer = thread::spawn(move || block_on(send(tx, 2)));
        let (there, _tx) = newcomer.join().unwrap();
        assert_eq!(there, Ok(()));
        assert!(task.poll().is_pending());
        assert_eq!(rx.try_recv(), Ok(2));
        assert_eq!(task.finish().0, Ok(()));
    });
}

/// The next attempt that fails revokes the reservation, while its owner is polled.
#[test]
fn a_grant_is_taken_back_against_its_receiver() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let mut task = granted_receiver(&tx, &rx);
        assert!(rx.try_recv().is_err());
        let other = rx.clone();
        let newcomer = thread::spawn(move || (other.try_recv(), other));
        let first = task.poll();
        let (there, _other) = newcomer.join().unwrap();
        tx.try_send(2).unwrap();
        // If it parks while the reservation is being revoked, the message may be granted to it
        // again.
        let here = match first {
            Poll::Ready((message, _rx)) => message,
            Poll::Pending => task.finish().0,
        };
        let received = there.into_iter().chain(here);
        let mut all: Vec<_> = received.chain(rx.try_recv()).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2], "no reservation is left");
        tx.try_send(3).unwrap();
        assert_eq!(rx.try_recv(), Ok(3), "the side is no longer fair");
    });
}

#[test]
fn a_grant_is_taken_back_against_its_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_sender(&tx, &rx);
        assert!(tx.try_send(2).is_err());
        let other = tx.clone();
        let newcomer = thread::spawn(move || (other.try_send(2).is_ok(), other));
        let first = task.poll();
        let (there, _other) = newcomer.join().unwrap();
        assert!(!(first.is_ready() && there), "there is one slot");
        let mut received = Vec::from_iter(there.then(|| rx.try_recv().unwrap()));
        if first.is_pending() {
            assert_eq!(task.finish().0, Ok(()));
        }
        received.extend(rx.try_recv());
        assert_eq!(received, if there { vec![2, 1] } else { vec![1] });
        assert_eq!(rx.capacity(), 1, "no reservation is left");
    });
}

/// Of two threads that revoke a reservation, one succeeds. The capacity is not released twice.
#[test]
fn a_grant_is_taken_back_once() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_sender(&tx, &rx);
        assert!(tx.try_send(2).is_err());
        let other = tx.clone();
        let sender = thread::spawn(move || (other.try_send(2).is_ok(), other));
        let sent = tx.try_send(3).is_ok();
        let (there, _other) = sender.join().unwrap();
        let here = task.poll().is_ready();
        assert_eq!(
            usize::from(here) + usize::from(sent) + usize::from(there),
            1
        );
        assert_eq!((rx.len(), rx.capacity()), (1, 0));
    });
}

/// Any receiver of a closed channel can receive a reserved message.
#[test]
fn close_against_a_granted_receiver() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_receiver(&tx, &rx);
        let closer = thread::spawn(move || drop(tx));
        let first = task.poll();
        closer.join().unwrap();
        let message = match first {
            Poll::Ready((message, _rx)) => message,
            // While the reservation is being released, no receiver can take the message.
            Poll::Pending => task.finish().0,
        };
        assert_eq!(message, Some(1));
        assert_eq!(block_on(recv(rx)).0, None);
    });
}

/// The first attempt after the close succeeds.
#[test]
fn close_ends_a_reservation_at_once() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let task = granted_receiver(&tx, &rx);
        let closer = thread::spawn(move || drop(tx));
        let _ = rx.len();
        closer.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(task.finish().0, None);
    });
}

#[test]
fn close_ends_the_grant_of_a_receiver() {
    explore(2, || {
        let (tx, rx) = channel(1);
        let task = granted_receiver(&tx, &rx);
        let other = rx.clone();
        let newcomer = thread::spawn(move || block_on(recv(other)));
        drop(tx);
        let (there, _rx) = newcomer.join().unwrap();
        assert_eq!((there, task.finish().0), (Some(1), None));
        assert_eq!(block_on(recv(rx)).0, None);
    });
}

#[test]
fn close_against_a_granted_sender() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_sender(&tx, &rx);
        let other = rx.clone();
        let closer = thread::spawn(move || other.close());
        let was_closed = rx.is_closed();
        let here = task.poll();
        closer.join().unwrap();
        let Poll::Ready((sent, _tx)) = here else {
            panic!("a slot is granted, or the channel is closed")
        };
        assert!(!(was_closed && sent.is_ok()));
        assert_eq!(rx.try_recv().is_ok(), sent.is_ok());
        assert_eq!(block_on(recv(rx)).0, None, "no reservation is left");
    });
}

/// The channel is closed while a waiter becomes starving.
#[test]
fn close_against_a_starving_receiver() {
    explore(1, || {
        let (tx, rx) = channel(1);
        let task = starving_receiver(&tx, &rx);
        let closer = thread::spawn(move || {
            tx.try_send(1).unwrap();
            drop(tx);
        });
        let there = block_on(recv(rx.clone())).0;
        closer.join().unwrap();
        let here = task.finish().0;
        assert!(matches!((here, there), (Some(1), None) | (None, Some(1))));
        assert_eq!(block_on(recv(rx)).0, None);
    });
}

/// A closed channel makes no reservations, and any receiver gets a message sent on a permit.
#[test]
fn a_permit_is_used_after_the_close_beside_a_starving_receiver() {
    explore(2, || {
        let (mut tx, rx) = channel(2);
        reserve(&mut tx);
        let task = starving_receiver(&tx, &rx);
        rx.close();
        let sender = thread::spawn(move || {
            send_reserved(&mut tx, 1).unwrap();
            tx
        });
        let (there, _rx) = block_on(recv(rx));
        let _tx = sender.join().unwrap();
        let (here, _rx) = block_on(task.into_future());
        assert!(matches!((here, there), (Some(1), None) | (None, Some(1))));
    });
}

/// Another message replaces the reserved one: a reservation is a count, not a position.
#[test]
fn force_send_against_a_reserved_message() {
    explore(3, || {
        let (tx, rx) = channel(1);
        let mut task = granted_receiver(&tx, &rx);
        let sender = thread::spawn(move || (tx.force_send(2).unwrap(), tx));
        let here = match task.poll() {
            Poll::Ready((message, _rx)) => message,
            Poll::Pending => block_on(task.into_future()).0,
        };
        let (evicted, _tx) = sender.join().unwrap();
        let all = evicted.into_iter().chain(here).chain(rx.try_recv());
        assert!(all.eq([1, 2]));
        assert_eq!(rx.capacity(), 1);
    });
}

#[test]
fn force_send_against_a_reserved_slot() {
    explore(3, || {
        let (tx, rx) = channel(2);
        let mut task = granted_sender(&tx, &rx);
        let sender = thread::spawn(move || (tx.force_send(2).unwrap(), tx));
        let Poll::Ready((sent, _tx)) = task.poll() else {
            panic!("the reserved slot is available")
        };
        assert_eq!(sent, Ok(()));
        let (evicted, _tx) = sender.join().unwrap();
        assert_eq!(evicted, Some(0));
        let mut left: Vec<_> = rx.try_iter().collect();
        left.sort_unstable();
        assert_eq!(left, [1, 2]);
        assert_eq!(rx.capacity(), 2);
    });
}

/// A batch uses its own reservation, and leaves those of other waiters.
#[test]
fn a_granted_batch_leaves_other_reservations() {
    explore(2, || {
        let (tx, rx) = channel(2);
        let receiving = rx.clone();
        let mut batch = Task::parked(async move {
            let mut received = Vec::new();
            receiving.recv_many(&mut received, 2).await;
            (received, receiving)
        });
        let mut single = Task::parked(recv(rx.clone()));
        for _ in 0..MAX_LOST_RACES {
            assert_eq!(tx.try_send_many([0, 0]).unwrap(), 2);
            assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(0)));
            assert!(batch.poll().is_pending());
            assert!(single.poll().is_pending());
        }
        assert_eq!(tx.try_send_many([1, 2]).unwrap(), 2);
        let other = thread::spawn(move || {
            let message = single.finish().0;
            (message, tx)
        });
        let (mut received, _rx) = batch.finish();
        let (message, _tx) = other.join().unwrap();
        received.extend(message);
        received.sort_unstable();
        assert_eq!(received, [1, 2]);
    });
}

//! Checks positions: consecutive and in the order of the channel, for all send and receive methods.

use std::task::Poll;
use std::thread;

use mpmc_std::channel;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};

use crate::harness::{Task, poll_once, reserve, within_limit};

#[test]
fn all_methods_advance_the_position() {
    for capacity in 8..12 {
        let (tx, rx) = channel(capacity);
        let mut sink = tx.clone();
        let mut next = 0;
        for _ in 0..10 {
            assert_eq!(poll_once(tx.send_with_position('a')), Poll::Ready(Ok(next)));
            assert_eq!(tx.try_send_with_position('b'), Ok(next + 1));
            assert_eq!(tx.blocking_send_with_position('c'), Ok(next + 2));
            tx.try_send_many(['d', 'e']).unwrap();
            tx.try_reserve().unwrap().send('f');
            reserve(&mut sink);
            futures::Sink::start_send(std::pin::Pin::new(&mut sink), 'g').unwrap();
            assert_eq!(tx.try_send_with_position('h'), Ok(next + 7));

            let received = poll_once(rx.recv_with_position());
            assert_eq!(received, Poll::Ready(Some((next, 'a'))));
            assert_eq!(rx.try_recv_with_position(), Ok((next + 1, 'b')));
            assert_eq!(rx.blocking_recv_with_position(), Some((next + 2, 'c')));
            let mut buffer = Vec::new();
            let positions = poll_once(rx.recv_many_with_position(&mut buffer, 2));
            assert_eq!(positions, Poll::Ready(next + 3..next + 5));
            assert_eq!(rx.try_recv(), Ok('f'));
            let positions = rx.try_recv_many_with_position(&mut buffer, 9);
            assert_eq!(positions, Ok(next + 6..next + 8));
            assert_eq!(buffer, ['d', 'e', 'g', 'h']);
            next += 8;
        }
    }
}

#[test]
fn failed_calls_have_no_position() {
    let (tx, rx) = channel(1);
    let mut buffer = Vec::new();
    assert_eq!(rx.try_recv_with_position(), Err(TryRecvError::Empty));
    assert_eq!(
        rx.try_recv_many_with_position(&mut buffer, 1),
        Err(TryRecvError::Empty)
    );
    assert_eq!(rx.try_recv_many_with_position(&mut buffer, 0), Ok(0..0));
    assert_eq!(
        poll_once(rx.recv_many_with_position(&mut buffer, 0)),
        Poll::Ready(0..0)
    );
    assert_eq!(tx.try_send_with_position(1), Ok(0));
    assert_eq!(tx.try_send_with_position(2), Err(TrySendError::Full(2)));
    rx.close();
    assert_eq!(tx.try_send_with_position(2), Err(TrySendError::Closed(2)));
    assert_eq!(
        poll_once(tx.send_with_position(2)),
        Poll::Ready(Err(SendError(2)))
    );
    assert_eq!(tx.blocking_send_with_position(2), Err(SendError(2)));
    assert_eq!(rx.try_recv_with_position(), Ok((0, 1)));
    assert_eq!(poll_once(rx.recv_with_position()), Poll::Ready(None));
    let none = poll_once(rx.recv_many_with_position(&mut buffer, 1));
    assert!(matches!(none, Poll::Ready(positions) if positions.is_empty()));
}

/// This includes messages and slots that were reserved after lost races.
#[test]
fn waiters_get_the_position() {
    let (tx, rx) = channel(1);
    let mut recv = Task::parked(rx.recv_with_position());
    let mut next = 0;
    for _ in 0..4 {
        assert_eq!(tx.try_send_with_position(0), Ok(next));
        assert_eq!(rx.try_recv(), Ok(0));
        recv.parks();
        next += 1;
    }
    tx.try_send(7).unwrap();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "it is reserved");
    assert_eq!(recv.finish(), Some((next, 7)));

    let mut buffer = Vec::new();
    let mut recv = Task::parked(rx.recv_many_with_position(&mut buffer, 3));
    for _ in 0..4 {
        next += 1;
        assert_eq!(tx.try_send_with_position(0), Ok(next));
        assert_eq!(rx.try_recv(), Ok(0));
        recv.parks();
    }
    tx.try_send(8).unwrap();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "it is reserved");
    assert_eq!(recv.finish(), next + 1..next + 2);
    assert_eq!(buffer, [8]);

    tx.try_send(0).unwrap();
    let mut send = Task::parked(tx.send_with_position(9));
    for _ in 0..4 {
        assert_eq!(rx.try_recv(), Ok(0));
        tx.try_send(0).unwrap();
        send.parks();
    }
    let (last, _) = rx.try_recv_with_position().unwrap();
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)), "it is reserved");
    assert_eq!(send.finish(), Ok(last + 1));
    assert_eq!(rx.try_recv_with_position(), Ok((last + 1, 9)));
}

#[test]
fn a_forced_send_skips_the_position_of_the_evicted_message() {
    let (tx, rx) = channel(1);
    tx.try_send('a').unwrap();
    tx.force_send('b').unwrap();
    assert_eq!(rx.try_recv_with_position(), Ok((1, 'b')));
}

#[test]
fn sender_and_receiver_of_a_message_get_the_same_position() {
    const MESSAGES: u64 = 5_000;
    within_limit(|| {
        let (tx, rx) = channel(3);
        let senders = [(); 2].map(|()| {
            let tx = tx.clone();
            thread::spawn(move || {
                let messages = 0..MESSAGES;
                let positions = messages.map(|_| tx.blocking_send_with_position(()).unwrap());
                positions.collect::<Vec<_>>()
            })
        });
        drop(tx);
        let receivers = [(); 2].map(|()| {
            let rx = rx.clone();
            thread::spawn(move || {
                let next = || rx.blocking_recv_with_position();
                let positions = std::iter::from_fn(next).map(|(position, ())| position);
                positions.collect::<Vec<_>>()
            })
        });
        for side in [senders, receivers] {
            let positions = side.map(|thread| thread.join().unwrap());
            assert!(positions.iter().all(|own| own.is_sorted()));
            let mut all = positions.concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..2 * MESSAGES));
        }
    });
}

//! Checks channels with several receivers, where tokio has one.

use std::future::poll_fn;
use std::task::Poll;

use futures::{FutureExt, StreamExt};
use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{Drops, Task, assert_all_once, ready, report_progress, run, threads};

#[test]
fn one_receiver_closes_the_channel_for_all() {
    let (tx, rx) = channel(4);
    let other = rx.clone();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    rx.close();
    assert!(rx.is_closed() && other.is_closed() && tx.is_closed());
    assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    // Each of them still receives messages.
    assert_eq!((other.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    for receiver in [&rx, &other] {
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        assert_eq!(ready(receiver.recv()), None);
    }
}

#[test]
fn closing_wakes_every_receiver() {
    let (_tx, rx) = channel::<u8>(1);
    let mut polled = rx.clone();
    let mut stream = rx.clone();
    let mut buffer = Vec::new();
    let mut waiting = [Task::parked(rx.recv()), Task::parked(rx.recv())];
    let mut many = Task::parked(rx.recv_many(&mut buffer, 4));
    let mut poll = Task::parked(poll_fn(|cx| polled.poll_recv(cx)));
    let mut next = Task::parked(stream.next());
    rx.close();
    for recv in &mut waiting {
        assert!(recv.is_woken());
        assert_eq!(recv.expect_ready(), None);
    }
    assert!(many.is_woken() && poll.is_woken() && next.is_woken());
    assert_eq!(many.expect_ready(), 0);
    assert_eq!((poll.expect_ready(), next.expect_ready()), (None, None));
}

#[test]
fn a_dropped_receiver_takes_no_message() {
    let (tx, rx) = channel(4);
    let other = rx.clone();
    let closed = Task::parked(tx.closed());
    tx.try_send(1).unwrap();
    drop(rx);
    assert!(!closed.is_woken());
    assert!(!tx.is_closed() && !other.is_closed());
    assert_eq!(tx.try_send(2), Ok(()));
    assert_eq!(other.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_last_dropped_receiver_closes_and_empties_the_channel() {
    let ledger = Drops::of(3);
    let (tx, rx) = channel(3);
    let other = rx.clone();
    let mut closed = Task::parked(tx.closed());
    tx.try_send(ledger.numbered(0)).unwrap();
    tx.try_send(ledger.numbered(1)).unwrap();
    drop(rx);
    assert_eq!(ledger.total(), 0);
    drop(other);
    assert!(closed.is_woken());
    closed.expect_ready();
    // The messages are dropped at once, although a sender exists.
    assert_eq!((ledger.total(), tx.len()), (2, 0));
    let back = tx.try_send(ledger.numbered(2)).unwrap_err();
    assert!(matches!(&back, TrySendError::Closed(token) if token.number == 2));
    drop(back);
    ledger.assert_each_once();
}

/// A thread that sends before it receives must find a message, because the channel always holds as
/// many messages as threads are between the two calls. The messages are large, so that threads
/// often find a message in flight.
#[test]
fn try_recv_finds_a_message_while_other_messages_are_in_flight() {
    const THREADS: usize = 4;
    for capacity in [THREADS, 7] {
        let ends = channel(capacity);
        threads(THREADS, move |_| {
            let (tx, rx) = &ends;
            for round in 0..1_000 {
                let sent = tx.try_send([0_u8; 1 << 15]);
                assert!(
                    sent.is_ok(),
                    "round {round}: there is capacity for each thread"
                );
                let received = rx.try_recv();
                assert!(received.is_ok(), "round {round}: there is a message");
                report_progress();
            }
        });
    }
}

#[test]
fn receivers_share_messages_of_all_send_methods() {
    const COUNT: usize = 20_000;
    run(async {
        let (tx, rx) = channel(16);
        let one_by_one = rx.clone();
        let stream = rx.clone();
        let receivers = [
            tokio::spawn(async move {
                let mut received = Vec::new();
                while let Some(message) = one_by_one.recv().await {
                    received.push(message);
                }
                received
            }),
            tokio::spawn(async move {
                let mut received = Vec::new();
                while rx.recv_many(&mut received, 5).await > 0 {}
                received
            }),
            tokio::spawn(stream.collect()),
        ];
        for message in 0..COUNT {
            tx.send(message).await.unwrap();
            report_progress();
        }
        drop(tx);
        let mut all = Vec::new();
        for receiver in receivers {
            let received: Vec<usize> = receiver.await.unwrap();
            assert!(
                received.is_sorted(),
                "each receiver sees the sender's order"
            );
            all.extend(received);
        }
        assert_all_once(all, COUNT);
    });
}

#[test]
fn a_message_wakes_one_receiver() {
    let (tx, rx) = channel(4);
    let mut first = Task::parked(rx.recv());
    let mut second = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    assert!(first.is_woken() && !second.is_woken());
    assert_eq!(first.expect_ready(), Some(1));
    second.parks();
    tx.try_send(2).unwrap();
    assert!(second.is_woken());
}

#[test]
fn a_cancelled_receiver_leaves_its_message_to_another() {
    let (tx, rx) = channel(4);
    let first = Task::parked(rx.recv());
    let mut second = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    assert!(first.is_woken());
    drop(first);
    assert!(second.is_woken());
    assert_eq!(second.expect_ready(), Some(1));
}

#[test]
fn an_abandoned_handle_holds_no_wakeup() {
    let (tx, rx) = channel(4);
    let mut abandoned = rx.clone();
    let left = Task::parked(poll_fn(|cx| abandoned.poll_recv(cx)));
    let mut recv = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    assert!(left.is_woken() && recv.is_woken());
    assert_eq!(recv.expect_ready(), Some(1));
}

#[test]
fn weak_receivers_do_not_keep_the_channel_open() {
    let (tx, rx) = channel(2);
    let weak = rx.downgrade();
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    let upgraded = weak.upgrade().unwrap();
    assert_eq!((rx.strong_count(), rx.weak_count()), (2, 1));
    assert_eq!((upgraded.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
    drop(rx);
    assert!(!tx.is_closed());
    drop(upgraded);
    assert!(tx.is_closed());
    assert!(weak.upgrade().is_none());
}

/// Receivers are created and dropped during the traffic. The remaining ones receive the rest.
#[test]
fn created_and_dropped_receivers_lose_no_message() {
    const COUNT: usize = 5_000;
    run(async {
        let (tx, rx) = channel(3);
        let steady = rx.clone();
        let steady = tokio::spawn(async move { steady.collect::<Vec<_>>().await });
        let passing = tokio::spawn(async move {
            let mut received = Vec::new();
            while !rx.is_closed() {
                let guest = rx.clone();
                // Cancelled after one poll, which must not lose a message.
                if let Some(Some(message)) = guest.recv().now_or_never() {
                    received.push(message);
                }
                tokio::task::yield_now().await;
            }
            received
        });
        for message in 0..COUNT {
            tx.send(message).await.unwrap();
            report_progress();
        }
        drop(tx);
        let (steady, passing) = (steady.await.unwrap(), passing.await.unwrap());
        assert_all_once(steady.into_iter().chain(passing), COUNT);
    });
}

#[test]
fn each_receiver_is_a_stream_of_its_own() {
    use futures::stream::FusedStream;
    let (tx, mut rx) = channel::<u8>(1);
    drop(tx);
    assert_eq!(ready(poll_fn(|cx| rx.poll_next_unpin(cx))), None);
    let mut clone = rx.clone();
    assert!(rx.is_terminated() && !clone.is_terminated());
    let mut next = crate::harness::Task::new(clone.next());
    assert_eq!(next.poll(), Poll::Ready(None));
}

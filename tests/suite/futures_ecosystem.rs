//! Checks the handles as `Stream`, `FusedStream` and `Sink`, with common combinators.

use std::pin::Pin;
use std::task::Poll;

use futures::future::ready;
use futures::stream::{self, FusedStream, FuturesUnordered};
use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Sender, channel};

use crate::harness::assert_complete_and_in_order;
use crate::harness::{
    Drops, Task, WakeCounter, panic_message, poll_next, poll_once, poll_ready, reserve, soon,
};

#[tokio::test]
async fn next_yields_every_message_and_then_the_end() {
    let (tx, mut rx) = channel(3);
    for number in 0..3 {
        tx.send(number).await.unwrap();
    }
    drop(tx);
    for number in 0..3 {
        assert_eq!(soon(rx.next()).await, Some(number));
    }
    assert_eq!(soon(rx.next()).await, None);
    assert_eq!(soon(rx.next()).await, None, "the end is repeated");
}

#[test]
fn a_stream_is_terminated_after_it_returned_none() {
    let (tx, mut rx) = channel(1);
    let mut other = rx.clone();
    tx.try_send(1).unwrap();
    drop(tx);
    assert!(!rx.is_terminated());
    assert_eq!(poll_next(&mut rx), Some(1).into());
    assert!(!rx.is_terminated(), "the end has not been seen");
    assert_eq!(poll_next(&mut rx), None.into());
    assert!(rx.is_terminated());
    assert!(!other.is_terminated(), "each handle is a stream of its own");
    assert_eq!(poll_next(&mut other), None.into());
    assert!(other.is_terminated());
}

/// Other receivers may take all messages that are in the channel now.
#[test]
fn a_stream_has_no_size_hint() {
    let (tx, rx) = channel(3);
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(rx.size_hint(), (0, None));
}

#[tokio::test]
async fn forward_moves_all_messages_into_another_channel() {
    let (tx, rx) = channel(2);
    let (onward, end) = channel(1);
    let send = async move {
        for number in 0..100 {
            tx.send(number).await.unwrap();
        }
    };
    let forward = rx.map(Ok).forward(onward);
    let (_, forwarded, received) =
        soon(async { futures::join!(send, forward, end.collect::<Vec<_>>()) }).await;
    assert_eq!(forwarded, Ok(()));
    assert_eq!(received, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn for_each_concurrent_and_buffer_unordered_see_every_message() {
    let (tx, rx) = channel(4);
    let (squares, results) = channel(4);
    let send = async move {
        let mut tx = tx;
        let mut numbers = stream::iter(1..=100_u64).map(Ok);
        tx.send_all(&mut numbers).await.unwrap();
    };
    let squaring = rx
        .map(|number| async move {
            tokio::task::yield_now().await;
            number * number
        })
        .buffer_unordered(5)
        .for_each_concurrent(3, move |square| {
            let squares = squares.clone();
            async move { squares.send(square).await.unwrap() }
        });
    let sum = results.fold(0, |sum, square| ready(sum + square));
    let (_, _, sum) = soon(async { futures::join!(send, squaring, sum) }).await;
    assert_eq!(sum, (1..=100).map(|number| number * number).sum());
}

async fn send_by_turns(left: Sender<u32>, right: Sender<u32>) {
    for number in 0..50 {
        left.send(number).await.unwrap();
        right.send(100 + number).await.unwrap();
    }
}

#[tokio::test]
async fn futures_select_ends_after_both_streams() {
    let (left_tx, mut left) = channel(2);
    let (right_tx, mut right) = channel(2);
    let send = send_by_turns(left_tx, right_tx);
    let receive = async move {
        let mut received = Vec::new();
        loop {
            futures::select! {
                number = left.next() => received.extend(number),
                number = right.next() => received.extend(number),
                complete => return received,
            }
        }
    };
    let (_, mut received) = soon(async { futures::join!(send, receive) }).await;
    received.sort_unstable();
    assert_eq!(received, (0..50).chain(100..150).collect::<Vec<_>>());
}

#[tokio::test]
async fn tokio_select_ends_after_both_channels() {
    let (left_tx, left) = channel(2);
    let (right_tx, mut right) = channel(2);
    let send = send_by_turns(left_tx, right_tx);
    let receive = async move {
        let mut received = Vec::new();
        loop {
            tokio::select! {
                Some(number) = left.recv() => received.push(number),
                Some(number) = right.next() => received.push(number),
                else => return received,
            }
        }
    };
    let (_, mut received) = soon(async { futures::join!(send, receive) }).await;
    received.sort_unstable();
    assert_eq!(received, (0..50).chain(100..150).collect::<Vec<_>>());
}

/// Many senders first reserve and then, after the other senders have run, send.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn start_send_after_poll_ready_always_succeeds() {
    const SENDERS: usize = 12;
    const EACH: usize = 300;
    let (tx, rx) = channel(2);
    let senders: FuturesUnordered<_> = (0..SENDERS)
        .map(|sender| {
            let mut tx = tx.clone();
            tokio::spawn(async move {
                for number in 0..EACH {
                    futures::future::poll_fn(|context| tx.poll_ready_unpin(context))
                        .await
                        .unwrap();
                    tokio::task::yield_now().await;
                    tx.start_send_unpin((sender, number)).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let received = async { futures::join!(senders.collect::<Vec<_>>(), rx.collect::<Vec<_>>()) };
    let (sent, log) = soon(received).await;
    assert!(sent.iter().all(Result::is_ok));
    assert_complete_and_in_order(&[log], SENDERS, EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn send_feed_and_send_all_share_a_channel() {
    const EACH: usize = 300;
    let (tx, rx) = channel(3);
    for sender in 0..9 {
        let mut tx = tx.clone();
        tokio::spawn(async move {
            let mut messages = stream::iter((0..EACH).map(|number| Ok((sender, number))));
            match sender % 3 {
                0 => tx.send_all(&mut messages).await.unwrap(),
                1 => {
                    while let Some(Ok(message)) = messages.next().await {
                        tx.feed(message).await.unwrap();
                    }
                    SinkExt::flush(&mut tx).await.unwrap();
                }
                _ => {
                    while let Some(Ok(message)) = messages.next().await {
                        SinkExt::send(&mut tx, message).await.unwrap();
                    }
                }
            }
        });
    }
    drop(tx);
    let log = soon(rx.collect::<Vec<_>>()).await;
    assert_complete_and_in_order(&[log], 9, EACH);
}

#[test]
fn poll_close_closes_only_its_handle() {
    let (mut tx, rx) = channel(2);
    let other = tx.clone();
    reserve(&mut tx);
    assert_eq!(poll_once(SinkExt::close(&mut tx)), Ok(()).into());
    assert_eq!(
        poll_once(SinkExt::close(&mut tx)),
        Ok(()).into(),
        "a second close succeeds"
    );
    assert_eq!((other.strong_count(), other.capacity()), (1, 2));
    assert!(tx.is_closed() && !other.is_closed() && !rx.is_closed());

    assert_eq!(tx.try_send(1), Err(TrySendError::Closed(1)));
    assert_eq!(tx.blocking_send(1), Err(SendError(1)));
    assert_eq!(Sender::send(&tx, 1).now_or_never(), Some(Err(SendError(1))));
    assert_eq!(poll_ready(&mut tx), Err(SendError(None)).into());
    assert_eq!(tx.start_send_unpin(1), Err(SendError(Some(1))));
    let clone = tx.clone();
    assert!(clone.is_closed(), "a clone of a closed sender is closed");
    assert_eq!(other.strong_count(), 1);
    drop((tx, clone));

    other.try_send(2).unwrap();
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn poll_close_of_the_last_handle_closes_the_channel() {
    let (mut tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let other = rx.clone();
    assert_eq!(poll_once(rx.recv()), Some(1).into());
    let receiver = Task::parked(other.recv());
    assert_eq!(poll_once(SinkExt::close(&mut tx)), Ok(()).into());
    assert!(receiver.is_woken());
    assert_eq!(receiver.finish(), None);
}

#[test]
fn a_sink_on_a_closed_channel_returns_the_message() {
    let drops = Drops::default();
    let (mut tx, rx) = channel(1);
    reserve(&mut tx);
    drop(rx);
    assert!(
        matches!(poll_ready(&mut tx), Poll::Ready(Ok(()))),
        "reserved before the close"
    );
    let SendError(back) = tx.start_send_unpin(drops.message()).unwrap_err();
    assert_eq!((back.unwrap().number, drops.of_each()), (0, vec![0]));
    assert!(matches!(
        poll_ready(&mut tx),
        Poll::Ready(Err(SendError(None)))
    ));
}

#[test]
fn close_wakes_a_waiting_sink() {
    let (mut tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let woken = WakeCounter::default();
    let poll = woken.poll(|context| tx.poll_ready_unpin(context));
    assert!(poll.is_pending());
    rx.close();
    assert!(woken.is_woken());
    assert_eq!(poll_ready(&mut tx), Err(SendError(None)).into());
}

#[test]
fn close_wakes_a_waiting_stream() {
    let (tx, mut rx) = channel::<u8>(1);
    let woken = WakeCounter::default();
    let poll = woken.poll(|context| rx.poll_next_unpin(context));
    assert!(poll.is_pending());
    drop(tx);
    assert!(woken.is_woken());
    assert_eq!(poll_next(&mut rx), None.into());
}

#[test]
fn start_send_without_poll_ready_panics_and_changes_nothing() {
    let drops = Drops::default();
    let (mut tx, rx) = channel(1);
    let message = panic_message(|| drop(Pin::new(&mut tx).start_send(drops.message())));
    assert!(message.contains("poll_ready"), "{message}");
    assert_eq!(drops.of_each(), [1]);
    assert_eq!((rx.len(), rx.capacity()), (0, 1));

    reserve(&mut tx);
    tx.start_send_unpin(drops.message()).unwrap();
    assert_eq!(rx.try_recv().unwrap().number, 1);
}

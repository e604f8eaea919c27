//! Checks a stream that borrows its receiver: a waiter of its own, which loses no message and no
//! wake.

use futures::stream::FusedStream;
use futures::{StreamExt, stream};
use mpmc_std::channel;

use crate::harness::{Task, panicking_waker, panics_as_intended, poll_once, soon};

#[test]
fn a_borrowed_stream_yields_the_messages_of_its_receiver() {
    let (tx, rx) = channel(4);
    tx.try_send_many([1, 2, 3]).unwrap();
    let mut first = rx.stream();
    let mut second = rx.stream();
    assert_eq!(poll_once(first.next()), Some(1).into());
    assert_eq!(poll_once(second.next()), Some(2).into());
    assert_eq!(rx.try_recv(), Ok(3));
    assert!(!first.is_terminated());
    drop(tx);
    assert_eq!(poll_once(first.next()), None.into());
    assert!(first.is_terminated() && !second.is_terminated());
    assert_eq!(poll_once(second.next()), None.into());
}

#[test]
fn each_stream_is_woken_for_one_message() {
    let (tx, rx) = channel(4);
    let mut first = rx.stream();
    let mut second = rx.stream();
    for round in 0..10 {
        let first = Task::parked(first.next());
        let second = Task::parked(second.next());
        tx.try_send(round).unwrap();
        assert!(first.is_woken());
        // In the first round it is not known yet that the streams are polled, so both are woken.
        assert_eq!(second.is_woken(), round < 1, "{round}");
        tx.try_send(round).unwrap();
        assert!(second.is_woken());
        assert_eq!(first.finish(), Some(round));
        assert_eq!(second.finish(), Some(round));
    }
}

#[test]
fn a_dropped_stream_forwards_its_wake() {
    let (tx, rx) = channel(2);
    let mut stream = rx.stream();
    for number in 0..3 {
        let next = Task::parked(stream.next());
        tx.try_send(number).unwrap();
        assert_eq!(next.finish(), Some(number));
    }
    drop(Task::parked(stream.next()));
    let receiver = Task::parked(rx.recv());
    tx.try_send(7).unwrap();
    assert!(!receiver.is_woken(), "the stream was woken");
    drop(stream);
    assert!(receiver.is_woken());
    assert_eq!(receiver.finish(), Some(7));
}

#[test]
fn a_stream_whose_waker_panics_on_drop() {
    let (tx, rx) = channel::<u8>(1);
    let mut stream = rx.stream();
    let waker = panicking_waker::in_drop();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(stream.poll_next_unpin(&mut context).is_pending());
    panics_as_intended(|| drop(stream));
    tx.try_send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_one_receiver_share_the_messages() {
    let (tx, rx) = channel(4);
    let sender = tokio::spawn(async move { tx.send_many(0..10_000_u64).await.unwrap() });
    let sums = stream::iter(0..4).map(|_| {
        rx.stream()
            .fold(0, |sum, number| async move { sum + number })
    });
    let sum: u64 = soon(sums.buffer_unordered(4).collect::<Vec<_>>())
        .await
        .into_iter()
        .sum();
    assert_eq!(sum, (0..10_000).sum());
    assert_eq!(sender.await.unwrap(), 10_000);
}

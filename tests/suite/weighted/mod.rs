//! Checks the channel bounded by weight: its exact bounds, its order of senders and cancel safety.
//!
//! A random walk beside a model is in `tests/random/weighted.rs`.

mod closing;
mod permits;
mod threads;
mod user_code;
mod waiting;

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::Poll;

use mpmc_std::error::TryRecvError;
use mpmc_std::weighted::{SendError, Sender, TrySendError, Weight, channel};

use crate::harness::{panic_message, poll_once};

type Message = usize;

/// Sends a message whose value is its weight.
async fn send(tx: &Sender<Message>, weight: usize) -> Result<(), SendError<Message>> {
    tx.send_with_weight(weight, weight).await
}

fn try_send(tx: &Sender<Message>, weight: usize) -> Result<(), TrySendError<Message>> {
    tx.try_send_with_weight(weight, weight)
}

/// Asserts that the channel holds exactly the weights of these messages.
#[track_caller]
fn assert_contents(tx: &Sender<Message>, messages: &[Message]) {
    assert_eq!(tx.len(), messages.len());
    assert_eq!(tx.capacity(), tx.max_capacity() - messages.len());
    let weight = messages.iter().sum::<usize>();
    assert_eq!(tx.weight(), weight);
    assert_eq!(tx.available_weight(), tx.max_weight() - weight);
}

#[test]
fn weight_and_count_are_bounds() {
    let (tx, rx) = channel(3, 10);
    try_send(&tx, 6).unwrap();
    assert_eq!(try_send(&tx, 5), Err(TrySendError::Full(5)));
    assert_contents(&tx, &[6]);
    try_send(&tx, 4).unwrap();
    assert_eq!(try_send(&tx, 1), Err(TrySendError::Full(1)));
    // A send without a slot uses no weight.
    try_send(&tx, 0).unwrap();
    assert_eq!(rx.try_recv(), Ok(6));
    try_send(&tx, 1).unwrap();
    assert_eq!(try_send(&tx, 1), Err(TrySendError::Full(1)), "by count");
    assert_contents(&tx, &[4, 0, 1]);
    assert_eq!(
        [rx.try_recv(), rx.try_recv(), rx.try_recv()],
        [Ok(4), Ok(0), Ok(1)]
    );
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_contents(&tx, &[]);
}

#[test]
fn the_weight_of_bytes_is_their_length() {
    let mut long = Vec::with_capacity(100);
    long.extend_from_slice(b"abc");
    assert_eq!(long.weight(), 3);
    assert_eq!("abc".to_string().weight(), 3);
    assert_eq!("abc".weight(), 3);
    assert_eq!(b"abc".weight(), 3);
    assert_eq!(b"abc"[..].weight(), 3);
    assert_eq!(Weight::weight(&&b"abc"[..]), 3);
    assert_eq!(Box::<[u8]>::from(&b"abc"[..]).weight(), 3);
    assert_eq!(Box::<str>::from("abc").weight(), 3);
    assert_eq!(Arc::<[u8]>::from(&b"abc"[..]).weight(), 3);
    assert_eq!(std::rc::Rc::<str>::from("abc").weight(), 3);
    assert_eq!(Cow::Borrowed("abc").weight(), 3);
    assert_eq!(Cow::<[u8]>::Owned(vec![1, 2, 3]).weight(), 3);
}

#[test]
fn impossible_channels_panic() {
    let none = panic_message(|| drop(channel::<u8>(1, 0)));
    assert!(none.contains("maximum weight 0"), "{none}");
    let most = panic_message(|| drop(channel::<u8>(1, usize::MAX / 2 + 1)));
    assert!(most.contains("usize::MAX / 2"), "{most}");
    assert!(panic_message(|| drop(channel::<u8>(0, 1))).contains("capacity"));
    let (tx, _rx) = channel(2, usize::MAX / 2);
    try_send(&tx, usize::MAX / 2).unwrap();
    assert_eq!(tx.available_weight(), 0);
}

#[test]
fn a_message_above_the_maximum_weight_fails_at_once() {
    let (tx, rx) = channel(2, 10);
    for weight in [11, usize::MAX] {
        for _ in ["open", "closed"] {
            assert_eq!(
                poll_once(send(&tx, weight)),
                Poll::Ready(Err(SendError::TooHeavy(weight)))
            );
            assert_eq!(try_send(&tx, weight), Err(TrySendError::TooHeavy(weight)));
            let reserved = poll_once(tx.reserve(weight)).map(Result::err);
            assert_eq!(reserved, Poll::Ready(Some(SendError::TooHeavy(()))));
            assert_eq!(
                tx.try_reserve(weight).unwrap_err(),
                TrySendError::TooHeavy(())
            );
            assert_eq!(
                tx.blocking_send_with_weight(weight, weight),
                Err(SendError::TooHeavy(weight))
            );
            rx.close();
        }
    }
    assert_contents(&tx, &[]);
}

#[test]
fn error_texts_describe_the_failure() {
    assert_eq!(SendError::Closed(1).to_string(), "channel closed");
    assert_eq!(
        SendError::TooHeavy(1).to_string(),
        "message heavier than the channel's maximum weight"
    );
    assert_eq!(TrySendError::Full(1).to_string(), "no available capacity");
    assert_eq!(format!("{:?}", TrySendError::Full(1)), "Full(..)");
    assert_eq!(
        TrySendError::from(SendError::TooHeavy(1)),
        TrySendError::TooHeavy(1)
    );
    assert_eq!(
        TrySendError::from(SendError::Closed(1)),
        TrySendError::Closed(1)
    );
}

#[test]
fn handles_and_futures_are_send_and_sync() {
    fn check<T: std::marker::Send + Sync>(value: T) -> T {
        value
    }
    let (tx, rx) = channel::<Vec<u8>>(1, 1);
    fn check_handle<T: UnwindSafe + RefUnwindSafe + Unpin>(_: &T) {}
    let (tx, rx) = (check(tx), check(rx));
    check_handle(&tx);
    check_handle(&rx);
    drop(check(tx.send(Vec::new())));
    drop(check(tx.reserve(1)));
    drop(check(rx.recv()));
    drop(check(tx.try_reserve(1).unwrap()));
    assert!(format!("{tx:?}").contains("max_weight: 1"), "{tx:?}");
    assert!(format!("{rx:?}").contains("weight: 0"), "{rx:?}");
}

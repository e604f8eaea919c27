//! Checks the channel's methods on a single thread.

use std::error::Error;

use mpmc_std::channel;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};

use crate::harness::{Task, panic_message, poll_once, reserve};

#[test]
fn messages_are_received_in_the_order_of_sends() {
    let (tx, rx) = channel(3);
    for round in 0..10 {
        for number in 0..3 {
            tx.try_send((round, number)).unwrap();
        }
        for number in 0..3 {
            assert_eq!(rx.try_recv(), Ok((round, number)));
        }
    }
}

#[test]
fn exactly_capacity_messages_fit() {
    for capacity in [1, 2, 3, 5, 1000] {
        for first_slot in [0, 1] {
            let (tx, rx) = channel(capacity);
            for _ in 0..first_slot {
                tx.try_send(0).unwrap();
                rx.try_recv().unwrap();
            }
            for number in 0..capacity {
                assert_eq!(tx.try_send(number), Ok(()));
            }
            assert_eq!(tx.try_send(capacity), Err(TrySendError::Full(capacity)));
            for number in 0..capacity {
                assert_eq!(rx.try_recv(), Ok(number));
            }
            assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        }
    }
}

#[test]
fn a_capacity_of_zero_panics_with_a_message() {
    let message = panic_message(|| drop(channel::<u8>(0)));
    assert_eq!(message, "mpmc-std: the capacity must be at least 1");
}

#[test]
fn try_send_distinguishes_full_from_closed_and_returns_the_message() {
    let (tx, rx) = channel(1);
    assert_eq!(tx.try_send("a"), Ok(()));
    assert_eq!(tx.try_send("b"), Err(TrySendError::Full("b")));
    rx.close();
    assert_eq!(tx.try_send("c"), Err(TrySendError::Closed("c")));
    assert_eq!(rx.try_recv(), Ok("a"));
    assert_eq!(tx.try_send("d"), Err(TrySendError::Closed("d")));
}

#[test]
fn try_recv_distinguishes_empty_from_disconnected() {
    let (tx, rx) = channel(1);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    tx.try_send(1).unwrap();
    drop(tx);
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn try_recv_is_not_disconnected_while_a_permit_is_held() {
    let (mut tx, rx) = channel::<u8>(1);
    reserve(&mut tx);
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn both_sides_report_the_same_counts() {
    let (mut tx, rx) = channel(5);
    let counts = |tx: &mpmc_std::Sender<u8>| {
        assert_eq!((tx.len(), tx.is_empty()), (rx.len(), rx.is_empty()));
        assert_eq!(tx.capacity(), rx.capacity());
        assert_eq!((tx.max_capacity(), rx.max_capacity()), (5, 5));
        assert_eq!(tx.is_empty(), matches!(tx.len(), 0));
        (tx.len(), tx.capacity())
    };
    assert_eq!(counts(&tx), (0, 5));
    tx.try_send(1).unwrap();
    tx.try_send(2).unwrap();
    assert_eq!(counts(&tx), (2, 3));
    reserve(&mut tx);
    assert_eq!(
        counts(&tx),
        (2, 2),
        "a permit uses capacity, but is not a message"
    );
    rx.try_recv().unwrap();
    assert_eq!(counts(&tx), (1, 3));
    rx.close();
    assert_eq!(counts(&tx), (1, 3));
}

#[test]
fn handles_are_counted() {
    let (tx, rx) = channel::<u8>(1);
    let counts = || {
        assert_eq!(tx.strong_count(), rx.sender_strong_count());
        assert_eq!(tx.receiver_strong_count(), rx.strong_count());
        (tx.strong_count(), rx.strong_count())
    };
    assert_eq!(counts(), (1, 1));
    let (other_tx, other_rx) = (tx.clone(), rx.clone());
    assert_eq!(counts(), (2, 2));
    drop(other_tx);
    assert_eq!(counts(), (1, 2));
    drop(other_rx);
    assert_eq!(counts(), (1, 1));
    drop(rx);
    assert_eq!((tx.strong_count(), tx.receiver_strong_count()), (1, 0));
}

#[test]
fn same_channel_recognizes_clones() {
    let ((tx, rx), (other_tx, other_rx)) = (channel::<u8>(1), channel::<u8>(1));
    assert!(tx.same_channel(&tx.clone()) && rx.same_channel(&rx.clone()));
    assert!(!tx.same_channel(&other_tx) && !rx.same_channel(&other_rx));
}

#[test]
fn send_waits_for_capacity_and_recv_for_a_message() {
    let (tx, rx) = channel(1);
    assert_eq!(poll_once(tx.send(1)), Ok(()).into());
    let sender = Task::parked(tx.send(2));
    assert_eq!(poll_once(rx.recv()), Some(1).into());
    assert!(sender.is_woken());
    assert_eq!(sender.finish(), Ok(()));

    assert_eq!(poll_once(rx.recv()), Some(2).into());
    let receiver = Task::parked(rx.recv());
    assert_eq!(tx.try_send(3), Ok(()));
    assert!(receiver.is_woken());
    assert_eq!(receiver.finish(), Some(3));
}

#[test]
fn closed_waits_for_a_receivers_close() {
    let (tx, rx) = channel::<u8>(1);
    let other = tx.clone();
    let tasks = [Task::parked(tx.closed()), Task::parked(other.closed())];
    assert!(!tx.is_closed() && !rx.is_closed());
    rx.close();
    assert!(tx.is_closed() && rx.is_closed());
    for task in tasks {
        assert!(task.is_woken());
        task.finish();
    }
    Task::new(tx.closed()).finish();
}

#[test]
fn closed_waits_for_the_last_receiver() {
    let (tx, rx) = channel::<u8>(1);
    let other = rx.clone();
    let task = Task::parked(tx.closed());
    drop(rx);
    assert!(!task.is_woken() && !tx.is_closed());
    drop(other);
    assert!(task.is_woken() && tx.is_closed());
    task.finish();
}

#[test]
fn errors_print_like_tokios_for_any_message_type() {
    struct Opaque;
    let sent = SendError(Opaque);
    assert_eq!(
        format!("{sent} {sent:?}"),
        "channel closed SendError { .. }"
    );
    for (error, shown) in [
        (
            TrySendError::Full(Opaque),
            r#"no available capacity "Full(..)""#,
        ),
        (
            TrySendError::Closed(Opaque),
            r#"channel closed "Closed(..)""#,
        ),
        (TrySendError::from(sent), r#"channel closed "Closed(..)""#),
    ] {
        assert_eq!(format!("{error} {error:?}"), shown);
    }
    let errors: [&dyn Error; 2] = [&TryRecvError::Empty, &TryRecvError::Disconnected];
    assert_eq!(
        errors.map(|error| error.to_string()),
        [
            "receiving on an empty channel",
            "receiving on a closed channel"
        ]
    );
}

#[test]
fn debug_output_shows_the_state_for_any_message_type() {
    struct Opaque;
    let (tx, rx) = channel(2);
    assert!(tx.try_send(Opaque).is_ok());
    rx.close();
    for shown in [format!("{tx:?}"), format!("{rx:?}")] {
        for part in ["capacity: 2", "len: 1", "closed: true", "senders: 1"] {
            assert!(shown.contains(part), "{shown}");
        }
    }
}

//! Checks which operation a select selects, and the outcome of that operation, without contention.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use futures::SinkExt;
use mpmc_std::blocking::{RecvError, Select, TryRecvError, TrySendError, channel};

#[test]
fn only_a_ready_operation_is_selected() {
    let (tx, rx) = channel(1);
    let (full_tx, _full) = channel(1);
    full_tx.send(0).unwrap();
    let mut select = Select::new();
    let receive = select.recv(&rx);
    let send = select.send(&full_tx);
    assert_eq!((receive, send), (0, 1));
    assert!(select.try_select().is_err() && select.try_ready().is_err());

    tx.send(7).unwrap();
    for _ in 0..10 {
        assert_eq!(select.try_ready(), Ok(receive));
        assert_eq!(select.ready(), receive);
    }
    let selected = select.select();
    assert_eq!(selected.index(), receive);
    assert_eq!(selected.recv(&rx), Ok(7));
    assert!(select.try_select().is_err());
}

#[test]
fn a_selected_message_is_unavailable_to_other_receivers() {
    let (tx, rx) = channel(1);
    tx.send(7).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    let selected = select.select();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((rx.len(), tx.is_full()), (1, true));
    assert!(select.try_select().is_err());
    assert_eq!(selected.recv(&rx), Ok(7));

    let mut select = Select::new();
    select.send(&tx);
    let selected = select.select();
    assert_eq!(tx.try_send(8), Err(TrySendError::Full(8)));
    assert!(select.try_select().is_err());
    assert_eq!(selected.send(&tx, 9), Ok(()));
    assert_eq!(rx.recv(), Ok(9));
}

#[test]
fn a_dropped_selection_is_released() {
    let (tx, rx) = channel(1);
    tx.send(7).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    drop(select.select());
    assert_eq!(rx.try_recv(), Ok(7));

    let mut select = Select::new();
    select.send(&tx);
    drop(select.select());
    assert_eq!(tx.try_send(8), Ok(()));
}

/// The first receive gets the oldest message, and each receive gets one message.
#[test]
fn messages_are_received_in_order_beside_a_selection() {
    let (tx, rx) = channel(3);
    for number in 1..=3 {
        tx.send(number).unwrap();
    }
    let mut select = Select::new();
    select.recv(&rx);
    let selected = select.select();
    assert_eq!((rx.recv(), rx.recv()), (Ok(1), Ok(2)));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(selected.recv(&rx), Ok(3));
}

#[test]
fn a_closed_channel_is_selected_and_reports_the_close() {
    let (tx, rx) = channel::<u8>(1);
    let (closed_tx, closed) = channel(1);
    drop((tx, closed));
    let mut select = Select::new();
    select.recv(&rx);
    assert_eq!(select.select().recv(&rx), Err(RecvError));
    let mut select = Select::new();
    select.send(&closed_tx);
    assert_eq!(
        select
            .select()
            .send(&closed_tx, 5)
            .unwrap_err()
            .into_inner(),
        5
    );
}

#[test]
fn a_closed_channel_is_drained_first() {
    let (tx, rx) = channel(2);
    tx.send(1).unwrap();
    tx.send(2).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    let early = select.select();
    drop(tx);
    let late = select.select();
    assert!(select.try_select().is_err(), "both messages are reserved");
    assert_eq!(late.recv(&rx), Ok(1));
    assert_eq!(early.recv(&rx), Ok(2));
    assert_eq!(select.select().recv(&rx), Err(RecvError));
}

/// A selected slot is like a permit.
#[test]
fn a_selected_slot_outlives_closing() {
    let (tx, rx) = channel(1);
    let mut select = Select::new();
    select.send(&tx);
    let selected = select.select();
    rx.close();
    assert_eq!(
        rx.try_recv(),
        Err(TryRecvError::Empty),
        "a message may still be sent"
    );
    assert_eq!(selected.send(&tx, 7), Ok(()));
    assert_eq!((rx.recv(), rx.recv()), (Ok(7), Err(RecvError)));

    let (tx, rx) = channel(1);
    let mut select = Select::new();
    select.send(&tx);
    let selected = select.select();
    drop(rx);
    assert_eq!(selected.send(&tx, 8).unwrap_err().into_inner(), 8);
}

#[test]
fn a_sender_that_was_closed_as_a_sink_is_selected_as_closed() {
    let (tx, rx) = mpmc_std::channel(1);
    let mut closed = tx.clone();
    futures::executor::block_on(SinkExt::<u8>::close(&mut closed)).unwrap();
    let closed = closed.into_blocking();
    let mut select = Select::new();
    select.send(&closed);
    assert!(select.select().send(&closed, 1).is_err());
    assert_eq!(select.ready(), 0);
    drop((tx, rx));
}

#[test]
fn a_deadline_in_the_past_allows_ready_operations() {
    let past = Instant::now();
    let (tx, rx) = channel(1);
    let mut select = Select::new();
    select.recv(&rx);
    assert!(select.select_deadline(past).is_err());
    assert!(select.ready_deadline(past).is_err());
    tx.send(1).unwrap();
    assert_eq!(select.ready_deadline(past), Ok(0));
    assert_eq!(select.ready_timeout(Duration::ZERO), Ok(0));
    assert_eq!(select.select_deadline(past).unwrap().recv(&rx), Ok(1));
    tx.send(2).unwrap();
    let selected = select.select_timeout(Duration::ZERO);
    assert_eq!(selected.unwrap().recv(&rx), Ok(2));
}

#[test]
fn each_of_several_ready_operations_is_selected_sometimes() {
    let channels: Vec<_> = (0..4).map(|_| channel(1)).collect();
    for (tx, _rx) in &channels {
        tx.send(()).unwrap();
    }
    let mut select = Select::new();
    for (_tx, rx) in &channels {
        select.recv(rx);
    }
    let mut times = [0; 4];
    for _ in 0..4000 {
        times[select.select().index()] += 1;
    }
    // 27 is the standard deviation.
    assert!(times.iter().all(|&times| times > 800), "{times:?}");

    let mut biased = Select::new_biased();
    for (_tx, rx) in &channels {
        biased.recv(rx);
    }
    assert!((0..100).all(|_| biased.select().index() == 0));
}

#[test]
fn what_is_removed_is_selected_no_more_and_keeps_its_index() {
    let (first_tx, first) = channel(1);
    let (second_tx, second) = channel(1);
    first_tx.send(1).unwrap();
    second_tx.send(2).unwrap();
    let mut select = Select::new();
    let removed = select.recv(&first);
    select.recv(&second);
    select.remove(removed);
    assert_eq!(select.select().recv(&second), Ok(2));
    assert!(select.try_select().is_err());
    assert_eq!(select.recv(&first), 2);
    assert_eq!(select.clone().select().recv(&first), Ok(1));
    assert!(catch_unwind(AssertUnwindSafe(|| select.remove(removed))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| select.remove(9))).is_err());
}

/// A clone of the handle is accepted. Another channel or the other side is rejected, and no message
/// is lost.
#[test]
fn a_selected_operation_is_completed_with_its_own_channel() {
    let (tx, rx) = channel(2);
    let (_other_tx, other) = channel::<u8>(1);
    tx.send(1_u8).unwrap();
    let mut select = Select::new();
    select.recv(&rx);
    let selected = select.select();
    assert!(catch_unwind(AssertUnwindSafe(|| selected.recv(&other))).is_err());
    let selected = select.select();
    assert!(catch_unwind(AssertUnwindSafe(|| selected.send(&tx, 9))).is_err());
    assert_eq!(select.select().recv(&rx.clone()), Ok(1));
    assert!(rx.is_empty());
}

#[test]
fn without_operations_there_is_nothing_to_select() {
    let mut select = Select::default();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(select.select()))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| select.ready())).is_err());
    assert!(select.try_select().is_err());
    let start = Instant::now();
    let moment = Duration::from_millis(5);
    assert!(select.select_timeout(moment).is_err());
    assert!(select.ready_timeout(moment).is_err());
    assert!(start.elapsed() >= 2 * moment);
}

#[test]
fn debug_output_shows_the_public_state() {
    let (tx, _rx) = channel::<u8>(1);
    let mut select = Select::new();
    select.send(&tx);
    assert_eq!(format!("{select:?}"), "Select { operations: 1, .. }");
    let selected = select.select();
    assert_eq!(
        format!("{selected:?}"),
        "SelectedOperation { index: 0, .. }"
    );
}

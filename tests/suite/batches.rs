//! Checks batches: the messages sent and received, their order, and the messages that remain.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, channel};

use crate::harness::{Drops, Task, assert_all_once, ready, report_progress, threads};

/// An iterator without a size hint.
fn uncounted<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let mut items = items.into_iter();
    iter::from_fn(move || items.next())
}

fn drained<T>(rx: &Receiver<T>) -> Vec<T> {
    rx.try_iter().collect()
}

/// Odd capacities make batches cross the end of the ring at every index. Some batches are larger
/// than the ring or than one claim, and some have one message.
#[test]
fn batches_keep_their_order_at_every_capacity() {
    for capacity in [1, 2, 3, 5, 7, 63, 64, 65, 100, 255, 256, 257, 300] {
        for (batch, limit) in [
            (1, 3),
            (2, 1),
            (5, 7),
            (64, 64),
            (150, 11),
            (200, usize::MAX),
            (256, 100),
            (257, 300),
            (600, 256),
        ] {
            let (tx, rx) = channel(capacity);
            let send = async move {
                let mut next = 0;
                while next < 600 {
                    let end = (next + batch).min(600);
                    assert_eq!(tx.send_many(next..end).await.unwrap(), end - next);
                    next = end;
                }
            };
            let receive = async move {
                let mut received = Vec::new();
                while rx.recv_many(&mut received, limit).await > 0 {}
                received
            };
            let (received, ()) = block_on(async { futures::join!(receive, send) });
            let expected: Vec<_> = (0..600).collect();
            assert_eq!(received, expected, "{batch} and {limit} at {capacity}");
        }
    }
}

#[test]
fn an_empty_batch_is_sent_in_every_state_of_the_channel() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    assert_eq!(ready(tx.send_many([])).unwrap(), 0);
    assert_eq!(tx.try_send_many([]).unwrap(), 0);
    drop(rx);
    assert_eq!(ready(tx.send_many([])).unwrap(), 0);
    assert_eq!(tx.try_send_many([]).unwrap(), 0);
}

#[test]
fn a_cancelled_send_many_keeps_the_rest_in_the_iterator() {
    let (tx, rx) = channel(3);
    let mut items = 0..10;
    let mut send = Task::parked(tx.send_many(&mut items));
    assert_eq!(drained(&rx), [0, 1, 2]);
    send.parks();
    assert_eq!(rx.try_recv(), Ok(3));
    // The send is woken, and cancelled before it is polled.
    assert!(send.is_woken());
    drop(send);
    assert_eq!(drained(&rx), [4, 5]);
    assert_eq!(items, 6..10);
    assert_eq!((tx.capacity(), tx.stats().permits), (3, 0));
}

#[test]
fn items_are_taken_only_when_there_is_capacity() {
    let (tx, rx) = channel(2);
    let taken = std::cell::Cell::new(0);
    let items = (0..5).inspect(|_| taken.set(taken.get() + 1));
    let mut send = Task::parked(tx.send_many(items));
    assert_eq!(taken.get(), 2);
    rx.try_recv().unwrap();
    send.parks();
    assert_eq!(taken.get(), 3);
}

#[test]
fn a_closed_channel_returns_the_rest() {
    let (tx, rx) = channel(3);
    let mut send = Task::parked(tx.send_many(0..8));
    assert_eq!(rx.try_recv(), Ok(0));
    send.parks();
    rx.close();
    let SendError(unsent) = send.expect_ready().unwrap_err();
    assert_eq!(unsent.sent(), 4);
    assert_eq!(unsent.len(), 4);
    assert_eq!(unsent.collect::<Vec<_>>(), [4, 5, 6, 7]);
    drop(send);

    let error = tx.try_send_many(uncounted([1, 2])).unwrap_err();
    assert!(matches!(error, TrySendError::Closed(_)));
    assert_eq!(error.into_inner().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(drained(&rx), [1, 2, 3]);
}

#[test]
fn try_send_many_on_a_full_channel_returns_the_rest() {
    let (tx, rx) = channel(4);
    assert_eq!(tx.try_send_many(0..4).unwrap(), 4);
    rx.try_recv().unwrap();
    let unsent = match tx.try_send_many(4..7) {
        Err(TrySendError::Full(unsent)) => unsent,
        other => panic!("{other:?}"),
    };
    assert_eq!((unsent.sent(), unsent.size_hint()), (1, (2, Some(2))));
    assert_eq!(unsent.collect::<Vec<_>>(), [5, 6]);
    assert_eq!(drained(&rx), [1, 2, 3, 4]);
}

#[test]
fn an_exhausted_iterator_without_size_hint_is_not_an_error() {
    let (tx, rx) = channel(2);
    assert_eq!(tx.try_send_many(uncounted([1, 2])).unwrap(), 2);
    let unsent = tx.try_send_many(uncounted([3])).unwrap_err().into_inner();
    assert_eq!(unsent.collect::<Vec<_>>(), [3]);
    assert_eq!(drained(&rx), [1, 2]);
}

#[test]
fn a_wrong_size_hint_loses_no_message() {
    struct Hinting(std::ops::Range<u32>, (usize, Option<usize>));
    impl Iterator for Hinting {
        type Item = u32;
        fn next(&mut self) -> Option<u32> {
            self.0.next()
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            self.1
        }
    }
    for size_hint in [(usize::MAX, None), (50, Some(50)), (0, Some(1)), (0, None)] {
        let (tx, rx) = channel(8);
        assert_eq!(ready(tx.send_many(Hinting(0..3, size_hint))).unwrap(), 3);
        assert_eq!(tx.try_send_many(Hinting(3..6, size_hint)).unwrap(), 3);
        // Capacity that was reserved for missing items is released.
        assert_eq!((tx.capacity(), tx.stats().permits), (2, 0));
        assert_eq!(drained(&rx), [0, 1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_panicking_iterator_loses_only_the_current_buffer() {
    let ledger = Drops::of(261);
    let (tx, rx) = channel(280);
    // The 256 messages of the first buffer have been sent before that.
    let items = (0..300).map(|number| {
        assert!(number < 261, "the iterator panics");
        ledger.numbered(number)
    });
    let result = catch_unwind(AssertUnwindSafe(|| ready(tx.send_many(items))));
    assert!(result.is_err());
    assert_eq!((tx.len(), ledger.total()), (256, 5));
    assert_eq!((tx.capacity(), tx.stats().permits), (24, 0));
    assert_all_once(drained(&rx).iter().map(|token| token.number), 256);
    ledger.assert_each_once();
}

#[test]
fn no_message_remains_if_the_last_receiver_is_dropped_during_a_batch() {
    let ledger = Drops::of(5);
    let (tx, rx) = channel(8);
    let mut rx = Some(rx);
    let items = (0..5).map(|number| {
        if number == 3 {
            drop(rx.take());
        }
        ledger.numbered(number)
    });
    // The channel had free capacity for them when they were taken out of the iterator.
    assert_eq!(ready(tx.send_many(items)).unwrap(), 5);
    ledger.assert_each_once();
    assert_eq!((tx.len(), tx.capacity()), (0, 8));
}

#[test]
fn recv_many_receives_available_messages_up_to_its_limit() {
    let (tx, rx) = channel(5);
    let mut buffer = vec![-1];
    assert_eq!(rx.try_recv_many(&mut buffer, 3), Err(TryRecvError::Empty));
    tx.try_send_many(0..5).unwrap();
    assert_eq!(rx.try_recv_many(&mut buffer, 2), Ok(2));
    assert_eq!(ready(rx.recv_many(&mut buffer, 2)), 2);
    // This batch crosses the end of the ring.
    tx.try_send_many(5..9).unwrap();
    assert_eq!(rx.blocking_recv_many(&mut buffer, usize::MAX), 5);
    assert_eq!(buffer, [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    // Memory is allocated for the available messages, not for the limit.
    assert!(buffer.capacity() < 100);
    drop(tx);
    assert_eq!(
        rx.try_recv_many(&mut buffer, 3),
        Err(TryRecvError::Disconnected)
    );
}

#[test]
fn a_batch_wakes_one_receiver_for_each_message() {
    let (tx, rx) = channel(8);
    let mut waiting: Vec<_> = (0..4).map(|_| Task::parked(rx.recv())).collect();
    tx.try_send_many(0..3).unwrap();
    let mut received = Vec::new();
    // Each woken receiver wakes the next one.
    while let Some(woken) = waiting.iter().position(Task::is_woken) {
        received.extend(waiting.remove(woken).expect_ready());
    }
    assert_eq!(received, [0, 1, 2]);
}

#[test]
fn a_recv_many_wakes_one_sender_for_each_slot() {
    let (tx, rx) = channel(3);
    tx.try_send_many(0..3).unwrap();
    let mut waiting: Vec<Task<_>> = (3..6).map(|i| Task::parked(tx.send(i))).collect();
    assert_eq!(rx.try_recv_many(&mut Vec::new(), 3), Ok(3));
    for send in &mut waiting {
        assert!(send.is_woken());
        assert_eq!(send.expect_ready(), Ok(()));
    }
    assert_eq!(drained(&rx), [3, 4, 5]);
}

/// Sends batches through a channel that is smaller than the batches, and checks each message.
fn through<T: PartialEq + std::fmt::Debug>(make: impl Fn(usize) -> T) {
    for (capacity, count) in [(7, 100), (300, 600)] {
        let (tx, rx) = channel(capacity);
        let send = async {
            assert_eq!(tx.send_many((0..count).map(&make)).await.unwrap(), count);
            drop(tx);
        };
        let receive = async {
            let mut received = Vec::new();
            while rx.recv_many(&mut received, 5).await > 0 {}
            received
        };
        let ((), received) = block_on(async { futures::join!(send, receive) });
        assert!(
            received
                .iter()
                .eq(&(0..count).map(&make).collect::<Vec<_>>())
        );
    }
}

#[test]
fn batches_carry_messages_of_any_size_and_alignment() {
    #[derive(Debug, PartialEq)]
    #[repr(align(256))]
    struct Aligned(u8);

    through(|_| ());
    through(|i| i as u8);
    through(|i| i.to_string());
    // The largest message of each length of a group, and the next larger one.
    through(|i| [i as u8; 32]);
    through(|i| [i as u8; 33]);
    through(|i| [i as u8; 128]);
    through(|i| [i as u16; 1024]);
    through(|i| [i as u8; 2049]);
    through(|i| [i; 512]);
    through(|i| [i as u8; 129]);
    through(|i| Aligned(i as u8));
    through(|i| (Box::new(i), Aligned(i as u8), [i; 33]));
}

/// Some threads send and receive in batches, others one message at a time. Some of them give up if
/// they would block.
#[test]
fn batches_of_many_threads_lose_and_duplicate_nothing() {
    const EACH: usize = 3_000;
    for capacity in [1, 3, 7, 64, 100] {
        let ledger = Drops::of(3 * EACH);
        let messages = ledger.clone();
        let (tx, rx) = channel(capacity);
        let channel = std::sync::Mutex::new(vec![(tx, rx); 6]);
        let received = threads(6, move |number| {
            let (tx, rx) = channel.lock().unwrap().pop().unwrap();
            let mut received = Vec::new();
            if number < 3 {
                drop(rx);
                let mut rest = (number * EACH..(number + 1) * EACH).map(|i| messages.numbered(i));
                while rest.len() > 0 {
                    report_progress();
                    match number {
                        0 => drop(block_on(tx.send_many(rest.by_ref().take(100))).unwrap()),
                        // Gives up if it would block, and continues with the rest.
                        1 => drop(Task::new(tx.send_many(&mut rest)).poll_until_parked()),
                        _ => tx.blocking_send(rest.next().unwrap()).unwrap(),
                    }
                }
                return received;
            }
            drop(tx);
            let mut buffer = Vec::new();
            while !rx.is_closed() || !rx.is_empty() {
                match number {
                    3 => drop(block_on(rx.recv_many(&mut buffer, 10))),
                    4 => drop(Task::new(rx.recv_many(&mut buffer, 10)).poll()),
                    _ => buffer.extend(rx.blocking_recv()),
                }
                received.extend(buffer.drain(..).map(|token| token.number));
            }
            received
        });
        for messages in &received {
            for sender in 0..3 {
                let of_one = messages.iter().filter(|message| **message / EACH == sender);
                assert!(of_one.is_sorted(), "one sender's messages keep their order");
            }
        }
        assert_all_once(received.into_iter().flatten(), 3 * EACH);
        ledger.assert_each_once();
    }
}

#[test]
fn an_iterator_is_not_called_again_after_its_end() {
    struct Thrice(u32);
    impl Iterator for Thrice {
        type Item = u32;
        fn next(&mut self) -> Option<u32> {
            self.0 += 1;
            (self.0 % 4 != 0).then_some(self.0)
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (8, None)
        }
    }
    let (tx, rx) = channel(64);
    assert_eq!(tx.try_send_many(Thrice(0)).unwrap(), 3);
    assert_eq!(rx.drain().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(tx.capacity(), 64);
}

#[test]
fn a_batch_of_large_messages_fits_on_the_stack_of_a_thread() {
    const SIZE: usize = 32 * 1024;
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let send = || {
        let (tx, rx) = channel(8);
        let sent = block_on(tx.send_many((0..4).map(|number| [number; SIZE])));
        assert_eq!(sent.ok(), Some(4));
        assert_eq!(
            tx.try_send_many((4..8).map(|number| [number; SIZE])).ok(),
            Some(4)
        );
        let received: Vec<u8> = rx.drain().map(|message| message[SIZE - 1]).collect();
        assert_eq!(received, [0, 1, 2, 3, 4, 5, 6, 7]);
    };
    thread.spawn(send).unwrap().join().unwrap();
}

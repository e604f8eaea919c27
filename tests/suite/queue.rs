//! Checks the raw queue: `MpmcQueue`, `Producer` and `Consumer`.

use std::sync::Arc;

use mpmc_std::{Consumer, MpmcQueue, Producer, channel};

use crate::allocator::largest_allocation;
use crate::harness::{Drops, Task, panic_message, panics_as_intended, poll_once};

fn queue<T>(capacity: usize) -> (Producer<T>, Consumer<T>) {
    let queue = Arc::new(MpmcQueue::new(capacity));
    (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
}

#[test]
fn test_basic_send_recv() {
    let (producer, consumer) = queue(8);
    assert_eq!(consumer.recv(), None);
    for number in 0..5 {
        assert_eq!(producer.send(number), Ok(()));
    }
    assert_eq!(producer.queue().len(), 5);
    for number in 0..5 {
        assert_eq!(consumer.recv(), Some(number));
    }
    assert_eq!(consumer.recv(), None);
    assert!(consumer.queue().is_empty());
}

#[test]
fn test_bounded_capacity() {
    for capacity in [1, 2, 4, 64] {
        let (producer, consumer) = queue(capacity);
        // Runs several rounds, so that slots are reused.
        for round in 0..3 {
            for number in 0..capacity {
                assert!(!producer.queue().is_full());
                assert_eq!(producer.send((round, number)), Ok(()));
            }
            assert!(producer.queue().is_full());
            assert_eq!(producer.send((round, capacity)), Err((round, capacity)));
            assert_eq!(producer.queue().len(), capacity);
            for number in 0..capacity {
                assert_eq!(consumer.recv(), Some((round, number)));
            }
            assert_eq!(consumer.recv(), None);
        }
    }
}

#[test]
fn clones_share_the_queue() {
    let (producer, consumer) = queue(2);
    let (other_producer, other_consumer) = (producer.clone(), consumer.clone());
    assert!(Arc::ptr_eq(producer.queue(), other_consumer.queue()));
    producer.send(1).unwrap();
    other_producer.send(2).unwrap();
    assert_eq!(producer.send(3), Err(3));
    assert_eq!((other_consumer.recv(), consumer.recv()), (Some(1), Some(2)));
}

#[test]
fn the_capacity_is_rounded_up_to_a_power_of_two() {
    for (asked, given) in [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024)] {
        let queue = MpmcQueue::<u8>::new(asked);
        assert_eq!(queue.capacity(), given);
    }
}

#[test]
fn a_capacity_of_zero_panics_with_a_message() {
    let message = panic_message(|| drop(MpmcQueue::<u8>::new(0)));
    assert_eq!(message, "mpmc-std: the capacity must be at least 1");
}

#[test]
fn an_impossible_capacity_panics_before_anything_is_allocated() {
    let largest = largest_allocation(|| {
        for message in [
            panic_message(|| drop(MpmcQueue::<u8>::new(usize::MAX))),
            panic_message(|| drop(MpmcQueue::<u8>::new(usize::MAX / 2 + 2))),
            panic_message(|| drop(MpmcQueue::<()>::new(usize::MAX))),
            panic_message(|| drop(channel::<u8>(usize::MAX))),
        ] {
            assert!(message.contains("capacity"), "{message}");
            assert!(message.contains("above the maximum"), "{message}");
        }
    });
    assert!(largest < 1 << 30, "{largest} bytes were requested");
}

#[test]
fn a_closed_queue_rejects_messages_and_drains() {
    let (producer, consumer) = queue(4);
    producer.send(1).unwrap();
    producer.send(2).unwrap();
    assert!(producer.queue().close());
    assert!(!consumer.queue().close(), "the queue was closed before");
    assert!(producer.queue().is_closed());

    assert_eq!(producer.send(3), Err(3));
    assert_eq!(poll_once(producer.send_async(3)), Err(3).into());
    assert_eq!(consumer.recv(), Some(1));
    assert_eq!(poll_once(consumer.recv_async()), Some(2).into());
    assert_eq!(poll_once(consumer.recv_async()), None.into());
    assert_eq!(consumer.recv(), None);
}

#[test]
fn close_ends_every_wait() {
    let (producer, consumer) = queue::<u8>(1);
    let receivers = [(); 3].map(|()| Task::parked(consumer.recv_async()));
    producer.queue().close();
    for receiver in receivers {
        assert!(receiver.is_woken());
        assert_eq!(receiver.finish(), None);
    }

    let (producer, consumer) = queue(1);
    producer.send(0).unwrap();
    let senders = [1, 2, 3].map(|number| Task::parked(producer.send_async(number)));
    consumer.queue().close();
    for (sender, number) in senders.into_iter().zip(1..) {
        assert!(sender.is_woken());
        assert_eq!(sender.finish(), Err(number));
    }
    assert_eq!(consumer.recv(), Some(0));
}

#[test]
fn dropping_handles_does_not_close() {
    let (producer, consumer) = queue(2);
    producer.send(1).unwrap();
    let queue = Arc::clone(producer.queue());
    drop((producer, consumer));
    assert!(!queue.is_closed());
    assert_eq!(Consumer::new(queue).recv(), Some(1));
}

#[test]
fn recv_async_waits_for_a_message() {
    let (producer, consumer) = queue(1);
    let receiver = Task::parked(consumer.recv_async());
    producer.send(7).unwrap();
    assert!(receiver.is_woken());
    assert_eq!(receiver.finish(), Some(7));
}

#[test]
fn send_async_waits_for_capacity() {
    let (producer, consumer) = queue(1);
    producer.send(1).unwrap();
    let sender = Task::parked(producer.send_async(2));
    assert_eq!(consumer.recv(), Some(1));
    assert!(sender.is_woken());
    assert_eq!(sender.finish(), Ok(()));
    assert_eq!(consumer.recv(), Some(2));
}

#[test]
fn remaining_messages_are_dropped_once_with_the_queue() {
    let drops = Drops::default();
    let (producer, consumer) = queue(4);
    for _ in 0..4 {
        producer.send(drops.message()).unwrap();
    }
    drop(consumer.recv());
    assert_eq!(drops.of_each(), [1, 0, 0, 0]);
    drop(consumer);
    assert_eq!(drops.total(), 1, "a handle exists");
    drop(producer);
    assert_eq!(drops.of_each(), [1; 4]);
}

#[test]
fn remaining_messages_are_dropped_once_though_one_destructor_panics() {
    for bomb in 0..4 {
        let drops = Drops::default();
        let (producer, consumer) = queue(4);
        for number in 0..4 {
            let message = if number == bomb {
                drops.bomb()
            } else {
                drops.message()
            };
            producer.send(message).unwrap();
        }
        drop(consumer);
        panics_as_intended(|| drop(producer));
        assert_eq!(drops.of_each(), [1; 4], "bomb at {bomb}");
    }
}

#[test]
fn debug_output_shows_the_state_for_any_message_type() {
    struct Opaque;
    let (producer, consumer) = queue(2);
    assert!(producer.send(Opaque).is_ok());
    for shown in [format!("{producer:?}"), format!("{consumer:?}")] {
        assert!(
            shown.contains("capacity: 2") && shown.contains("len: 1"),
            "{shown}"
        );
    }
}

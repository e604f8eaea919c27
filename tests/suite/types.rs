//! Checks messages of many types, and the auto traits of the public types.

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

use crate::harness::{Counted, Drops, Task, poll_once};

/// Sends messages of type `T` through a channel and a queue, with all methods.
fn travel<T: PartialEq + std::fmt::Debug>(make: impl Fn(u8) -> T) {
    for capacity in [1, 2, 3, 8] {
        let (tx, rx) = channel(capacity);
        let queue = Arc::new(MpmcQueue::new(capacity));
        let producer = Producer::new(Arc::clone(&queue));
        let consumer = Consumer::new(queue);
        for round in 0..5 {
            // Fills a lap and fails once, so that every slot is used and one message is returned.
            for number in 0..capacity as u8 {
                tx.try_send(make(round + number)).unwrap();
                assert_eq!(
                    poll_once(producer.send_async(make(round + number))),
                    Ok(()).into()
                );
            }
            assert_eq!(tx.try_send(make(99)), Err(TrySendError::Full(make(99))));
            let sender = Task::parked(tx.send(make(100)));
            for number in 0..capacity as u8 {
                assert_eq!(rx.try_recv(), Ok(make(round + number)));
                assert_eq!(consumer.recv(), Some(make(round + number)));
            }
            sender.finish().unwrap();
            assert_eq!(rx.blocking_recv(), Some(make(100)));
        }
        rx.close();
        assert_eq!(poll_once(tx.send(make(1))), Err(SendError(make(1))).into());
    }
}

#[test]
fn messages_without_a_size_travel() {
    travel(|_| ());
}

#[test]
fn messages_with_a_large_alignment_travel() {
    #[derive(Debug, PartialEq)]
    #[repr(align(256))]
    struct Aligned(u8);
    travel(Aligned);
}

#[test]
fn large_messages_travel() {
    travel(|number| [number; 4096]);
}

#[test]
fn messages_that_own_memory_travel() {
    travel(|number| vec![number.to_string()]);
    travel(|number| Some(Box::new(number)));
}

#[test]
fn messages_without_a_size_are_counted_and_dropped_once() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Token;
    impl Drop for Token {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    let (tx, rx) = channel(3);
    for _ in 0..3 {
        tx.try_send(Token).unwrap();
    }
    assert_eq!((rx.len(), DROPS.load(Ordering::Relaxed)), (3, 0));
    drop(rx.try_recv());
    assert_eq!((rx.len(), DROPS.load(Ordering::Relaxed)), (2, 1));
    drop(rx);
    assert_eq!(DROPS.load(Ordering::Relaxed), 3);
}

#[test]
fn messages_may_borrow() {
    let text = String::from("borrowed");
    let (tx, rx) = channel(1);
    tx.try_send(text.as_str()).unwrap();
    assert_eq!(rx.try_recv(), Ok("borrowed"));
}

#[test]
fn messages_may_carry_handles_of_their_own_channel() {
    struct Envelope {
        _keeps_open: Option<Sender<Envelope>>,
        _counted: Counted,
    }
    let drops = Drops::default();
    let (tx, rx) = channel(2);
    for keeps_open in [None, Some(tx.clone())] {
        let message = Envelope {
            _keeps_open: keeps_open,
            _counted: drops.message(),
        };
        assert!(tx.try_send(message).is_ok());
    }
    drop(tx);
    assert!(!rx.is_closed());
    drop(rx);
    assert_eq!(
        drops.of_each(),
        [1, 1],
        "the last receiver breaks the cycle"
    );
}

fn shared_between_threads<T: Send + Sync + Unpin>() {}
fn survives_unwinding<T: UnwindSafe + RefUnwindSafe>() {}
fn sent_to_threads<T: Send>(_: &T) {}

/// A message that can be sent to another thread and not shared with one, and must not be moved when
/// pinned.
type SendOnly = (Cell<u8>, PhantomPinned);

#[test]
fn handles_are_send_sync_and_unpin_for_every_message_that_is_send() {
    shared_between_threads::<MpmcQueue<SendOnly>>();
    shared_between_threads::<Producer<SendOnly>>();
    shared_between_threads::<Consumer<SendOnly>>();
    shared_between_threads::<Sender<SendOnly>>();
    shared_between_threads::<Receiver<SendOnly>>();
}

#[test]
fn handles_are_unwind_safe_for_every_message() {
    type Unsafe = Rc<Cell<Box<dyn FnMut()>>>;
    survives_unwinding::<MpmcQueue<Unsafe>>();
    survives_unwinding::<Producer<Unsafe>>();
    survives_unwinding::<Consumer<Unsafe>>();
    survives_unwinding::<Sender<Unsafe>>();
    survives_unwinding::<Receiver<Unsafe>>();
}

#[test]
fn futures_are_send_for_every_message_that_is_send() {
    let (tx, rx) = channel::<Cell<u8>>(1);
    sent_to_threads(&tx.send(Cell::new(1)));
    sent_to_threads(&tx.closed());
    sent_to_threads(&rx.recv());
    let queue = Arc::new(MpmcQueue::<Cell<u8>>::new(1));
    sent_to_threads(&Producer::new(Arc::clone(&queue)).send_async(Cell::new(1)));
    sent_to_threads(&Consumer::new(queue).recv_async());
}

/// `is_absent` compiles only for types that lack the trait: for all other types, two
/// implementations apply and the type argument cannot be inferred.
mod absent {
    pub(super) trait Send<Which> {
        fn is_absent() {}
    }
    impl<T: ?Sized> Send<()> for T {}
    impl<T: ?Sized + core::marker::Send> Send<u8> for T {}

    pub(super) trait Sync<Which> {
        fn is_absent() {}
    }
    impl<T: ?Sized> Sync<()> for T {}
    impl<T: ?Sized + core::marker::Sync> Sync<u8> for T {}
}

#[test]
fn handles_are_neither_send_nor_sync_for_messages_that_are_not_send() {
    type Local = Rc<u8>;
    <MpmcQueue<Local> as absent::Send<_>>::is_absent();
    <MpmcQueue<Local> as absent::Sync<_>>::is_absent();
    <Producer<Local> as absent::Send<_>>::is_absent();
    <Producer<Local> as absent::Sync<_>>::is_absent();
    <Consumer<Local> as absent::Send<_>>::is_absent();
    <Consumer<Local> as absent::Sync<_>>::is_absent();
    <Sender<Local> as absent::Send<_>>::is_absent();
    <Sender<Local> as absent::Sync<_>>::is_absent();
    <Receiver<Local> as absent::Send<_>>::is_absent();
    <Receiver<Local> as absent::Sync<_>>::is_absent();
}

#[test]
fn messages_that_are_not_send_travel_within_a_thread() {
    let (tx, rx) = channel(1);
    let message = Rc::new(5);
    tx.try_send(Rc::clone(&message)).unwrap();
    assert_eq!(Rc::strong_count(&message), 2);
    drop(rx);
    assert_eq!(Rc::strong_count(&message), 1);
}

#[test]
fn errors_are_send_and_sync_where_the_message_is() {
    shared_between_threads::<SendError<u8>>();
    shared_between_threads::<TrySendError<u8>>();
    shared_between_threads::<TryRecvError>();
}

//! Checks sizes: a slot is its message and 8 bytes, and channels, handles and futures are no larger
//! than the limits here. A change that makes one of them larger must raise its limit.

use std::fmt::Debug;
use std::mem::size_of_val;
use std::pin::pin;
use std::task::{Context, Waker};

use mpmc_std::{MpmcQueue, Sender, channel, weighted};

use crate::allocator::allocated;

/// Returns the number of bytes that a channel of this capacity allocates.
fn bytes_of_channel<T>(capacity: usize) -> usize {
    let before = allocated();
    let handles = channel::<T>(capacity);
    let after = allocated();
    drop(handles);
    after.bytes - before.bytes
}

/// Returns the number of bytes of a channel's slots, which the first message allocates.
fn bytes_of_slots<T: Default>(capacity: usize) -> usize {
    let (tx, _rx) = channel::<T>(capacity);
    let before = allocated();
    assert!(tx.try_send(T::default()).is_ok());
    let first = allocated();
    assert!(capacity == 1 || tx.try_send(T::default()).is_ok());
    assert_eq!(
        allocated().times,
        first.times,
        "one allocation for all slots"
    );
    first.bytes - before.bytes
}

/// Returns the number of bytes of one more message of capacity.
fn bytes_of_slot<T: Default>() -> usize {
    (bytes_of_slots::<T>(1001) - bytes_of_slots::<T>(1)) / 1000
}

#[track_caller]
fn assert_at_most(limit: usize, size: usize, what: impl Debug) {
    println!("{what:?}: {size} bytes, at most {limit}");
    assert!(size <= limit, "{what:?} takes {size} bytes, not {limit}");
}

#[test]
fn a_slot_is_its_message_and_eight_bytes() {
    assert_eq!(bytes_of_slot::<()>(), 8);
    assert_eq!(bytes_of_slot::<u64>(), 8 + 8);
    assert_eq!(bytes_of_slot::<[u64; 5]>(), 40 + 8);
    // Slots are padded to the alignment of the message or of the stamp, whichever is larger.
    assert_eq!(bytes_of_slot::<u8>(), 8 + 8);
    assert_eq!(bytes_of_slot::<u128>(), 16 + 16);
}

#[test]
fn an_idle_channel_is_small() {
    // The first channel of a process queries the number of cores.
    drop(channel::<u64>(1));
    for capacity in [1, 64, 4096] {
        let before = allocated();
        let handles = channel::<u64>(capacity);
        let after = allocated();
        assert_eq!(after.times - before.times, 1, "slots are not allocated yet");
        drop(handles);
        assert_eq!(allocated().times, after.times, "a close does not allocate");
    }
    // With the feature `tracing` a channel has a number.
    let number = if cfg!(feature = "tracing") { 128 } else { 0 };
    assert_at_most(768 + number, bytes_of_channel::<u64>(64), "an idle channel");
    assert_at_most(512 + number, size_of::<MpmcQueue<u64>>(), "MpmcQueue");
}

#[test]
fn slots_that_take_long_to_make_are_made_with_the_channel() {
    let early = bytes_of_channel::<u64>(4097) - bytes_of_channel::<u64>(64);
    assert_eq!(early, 4097 * 16);
    assert_eq!(bytes_of_slots::<u64>(4097), 0);
}

#[test]
fn handles_are_small() {
    let (tx, rx) = channel::<[u64; 8]>(4);
    assert_at_most(64, size_of_val(&tx), "Sender");
    assert_at_most(40, size_of_val(&rx), "Receiver");
    assert_at_most(16, size_of_val(&tx.downgrade()), "WeakSender");
    assert_at_most(16, size_of_val(&rx.downgrade()), "WeakReceiver");
    assert_at_most(8, size_of_val(&tx.try_reserve().unwrap()), "Permit");
    let permits = tx.try_reserve_many(2).unwrap();
    assert_at_most(16, size_of_val(&permits), "PermitIterator");
    drop(permits);
    let owned = tx.clone().try_reserve_owned().unwrap();
    assert_at_most(64, size_of_val(&owned), "OwnedPermit");
}

#[test]
fn futures_are_small() {
    let (tx, rx) = channel::<u64>(4);
    assert_at_most(96, size_of_val(&tx.send(1)), "send");
    assert_at_most(80, size_of_val(&rx.recv()), "recv");
    assert_at_most(128, size_of_val(&tx.reserve()), "reserve");
    let owned = tx.clone().reserve_owned();
    assert_at_most(208, size_of_val(&owned), "reserve_owned");
    assert_at_most(
        96,
        size_of_val(&tx.send_with_position(1)),
        "send_with_position",
    );
    assert_at_most(
        80,
        size_of_val(&rx.recv_with_position()),
        "recv_with_position",
    );
    assert_at_most(80, size_of_val(&tx.send_ready()), "send_ready");
    assert_at_most(80, size_of_val(&rx.recv_ready()), "recv_ready");
    assert_at_most(512, size_of_val(&tx.reserve_many(2)), "reserve_many");
    assert_at_most(512, size_of_val(&tx.send_many([1, 2])), "send_many");
    let mut buffer = Vec::new();
    assert_at_most(256, size_of_val(&rx.recv_many(&mut buffer, 2)), "recv_many");
    assert_at_most(128, size_of_val(&tx.closed()), "closed");
}

#[test]
fn weighted_handles_and_futures_are_small() {
    let (tx, rx) = weighted::channel::<u64>(8, 8);
    assert_at_most(64, size_of_val(&tx), "weighted Sender");
    assert_at_most(48, size_of_val(&rx), "weighted Receiver");
    assert_at_most(
        24,
        size_of_val(&tx.try_reserve(1).unwrap()),
        "weighted Permit",
    );
    assert_at_most(
        120,
        size_of_val(&tx.send_with_weight(1, 1)),
        "weighted send",
    );
    assert_at_most(80, size_of_val(&rx.recv()), "weighted recv");
    assert_at_most(144, size_of_val(&tx.reserve(1)), "weighted reserve");

    let (tx, rx) = weighted::channel::<u64>(8, 8);
    let before = allocated();
    tx.try_send_with_weight(1, 8).unwrap();
    let slots = allocated();
    assert_eq!(slots.bytes - before.bytes, 8 * (8 + 24));
    let mut waiting = pin!(tx.send_with_weight(1, 8));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(waiting.as_mut().poll(&mut context).is_ready());
    assert_eq!(allocated().times, slots.times, "nor does a wait");
}

#[test]
fn a_send_future_holds_its_message_once() {
    // This includes a send that is awaited in another future, also after that future was spawned.
    async fn forward<T>(tx: Sender<T>, message: T) {
        let _ = tx.send(message).await;
    }
    let (small, _rx) = channel::<[u64; 1]>(1);
    let (large, _rx) = channel::<[u64; 101]>(1);
    let growth = size_of_val(&large.send([0; 101])) - size_of_val(&small.send([0; 1]));
    assert_at_most(800, growth, "cost of 800 more bytes of message");
    let growth = size_of_val(&forward(large, [0; 101])) - size_of_val(&forward(small, [0; 1]));
    assert_at_most(
        2 * 800,
        growth,
        "the same, for an `async fn` that takes the message",
    );
}

//! The fast paths as functions with names that can be found in a disassembly.
//!
//! `.ci/fast_path` builds this and checks that a send or a receive costs one atomic
//! read-modify-write and no fence. Running it has no visible effect.

use std::sync::Arc;

use mpmc_std::{Consumer, MpmcQueue, Producer, Receiver, Sender, channel};

/// The fast path of [`Sender::try_send`].
// SAFETY: No other item in the program has this symbol.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn fast_path_try_send(tx: &Sender<u64>, value: u64) -> bool {
    tx.try_send(value).is_ok()
}

/// The fast path of [`Receiver::try_recv`].
// SAFETY: No other item in the program has this symbol.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn fast_path_try_recv(rx: &Receiver<u64>) -> Option<u64> {
    rx.try_recv().ok()
}

/// The fast path of [`Producer::send`].
// SAFETY: No other item in the program has this symbol.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn fast_path_send(producer: &Producer<u64>, value: u64) -> bool {
    producer.send(value).is_ok()
}

/// The fast path of [`Consumer::recv`].
// SAFETY: No other item in the program has this symbol.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn fast_path_recv(consumer: &Consumer<u64>) -> Option<u64> {
    consumer.recv()
}

fn main() {
    let (tx, rx) = channel(1);
    assert!(fast_path_try_send(&tx, 1));
    assert_eq!(fast_path_try_recv(&rx), Some(1));

    let queue = Arc::new(MpmcQueue::new(1));
    let producer = Producer::new(Arc::clone(&queue));
    let consumer = Consumer::new(queue);
    assert!(fast_path_send(&producer, 2));
    assert_eq!(fast_path_recv(&consumer), Some(2));

    println!("each fast path was taken once");
}

//! From `flume`. Changed: the import. (`RecvError` is a struct here, and
//! `TrySendError::Disconnected` is `Closed`.)
//!
//! ```text
//! use flume;
//! ```

use mpmc_std::blocking as flume;

use std::thread;
use std::time::Duration;

#[test]
fn several_consumers() {
    let (tx, rx) = flume::bounded::<u32>(8);
    let consumers: Vec<_> = (0..3)
        .map(|_| {
            let rx: flume::Receiver<u32> = rx.clone();
            thread::spawn(move || {
                let mut sum = 0;
                while let Ok(number) = rx.recv() {
                    sum += number;
                }
                sum
            })
        })
        .collect();
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 4));
    assert_eq!(tx.capacity(), Some(8));
    for number in 1..=100 {
        tx.send(number).unwrap();
    }
    assert!(!rx.is_disconnected());
    drop(tx);
    assert!(rx.is_disconnected());
    let sum: u32 = consumers
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    assert_eq!(sum, 5050);
}

#[test]
fn every_way_to_receive() {
    let (tx, rx) = flume::bounded(4);
    for number in 0..4 {
        tx.send(number).unwrap();
    }
    assert!(matches!(tx.try_send(4), Err(flume::TrySendError::Full(4))));
    assert_eq!(rx.drain().take(1).count(), 1);
    assert_eq!(rx.try_iter().next(), Some(1));
    assert_eq!(rx.recv_timeout(Duration::from_millis(1)), Ok(2));
    drop(tx);
    assert_eq!(rx.into_iter().collect::<Vec<_>>(), [3]);
}

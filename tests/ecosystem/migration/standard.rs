//! From `std::sync::mpsc`. Changed: the import.
//!
//! ```text
//! use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
//! ```

use mpmc_std::blocking::{
    Receiver, RecvTimeoutError, Sender as SyncSender, TryRecvError, TrySendError,
    channel as sync_channel,
};

use std::thread;
use std::time::Duration;

#[test]
fn threads_send_to_one_receiver() {
    let (tx, rx): (SyncSender<u32>, Receiver<u32>) = sync_channel(3);
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let tx = tx.clone();
            thread::spawn(move || {
                for _ in 0..100 {
                    tx.send(number).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let mut sum = 0;
    for number in rx {
        sum += number;
    }
    assert_eq!(sum, 600);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn every_result_is_matched() {
    let (tx, rx) = sync_channel(1);
    match rx.try_recv() {
        Err(TryRecvError::Empty) => {}
        Err(TryRecvError::Disconnected) | Ok(()) => panic!(),
    }
    assert_eq!(tx.try_send(()), Ok(()));
    match tx.try_send(()) {
        Err(TrySendError::Full(())) => {}
        _ => panic!(),
    }
    assert_eq!(rx.recv_timeout(Duration::from_millis(1)), Ok(()));
    assert_eq!(
        rx.recv_timeout(Duration::from_millis(1)),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(rx.try_iter().count(), 0);
    drop(tx);
    assert!(rx.recv().is_err());
    assert_eq!(
        rx.recv_timeout(Duration::from_millis(1)),
        Err(RecvTimeoutError::Disconnected)
    );
}

//! From `kanal`. Changed: the import. (`try_recv` and `try_send` return errors, `close` keeps
//! what was sent, and `capacity` is an `Option`.)
//!
//! ```text
//! use kanal::{Receiver, Sender, bounded};
//! ```

use mpmc_std::blocking::{Receiver, Sender, bounded};

use std::thread;
use std::time::Duration;

fn echo(requests: Receiver<String>, answers: Sender<String>) {
    while let Ok(request) = requests.recv() {
        if answers.send(request.to_uppercase()).is_err() {
            return;
        }
    }
}

#[test]
fn a_thread_replies() {
    let (tx, requests) = bounded(1);
    let (answers, rx) = bounded(1);
    let thread = thread::spawn(move || echo(requests, answers));
    for word in ["one", "two"] {
        tx.send(word.to_string()).unwrap();
        assert_eq!(rx.recv().unwrap(), word.to_uppercase());
    }
    assert!(rx.recv_timeout(Duration::from_millis(1)).is_err());
    assert!(!rx.is_closed() && !tx.is_disconnected());
    assert_eq!((tx.sender_count(), tx.receiver_count()), (1, 1));
    drop(tx);
    thread.join().unwrap();
    assert!(rx.is_closed());
    assert!(rx.recv().is_err());
}

#[test]
fn a_receiver_closes_the_channel() {
    let (tx, rx) = bounded(2);
    tx.send(1).unwrap();
    rx.close();
    assert!(tx.is_closed() && tx.send(2).is_err());
    assert!(!rx.is_full() && !rx.is_empty() && rx.len() == 1);
}

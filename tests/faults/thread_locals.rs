//! Handles that are used by the destructors of thread locals, when those of the crate may be gone.

use std::cell::RefCell;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mpmc_std::blocking::Select;
use mpmc_std::error::RecvTimeoutError;
use mpmc_std::{Receiver, Sender, blocking, channel};

use crate::harness::{Task, within_limit};

/// Uses its channel in its destructor, and tells what came of it.
struct AtTheEnd {
    tx: Sender<u32>,
    rx: Receiver<u32>,
    tell: mpsc::Sender<Vec<Option<u32>>>,
}

/// Uses a channel in all ways that may involve thread locals: spinning, the cooperative budget, and
/// parking the thread.
fn use_channel(tx: &Sender<u32>, rx: &Receiver<u32>) -> Vec<Option<u32>> {
    let mut received = Vec::new();
    tx.try_send(1).unwrap();
    received.push(rx.try_recv().ok());
    tx.blocking_send(2).unwrap();
    received.push(rx.blocking_recv());
    let moment = Duration::from_millis(2);
    assert_eq!(
        rx.blocking_recv_timeout(moment),
        Err(RecvTimeoutError::Timeout)
    );
    for _ in 0..2_000 {
        // Refused now and then, since the task does not return to an executor.
        let _ = crate::harness::poll_once(tx.send(3));
        let _ = crate::harness::poll_once(rx.recv());
    }
    while rx.try_recv().is_ok() {}
    let sender = tx.clone();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        sender.blocking_send(4)
    });
    received.push(rx.blocking_recv());
    other.join().unwrap().unwrap();
    let (other_tx, other_rx) = blocking::bounded(1);
    other_tx.send(5).unwrap();
    let mut select = Select::new();
    select.recv(&other_rx);
    let selected = select.select();
    received.push(selected.recv(&other_rx).ok());
    received
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let received = use_channel(&self.tx, &self.rx);
        self.rx.close();
        let _ = self.tell.send(received);
    }
}

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

#[test]
fn destructors_of_thread_locals_may_use_channels() {
    within_limit(|| {
        // Destructors run in the order of the first uses, or in the reverse order: both are tried.
        for crate_first in [false, true] {
            let (tx, rx) = channel(2);
            let (tell, told) = mpsc::channel();
            let task = Task::parked({
                let tx = tx.clone();
                async move { tx.closed().await }
            });
            thread::spawn(move || {
                if crate_first {
                    use_channel(&tx, &rx);
                }
                AT_THE_END.set(Some(AtTheEnd {
                    tx: tx.clone(),
                    rx: rx.clone(),
                    tell,
                }));
                use_channel(&tx, &rx);
            })
            .join()
            .unwrap();
            let received = told.recv().expect("the destructor has run to its end");
            assert_eq!(received, [Some(1), Some(2), Some(4), Some(5)]);
            assert!(task.is_woken());
        }
    });
}

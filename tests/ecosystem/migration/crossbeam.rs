//! From `crossbeam-channel`. Changed: the import. (A match on `TrySendError::Disconnected` or
//! `SendTimeoutError::Disconnected` would have to say `Closed`; `is_disconnected` is the same.)
//!
//! ```text
//! use crossbeam_channel::{Receiver, RecvError, Select, Sender, TrySendError, bounded};
//! ```

use mpmc_std::blocking::{Receiver, RecvError, Select, Sender, TrySendError, bounded};

use std::thread;
use std::time::{Duration, Instant};

/// Sends to a worker that has capacity.
fn distribute(jobs: &Receiver<u64>, workers: &[Sender<u64>]) {
    let mut select = Select::new();
    for worker in workers {
        select.send(worker);
    }
    for job in jobs {
        let oper = select.select();
        let worker = &workers[oper.index()];
        oper.send(worker, job).unwrap();
    }
}

/// Receives from a worker that has a result.
fn collect(results: &[Receiver<u64>]) -> u64 {
    let mut select = Select::new();
    for result in results {
        select.recv(result);
    }
    let (mut sum, mut open) = (0, results.len());
    while open > 0 {
        let oper = select.select();
        let index = oper.index();
        match oper.recv(&results[index]) {
            Ok(result) => sum += result,
            Err(RecvError) => {
                select.remove(index);
                open -= 1;
            }
        }
    }
    sum
}

#[test]
fn workers_are_selected() {
    let (tx, jobs) = bounded(4);
    let mut workers = Vec::new();
    let mut results = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..3 {
        let (worker, inbox) = bounded::<u64>(1);
        let (outbox, result) = bounded(1);
        workers.push(worker);
        results.push(result);
        threads.push(thread::spawn(move || {
            inbox.iter().for_each(|job| outbox.send(job * job).unwrap());
        }));
    }
    threads.push(thread::spawn(move || distribute(&jobs, &workers)));
    threads.push(thread::spawn(move || {
        for job in 1..=100 {
            tx.send(job).unwrap();
        }
    }));
    assert_eq!(collect(&results), 338_350);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn handles_return_the_same_values() {
    let (s, r) = bounded(1);
    assert_eq!(s.capacity(), Some(1));
    assert!(s.is_empty() && r.is_empty() && !s.is_full());
    assert_eq!(s.send_timeout(1, Duration::from_millis(1)), Ok(()));
    assert!(s.send_deadline(2, Instant::now()).unwrap_err().is_timeout());
    assert!(s.is_full() && r.is_full() && r.len() == 1);
    assert_eq!(s.try_send(2), Err(TrySendError::Full(2)));
    assert!(s.same_channel(&s.clone()) && r.same_channel(&r.clone()));
    assert_eq!(r.recv_deadline(Instant::now()), Ok(1));
    assert!(
        r.recv_timeout(Duration::from_millis(1))
            .unwrap_err()
            .is_timeout()
    );
    drop(r);
    assert!(s.try_send(3).unwrap_err().is_disconnected());
    let err = s.send(4).unwrap_err();
    assert_eq!(err.into_inner(), 4);
}

#[test]
fn a_select_that_polls_and_waits() {
    let (s, r) = bounded(1);
    let mut sel = Select::new();
    let oper = sel.recv(&r);
    assert!(sel.try_select().is_err());
    assert!(sel.try_ready().is_err());
    assert!(sel.select_timeout(Duration::from_millis(1)).is_err());
    assert!(sel.ready_timeout(Duration::from_millis(1)).is_err());
    s.send(1).unwrap();
    assert_eq!(sel.ready(), oper);
    match sel.select_deadline(Instant::now()) {
        Ok(op) if op.index() == oper => assert_eq!(op.recv(&r), Ok(1)),
        _ => panic!(),
    }
}

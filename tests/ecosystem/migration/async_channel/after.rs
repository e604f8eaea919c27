use mpmc_std::error::{TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, WeakSender, channel as bounded};

use futures::executor::block_on;
use futures::future::join_all;
use futures::stream::StreamExt;
use std::pin::pin;

/// Squares what comes, until there is no more.
async fn work(jobs: Receiver<u64>, results: Sender<u64>) {
    while let Some(job) = jobs.recv().await {
        if results.send(job * job).await.is_err() {
            return;
        }
    }
}

/// Adds up what comes.
async fn add_up(results: Receiver<u64>) -> u64 {
    let mut results = pin!(results);
    let mut sum = 0;
    while let Some(result) = results.next().await {
        sum += result;
    }
    sum
}

#[test]
fn workers_share_the_jobs() {
    let (s, jobs) = bounded(4);
    let (results, r) = bounded(2);
    let workers: Vec<_> = (0..3)
        .map(|_| work(jobs.clone(), results.clone()))
        .collect();
    drop((jobs, results));
    let produce = async move {
        for job in 1..=100 {
            s.send(job).await.unwrap();
        }
    };
    let (sum, ..) = block_on(async { futures::join!(add_up(r), join_all(workers), produce) });
    assert_eq!(sum, 338_350);
}

#[test]
fn handles_answer() {
    let (s, r) = bounded(2);
    assert_eq!(s.max_capacity(), 2);
    assert_eq!((s.strong_count(), r.strong_count()), (1, 1));
    assert!(s.is_empty() && s.same_channel(&s.clone()));
    assert_eq!(s.try_send(1), Ok(()));
    s.blocking_send(2).unwrap();
    assert!(s.is_full() && s.len() == 2);
    assert_eq!(s.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(s.force_send(3), Ok(Some(1)));
    assert_eq!(r.blocking_recv().unwrap(), 2);
    assert_eq!(r.try_recv(), Ok(3));
    match r.try_recv() {
        Err(TryRecvError::Empty) => {}
        Err(TryRecvError::Disconnected) | Ok(_) => panic!(),
    }
}

#[test]
fn a_sender_closes_the_channel() {
    let (s, r) = bounded("capacity".len());
    let weak: WeakSender<_> = s.downgrade();
    block_on(weak.upgrade().unwrap().send("last")).unwrap();
    assert!(s.close_channel());
    block_on(s.closed());
    assert!(s.is_closed() && r.is_closed());
    assert_eq!(s.try_send("later"), Err(TrySendError::Closed("later")));
    assert_eq!(block_on(s.send("later")).unwrap_err().into_inner(), "later");
    assert_eq!(block_on(r.recv()), Some("last"));
    assert!(block_on(r.recv()).is_none());
}

#[test]
fn a_receiver_closes_the_channel() {
    let (s, r) = bounded(1);
    s.try_send(()).unwrap();
    r.close();
    assert!(s.is_closed() && s.try_send(()).unwrap_err().is_closed());
    drop(s);
    assert_eq!(block_on(r.collect::<Vec<_>>()).len(), 1);
}

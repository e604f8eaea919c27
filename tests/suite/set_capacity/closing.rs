//! Closing a channel whose capacity is below its limit.

use mpmc_std::error::TryRecvError;
use mpmc_std::{Receiver, Sender, channel};

use super::{drain, fill};
use crate::harness::Task;

#[test]
fn a_channel_closed_below_its_limit_ends() {
    type Close = fn(Sender<usize>, &Receiver<usize>) -> Option<Sender<usize>>;
    let ways: [Close; 4] = [
        |tx, rx| {
            rx.close();
            Some(tx)
        },
        |tx, _| {
            drop(tx);
            None
        },
        |tx, _| {
            tx.close_channel();
            Some(tx)
        },
        |mut tx, _| {
            tx.close();
            Some(tx)
        },
    ];
    for close in ways {
        for messages in [0, 2] {
            let (tx, rx) = channel(4);
            fill(&tx, messages);
            tx.set_capacity(1).unwrap();
            let others: Vec<_> = (messages > 0).then(|| rx.clone()).into_iter().collect();
            let mut waiting = (messages == 0).then(|| Task::parked(rx.recv()));
            let tx = close(tx, &rx);
            if let Some(waiting) = &mut waiting {
                assert!(waiting.is_woken());
                assert_eq!(waiting.expect_ready(), None);
            }
            assert_eq!(drain(&rx), (0..messages).collect::<Vec<_>>());
            assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
            assert_eq!((rx.max_capacity(), rx.capacity()), (1, 1));
            assert_eq!(rx.stats().permits, 0);
            drop((tx, others));
        }
    }
}

#[test]
fn a_permit_outlives_closing_below_the_limit() {
    let (tx, rx) = channel(4);
    tx.set_capacity(2).unwrap();
    let permits = [tx.try_reserve().unwrap(), tx.try_reserve().unwrap()];
    let mut waiting = Task::parked(rx.recv());
    rx.close();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!((rx.stats().permits, rx.capacity()), (2, 0));
    let [first, second] = permits;
    first.send(1);
    assert_eq!(waiting.expect_ready(), Some(1));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(second);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn the_last_receiver_closes_a_channel_below_its_limit() {
    let (tx, rx) = channel(4);
    fill(&tx, 4);
    tx.set_capacity(1).unwrap();
    let mut waiting = Task::parked(tx.send(4));
    drop(rx);
    assert!(waiting.is_woken());
    assert_eq!(waiting.expect_ready().unwrap_err().0, 4);
    assert_eq!((tx.len(), tx.max_capacity(), tx.stats().permits), (0, 1, 0));
}

#[test]
fn a_handle_that_is_forgotten_keeps_nothing_from_closing() {
    let (tx, rx) = channel::<usize>(4);
    tx.set_capacity(1).unwrap();
    std::mem::forget(tx.clone());
    let mut waiting = Task::parked(rx.recv());
    drop(tx);
    waiting.parks();
    rx.close();
    assert!(waiting.is_woken());
    assert_eq!(waiting.expect_ready(), None);
}

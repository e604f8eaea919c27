//! Checks readiness waits, which wait for a message or free capacity and take nothing. A task that
//! waits to take it is woken too, in every order of waiting.

use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::error::{RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{Task, WakeCounter, poll_once, report_progress, soon, within_limit};

const MOMENT: Duration = Duration::from_millis(2);

/// The order in which the two tasks start to wait.
#[derive(Clone, Copy, Debug)]
enum First {
    Ready,
    Taker,
}

use First::{Ready, Taker};

fn in_order<R, S>(
    first: First,
    ready: impl FnOnce() -> Task<R>,
    taker: impl FnOnce() -> Task<S>,
) -> (Task<R>, Task<S>) {
    match first {
        Ready => {
            let ready = ready();
            (ready, taker())
        }
        Taker => {
            let taker = taker();
            (ready(), taker)
        }
    }
}

#[test]
fn one_message_wakes_the_receiver_beside_the_readiness_waiter() {
    for order in [Ready, Taker] {
        for polled in [Ready, Taker] {
            let (tx, rx) = channel(2);
            let (ready, recv) = in_order(
                order,
                || Task::parked(rx.recv_ready()),
                || Task::parked(rx.recv()),
            );
            tx.try_send(7).unwrap();
            assert!(ready.is_woken() && recv.is_woken(), "{order:?}");
            match polled {
                Ready => {
                    assert!(ready.finish());
                    assert_eq!(recv.finish(), Some(7));
                }
                Taker => {
                    assert_eq!(recv.finish(), Some(7));
                    let mut ready = ready;
                    ready.parks();
                    tx.try_send(8).unwrap();
                    assert!(ready.finish());
                    assert_eq!(rx.try_recv(), Ok(8));
                }
            }
        }
    }
}

#[test]
fn one_slot_wakes_the_sender_beside_the_readiness_waiter() {
    for order in [Ready, Taker] {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let (ready, send) = in_order(
            order,
            || Task::parked(tx.send_ready()),
            || Task::parked(tx.send(2)),
        );
        assert_eq!(rx.try_recv(), Ok(1));
        assert!(ready.is_woken() && send.is_woken(), "{order:?}");
        assert_eq!(ready.finish(), Ok(()));
        assert_eq!(send.finish(), Ok(()));
        assert_eq!(rx.try_recv(), Ok(2));
    }
}

/// The readiness waiters are dropped without another poll. The receiver has been woken.
#[test]
fn readiness_waiters_that_are_not_polled_hold_no_wakeup() {
    let (tx, rx) = channel(4);
    let idle: Vec<_> = (0..3).map(|_| Task::parked(rx.recv_ready())).collect();
    let first = Task::parked(rx.recv());
    let second = Task::parked(rx.recv());
    tx.try_send(1).unwrap();
    assert!(idle.iter().all(Task::is_woken));
    assert!(first.is_woken() && !second.is_woken());
    drop(idle);
    assert!(!second.is_woken(), "one message, one receiver");
    assert_eq!(first.finish(), Some(1));
    tx.try_send(2).unwrap();
    assert_eq!(second.finish(), Some(2));
}

#[test]
fn a_readiness_wait_takes_and_reserves_nothing() {
    let (tx, rx) = channel(2);
    for _ in 0..10 {
        assert_eq!(poll_once(tx.send_ready()), Poll::Ready(Ok(())));
    }
    assert_eq!((tx.capacity(), tx.stats().permits), (2, 0));
    tx.try_send(1).unwrap();
    for _ in 0..10 {
        assert_eq!(poll_once(rx.recv_ready()), Poll::Ready(true));
    }
    assert_eq!(rx.len(), 1);
    assert_eq!(rx.try_recv(), Ok(1));
}

/// Otherwise it would get a reservation after four lost races, and withhold a message from other
/// receivers.
#[test]
fn a_readiness_waiter_loses_no_races() {
    let (tx, rx) = channel(1);
    let mut recv_ready = Task::parked(rx.recv_ready());
    for message in 0..20 {
        tx.try_send(message).unwrap();
        assert!(recv_ready.is_woken());
        assert_eq!(rx.try_recv(), Ok(message));
        recv_ready.parks();
    }
    drop(recv_ready);
    tx.try_send(0).unwrap();
    let mut send_ready = Task::parked(tx.send_ready());
    for message in 1..20 {
        assert_eq!(rx.try_recv(), Ok(message - 1));
        assert!(send_ready.is_woken());
        tx.try_send(message).unwrap();
        send_ready.parks();
    }
    let others = Task::parked(tx.send(20));
    assert_eq!(rx.try_recv(), Ok(19));
    assert!(others.is_woken());
    assert_eq!(tx.capacity(), 1);
}

#[test]
fn closing_ends_the_wait() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let send_ready = Task::parked(tx.send_ready());
    rx.close();
    assert_eq!(send_ready.finish(), Err(SendError(())));
    assert_eq!(poll_once(tx.send_ready()), Poll::Ready(Err(SendError(()))));
    assert_eq!(
        poll_once(rx.recv_ready()),
        Poll::Ready(true),
        "one message is left"
    );
    assert_eq!(rx.try_recv(), Ok(1));
    assert_eq!(poll_once(rx.recv_ready()), Poll::Ready(false));

    let (tx, rx) = channel::<u8>(1);
    let recv_ready = Task::parked(rx.recv_ready());
    drop(tx);
    assert!(!recv_ready.finish());
}

#[test]
fn send_ready_waits_while_permits_hold_the_capacity() {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    let send_ready = Task::parked(tx.send_ready());
    drop(permit);
    assert_eq!(send_ready.finish(), Ok(()));
    let permit = tx.try_reserve().unwrap();
    rx.close();
    let recv_ready = Task::parked(rx.recv_ready());
    permit.send(1);
    assert!(recv_ready.finish());
}

fn poll_recv_ready(rx: &mut Receiver<u32>, woken: &WakeCounter) -> Poll<bool> {
    woken.poll(|context| rx.poll_recv_ready(context))
}

fn poll_send_ready(tx: &mut Sender<u32>, woken: &WakeCounter) -> Poll<Result<(), SendError<()>>> {
    woken.poll(|context| tx.poll_send_ready(context))
}

#[test]
fn polled_receivers_hold_no_wakeup() {
    let (tx, mut rx) = channel(1);
    let woken = WakeCounter::default();
    let taker = rx.clone();
    for message in 0..10 {
        assert!(poll_recv_ready(&mut rx, &woken).is_pending());
        let recv = Task::parked(taker.recv());
        tx.try_send(message).unwrap();
        assert!(woken.is_woken() && recv.is_woken());
        if message % 2 == 0 {
            assert_eq!(poll_recv_ready(&mut rx, &woken), Poll::Ready(true));
        }
        assert_eq!(recv.finish(), Some(message));
    }
    assert!(poll_recv_ready(&mut rx, &woken).is_pending());
    drop(rx);
    tx.try_send(10).unwrap();
    assert_eq!(taker.try_recv(), Ok(10));
}

#[test]
fn polled_senders_hold_no_wakeup() {
    let (tx, rx) = channel(1);
    let mut polled = tx.clone();
    let woken = WakeCounter::default();
    tx.try_send(0).unwrap();
    for message in 1..10 {
        assert!(poll_send_ready(&mut polled, &woken).is_pending());
        let send = Task::parked(tx.send(message));
        assert_eq!(rx.try_recv(), Ok(message - 1));
        assert!(woken.is_woken() && send.is_woken());
        if message % 2 == 0 {
            assert_eq!(poll_send_ready(&mut polled, &woken), Poll::Ready(Ok(())));
        }
        assert_eq!(send.finish(), Ok(()));
    }
    rx.close();
    let closed = poll_send_ready(&mut polled, &woken);
    assert_eq!(closed, Poll::Ready(Err(SendError(()))));
}

/// The two waits of a handle are independent: the message wakes both, and the stream receives it.
#[test]
fn a_handle_waits_for_readiness_and_messages_at_the_same_time() {
    let (tx, mut rx) = channel(2);
    let (ready, message) = (WakeCounter::default(), WakeCounter::default());
    for number in 0..10 {
        assert!(message.poll(|context| rx.poll_recv(context)).is_pending());
        assert!(poll_recv_ready(&mut rx, &ready).is_pending());
        tx.try_send(number).unwrap();
        assert!(ready.is_woken() && message.is_woken());
        assert_eq!(poll_recv_ready(&mut rx, &ready), Poll::Ready(true));
        let received = message.poll(|context| rx.poll_recv(context));
        assert_eq!(received, Poll::Ready(Some(number)));
    }
}

#[test]
fn threads_wait_and_take_nothing() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let other = rx.clone();
        let waiting = thread::spawn(move || other.blocking_recv_ready());
        thread::sleep(MOMENT);
        tx.blocking_send(1).unwrap();
        assert!(waiting.join().unwrap());
        assert_eq!(rx.len(), 1);

        let other = tx.clone();
        let waiting = thread::spawn(move || other.blocking_send_ready());
        thread::sleep(MOMENT);
        assert_eq!(rx.blocking_recv(), Some(1));
        assert_eq!(waiting.join().unwrap(), Ok(()));
        assert_eq!(tx.capacity(), 1);
        drop(tx);
        assert!(!rx.blocking_recv_ready());
    });
}

#[test]
fn threads_wait_for_a_limited_time() {
    within_limit(|| {
        let (tx, rx) = channel(1);
        let start = Instant::now();
        let timeout = rx.blocking_recv_ready_timeout(MOMENT);
        assert_eq!(timeout, Err(RecvTimeoutError::Timeout));
        assert!(start.elapsed() >= MOMENT);
        tx.try_send(1).unwrap();
        assert_eq!(rx.blocking_recv_ready_deadline(Instant::now()), Ok(()));
        let timeout = tx.blocking_send_ready_deadline(Instant::now() + MOMENT);
        assert_eq!(timeout, Err(SendTimeoutError::Timeout(())));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(tx.blocking_send_ready_timeout(Duration::MAX), Ok(()));
        rx.close();
        let closed = tx.blocking_send_ready_timeout(MOMENT);
        assert_eq!(closed, Err(SendTimeoutError::Closed(())));
        let closed = rx.blocking_recv_ready_timeout(MOMENT);
        assert_eq!(closed, Err(RecvTimeoutError::Disconnected));
    });
}

/// Some workers wait for readiness and then make an attempt, others receive. All messages are
/// received, and no worker waits forever.
#[test]
fn readiness_beside_receiving_under_load() {
    const MESSAGES: u64 = 20_000;
    let sum = within_limit(|| {
        let (tx, rx) = channel(4);
        let workers: Vec<_> = (0..4)
            .map(|number| {
                let rx = rx.clone();
                thread::spawn(move || {
                    let mut sum = 0;
                    if number % 2 == 0 {
                        sum += rx.blocking_iter().sum::<u64>();
                    } else {
                        while rx.blocking_recv_ready() {
                            match rx.try_recv() {
                                Ok(message) => sum += message,
                                Err(TryRecvError::Empty) => {}
                                Err(TryRecvError::Disconnected) => break,
                            }
                        }
                    }
                    sum
                })
            })
            .collect();
        for message in 0..MESSAGES {
            let mut message = message;
            loop {
                tx.blocking_send_ready().unwrap();
                match tx.try_send(message) {
                    Ok(()) => break report_progress(),
                    Err(TrySendError::Full(back)) => message = back,
                    Err(TrySendError::Closed(_)) => unreachable!("receivers are left"),
                }
            }
        }
        drop(tx);
        let sums = workers.into_iter().map(|worker| worker.join().unwrap());
        sums.sum::<u64>()
    });
    assert_eq!(sum, (0..MESSAGES).sum());
}

/// Tasks spin before they park, and take wakeups of waiters while they spin.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_beside_receiving_in_tasks() {
    const EACH: u64 = 5_000;
    for capacity in [1, 4] {
        let (tx, rx) = channel(capacity);
        let mut tasks = Vec::new();
        for number in 0..4 {
            let rx = rx.clone();
            tasks.push(tokio::spawn(async move {
                let mut sum = 0;
                if number % 2 == 0 {
                    while let Some(message) = rx.recv().await {
                        sum += message;
                    }
                } else {
                    while rx.recv_ready().await {
                        sum += rx.try_recv().unwrap_or(0);
                    }
                }
                sum
            }));
        }
        for number in 0..2 {
            let tx = tx.clone();
            tokio::spawn(async move {
                for message in 0..EACH {
                    if number == 0 {
                        tx.send(message).await.unwrap();
                        continue;
                    }
                    loop {
                        tx.send_ready().await.unwrap();
                        if tx.try_send(message).is_ok() {
                            break;
                        }
                    }
                }
            });
        }
        drop((tx, rx));
        let mut sum = 0;
        for task in tasks {
            sum += soon(task).await.unwrap();
        }
        assert_eq!(sum, 2 * (0..EACH).sum::<u64>());
    }
}

/// Else the two would wake each other again and again, and keep a core busy.
#[test]
fn nothing_wakes_the_waiters_of_both_sides_while_a_permit_holds_the_capacity() {
    for order in [Ready, Taker] {
        let (tx, rx) = channel(1);
        let permit = tx.try_reserve().unwrap();
        let (recv_ready, recv) = in_order(
            order,
            || Task::parked(rx.recv_ready()),
            || Task::parked(rx.recv()),
        );
        let (send_ready, send) = in_order(
            order,
            || Task::parked(tx.send_ready()),
            || Task::parked(tx.send(2)),
        );
        assert!(!recv_ready.is_woken() && !recv.is_woken(), "{order:?}");
        // Nor does a receiver that comes later wake the senders.
        let late = Task::parked(rx.recv_ready());
        assert!(!send_ready.is_woken() && !send.is_woken(), "{order:?}");

        permit.send(1);
        assert!(recv_ready.is_woken() && late.is_woken());
        assert_eq!(recv.finish(), Some(1));
        assert!(send_ready.is_woken());
        assert_eq!(send.finish(), Ok(()));
    }
}

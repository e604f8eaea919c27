//! Blocking calls in a process that may use one core only. There a call that has to wait yields,
//! and the thread that runs next may complete it.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Context;
use std::thread;
use std::time::Duration;

use mpmc_std::error::RecvTimeoutError;
use mpmc_std::{Receiver, Sender, channel};

use crate::harness::{callback_waker, in_own_process, while_it_moves, within_limit};

const LONG: Duration = Duration::from_secs(60);

/// Puts this thread on the first core that it may run on.
pub(super) fn stay_on_one_core() -> bool {
    // SAFETY: a set of cores is plain data, and 0 is an empty one.
    let mut cores: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: the set is as large as is said.
    if unsafe { libc::sched_getaffinity(0, size, &raw mut cores) } != 0 {
        return false;
    }
    // SAFETY: reads and writes inside of the set only.
    let first =
        (0..libc::CPU_SETSIZE as usize).find(|&core| unsafe { libc::CPU_ISSET(core, &cores) });
    let Some(first) = first else { return false };
    // SAFETY: as above.
    unsafe { libc::CPU_ZERO(&mut cores) };
    // SAFETY: as above.
    unsafe { libc::CPU_SET(first, &mut cores) };
    // SAFETY: as above.
    unsafe { libc::sched_setaffinity(0, size, &raw const cores) == 0 }
}

/// Senders and receivers of either kind, through a channel of `capacity`.
fn traffic(capacity: usize, senders: u64, receivers: usize) {
    const MESSAGES: u64 = 3_000;
    while_it_moves(move |progress| {
        let (tx, rx) = channel(capacity);
        let received: Vec<Vec<(u64, u64)>> = thread::scope(|scope| {
            for sender in 0..senders {
                let tx = tx.clone();
                scope.spawn(move || {
                    for number in 0..MESSAGES {
                        tx.blocking_send((sender, number)).unwrap();
                    }
                });
            }
            drop(tx);
            let receivers: Vec<_> = (0..receivers)
                .map(|receiver| {
                    let (rx, progress) = (rx.clone(), progress.clone());
                    scope.spawn(move || {
                        let mut received = Vec::new();
                        loop {
                            progress.made();
                            // Some of the calls give up now and then.
                            let message = if receiver % 2 == 0 {
                                rx.blocking_recv()
                            } else {
                                match rx.blocking_recv_timeout(Duration::from_micros(1)) {
                                    Ok(message) => Some(message),
                                    Err(RecvTimeoutError::Timeout) => continue,
                                    Err(RecvTimeoutError::Disconnected) => None,
                                }
                            };
                            let Some(message) = message else {
                                return received;
                            };
                            received.push(message);
                        }
                    })
                })
                .collect();
            receivers
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        for messages in &received {
            for sender in 0..senders {
                let of_sender = messages.iter().filter(|(from, _)| *from == sender);
                assert!(
                    of_sender.is_sorted(),
                    "each sender's messages stay in order"
                );
            }
        }
        let mut all: Vec<_> = received.into_iter().flatten().collect();
        all.sort_unstable();
        let sent =
            (0..senders).flat_map(|sender| (0..MESSAGES).map(move |number| (sender, number)));
        assert!(all.into_iter().eq(sent), "each message arrives once");
    });
}

#[test]
fn each_message_arrives_once_and_in_order() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        for capacity in [1, 2, 64] {
            for (senders, receivers) in [(1, 1), (3, 1), (1, 3), (4, 4)] {
                traffic(capacity, senders, receivers);
            }
        }
    });
}

/// Fails unless `is_helped` returns `true` a few times. A test cannot enforce the schedule in which
/// a thread yields until another one has completed its call.
fn helps(is_helped: impl Fn() -> bool) {
    const ENOUGH: usize = 10;
    let helped = (0..10_000).filter(|_| is_helped()).take(ENOUGH).count();
    assert_eq!(helped, ENOUGH);
}

/// A receiver is blocked in an empty channel of one message. Returns whether two messages can be
/// sent before it runs again: then the first one was received for it.
fn sends_two(recv: fn(&Receiver<u32>) -> Option<u32>) -> bool {
    let (tx, rx) = channel(1);
    let receiver = thread::spawn(move || [recv(&rx), recv(&rx)]);
    // The receiver runs now, until it yields.
    thread::yield_now();
    let sent = [tx.try_send(1), tx.try_send(2)];
    let has_sent_two = sent == [Ok(()), Ok(())];
    drop(tx);
    let received = receiver.join().unwrap();
    assert_eq!(received, [Some(1), has_sent_two.then_some(2)]);
    has_sent_two
}

/// A sender is blocked in a full channel of one message. Returns whether two messages can be
/// received before it runs again: then it was sent for it.
fn receives_two(send: fn(&Sender<u32>, u32) -> bool) -> bool {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let sender = thread::spawn(move || assert!(send(&tx, 2)));
    // The sender runs now, until it yields.
    thread::yield_now();
    let received = [rx.try_recv(), rx.try_recv()];
    sender.join().unwrap();
    if received == [Ok(1), Ok(2)] {
        return true;
    }
    assert_eq!(received[0], Ok(1));
    assert_eq!(rx.try_recv(), Ok(2));
    false
}

#[test]
fn a_sender_receives_for_a_receiver_that_yields() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        helps(|| sends_two(Receiver::blocking_recv));
        helps(|| sends_two(|rx| rx.blocking_recv_timeout(LONG).ok()));
    });
}

#[test]
fn a_receiver_sends_for_a_sender_that_yields() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        helps(|| receives_two(|tx, message| tx.blocking_send(message).is_ok()));
        helps(|| receives_two(|tx, message| tx.blocking_send_timeout(message, LONG).is_ok()));
    });
}

/// A waker that locks a mutex waits on one side, and a receiver on the other. A thread that sends
/// with the mutex locked may receive for that receiver, but must not call the waker.
#[test]
fn a_thread_that_helps_calls_no_waker_of_its_own_side() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        within_limit(|| {
            helps(|| {
                let (tx, rx) = channel(1);
                let permit = tx.try_reserve().unwrap();
                let mutex = Arc::new(Mutex::new(()));
                let theirs = Arc::clone(&mutex);
                let waker = callback_waker(move || drop(theirs.lock().unwrap()));
                // Waits for the capacity that the permit has taken.
                let mut send = pin!(tx.send(2));
                let poll = send.as_mut().poll(&mut Context::from_waker(&waker));
                assert!(poll.is_pending());
                let receiver = thread::spawn(move || rx.blocking_recv());
                // The receiver runs now, until it yields.
                thread::yield_now();
                let locked = mutex.lock().unwrap();
                permit.send(1);
                let is_helped = tx.is_empty();
                drop(locked);
                assert_eq!(receiver.join().unwrap(), Some(1));
                is_helped
            });
        });
    });
}

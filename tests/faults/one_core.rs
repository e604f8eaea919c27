//! Blocking calls in a process that may use one core only. There a call that has to wait yields,
//! and the thread that runs next may complete it.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mpmc_std::error::RecvTimeoutError;
use mpmc_std::{Permit, Receiver, Sender, channel};

use crate::harness::{
    INTENDED_PANIC, callback_waker, in_own_process, panic_message, panicking_waker, while_it_moves,
    within_limit,
};

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
                            progress.made();
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
fn helps(is_helped: impl Fn() -> bool + Send + 'static) {
    const ENOUGH: usize = 10;
    within_limit(move || {
        let helped = (0..10_000).filter(|_| is_helped()).take(ENOUGH).count();
        assert_eq!(helped, ENOUGH);
    });
}

/// Starts a thread that makes a blocking call, which has to wait, and lets it run until it yields.
fn blocked<R: Send + 'static>(call: impl FnOnce() -> R + Send + 'static) -> Blocked<R> {
    let has_returned = Arc::new(AtomicBool::new(false));
    let returned = Arc::clone(&has_returned);
    let thread = thread::spawn(move || {
        let output = call();
        returned.store(true, Ordering::Relaxed);
        output
    });
    thread::yield_now();
    Blocked {
        thread,
        has_returned,
    }
}

struct Blocked<R> {
    thread: JoinHandle<R>,
    has_returned: Arc<AtomicBool>,
}

impl<R> Blocked<R> {
    /// Returns whether the thread has not run since its call was completed, if it was.
    fn has_not_run(&self) -> bool {
        !self.has_returned.load(Ordering::Relaxed)
    }
}

/// A receiver is blocked in an empty channel of one message. Returns whether two messages can be
/// sent before it runs again: then the first one was received for it.
fn sends_two(recv: fn(&Receiver<u32>) -> Option<u32>) -> bool {
    let (tx, rx) = channel(1);
    let first = rx.clone();
    let receiver = blocked(move || recv(&first));
    tx.try_send(1).unwrap();
    let is_second_sent = tx.try_send(2).is_ok();
    let is_helped = is_second_sent && receiver.has_not_run();
    assert_eq!(receiver.thread.join().unwrap(), Some(1));
    assert_eq!(rx.try_recv().is_ok(), is_second_sent);
    is_helped
}

/// A sender is blocked in a full channel of one message. Returns whether two messages can be
/// received before it runs again: then it was sent for it.
fn receives_two(send: fn(&Sender<u32>, u32) -> bool) -> bool {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let sender = blocked(move || send(&tx, 2));
    assert_eq!(rx.try_recv(), Ok(1));
    let is_second_received = rx.try_recv() == Ok(2);
    let is_helped = is_second_received && sender.has_not_run();
    assert!(sender.thread.join().unwrap());
    assert_eq!(rx.try_recv().is_ok(), !is_second_received);
    is_helped
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

/// A sender waits, with `waker`, for the slot of a message that another thread sends with a permit
/// and receives for a blocked receiver. Returns whether it did, and what the receiver's thread
/// returns from `receive`.
fn helps_beside_a_sender<R: Send + 'static>(
    waker: &Waker,
    receive: fn(Receiver<u32>) -> R,
    send: impl FnOnce(Permit<'_, u32>),
) -> (bool, R) {
    let (tx, rx) = channel(1);
    let permit = tx.try_reserve().unwrap();
    // Waits for the capacity that the permit has taken.
    let mut waiting = ManuallyDrop::new(Box::pin(tx.send(2)));
    let poll = waiting.as_mut().poll(&mut Context::from_waker(waker));
    assert!(poll.is_pending());
    let receiver = blocked(move || receive(rx));
    send(permit);
    let is_helped = tx.is_empty() && receiver.has_not_run();
    (is_helped, receiver.thread.join().unwrap())
}

/// The waker locks a mutex, which the thread that sends has locked. That thread may receive for the
/// receiver, but must not call the waker.
#[test]
fn a_thread_that_helps_calls_no_waker_of_its_own_side() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        helps(|| {
            let mutex = Arc::new(Mutex::new(()));
            let theirs = Arc::clone(&mutex);
            let waker = callback_waker(move || drop(theirs.lock().unwrap()));
            let receive = |rx: Receiver<u32>| rx.blocking_recv();
            let (is_helped, received) = helps_beside_a_sender(&waker, receive, |permit| {
                let _locked = mutex.lock().unwrap();
                permit.send(1);
            });
            assert_eq!(received, Some(1));
            is_helped
        });
    });
}

/// The waker panics. The panic belongs to the blocked call, whichever thread has completed it.
#[test]
fn a_panic_of_a_waker_is_one_of_the_call_that_was_completed() {
    in_own_process(|| {
        assert!(stay_on_one_core());
        helps(|| {
            let waker = panicking_waker::in_wake();
            let receive = |rx: Receiver<u32>| panic_message(|| rx.blocking_recv());
            let send = |permit: Permit<'_, u32>| permit.send(1);
            let (is_helped, message) = helps_beside_a_sender(&waker, receive, send);
            assert_eq!(message, INTENDED_PANIC);
            is_helped
        });
    });
}

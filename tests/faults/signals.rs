//! Threads that are suspended anywhere, for a while: by a signal whose handler sleeps. Many of
//! these suspensions come between a claim and its end, since a busy channel spends much of its time
//! there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{Log, assert_complete_and_in_order, report_progress};
use crate::harness::{PseudoRandom, within_limit};

const SENDERS: usize = 3;
const RECEIVERS: usize = 3;
const EACH: usize = 20_000;

/// How long a handler sleeps at most.
const LONGEST: Duration = Duration::from_millis(4);

static SUSPENDED: AtomicU64 = AtomicU64::new(0);

/// Sleeps. Does nothing else, so that it may interrupt anything.
extern "C" fn suspend(_: libc::c_int) {
    let count = SUSPENDED.fetch_add(1, Ordering::Relaxed);
    let micros = 50 + (count * 997) % LONGEST.as_micros() as u64;
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: (micros * 1_000) as _,
    };
    // SAFETY: handlers may call `nanosleep`, which writes nothing if its second argument is null.
    unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
}

fn handle_signals() {
    let handler: extern "C" fn(libc::c_int) = suspend;
    // SAFETY: the handler calls only what handlers may call. Nothing else here uses the signal.
    let before = unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    assert_ne!(before, libc::SIG_ERR);
}

/// Suspends threads that run, one after the other, until told to stop.
fn suspend_some(threads: &[libc::pthread_t], over: &AtomicBool) {
    let mut random = PseudoRandom(1);
    while !over.load(Ordering::Relaxed) {
        let thread = threads[random.below(threads.len() as u64) as usize];
        // SAFETY: the threads are joined after this has ended.
        let sent = unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
        assert_eq!(sent, 0);
        thread::sleep(Duration::from_micros(random.below(500)));
    }
}

fn this_thread() -> libc::pthread_t {
    // SAFETY: always allowed.
    unsafe { libc::pthread_self() }
}

/// The longest calls of a thread that is not suspended itself.
#[derive(Debug, Default)]
struct Longest {
    try_recv: Duration,
    try_send: Duration,
    poll: Duration,
}

fn timed<R>(longest: &mut Duration, call: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = call();
    *longest = begun.elapsed().max(*longest);
    result
}

#[test]
fn threads_that_are_suspended_anywhere_lose_nothing() {
    within_limit(suspend_threads_of_a_busy_channel);
}

fn suspend_threads_of_a_busy_channel() {
    handle_signals();
    let (tx, rx) = channel(8);
    let (tell, told) = mpsc::channel();
    let over = Arc::new(AtomicBool::new(false));
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let (tx, tell, over) = (tx.clone(), tell.clone(), Arc::clone(&over));
        senders.push(thread::spawn(move || {
            tell.send(this_thread()).unwrap();
            for number in 0..EACH {
                match number % 3 {
                    0 => tx.blocking_send((sender, number)).unwrap(),
                    1 => futures::executor::block_on(tx.send((sender, number))).unwrap(),
                    _ => {
                        let mut message = (sender, number);
                        while let Err(TrySendError::Full(back)) = tx.try_send(message) {
                            message = back;
                            thread::yield_now();
                        }
                    }
                }
            }
            drop(tx);
            wait_for(&over);
        }));
    }
    let mut receivers = Vec::new();
    for way in 0..RECEIVERS {
        let (rx, tell, over) = (rx.clone(), tell.clone(), Arc::clone(&over));
        receivers.push(thread::spawn(move || {
            tell.send(this_thread()).unwrap();
            let mut log = Log::new();
            loop {
                let message = match way {
                    0 => rx.blocking_recv(),
                    1 => futures::executor::block_on(rx.recv()),
                    _ => match rx.try_recv() {
                        Err(TryRecvError::Empty) => {
                            thread::yield_now();
                            continue;
                        }
                        received => received.ok(),
                    },
                };
                let Some(message) = message else { break };
                log.push(message);
            }
            drop(rx);
            wait_for(&over);
            log
        }));
    }
    drop(tell);
    let threads: Vec<_> = told.iter().take(SENDERS + RECEIVERS).collect();
    let done = Arc::clone(&over);
    let signals = thread::spawn(move || suspend_some(&threads, &done));

    // Another sender and receiver, which is never suspended, and so held up by others alone.
    let mut longest = Longest::default();
    let mut log = Log::new();
    let mut numbers = 0..EACH;
    let mut next = numbers.next();
    while let Some(number) = next {
        match timed(&mut longest.try_send, || tx.try_send((SENDERS, number))) {
            Ok(()) => {
                next = numbers.next();
                report_progress();
            }
            Err(_) => thread::yield_now(),
        }
        log.extend(timed(&mut longest.try_recv, || rx.try_recv()));
        let mut receive = std::pin::pin!(rx.recv());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        if let std::task::Poll::Ready(message) =
            timed(&mut longest.poll, || receive.as_mut().poll(&mut cx))
        {
            log.push(message.expect("senders are left"));
        }
    }
    drop(tx);
    while !rx.is_closed() || !rx.is_empty() {
        log.extend(rx.try_recv());
    }
    over.store(true, Ordering::Relaxed);
    signals.join().unwrap();
    senders
        .into_iter()
        .for_each(|sender| sender.join().unwrap());
    let mut logs = vec![log];
    logs.extend(
        receivers
            .into_iter()
            .map(|receiver| receiver.join().unwrap()),
    );
    assert_complete_and_in_order(&logs, SENDERS + 1, EACH);
    println!(
        "{} suspensions of up to {LONGEST:?}; longest calls of a thread that was not: {longest:?}",
        SUSPENDED.load(Ordering::Relaxed)
    );
}

/// A thread must be there as long as it may be sent signals.
fn wait_for(over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(1));
    }
}

//! A thread of a real-time priority and one that runs only when nothing else does, on one core: the
//! first must not wait in a way that keeps the second from ending the wait.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mpmc_std::channel;
use mpmc_std::error::TryRecvError;

use super::one_core::stay_on_one_core;
use crate::harness::while_it_moves;

const MESSAGES: u32 = 5_000;

/// Schedules this thread so. Returns `false` if the system does not allow it.
fn schedule(policy: libc::c_int, priority: libc::c_int) -> bool {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: concerns this thread, and reads the parameters only.
    unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) == 0 }
}

#[test]
fn a_real_time_receiver_gets_what_an_idle_sender_sends_on_the_same_core() {
    while_it_moves(|progress| {
        let progress = progress.clone();
        let (tx, rx) = channel(4);
        let (tell, told) = mpsc::channel();
        let idle = thread::spawn(move || {
            let is_idle = stay_on_one_core() && schedule(libc::SCHED_IDLE, 0);
            tell.send(is_idle).unwrap();
            for number in 0..MESSAGES {
                if tx.blocking_send(number).is_err() {
                    return;
                }
            }
        });
        let is_idle = told.recv().unwrap();
        let real_time = thread::spawn(move || {
            if !(stay_on_one_core() && schedule(libc::SCHED_FIFO, 1)) {
                return None;
            }
            let mut longest = Duration::ZERO;
            for expected in 0..MESSAGES {
                progress.made();
                // Every other message is waited for by the call, and every other one by sleeping,
                // so that this thread takes the core from the other one at any point.
                if expected % 2 == 0 {
                    assert_eq!(rx.blocking_recv(), Some(expected));
                    continue;
                }
                loop {
                    let begun = Instant::now();
                    let received = rx.try_recv();
                    longest = longest.max(begun.elapsed());
                    match received {
                        Ok(number) => break assert_eq!(number, expected),
                        Err(TryRecvError::Empty) => thread::sleep(Duration::from_micros(20)),
                        Err(TryRecvError::Disconnected) => panic!("{expected} is lost"),
                    }
                }
            }
            Some(longest)
        });
        match real_time.join().unwrap() {
            Some(longest) if is_idle => println!("the longest `try_recv` took {longest:?}"),
            _ => println!("the system does not allow these priorities: nothing was shown"),
        }
        idle.join().unwrap();
    });
}

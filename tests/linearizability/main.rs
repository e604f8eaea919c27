//! Checks linearizability: concurrent calls have a sequential order that a simple queue explains.
//!
//! The histories come from real threads. `MPMC_LINEARIZABILITY_HISTORIES` sets the number of
//! histories for each number of threads and capacity, `MPMC_LINEARIZABILITY_SEED` sets the actions
//! of the threads. Their interleaving still depends on the machine.
//!
//! A binary of its own, because calls overlap less often while other tests use the processors.
#![cfg(not(loom))]

mod channel_specification;
mod checker;
#[path = "../harness/mod.rs"]
mod harness;
mod known_histories;
mod queue_specification;
mod record;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use channel_specification::{Call, Channel, Outcome, Received};
use mpmc_std::error::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use mpmc_std::{Consumer, MpmcQueue, Permit, Producer, Receiver, Sender, channel};
use queue_specification::{Call as RawCall, Queue};
use record::{Recorder, Run, Totals};

use crate::harness::{PseudoRandom, number_from, poll_once, seed_from};

fn histories() -> usize {
    number_from("MPMC_LINEARIZABILITY_HISTORIES").unwrap_or(250) as usize
}

/// Runs the tests one at a time: on few processors, calls overlap more often with fewer threads.
static SERIAL: Mutex<()> = Mutex::new(());

/// Returns a generator with a new seed in each run, and prints the seed.
fn random(test: &str) -> PseudoRandom {
    let seed = seed_from("MPMC_LINEARIZABILITY_SEED");
    println!("{test}: MPMC_LINEARIZABILITY_SEED={seed}");
    PseudoRandom(seed)
}

/// Prints how often calls overlapped. On a busy machine that may be rare; then the run has tested
/// little, but it is not a failure.
fn report(test: &str, totals: &Totals) {
    println!("{test}: {totals:?}");
}

/// Returns a message that no other call of the history sends.
fn message(thread: usize, call: usize) -> u32 {
    (thread * 100 + call * 10) as u32
}

fn sent<T>(result: Result<(), TrySendError<T>>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done,
        Err(TrySendError::Full(_)) => Outcome::Full,
        Err(TrySendError::Closed(_)) => Outcome::Closed,
    }
}

fn received(result: Result<Vec<u32>, TryRecvError>) -> Call {
    Call::Recv(match result {
        Ok(messages) => Received::Messages(messages),
        Err(TryRecvError::Empty) => Received::Empty,
        Err(TryRecvError::Disconnected) => Received::Disconnected,
    })
}

/// A timeout so short that some calls time out.
const MOMENT: Duration = Duration::from_micros(30);

fn send_for_a_moment(tx: &Sender<u32>, message: u32) -> Call {
    let outcome = match tx.blocking_send_timeout(message, MOMENT) {
        Ok(()) => Outcome::Done,
        Err(SendTimeoutError::Timeout(_)) => Outcome::GaveUp,
        Err(SendTimeoutError::Closed(_)) => Outcome::Closed,
    };
    Call::Send(message, outcome)
}

fn recv_for_a_moment(rx: &Receiver<u32>) -> Call {
    Call::Recv(match rx.blocking_recv_timeout(MOMENT) {
        Ok(message) => Received::Messages(vec![message]),
        Err(RecvTimeoutError::Timeout) => Received::GaveUp,
        Err(RecvTimeoutError::Disconnected) => Received::Disconnected,
    })
}

/// Polls a send once and drops it: it has sent, or it has done nothing.
fn send_in_one_poll(tx: &Sender<u32>, message: u32) -> Call {
    let outcome = match poll_once(tx.send(message)) {
        std::task::Poll::Ready(Ok(())) => Outcome::Done,
        std::task::Poll::Ready(Err(_)) => Outcome::Closed,
        std::task::Poll::Pending => Outcome::GaveUp,
    };
    Call::Send(message, outcome)
}

fn recv_in_one_poll(rx: &Receiver<u32>) -> Call {
    Call::Recv(match poll_once(rx.recv()) {
        std::task::Poll::Ready(Some(message)) => Received::Messages(vec![message]),
        std::task::Poll::Ready(None) => Received::Disconnected,
        std::task::Poll::Pending => Received::GaveUp,
    })
}

fn send_three(tx: &Sender<u32>, first: u32) -> Call {
    let messages = vec![first, first + 1, first + 2];
    let (count, outcome) = match tx.try_send_many(messages.clone()) {
        Ok(count) => (count, Outcome::Done),
        Err(TrySendError::Full(unsent)) => (unsent.sent(), Outcome::Full),
        Err(TrySendError::Closed(unsent)) => (unsent.sent(), Outcome::Closed),
    };
    Call::SendMany(messages, count, outcome)
}

fn recv_up_to_three(rx: &Receiver<u32>) -> Call {
    let mut messages = Vec::new();
    let count = rx.try_recv_many(&mut messages, 3);
    received(count.map(|_| messages))
}

fn force_send(tx: &Sender<u32>, message: u32) -> Call {
    match tx.force_send(message) {
        Ok(evicted) => Call::ForceSend(message, evicted, Outcome::Done),
        Err(error) => Call::ForceSend(message, None, sent(Err(error))),
    }
}

/// Runs a random simple call: a send or receive in one step, or a query.
fn act_in_one_step(
    tx: &Sender<u32>,
    rx: &Receiver<u32>,
    message: u32,
    recorder: &mut Recorder<'_, Call>,
) {
    match recorder.random.below(64) {
        0..=24 => recorder.call(|| Call::Send(message, sent(tx.try_send(message)))),
        25..=49 => recorder.call(|| received(rx.try_recv().map(|message| vec![message]))),
        50..=53 => recorder.call(|| Call::Len(rx.len())),
        54..=57 => recorder.call(|| Call::Capacity(tx.capacity())),
        58..=61 => recorder.call(|| Call::IsClosed(tx.is_closed())),
        _ => recorder.call(|| {
            rx.close();
            Call::Close
        }),
    }
}

type Act = fn(usize, (Sender<u32>, Receiver<u32>), &mut Recorder<'_, Call>);

/// Checks `act` with two to four threads and capacities of one to three.
#[track_caller]
fn check_channel(test: &str, act: Act) {
    let _serial = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut random = random(test);
    let mut totals = Totals::default();
    for (threads, capacity) in [(2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (4, 2)] {
        let run = Run {
            threads,
            make: &|| channel(capacity),
            act: &act,
            start: Channel::new(capacity),
        };
        run.check(histories(), &mut random, &mut totals);
    }
    report(test, &totals);
}

#[test]
fn a_channel_is_linearizable_to_a_bounded_queue() {
    check_channel(
        "a_channel_is_linearizable_to_a_bounded_queue",
        |thread, (tx, rx), recorder| {
            for call in 0..6 {
                act_in_one_step(&tx, &rx, message(thread, call), recorder);
            }
        },
    );
}

#[test]
fn a_call_that_times_out_or_is_cancelled_has_no_effect() {
    check_channel(
        "a_call_that_times_out_or_is_cancelled_has_no_effect",
        |thread, (tx, rx), recorder| {
            for call in 0..5 {
                let message = message(thread, call);
                match recorder.random.below(8) {
                    0 => recorder.call(|| send_for_a_moment(&tx, message)),
                    1 => recorder.call(|| recv_for_a_moment(&rx)),
                    2 | 3 => recorder.call(|| send_in_one_poll(&tx, message)),
                    4 | 5 => recorder.call(|| recv_in_one_poll(&rx)),
                    _ => act_in_one_step(&tx, &rx, message, recorder),
                }
            }
        },
    );
}

#[test]
fn permits_and_messages_share_the_capacity_at_all_times() {
    check_channel(
        "permits_and_messages_share_the_capacity_at_all_times",
        |thread, (tx, rx), recorder| {
            let mut held: Vec<Permit<'_, u32>> = Vec::new();
            for call in 0..5 {
                let message = message(thread, call);
                match (recorder.random.below(5), held.pop()) {
                    (0 | 1, None) => recorder.call(|| match tx.try_reserve() {
                        Ok(permit) => {
                            held.push(permit);
                            Call::Reserve(Outcome::Done)
                        }
                        Err(error) => Call::Reserve(sent(Err(error))),
                    }),
                    (0 | 1, Some(permit)) => recorder.call(|| {
                        permit.send(message);
                        Call::SendOnPermit(message)
                    }),
                    (2, permit) => {
                        held.extend(permit);
                        recorder.call(|| force_send(&tx, message));
                    }
                    (_, permit) => {
                        held.extend(permit);
                        act_in_one_step(&tx, &rx, message, recorder);
                    }
                }
            }
            for permit in held {
                recorder.call(|| {
                    drop(permit);
                    Call::Release
                });
            }
        },
    );
}

#[test]
fn a_batch_is_a_sequence_of_sends_or_receives() {
    check_channel(
        "a_batch_is_a_sequence_of_sends_or_receives",
        |thread, (tx, rx), recorder| {
            for call in 0..4 {
                let message = message(thread, call);
                match recorder.random.below(6) {
                    0 | 1 => recorder.call(|| send_three(&tx, message)),
                    2 | 3 => recorder.call(|| recv_up_to_three(&rx)),
                    4 => recorder.call(|| force_send(&tx, message)),
                    _ => act_in_one_step(&tx, &rx, message, recorder),
                }
            }
        },
    );
}

#[test]
fn a_raw_queue_call_fails_only_if_its_slot_is_not_ready() {
    let test = "a_raw_queue_call_fails_only_if_its_slot_is_not_ready";
    let _serial = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let mut random = random(test);
    let mut totals = Totals::default();
    for (threads, capacity) in [(2, 1), (2, 2), (3, 1), (3, 2), (3, 4), (4, 2)] {
        let make = || {
            let queue = Arc::new(MpmcQueue::new(capacity));
            (Producer::new(Arc::clone(&queue)), Consumer::new(queue))
        };
        let act = |thread: usize,
                   (producer, consumer): (Producer<u32>, Consumer<u32>),
                   recorder: &mut Recorder<'_, RawCall>| {
            for call in 0..6 {
                let message = message(thread, call);
                match recorder.random.below(64) {
                    0..=28 => {
                        recorder.call(|| RawCall::Send(message, producer.send(message).is_ok()))
                    }
                    29..=57 => recorder.call(|| RawCall::Recv(consumer.recv())),
                    58..=61 => recorder.call(|| RawCall::Len(consumer.queue().len())),
                    _ => recorder.call(|| {
                        producer.queue().close();
                        RawCall::Close
                    }),
                }
            }
        };
        let run = Run {
            threads,
            make: &make,
            act: &act,
            start: Queue::new(capacity),
        };
        run.check(histories(), &mut random, &mut totals);
    }
    report(test, &totals);
}

//! One sender that computes between sends, and others that do not: how long it waits, and its share
//! of the messages.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;

use super::row;
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, Receivers, async_names, run_async,
};
use crate::scenarios::{Row, Scenario, Unit, check_received};
use crate::statistics::Summary;
use crate::work::compute;

const HOT_SENDERS: u64 = 3;
/// The computing time of the slower sender before each send.
const WORK: Duration = Duration::from_micros(2);

/// The number of stretches into which the run is divided.
const STRETCHES: u64 = 10;

// The messages, which identify their senders.
const HOT: u64 = 0;
const SLOW: u64 = 1;

/// Three senders that only send, a slower one, and a receiver.
#[derive(Clone, Copy, Debug)]
pub struct SlowSender {
    pub capacity: usize,
}

impl Scenario for SlowSender {
    fn rows(&self) -> Vec<Row> {
        let capacity = self.capacity;
        let id = format!("workers/slow-sender/capacity-{capacity}");
        let title = format!("a slower sender beside {HOT_SENDERS} hot ones, capacity {capacity}");
        vec![
            row(
                format!("{id}/longest-wait"),
                format!("{title}: longest wait"),
                Unit::Messages,
            ),
            row(
                format!("{id}/longest-wait-time"),
                format!("{title}: longest wait"),
                Unit::Microseconds,
            ),
            row(
                format!("{id}/share"),
                format!("{title}: part of its fair share"),
                Unit::Share,
            ),
        ]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run {
            capacity: self.capacity,
            count,
        };
        let outcome = run_async(peer, &work).expect("a peer for tasks");
        let share = outcome.slow_received as f64 / fair_share(count, outcome.time);
        let received = outcome.hot_received;
        let messages = typical_longest(&outcome.waits, received, |wait| {
            (wait.received_after - wait.received_before) as f64
        });
        let micros = typical_longest(&outcome.waits, received, |wait| {
            wait.time.as_secs_f64() * 1e6
        });
        // At least 1, so that ratios exist: less than one message is a negligible wait.
        vec![messages.max(1.0), micros, share]
    }
}

/// One send of the slower sender.
struct Wait {
    /// The number of messages of the other senders that had been received before it.
    received_before: u64,
    /// The same number after it.
    received_after: u64,
    time: Duration,
}

/// Returns the median, over the stretches of the run, of the longest wait in each, by `length`. A
/// wait belongs to each stretch that it touches.
///
/// If another program takes a core for a time slice, that worsens one stretch, but not the result.
fn typical_longest(waits: &[Wait], received: u64, length: impl Fn(&Wait) -> f64) -> f64 {
    let stretch_of = |position: u64| position * STRETCHES / (received + 1);
    let mut longest = [0.0; STRETCHES as usize];
    for wait in waits {
        for stretch in stretch_of(wait.received_before)..=stretch_of(wait.received_after) {
            let longest = &mut longest[stretch as usize];
            *longest = f64::max(*longest, length(wait));
        }
    }
    let summary = Summary::of(&longest).expect("at least one stretch");
    summary.median
}

/// Returns the number of the slower sender's messages among `count` messages, if all senders get
/// the same share and none gets more than it can use.
fn fair_share(count: u64, time: Duration) -> f64 {
    let even = count as f64 / (HOT_SENDERS + 1) as f64;
    even.min(time.as_secs_f64() / WORK.as_secs_f64())
}

struct Run {
    capacity: usize,
    /// The number of messages after which the senders are told to stop.
    count: u64,
}

struct Outcome {
    /// The time from the first message to the one at which the senders were told to stop.
    time: Duration,
    /// The number of messages of the slower sender in that time.
    slow_received: u64,
    /// The number of messages of the other senders in the whole run.
    hot_received: u64,
    waits: Vec<Wait>,
}

/// The state that the tasks share. Relaxed: counters and a flag, which order nothing else.
#[derive(Default)]
struct Shared {
    stop: CachePadded<AtomicBool>,
    hot_received: CachePadded<AtomicU64>,
    slow_received: AtomicU64,
    nanos: AtomicU64,
    /// Set when the slower sender ends.
    waits: Mutex<Vec<Wait>>,
}

impl AsyncWork for Run {
    type Output = Outcome;

    fn run<P: AsyncPeer>(&self) -> Outcome {
        let (sender, receiver) = P::channel::<u64>(self.capacity);
        let shared = Arc::new(Shared::default());
        let mut tasks: Vec<Task> = Vec::new();
        for _ in 0..HOT_SENDERS {
            tasks.push(Box::pin(send_hot(sender.clone(), Arc::clone(&shared))));
        }
        tasks.push(Box::pin(send_slowly(sender, Arc::clone(&shared))));
        tasks.push(Box::pin(receive(receiver, self.count, Arc::clone(&shared))));
        let (_, outputs) = Executor::TokioMulti.run(tasks);
        let (received, sent) = outputs.split_last().expect("the receiver's output");
        check_received(*received, sent.iter().sum());
        Outcome {
            time: Duration::from_nanos(shared.nanos.load(Ordering::Relaxed)),
            slow_received: shared.slow_received.load(Ordering::Relaxed),
            hot_received: shared.hot_received.load(Ordering::Relaxed),
            waits: std::mem::take(&mut *shared.waits.lock().expect("the sender has ended")),
        }
    }
}

async fn send_hot(mut sender: impl AsyncSend<u64>, shared: Arc<Shared>) -> u64 {
    let mut sent = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        assert!(sender.send(HOT).await, "closed early");
        sent += 1;
    }
    sent
}

async fn send_slowly(mut sender: impl AsyncSend<u64>, shared: Arc<Shared>) -> u64 {
    let mut waits = Vec::new();
    while !shared.stop.load(Ordering::Relaxed) {
        compute(WORK);
        let received_before = shared.hot_received.load(Ordering::Relaxed);
        let start = Instant::now();
        assert!(sender.send(SLOW).await, "closed early");
        waits.push(Wait {
            received_before,
            received_after: shared.hot_received.load(Ordering::Relaxed),
            time: start.elapsed(),
        });
    }
    let sent = waits.len() as u64;
    *shared.waits.lock().expect("no other task locks it") = waits;
    sent
}

/// Receives until all senders have been dropped. They are told to stop at the message `count`.
async fn receive(mut receiver: impl AsyncReceive<u64>, count: u64, shared: Arc<Shared>) -> u64 {
    let start = Instant::now();
    let mut hot = 0;
    let mut slow = 0;
    while let Some(message) = receiver.recv().await {
        if message == SLOW {
            slow += 1;
        } else {
            hot += 1;
            shared.hot_received.store(hot, Ordering::Relaxed);
        }
        if hot + slow == count {
            let nanos = start.elapsed().as_nanos() as u64;
            shared.nanos.store(nanos, Ordering::Relaxed);
            shared.slow_received.store(slow, Ordering::Relaxed);
            shared.stop.store(true, Ordering::Relaxed);
        }
    }
    hot + slow
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fair_share_is_no_more_than_the_sender_can_use() {
        assert_eq!(fair_share(400, Duration::from_secs(1)), 100.0);
        let busy = fair_share(400, 50 * WORK);
        assert!((busy - 50.0).abs() < 1e-9, "{busy}");
    }

    #[test]
    fn a_wait_for_most_of_the_run_shows_and_one_disturbed_stretch_does_not() {
        let wait = |(received_before, received_after)| Wait {
            received_before,
            received_after,
            time: Duration::from_micros(received_after - received_before),
        };
        let longest = |waits: &[(u64, u64)]| {
            let waits: Vec<_> = waits.iter().copied().map(wait).collect();
            let by_time = |wait: &Wait| wait.time.as_secs_f64() * 1e6;
            typical_longest(&waits, 1000, by_time).round()
        };
        let usual: Vec<_> = (0..100).map(|at| (at * 10, at * 10 + 5)).collect();
        assert_eq!(longest(&usual), 5.0);
        let disturbed = [&usual[..50], &[(500, 590)], &usual[60..]].concat();
        assert_eq!(longest(&disturbed), 5.0);
        assert_eq!(longest(&[(0, 5), (20, 1000)]), 980.0);
    }
}

//! The trials themselves: rounds of senders and receivers that drop most of their futures.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::Observation;
use crate::executor::{tokio_current, tokio_multi};
use crate::message::Message;
use crate::peers::{AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, run_async};

const SENDERS: u64 = 3;
const RECEIVERS: u64 = 3;
/// The number of messages that each sender tries to send in a round.
const ATTEMPTS: u64 = 64;
const CAPACITIES: [usize; 3] = [1, 2, 8];
/// One in so many futures is polled until it is ready.
const UNLIMITED: u64 = 4;
/// Other futures are polled fewer times than this, and then dropped.
const POLLS: u64 = 4;
/// The time limit of a round, which takes less than a millisecond if no wake is lost.
const HANG: Duration = Duration::from_secs(1);
/// The number of hangs on one runtime after which a peer is not tried any further.
const ENOUGH_HANGS: u64 = 3;
/// The maximum total time of all hangs.
pub const MOST_TIME_IN_HANGS: Duration = Duration::from_secs(2 * ENOUGH_HANGS);

/// Tries one peer for about that time: one half on one thread, where only the random numbers
/// determine the order of polls, and the other half on two threads, where polls and drops race.
pub fn observe(peer: &str, time: Duration) -> Observation {
    run_async(peer, &Trials { time }).expect("a peer for tasks")
}

struct Trials {
    time: Duration,
}

impl AsyncWork for Trials {
    type Output = Observation;

    fn run<P: AsyncPeer>(&self) -> Observation {
        let mut observation = Observation::default();
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for runtime in [tokio_current(), tokio_multi()] {
            let start = Instant::now();
            let mut hangs = 0;
            // The time of the hangs does not count as time of trials.
            while start.elapsed() < self.time / 2 + HANG * hangs && hangs < ENOUGH_HANGS as u32 {
                let before = observation.hung;
                // Some peers have other code for messages larger than a pointer.
                round::<P, u64>(&runtime, &mut random, &mut observation);
                round::<P, [u64; 4]>(&runtime, &mut random, &mut observation);
                hangs += (observation.hung - before) as u32;
            }
            // A hung task must not prevent the program from ending.
            runtime.shutdown_background();
        }
        observation
    }
}

/// The log of one task.
#[derive(Default)]
struct Log {
    /// The messages that were sent or received, depending on the side.
    done: Vec<u64>,
    /// The messages whose sends were dropped. Only filled by senders.
    canceled: Vec<u64>,
    /// The number of futures that were polled, and dropped before they were ready.
    trials: u64,
}

fn round<P: AsyncPeer, M: Message>(
    runtime: &Runtime,
    random: &mut Random,
    observation: &mut Observation,
) {
    let capacity = CAPACITIES[random.below(CAPACITIES.len() as u64) as usize];
    let (sender, receiver) = P::channel::<M>(capacity);
    let logs = runtime.block_on(async {
        let senders: Vec<_> = (0..SENDERS)
            .map(|index| {
                let first = index * ATTEMPTS;
                tokio::spawn(send_some(sender.clone(), first, random.fork()))
            })
            .collect();
        drop(sender);
        let mut receivers = vec![];
        for _ in 1..RECEIVERS {
            receivers.extend(receiver.another());
        }
        receivers.push(receiver);
        let receivers: Vec<_> = receivers
            .into_iter()
            .map(|receiver| tokio::spawn(receive_all(receiver, random.fork())))
            .collect();
        let all = async { (logs(senders).await, logs(receivers).await) };
        tokio::time::timeout(HANG, all).await
    });
    match logs {
        Ok((sent, received)) => count_violations(&sent, &received, observation),
        Err(_) => observation.hung += 1,
    }
}

/// Returns the outputs of the tasks.
async fn logs(tasks: Vec<JoinHandle<Log>>) -> Vec<Log> {
    let mut logs = Vec::with_capacity(tasks.len());
    for task in tasks {
        logs.push(task.await.expect("a task panicked"));
    }
    logs
}

fn count_violations(sent: &[Log], received: &[Log], observation: &mut Observation) {
    let mut times_received = HashMap::new();
    for number in received.iter().flat_map(|log| &log.done) {
        *times_received.entry(*number).or_insert(0_u64) += 1;
    }
    let times = |number: &u64| times_received.get(number).copied().unwrap_or(0);
    for log in sent {
        observation.lost += log.done.iter().filter(|n| times(n) == 0).count() as u64;
        observation.delivered_although_canceled +=
            log.canceled.iter().filter(|n| times(n) > 0).count() as u64;
    }
    let repeats = times_received.values().map(|times| times - 1);
    observation.duplicated += repeats.sum::<u64>();
    observation.trials += sent
        .iter()
        .chain(received)
        .map(|log| log.trials)
        .sum::<u64>();
}

async fn send_some<M: Message>(
    mut sender: impl AsyncSend<M>,
    first: u64,
    mut random: Random,
) -> Log {
    let mut log = Log::default();
    for number in first..first + ATTEMPTS {
        let poll_limit = PollLimit::random(&mut random);
        match attempt(sender.send(M::new(number)), poll_limit).await {
            Some(sent) => {
                assert!(sent, "closed early");
                log.done.push(number);
            }
            None => {
                log.trials += poll_limit.trials();
                log.canceled.push(number);
            }
        }
    }
    log
}

async fn receive_all<M: Message>(mut receiver: impl AsyncReceive<M>, mut random: Random) -> Log {
    let mut log = Log::default();
    loop {
        let poll_limit = PollLimit::random(&mut random);
        match attempt(receiver.recv(), poll_limit).await {
            Some(Some(message)) => log.done.push(message.number()),
            Some(None) => return log,
            None => log.trials += poll_limit.trials(),
        }
    }
}

/// The number of polls of a future before it is dropped.
#[derive(Clone, Copy)]
enum PollLimit {
    Polls(u64),
    Unlimited,
}

impl PollLimit {
    fn random(random: &mut Random) -> Self {
        if random.below(UNLIMITED) == 0 {
            Self::Unlimited
        } else {
            Self::Polls(random.below(POLLS))
        }
    }

    /// Returns the number of trials that a dropped future counts as. Dropping a future that was
    /// never polled is not a trial.
    fn trials(self) -> u64 {
        match self {
            Self::Polls(0) | Self::Unlimited => 0,
            Self::Polls(_) => 1,
        }
    }
}

/// Polls the future as often as `poll_limit` allows, with other tasks in between, and then drops
/// it.
async fn attempt<F: Future>(future: F, poll_limit: PollLimit) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        if let PollLimit::Polls(limit) = poll_limit
            && polls == limit
        {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => return Poll::Ready(Some(output)),
            Poll::Pending => {}
        }
        // A future that will be dropped is polled again without a wake of the channel. A future
        // that is polled until it is ready relies on the wakes.
        if let PollLimit::Polls(_) = poll_limit {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

/// The generator xorshift64: good enough to choose the number of polls, and the same on every
/// machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 33) % limit
    }

    /// Returns a second generator, for another task.
    fn fork(&mut self) -> Self {
        Self(self.next() | 1)
    }
}

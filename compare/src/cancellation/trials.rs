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
/// Messages that each sender tries to send in a round.
const ATTEMPTS: u64 = 64;
const CAPACITIES: [usize; 3] = [1, 2, 8];
/// One in so many futures is polled to its end.
const UNLIMITED: u64 = 4;
/// Futures that are given up are polled fewer times than this.
const POLLS: u64 = 4;
/// How long a round may take that takes less than a millisecond when no wake is lost.
const HANG: Duration = Duration::from_secs(1);
/// A peer that hangs so often on one runtime has shown it.
const ENOUGH_HANGS: u64 = 3;
/// How long all hangs together can take.
pub const MOST_TIME_IN_HANGS: Duration = Duration::from_secs(2 * ENOUGH_HANGS);

/// Tries one peer for about that time: half of it on one thread, where the order of polls follows from
/// the random numbers alone, half on two, where polls and drops race.
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
            // The time spent in hangs is no time of trying.
            while start.elapsed() < self.time / 2 + HANG * hangs && hangs < ENOUGH_HANGS as u32 {
                let before = observation.hung;
                // Some peers have other code for messages larger than a pointer.
                round::<P, u64>(&runtime, &mut random, &mut observation);
                round::<P, [u64; 4]>(&runtime, &mut random, &mut observation);
                hangs += (observation.hung - before) as u32;
            }
            // A hung task must not keep the program from its end.
            runtime.shutdown_background();
        }
        observation
    }
}

/// What one task has seen.
#[derive(Default)]
struct Log {
    /// Sent or received, depending on the side.
    done: Vec<u64>,
    /// Sends that were dropped. Only filled by senders.
    cancelled: Vec<u64>,
    /// Futures that were polled, and dropped before they were ready.
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
        Ok((sent, received)) => judge(&sent, &received, observation),
        Err(_) => observation.hung += 1,
    }
}

/// What the tasks return.
async fn logs(tasks: Vec<JoinHandle<Log>>) -> Vec<Log> {
    let mut logs = Vec::with_capacity(tasks.len());
    for task in tasks {
        logs.push(task.await.expect("a task panicked"));
    }
    logs
}

fn judge(sent: &[Log], received: &[Log], observation: &mut Observation) {
    let mut times_received = HashMap::new();
    for number in received.iter().flat_map(|log| &log.done) {
        *times_received.entry(*number).or_insert(0_u64) += 1;
    }
    let times = |number: &u64| times_received.get(number).copied().unwrap_or(0);
    for log in sent {
        observation.lost += log.done.iter().filter(|n| times(n) == 0).count() as u64;
        observation.delivered_though_cancelled +=
            log.cancelled.iter().filter(|n| times(n) > 0).count() as u64;
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
        let patience = Patience::random(&mut random);
        match attempt(sender.send(M::new(number)), patience).await {
            Some(sent) => {
                assert!(sent, "closed early");
                log.done.push(number);
            }
            None => {
                log.trials += patience.trials();
                log.cancelled.push(number);
            }
        }
    }
    log
}

async fn receive_all<M: Message>(mut receiver: impl AsyncReceive<M>, mut random: Random) -> Log {
    let mut log = Log::default();
    loop {
        let patience = Patience::random(&mut random);
        match attempt(receiver.recv(), patience).await {
            Some(Some(message)) => log.done.push(message.number()),
            Some(None) => return log,
            None => log.trials += patience.trials(),
        }
    }
}

/// How often a future is polled before it is dropped.
#[derive(Clone, Copy)]
enum Patience {
    Polls(u64),
    Unlimited,
}

impl Patience {
    fn random(random: &mut Random) -> Self {
        if random.below(UNLIMITED) == 0 {
            Self::Unlimited
        } else {
            Self::Polls(random.below(POLLS))
        }
    }

    /// Dropping a future that was never polled shows nothing.
    fn trials(self) -> u64 {
        match self {
            Self::Polls(0) | Self::Unlimited => 0,
            Self::Polls(_) => 1,
        }
    }
}

/// Polls the future as often as `patience` has it, with other tasks in between, and then drops it.
async fn attempt<F: Future>(future: F, patience: Patience) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        if let Patience::Polls(limit) = patience
            && polls == limit
        {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => return Poll::Ready(Some(output)),
            Poll::Pending => {}
        }
        // Who is to give up comes back without being woken by the channel. Who is not relies on it.
        if let Patience::Polls(_) = patience {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    })
    .await
}

/// xorshift64: enough for choosing how often to poll, and the same on every machine.
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

    /// Another one, for another task.
    fn fork(&mut self) -> Self {
        Self(self.next() | 1)
    }
}

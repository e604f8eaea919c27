//! Producers that compute between sends: shows whether all of them continue when the channel is
//! emptied.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{row, times_ideal};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncSend, AsyncWork, Receivers, TryReceive, async_names, run_async,
};
use crate::scenarios::{Row, Scenario, Size, Unit, check_received, share};
use crate::work::compute;

/// The interval at which the channel is emptied.
const INTERVAL: Duration = Duration::from_millis(2);

/// Producer tasks that compute, and a task that empties the channel at intervals.
#[derive(Clone, Copy, Debug)]
pub struct Producers {
    pub producers: usize,
    /// The time to compute one message.
    pub work: Duration,
    /// About as many messages as two cores compute in the interval, so that each time the
    /// producers fill the channel and wait, and no core has to idle for long.
    pub capacity: usize,
}

impl Scenario for Producers {
    fn rows(&self) -> Vec<Row> {
        let Self {
            producers,
            capacity,
            ..
        } = self;
        let micros = self.work.as_micros();
        let interval = INTERVAL.as_millis();
        let id = format!("workers/producers/{producers}x{micros}us");
        let title = format!(
            "{producers} producers, {micros} µs per message, channel of {capacity} emptied every \
             {interval} ms"
        );
        vec![row(id, title, Unit::TimesIdeal)]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    /// Returns the size in intervals, which `run` multiplies by the capacity.
    fn size(&self) -> Size {
        Size::Fixed { full: 40, quick: 8 }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let messages = count * self.capacity as u64;
        let work = Run {
            scenario: *self,
            messages,
        };
        let time = run_async(peer, &work).expect("a peer for tasks");
        vec![times_ideal(time, messages, self.work)]
    }
}

struct Run {
    scenario: Producers,
    messages: u64,
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        let Producers {
            producers,
            work,
            capacity,
        } = self.scenario;
        let messages = self.messages;
        let (sender, receiver) = P::channel::<u64>(capacity);
        let mut tasks: Vec<Task> = Vec::with_capacity(producers + 1);
        for part in 0..producers {
            let mut sender = sender.clone();
            let count = share(messages, producers, part);
            tasks.push(Box::pin(async move {
                for number in 0..count {
                    compute(work);
                    assert!(sender.send(number).await, "closed early");
                }
                0
            }));
        }
        tasks.push(Box::pin(empty_at_intervals(receiver, messages)));
        let (time, received) = Executor::TokioMulti.run(tasks);
        check_received(received.iter().sum(), messages);
        time
    }
}

/// Receives all messages in the channel, once in each interval, until there were so many messages.
async fn empty_at_intervals(mut receiver: impl TryReceive<u64> + Send, messages: u64) -> u64 {
    let mut received = 0;
    let mut due = Instant::now();
    while received < messages {
        // The next of a fixed series of times, so that a late wakeup does not delay those after it.
        while due <= Instant::now() {
            due += INTERVAL;
        }
        sleep_until(due).await;
        while receiver.try_recv().is_some() {
            received += 1;
        }
    }
    received
}

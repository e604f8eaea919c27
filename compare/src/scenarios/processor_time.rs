//! The processor time of messages at a fixed rate, which determines the wall time.

use std::thread;
use std::time::{Duration, Instant};

use super::{Group, Row, Scenario, Size, Unit, check_received};
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncSend, AsyncWork, BlockingPeer, BlockingReceive, BlockingSend,
    BlockingWork, Receivers, async_names, blocking_names, run_async, run_blocking,
};
use crate::system;

const CAPACITY: usize = 64;
/// The number of messages before those that count, a multiple of the messages that are sent at
/// once.
const WARM_UP: u64 = 100;

/// The kind of sender and receiver, and the rate.
#[derive(Clone, Copy, Debug)]
pub enum ProcessorTime {
    /// A thread sends to a thread, one message every 100 µs.
    Threads,
    /// A task sends to a task on tokio with two workers, ten messages every millisecond.
    Tasks,
}

impl Scenario for ProcessorTime {
    fn rows(&self) -> Vec<Row> {
        let (id, title) = match self {
            Self::Threads => ("threads/1-per-100us", "a message every 100 µs, threads"),
            Self::Tasks => ("tokio-multi/10-per-ms", "10 messages every ms, tokio-multi"),
        };
        vec![Row {
            id: format!("processor-time/{id}"),
            group: Group::ProcessorTime,
            title: title.into(),
            unit: Unit::Microseconds,
        }]
    }

    fn peers(&self) -> Vec<&'static str> {
        match self {
            Self::Threads => blocking_names(Receivers::One),
            Self::Tasks => async_names(Receivers::One),
        }
    }

    /// Returns a size of a twentieth of a second, and the warm-up.
    fn size(&self) -> Size {
        Size::Fixed {
            full: 500,
            quick: 200,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let work = Run { count };
        let time = match self {
            Self::Threads => run_blocking(peer, &work),
            Self::Tasks => run_async(peer, &work),
        };
        let time = time.expect("a peer of the kind");
        vec![time.as_secs_f64() * 1e6 / count as f64]
    }
}

struct Run {
    count: u64,
}

impl BlockingWork for Run {
    type Output = Duration;

    fn run<P: BlockingPeer>(&self) -> Duration {
        const INTERVAL: Duration = Duration::from_micros(100);
        let (mut sender, mut receiver) = P::channel::<u64>(CAPACITY);
        let total = WARM_UP + self.count;
        thread::scope(|scope| {
            let receiving = scope.spawn(move || {
                let mut received = 0;
                while receiver.recv_blocking().is_some() {
                    received += 1;
                }
                received
            });
            let start = Instant::now();
            let mut before = Duration::ZERO;
            for number in 0..total {
                if number == WARM_UP {
                    before = processor_time();
                }
                let due = start + INTERVAL * number as u32;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                assert!(sender.send_blocking(number), "closed early");
            }
            drop(sender);
            let received = receiving.join().expect("the receiver panicked");
            check_received(received, total);
            processor_time() - before
        })
    }
}

impl AsyncWork for Run {
    type Output = Duration;

    fn run<P: AsyncPeer>(&self) -> Duration {
        const INTERVAL: Duration = Duration::from_millis(1);
        const AT_ONCE: u64 = 10;
        let (mut sender, mut receiver) = P::channel::<u64>(CAPACITY);
        let total = WARM_UP + self.count;
        let tasks: Vec<Task> = vec![
            // Returns the processor time until the end of the warm-up, in nanoseconds.
            Box::pin(async move {
                let start = tokio::time::Instant::now();
                let mut before = Duration::ZERO;
                for number in 0..total {
                    if number == WARM_UP {
                        before = processor_time();
                    }
                    if number % AT_ONCE == 0 {
                        let due = start + INTERVAL * (number / AT_ONCE) as u32;
                        tokio::time::sleep_until(due).await;
                    }
                    assert!(sender.send(number).await, "closed early");
                }
                before.as_nanos() as u64
            }),
            Box::pin(async move {
                let mut received = 0;
                while receiver.recv().await.is_some() {
                    received += 1;
                }
                received
            }),
        ];
        let (_, outputs) = Executor::TokioMulti.run(tasks);
        let [before, received] = outputs[..] else {
            unreachable!("two tasks");
        };
        check_received(received, total);
        processor_time() - Duration::from_nanos(before)
    }
}

fn processor_time() -> Duration {
    system::processor_time().expect("a system that reports processor time")
}

//! A select loop that always has a message to handle, and a task on the same thread: the number of
//! messages between two polls of that task.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_lite::future;

use super::row;
use crate::executor::{Executor, Task};
use crate::peers::{
    AsyncPeer, AsyncReceive, AsyncWork, Receivers, TrySend, async_names, run_async,
};
use crate::scenarios::{Row, Scenario, Size, Unit, check_received};

const CAPACITY: usize = 64;
/// The number of messages in the busy channel when the loop polls it.
const BACKLOG: u64 = 32;

/// A task that receives from an idle and a busy channel, and its neighbor.
pub struct Neighbor;

impl Scenario for Neighbor {
    fn rows(&self) -> Vec<Row> {
        vec![row(
            "workers/select-neighbor",
            "a task beside a select loop over an idle and a busy channel, current thread",
            Unit::MessagesPerTurn,
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        async_names(Receivers::One)
    }

    /// Returns a row in messages. A neighbor that was never polled is reported as one poll in all
    /// of them.
    /// them.
    fn size(&self) -> Size {
        Size::Fixed {
            full: 400_000,
            quick: 100_000,
        }
    }

    fn run(&self, peer: &str, count: u64) -> Vec<f64> {
        let turns = run_async(peer, &Run { count }).expect("a peer for tasks");
        vec![count as f64 / turns.max(1) as f64]
    }
}

struct Run {
    count: u64,
}

/// The state that the two tasks share. Relaxed: they run on one thread.
#[derive(Default)]
struct Shared {
    turns: AtomicU64,
    stop: AtomicBool,
}

impl AsyncWork for Run {
    /// The number of polls of the neighbor while the loop had messages to handle.
    type Output = u64;

    fn run<P: AsyncPeer>(&self) -> u64 {
        let shared = Arc::new(Shared::default());
        let neighbor = Arc::clone(&shared);
        let tasks: Vec<Task> = vec![
            Box::pin(select_loop::<P>(self.count, Arc::clone(&shared))),
            Box::pin(async move {
                while !neighbor.stop.load(Ordering::Relaxed) {
                    neighbor.turns.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
                0
            }),
        ];
        let (_, received) = Executor::TokioCurrent.run(tasks);
        check_received(received.iter().sum(), self.count);
        shared.turns.load(Ordering::Relaxed)
    }
}

/// Receives `count` messages and puts in a new one for each, so that it always finds a message.
async fn select_loop<P: AsyncPeer>(count: u64, shared: Arc<Shared>) -> u64 {
    let (_idle_sender, mut idle) = P::channel::<u64>(CAPACITY);
    let (mut sender, mut busy) = P::channel::<u64>(CAPACITY);
    for number in 0..BACKLOG.min(count) {
        assert!(sender.try_send(number), "a full channel");
    }
    for number in 0..count {
        // The idle channel first, as in a loop that checks for a stop signal before it works.
        let message = future::or(idle.recv(), busy.recv()).await;
        assert_eq!(message, Some(number));
        let next = number + BACKLOG;
        if next < count {
            assert!(sender.try_send(next), "a full channel");
        }
    }
    shared.stop.store(true, Ordering::Relaxed);
    count
}

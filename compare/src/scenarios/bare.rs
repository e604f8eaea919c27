//! The least that some rows can take: the same exchange without a channel.
//!
//! A channel can be below these figures where it does not do what the bare program does: where it
//! hands messages over, where a task returns to its executor instead of parking, or where both
//! sides stay on one thread.

use std::cell::Cell;
use std::future::poll_fn;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Instant;

use crossbeam_utils::CachePadded;
use futures_util::task::AtomicWaker;

use super::floor::{FLOOR, floor_row};
use super::{Row, Scenario};
use crate::conditions::Conditions;
use crate::executor::{Executor, Task};
use crate::threads::run_together;

pub const BARE_EXCHANGE_ONE_THREAD: &str = "floor/exchange/tokio-current";
pub const BARE_EXCHANGE_TWO_WORKERS: &str = "floor/exchange/tokio-multi";
pub const BARE_PING_PONG_ONE_THREAD: &str = "floor/ping-pong/tokio-current";
pub const BARE_PING_PONG_TWO_WORKERS: &str = "floor/ping-pong/tokio-multi";
pub const BARE_TURNS_ON_ONE_CORE: &str = "floor/one-core/turns";
pub const BARE_BATCH: &str = "floor/batch-of-64";

/// Two tasks that take turns: a number and an `AtomicWaker` each way.
///
/// A round is two messages of a ping-pong, or one message through a channel of capacity 1 whose
/// receiver and sender wait for each other.
#[derive(Clone, Copy, Debug)]
pub struct BareTasks {
    pub executor: Executor,
}

impl Scenario for BareTasks {
    fn rows(&self) -> Vec<Row> {
        let executor = self.executor.name();
        vec![
            floor_row(
                format!("floor/exchange/{executor}"),
                "two tasks that take turns, a round",
            ),
            floor_row(
                format!("floor/ping-pong/{executor}"),
                "two tasks that take turns, a turn",
            ),
        ]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        let turn = Arc::new(Turn::default());
        let tasks: Vec<Task> = vec![
            Box::pin(take_turns(Arc::clone(&turn), 0, count)),
            Box::pin(take_turns(turn, 1, count)),
        ];
        let (time, _) = self.executor.run(tasks);
        let round = time.as_nanos() as f64 / count as f64;
        vec![round, round / 2.0]
    }
}

/// Even while it is the first task's turn, and odd while it is the second task's.
#[derive(Default)]
struct Turn {
    number: CachePadded<AtomicU64>,
    wakers: [CachePadded<AtomicWaker>; 2],
}

async fn take_turns(turn: Arc<Turn>, parity: u64, count: u64) -> u64 {
    let (own, other) = match parity {
        0 => (&turn.wakers[0], &turn.wakers[1]),
        _ => (&turn.wakers[1], &turn.wakers[0]),
    };
    for round in 0..count {
        let mine = 2 * round + parity;
        let is_mine = || turn.number.load(Ordering::Acquire) == mine;
        poll_fn(|cx| {
            if is_mine() {
                return Poll::Ready(());
            }
            own.register(cx.waker());
            if is_mine() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        turn.number.store(mine + 1, Ordering::Release);
        other.wake();
    }
    0
}

/// Two threads on one core that take turns by yielding. A message through a channel of capacity 1
/// takes a round if each thread completes its own operations only. If a thread also completes the
/// one that the other thread waits for, a round passes three messages.
pub struct BareTurns;

impl Scenario for BareTurns {
    fn rows(&self) -> Vec<Row> {
        vec![floor_row(
            BARE_TURNS_ON_ONE_CORE,
            "two threads on one core that take turns, a round",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn conditions(&self) -> Conditions {
        Conditions::OneCore
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        let number = &AtomicU64::new(0);
        let play = move |parity: u64| {
            for round in 0..count {
                let mine = 2 * round + parity;
                while number.load(Ordering::Acquire) != mine {
                    thread::yield_now();
                }
                number.store(mine + 1, Ordering::Release);
            }
        };
        let (time, _) =
            run_together::<()>(vec![Box::new(move || play(0)), Box::new(move || play(1))]);
        vec![time.as_nanos() as f64 / count as f64]
    }
}

/// A batch of 64 numbers that are copied from a slice into stamped slots and from there into a
/// vector, with one locked instruction for each copy. It does not check whether the slots are free
/// or full, and nothing can wait for it.
pub struct BareBatch;

const BATCH: usize = 64;
const CAPACITY: usize = 1024;

struct Slot {
    stamp: AtomicU64,
    value: Cell<u64>,
}

impl Scenario for BareBatch {
    fn rows(&self) -> Vec<Row> {
        vec![floor_row(BARE_BATCH, "copies of 64 numbers in and out")]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        let slots: Vec<Slot> = (0..CAPACITY)
            .map(|_| Slot {
                stamp: AtomicU64::new(0),
                value: Cell::new(0),
            })
            .collect();
        let [tail, head] = [(); 2].map(|()| CachePadded::new(AtomicU64::new(0)));
        let numbers: Vec<u64> = (0..BATCH as u64).collect();
        let mut received = Vec::with_capacity(BATCH);
        let batches = count.div_ceil(BATCH as u64);
        let start = Instant::now();
        for _ in 0..batches {
            let (run, stamp) = claim(&tail, &slots);
            for (slot, number) in run.iter().zip(black_box(&numbers)) {
                slot.value.set(*number);
                slot.stamp.store(stamp + 1, Ordering::Release);
            }
            let (run, stamp) = claim(&head, &slots);
            received.extend(run.iter().map(|slot| {
                let number = slot.value.get();
                slot.stamp.store(stamp, Ordering::Release);
                number
            }));
            black_box(&mut received).clear();
        }
        vec![start.elapsed().as_nanos() as f64 / (batches * BATCH as u64) as f64]
    }
}

/// Claims the next slots with one locked instruction. Returns them and their position.
fn claim<'a>(position: &AtomicU64, slots: &'a [Slot]) -> (&'a [Slot], u64) {
    let at = position.fetch_add(BATCH as u64, Ordering::AcqRel);
    let index = at as usize % CAPACITY;
    (&slots[index..index + BATCH], at)
}

//! The least that many tasks with a channel of one message can take: one word that holds the
//! message, and no waiters. A task that cannot go on spins for a moment where several threads run
//! tasks, and then returns to its executor, which polls it again.

use std::future::poll_fn;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use crossbeam_utils::CachePadded;

use super::floor::{FLOOR, floor_row};
use super::{Row, Scenario, share};
use crate::executor::{Executor, Task};

/// Producers and consumers on one word.
#[derive(Clone, Copy, Debug)]
pub struct BareSlot {
    pub executor: Executor,
    pub producers: usize,
    pub consumers: usize,
}

/// Enough for the other side to answer from another core.
const SPINS: u32 = 50;

const EMPTY: u64 = 0;

impl Scenario for BareSlot {
    fn rows(&self) -> Vec<Row> {
        let Self {
            executor,
            producers,
            consumers,
        } = self;
        let executor = executor.name();
        vec![floor_row(
            format!("floor/one-word/{executor}/{producers}x{consumers}"),
            "tasks that exchange messages through one word",
        )]
    }

    fn peers(&self) -> Vec<&'static str> {
        vec![FLOOR]
    }

    fn run(&self, _: &str, count: u64) -> Vec<f64> {
        let spins = match self.executor {
            Executor::TokioCurrent => 0,
            Executor::TokioMulti | Executor::Smol => SPINS,
        };
        let word = Arc::new(CachePadded::new(AtomicU64::new(EMPTY)));
        let mut tasks: Vec<Task> = Vec::new();
        for part in 0..self.producers {
            let word = Arc::clone(&word);
            let share = share(count, self.producers, part);
            tasks.push(Box::pin(async move {
                for number in 1..=share {
                    poll_fn(|cx| attempt(cx, spins, || replace(&word, EMPTY, number))).await;
                }
                0
            }));
        }
        for part in 0..self.consumers {
            let word = Arc::clone(&word);
            let share = share(count, self.consumers, part);
            tasks.push(Box::pin(async move {
                for _ in 0..share {
                    let take = || match word.load(Ordering::Relaxed) {
                        EMPTY => false,
                        number => replace(&word, number, EMPTY),
                    };
                    poll_fn(|cx| attempt(cx, spins, take)).await;
                }
                share
            }));
        }
        let (time, _) = self.executor.run(tasks);
        vec![time.as_nanos() as f64 / count as f64]
    }
}

fn replace(word: &AtomicU64, old: u64, new: u64) -> bool {
    word.load(Ordering::Relaxed) == old
        && word
            .compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
}

fn attempt(cx: &mut Context<'_>, spins: u32, mut step: impl FnMut() -> bool) -> Poll<()> {
    for _ in 0..=spins {
        if step() {
            return Poll::Ready(());
        }
        spin_loop();
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

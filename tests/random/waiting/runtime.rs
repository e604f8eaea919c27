//! Runs on tokio's runtimes, with delays: what comes out at the end, and what stands still when all
//! is quiet.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mpmc_std::{Receiver, Sender, WeakReceiver, channel};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use crate::harness::{Progress, PseudoRandom, soon_or_explain};
use crate::ledger::{Ledger, Message, Sent, Totals, View};
use crate::waiting::tasks::{Manner, Runtimes, receive, send};
use crate::waiting::{delays, for_some_time};

/// The life of one channel.
struct Life {
    runtimes: Arc<Runtimes>,
    random: PseudoRandom,
    ledger: Arc<Ledger>,
    manner: Manner,
    tx: Sender<Message>,
    rx: Receiver<Message>,
}

/// Tasks that have been started.
type Started = Vec<oneshot::Receiver<()>>;

/// A channel that stands still if it sends and receives nothing.
#[derive(Clone)]
struct Watched {
    channel: WeakReceiver<Message>,
    progress: Progress,
}

impl Watched {
    /// Awaits `future`, and says what became of the channel if that takes too long.
    async fn soon<F: Future>(&self, future: F) -> F::Output {
        soon_or_explain(&self.progress, future, || self.channel.stats().to_string()).await
    }

    async fn all_end(&self, tasks: Started) {
        for task in tasks {
            let done = self.soon(task).await;
            done.expect("a task has panicked");
        }
    }
}

impl Life {
    fn seed(&mut self) -> PseudoRandom {
        PseudoRandom(self.random.below(u64::MAX))
    }

    fn start_senders(&mut self, senders: u64, each: u64) -> Started {
        let start = |_| {
            let (tx, sent) = (self.tx.clone(), Sent::new(&self.ledger));
            let task = send(tx, sent, self.manner, self.seed(), each);
            let seed = self.seed();
            self.runtimes.start(task, seed)
        };
        (0..senders).map(start).collect()
    }

    fn start_receivers(&mut self, receivers: u64, stop: &watch::Sender<bool>) -> Started {
        let start = |_| {
            let (rx, view) = (self.rx.clone(), View::new(&self.ledger));
            let task = receive(rx, view, self.manner, self.seed(), stop.subscribe());
            let seed = self.seed();
            self.runtimes.start(task, seed)
        };
        (0..receivers).map(start).collect()
    }

    fn watched(&self) -> Watched {
        Watched {
            channel: self.rx.downgrade(),
            progress: self.ledger.progress.clone(),
        }
    }

    /// Waits until the channel holds so many messages, without an attempt that might take the place
    /// of one that is missing.
    async fn reaches(&self, len: usize) {
        let reached = async {
            while self.rx.len() != len {
                sleep(Duration::from_micros(100)).await;
            }
        };
        self.watched().soon(reached).await;
    }

    /// Lives, and returns what the channel was used for.
    async fn live(mut self) -> Totals {
        let watched = self.watched();
        // Nothing closes the channel here, so receivers are woken by messages alone.
        let (stop, _) = watch::channel(false);
        let (senders, receivers) = (1 + self.random.below(4), 1 + self.random.below(4));
        let each = 1 + self.random.below(60);
        let receivers = self.start_receivers(receivers, &stop);
        let senders = self.start_senders(senders, each);
        watched.all_end(senders).await;
        self.reaches(0).await;
        stop.send_replace(true);
        watched.all_end(receivers).await;

        // More senders than fit, and nobody who receives but this task.
        let capacity = self.rx.max_capacity();
        let (ledger, mut view) = (Arc::clone(&self.ledger), View::new(&self.ledger));
        let waiting = 2 * capacity as u64 + self.random.below(5);
        let senders: Started = (0..waiting)
            .map(|_| {
                let (tx, mut sent) = (self.tx.clone(), Sent::new(&ledger));
                let seed = self.seed();
                let task = async move {
                    let message = sent.make();
                    let is_sent = tx.send(message).await.is_ok();
                    sent.note(1, u64::from(is_sent));
                };
                self.runtimes.start(task, seed)
            })
            .collect();
        let mut left = waiting as usize;
        while left > capacity {
            self.reaches(capacity).await;
            let count = 1 + self.random.below((left - capacity).min(capacity) as u64) as usize;
            let mut messages = Vec::new();
            self.rx.try_recv_many(&mut messages, count).unwrap();
            left -= messages.len();
            messages.into_iter().for_each(|message| view.note(message));
        }
        drop(view);
        watched.all_end(senders).await;

        // The end, in one of three ways.
        let (stop, _) = watch::channel(false);
        let count = 1 + self.random.below(4);
        let mut tasks = self.start_receivers(count, &stop);
        tasks.extend(self.start_senders(2, 30));
        let receivers_left = match self.random.below(3) {
            0 => {
                let moment = Duration::from_micros(self.random.below(2_000));
                sleep(moment).await;
                self.rx.close();
                false
            }
            1 => {
                let moment = Duration::from_micros(self.random.below(2_000));
                sleep(moment).await;
                stop.send_replace(true);
                true
            }
            _ => false,
        };
        let Self { tx, rx, ledger, .. } = self;
        drop((tx, rx));
        watched.all_end(tasks).await;
        ledger.check(receivers_left)
    }
}

/// Never dropped: if the test fails, a task may be the last that holds them.
static RUNTIMES: OnceLock<Arc<Runtimes>> = OnceLock::new();

#[test]
fn nothing_is_lost_or_waits_beside_work_whatever_is_delayed() {
    const AT_A_TIME: u64 = 4;
    let runtimes = RUNTIMES.get_or_init(Runtimes::new);
    let mut totals = Totals::default();
    for_some_time(|seed| {
        delays::start(seed);
        let mut random = PseudoRandom(seed);
        let lives: Vec<_> = (0..AT_A_TIME)
            .map(|_| {
                let capacity = [1, 1, 2, 3, 8, 20][random.below(6) as usize];
                let (tx, rx) = channel(capacity);
                let life = Life {
                    runtimes: Arc::clone(runtimes),
                    random: PseudoRandom(random.below(u64::MAX)),
                    ledger: Arc::default(),
                    manner: [Manner::Patient, Manner::Impatient][random.below(2) as usize],
                    tx,
                    rx,
                };
                runtimes.main().spawn(life.live())
            })
            .collect();
        for life in lives {
            totals.add(runtimes.main().block_on(life).unwrap());
        }
    });
    let polls = runtimes.polls.load(std::sync::atomic::Ordering::Relaxed);
    println!("{polls} polls, {totals:?}");
}

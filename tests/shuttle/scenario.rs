//! A channel and threads that use it.

use std::sync::Arc;

use mpmc_std::{Receiver, Sender, channel};
use shuttle::thread;

use crate::ledger::{Ledger, Message, Observer};
use crate::operations::{Flow, Receiving, Sending};

/// A channel, and threads that have not been started.
pub(crate) struct Scenario {
    pub(crate) tx: Sender<Message>,
    pub(crate) rx: Receiver<Message>,
    ledger: Arc<Ledger>,
    threads_to_run: Vec<Box<dyn FnOnce() + Send>>,
}

impl Scenario {
    pub(crate) fn new(capacity: usize) -> Self {
        let (tx, rx) = channel(capacity);
        Self {
            tx,
            rx,
            ledger: Ledger::new(capacity),
            threads_to_run: Vec::new(),
        }
    }

    /// Adds a thread without a handle of the channel.
    pub(crate) fn thread(&mut self, act: impl FnOnce() + Send + 'static) {
        self.threads_to_run.push(Box::new(act));
    }

    fn sending(&self, awaited: bool) -> Sending {
        Sending {
            abandoned: Vec::new(),
            tx: self.tx.clone(),
            name: self.threads_to_run.len(),
            awaited,
            ledger: Arc::clone(&self.ledger),
            observer: Observer::default(),
            rx: self.rx.downgrade(),
        }
    }

    /// Adds a thread that calls `act` up to `times` times.
    pub(crate) fn sender(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Sending) -> Flow + Send + 'static,
    ) {
        let mut sending = self.sending(false);
        self.thread(move || repeat(times, || act(&mut sending)));
    }

    /// Adds a thread that calls `act` `times` times, each of which sends one message. The channel
    /// is closed when all messages of such senders have been received, and not before, so that the
    /// close does not hide a lost wakeup.
    pub(crate) fn awaited_sender(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Sending) -> Flow + Send + 'static,
    ) {
        self.ledger.await_more(times);
        let mut sending = self.sending(true);
        self.thread(move || {
            for _ in 0..times {
                assert!(
                    act(&mut sending).may_continue(),
                    "closed before all messages were received"
                );
            }
        });
    }

    /// Like [`awaited_sender`](Self::awaited_sender), with all messages in one call.
    pub(crate) fn awaited_batch(&mut self, count: usize) {
        self.ledger.await_more(count);
        let mut sending = self.sending(true);
        self.thread(move || {
            let flow = sending.send_many(count);
            assert!(
                flow.may_continue(),
                "closed before all messages were received"
            );
        });
    }

    /// Adds a thread that calls `act` up to `times` times.
    pub(crate) fn receiver(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Receiving) -> Flow + Send + 'static,
    ) {
        let mut receiving = Receiving {
            abandoned: Vec::new(),
            rx: self.rx.clone(),
            ledger: Arc::clone(&self.ledger),
            observer: Observer::default(),
        };
        self.thread(move || repeat(times, || act(&mut receiving)));
    }

    /// Adds a thread that calls `act` until the channel is closed and empty.
    pub(crate) fn receiver_until_closed(
        &mut self,
        act: impl FnMut(&mut Receiving) -> Flow + Send + 'static,
    ) {
        self.receiver(usize::MAX, act);
    }

    fn run_threads(threads_to_run: Vec<Box<dyn FnOnce() + Send>>) {
        let threads: Vec<_> = threads_to_run.into_iter().map(thread::spawn).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }

    /// Runs all threads. The handles of the scenario keep the channel open until the threads
    /// finish.
    pub(crate) fn run_held_open(self) {
        let Self {
            tx,
            rx,
            ledger,
            threads_to_run,
        } = self;
        Self::run_threads(threads_to_run);
        if rx.is_empty() {
            assert_eq!(tx.capacity(), tx.max_capacity(), "capacity was lost");
        }
        drop((tx, rx));
        ledger.check();
    }

    /// Runs all threads. The channel is closed when all threads of one side have finished.
    pub(crate) fn run_alone(self) {
        let Self {
            tx,
            rx,
            ledger,
            threads_to_run,
        } = self;
        drop((tx, rx));
        Self::run_threads(threads_to_run);
        ledger.check();
    }

    /// Runs all threads, and keeps the sender of the scenario. It finds the channel empty when the
    /// receivers have finished.
    pub(crate) fn run_with_sender(self) {
        let Self {
            tx,
            rx,
            ledger,
            threads_to_run,
        } = self;
        drop(rx);
        Self::run_threads(threads_to_run);
        assert!(tx.is_closed());
        assert_eq!(
            tx.capacity(),
            tx.max_capacity(),
            "a message or permit is left"
        );
        ledger.check();
        drop(tx);
    }
}

fn repeat(times: usize, mut act: impl FnMut() -> Flow) {
    for _ in 0..times {
        if !act().may_continue() {
            break;
        }
    }
}

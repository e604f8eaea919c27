//! A channel and those who use it, each in a thread of its own.

use std::sync::Arc;

use mpmc_std::{Receiver, Sender, channel};
use shuttle::thread;

use crate::ledger::{Ledger, Message, Observer};
use crate::parties::{Go, Receiving, Sending};

/// A channel, and parts that wait for the curtain.
pub(crate) struct Scene {
    pub(crate) tx: Sender<Message>,
    pub(crate) rx: Receiver<Message>,
    ledger: Arc<Ledger>,
    parts: Vec<Box<dyn FnOnce() + Send>>,
}

impl Scene {
    pub(crate) fn new(capacity: usize) -> Self {
        let (tx, rx) = channel(capacity);
        Self {
            tx,
            rx,
            ledger: Ledger::new(capacity),
            parts: Vec::new(),
        }
    }

    /// A part with neither handle.
    pub(crate) fn part(&mut self, act: impl FnOnce() + Send + 'static) {
        self.parts.push(Box::new(act));
    }

    fn sending(&self, awaited: bool) -> Sending {
        Sending {
            abandoned: Vec::new(),
            tx: self.tx.clone(),
            name: self.parts.len(),
            awaited,
            ledger: Arc::clone(&self.ledger),
            observer: Observer::default(),
            rx: self.rx.downgrade(),
        }
    }

    /// Does `act` up to `times` times.
    pub(crate) fn sender(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Sending) -> Go + Send + 'static,
    ) {
        let mut sending = self.sending(false);
        self.part(move || while_on(times, || act(&mut sending)));
    }

    /// Does `act` `times` times, each of which sends one message. When all messages of such senders
    /// have been received, the channel is closed, and not before: until then no wakeup is made good
    /// by the close.
    pub(crate) fn awaited_sender(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Sending) -> Go + Send + 'static,
    ) {
        self.ledger.await_more(times);
        let mut sending = self.sending(true);
        self.part(move || {
            for _ in 0..times {
                assert!(act(&mut sending).is_on(), "closed before all has come");
            }
        });
    }

    /// As [`awaited_sender`](Self::awaited_sender), with all messages in one call.
    pub(crate) fn awaited_batch(&mut self, count: usize) {
        self.ledger.await_more(count);
        let mut sending = self.sending(true);
        self.part(move || {
            let go = sending.send_many(count);
            assert!(go.is_on(), "closed before all has come");
        });
    }

    /// Does `act` up to `times` times.
    pub(crate) fn receiver(
        &mut self,
        times: usize,
        mut act: impl FnMut(&mut Receiving) -> Go + Send + 'static,
    ) {
        let mut receiving = Receiving {
            abandoned: Vec::new(),
            rx: self.rx.clone(),
            ledger: Arc::clone(&self.ledger),
            observer: Observer::default(),
        };
        self.part(move || while_on(times, || act(&mut receiving)));
    }

    /// Does `act` until the channel is closed and empty.
    pub(crate) fn lasting_receiver(
        &mut self,
        act: impl FnMut(&mut Receiving) -> Go + Send + 'static,
    ) {
        self.receiver(usize::MAX, act);
    }

    fn play(parts: Vec<Box<dyn FnOnce() + Send>>) {
        let threads: Vec<_> = parts.into_iter().map(thread::spawn).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    }

    /// Plays all parts. The scene's own handles keep the channel open until they have ended.
    pub(crate) fn play_held_open(self) {
        let Self {
            tx,
            rx,
            ledger,
            parts,
        } = self;
        Self::play(parts);
        if rx.is_empty() {
            assert_eq!(tx.capacity(), tx.max_capacity(), "room has got lost");
        }
        drop((tx, rx));
        ledger.check();
    }

    /// Plays all parts. The channel closes when all on one side have ended.
    pub(crate) fn play_alone(self) {
        let Self {
            tx,
            rx,
            ledger,
            parts,
        } = self;
        drop((tx, rx));
        Self::play(parts);
        ledger.check();
    }

    /// Plays all parts. The scene's sender stays, and finds the channel empty when the receivers
    /// have ended.
    pub(crate) fn play_before_sender(self) {
        let Self {
            tx,
            rx,
            ledger,
            parts,
        } = self;
        drop(rx);
        Self::play(parts);
        assert!(tx.is_closed());
        assert_eq!(tx.capacity(), tx.max_capacity(), "something was left");
        ledger.check();
        drop(tx);
    }
}

fn while_on(times: usize, mut act: impl FnMut() -> Go) {
    for _ in 0..times {
        if !act().is_on() {
            break;
        }
    }
}

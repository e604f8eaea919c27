//! What must hold after every call.

use crate::channel::World;
use crate::waits::{Kind, Wait};

/// Wakes that come while what waits was polled so often show that tasks wake each other without
/// end. Reservations of tasks that wait end after 256 attempts and 100 us.
const ENDLESS: usize = 200_000;

/// How many tasks of a side wait to take something: woken, and asleep.
struct Waiting {
    woken: usize,
    /// Futures that take one at a time, each of which is woken alone.
    asleep: usize,
    /// Also handles, readiness, and those that wait for others to take several permits.
    all_asleep: usize,
}

impl World {
    /// Returns how many slots are free and not reserved.
    pub(crate) fn free(&self) -> usize {
        if self.is_closed {
            return 0;
        }
        let permits = self.stats().permits;
        self.capacity.saturating_sub(self.queue.len() + permits)
    }

    /// Returns whether no more messages are to come.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_closed && self.queue.is_empty() && self.stats().permits == 0
    }

    pub(crate) fn senders_wait(&self) -> bool {
        let waits = |wait: &Wait| wait.task.waits && wait.kind.takes() && !wait.kind.receives();
        self.waits.iter().any(waits) || self.txs.iter().any(|tx| tx.sink.waits)
    }

    pub(crate) fn receivers_wait(&self) -> bool {
        let waits = |wait: &Wait| wait.task.waits && wait.kind.takes() && wait.kind.receives();
        self.waits.iter().any(waits) || self.rxs.iter().any(|rx| rx.stream.waits)
    }

    fn waiting(&self, receives: bool) -> Waiting {
        let mut waiting = Waiting {
            woken: 0,
            asleep: 0,
            all_asleep: 0,
        };
        for wait in &self.waits {
            let is_drained = matches!(wait.kind, Kind::SenderDrained | Kind::ReceiverDrained);
            if wait.kind.receives() == receives && !is_drained {
                waiting.all_asleep += usize::from(wait.task.sleeps());
                if wait.kind.takes() {
                    let is_woken = wait.task.waits && wait.task.is_woken();
                    waiting.woken += usize::from(is_woken);
                    let is_counted = wait.task.sleeps() && wait.kind != Kind::ReserveMany;
                    waiting.asleep += usize::from(is_counted);
                }
            }
        }
        if receives {
            for rx in &self.rxs {
                waiting.woken += usize::from(rx.stream.waits && rx.stream.is_woken());
                waiting.all_asleep += usize::from(rx.stream.sleeps() || rx.ready.sleeps());
            }
        } else {
            for tx in &self.txs {
                waiting.woken += usize::from(tx.sink.waits && tx.sink.is_woken());
                waiting.all_asleep += usize::from(tx.sink.sleeps() || tx.ready.sleeps());
                waiting.all_asleep += usize::from(tx.closed.sleeps());
            }
        }
        waiting
    }

    pub(crate) fn check(&self) {
        let (stats, len) = (self.stats(), self.queue.len());
        let held: usize = self.waits.iter().map(Wait::held).sum();
        assert_eq!(self.alive.count(), len + held, "messages alive");
        assert_eq!(stats.len, len);
        assert_eq!(stats.sent, self.sent);
        assert_eq!(stats.received, self.received);
        assert_eq!(stats.closed, self.is_closed);
        let known = self.permits.len() + self.txs.iter().filter(|tx| tx.stage.holds()).count();
        assert!(stats.permits >= known && len + stats.permits <= self.capacity);
        assert!(stats.permits == known || self.senders_wait() || !self.waits.is_empty());
        let capacity = self.capacity - len - stats.permits;
        for tx in &self.txs {
            let handle = &tx.handle;
            assert_eq!(handle.is_closed(), self.is_closed || tx.stage.is_closed());
            assert_eq!(handle.len(), len);
            assert_eq!(handle.capacity(), capacity);
            assert_eq!(handle.max_capacity(), self.capacity);
            assert_eq!(handle.strong_count(), self.senders);
            assert_eq!(handle.weak_count(), self.weak_txs.len());
            assert_eq!(handle.receiver_strong_count(), self.receivers);
        }
        for rx in &self.rxs {
            let handle = &rx.handle;
            assert_eq!(handle.is_closed(), self.is_closed);
            assert_eq!(handle.is_empty(), len == 0);
            assert_eq!(handle.capacity(), capacity);
            assert_eq!(handle.strong_count(), self.receivers);
            assert_eq!(handle.weak_count(), self.weak_rxs.len() + 1);
            assert_eq!(handle.sender_strong_count(), self.senders);
        }
        for tx in &self.blocking_txs {
            assert_eq!(tx.is_closed(), self.is_closed);
            assert_eq!(tx.sender_count(), self.senders);
        }
        for rx in &self.blocking_rxs {
            assert_eq!(rx.is_disconnected(), self.is_closed);
            assert_eq!(rx.len(), len);
        }
        self.check_wakes();
    }

    /// Each message, and free slot, has woken a task that waits; at the end all are woken.
    fn check_wakes(&self) {
        let (senders, receivers) = (self.waiting(false), self.waiting(true));
        if self.is_closed {
            assert_eq!(senders.all_asleep, 0, "closed, and senders sleep");
        } else {
            assert!(senders.asleep == 0 || senders.woken >= self.free());
        }
        if self.is_finished() {
            assert_eq!(receivers.all_asleep, 0, "at the end, and receivers sleep");
        } else {
            assert!(receivers.asleep == 0 || receivers.woken >= self.queue.len());
        }
        for wait in &self.waits {
            let is_drained = matches!(wait.kind, Kind::SenderDrained | Kind::ReceiverDrained);
            assert!(
                !is_drained || !wait.task.sleeps() || Some(self.received) < wait.target,
                "drained, and the task sleeps"
            );
        }
    }

    /// Polls all that were woken, until all sleep. Nothing may be left that they wait for.
    pub(crate) fn settle(&mut self) {
        let mut polls = 0;
        loop {
            let mut is_quiet = true;
            let mut at = 0;
            while at < self.waits.len() {
                if self.waits[at].task.sleeps() {
                    at += 1;
                } else {
                    is_quiet = false;
                    let before = self.waits.len();
                    self.poll_wait(at);
                    at += usize::from(self.waits.len() == before);
                }
            }
            for at in 0..self.txs.len() {
                let tx = &self.txs[at];
                let is_due = |task: &crate::waits::Task| task.waits && task.is_woken();
                let (sink, ready, closed) =
                    (is_due(&tx.sink), is_due(&tx.ready), is_due(&tx.closed));
                is_quiet &= !(sink || ready || closed);
                if sink {
                    self.poll_reserve(at, true);
                }
                if ready {
                    self.poll_send_ready(at);
                }
                if closed {
                    let tx = &mut self.txs[at];
                    let handle = &mut tx.handle;
                    let _ = tx.closed.poll(|cx| handle.poll_closed(cx));
                }
            }
            for at in 0..self.rxs.len() {
                let rx = &self.rxs[at];
                let stream = rx.stream.waits && rx.stream.is_woken();
                let ready = rx.ready.waits && rx.ready.is_woken();
                is_quiet &= !(stream || ready);
                if stream {
                    self.poll_recv(at, true);
                }
                if ready {
                    self.poll_recv_ready(at);
                }
            }
            if is_quiet {
                break;
            }
            polls += 1;
            assert!(polls < ENDLESS, "tasks are woken without end");
        }
        self.check();
        assert!(
            !self.senders_wait() || self.free() == 0,
            "senders wait beside free slots"
        );
        assert!(
            !self.receivers_wait() || self.queue.is_empty(),
            "receivers wait beside messages"
        );
    }

    /// Drops everything; no message may be left.
    pub(crate) fn end(mut self) {
        self.waits.clear();
        self.txs.clear();
        self.rxs.clear();
        self.blocking_txs.clear();
        self.blocking_rxs.clear();
        self.permits.clear();
        assert_eq!(self.alive.count(), 0, "messages are left");
    }
}

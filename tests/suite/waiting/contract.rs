//! Checks the contract of waiting after each of many random steps, on one thread and on both sides
//! at once.
//!
//! A failing case is identified by its seed, which is printed with the last steps.

use std::task::Poll;

use mpmc_std::error::{TryRecvError, TrySendError};

use crate::harness::{report_progress, within_limit};
use crate::waiting::entry::{Entry, Outcome, make};
use crate::waiting::model::{Made, Model};
use crate::waiting::test_channel::{ALL, Kind};

/// The largest number of waiters on both sides together. Small, so that they interact often.
const MAX_WAITERS: usize = 9;

/// The treatment of waiters that have lost races.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    /// A waiter whose poll failed is not polled again but dropped, so nothing is ever granted and
    /// every result is known.
    NoLostRaces,
    /// All steps, including spurious polls.
    Everything,
}

impl Model {
    fn start(&mut self, kind: Kind) {
        let number = match kind {
            Kind::Recv | Kind::Stream => 1,
            Kind::RecvMany => 1 + self.pick(3) as u32,
            _ => self.next_number(),
        };
        let waiter = make(kind, number, &self.tx, &self.rx);
        self.next_id += 1;
        let (id, failed_polls) = (self.next_id, 0);
        self.record((id, kind, number));
        self.entries.push(Entry {
            id,
            kind,
            waiter,
            number,
            failed_polls,
        });
        self.poll(self.entries.len() - 1, false);
    }

    fn poll(&mut self, at: usize, was_woken: bool) {
        let Entry { id, kind, .. } = self.entries[at];
        let receives = kind.receives();
        // A waiter that was not woken need not make an attempt.
        let attempts = !self.entries[at].is_parked() || was_woken;
        let before = self.before(Some(id));
        let granted = self.granted(receives, Some(id));
        let ended = if receives {
            self.is_finished()
        } else {
            self.closed
        };
        let Poll::Ready(outcome) = self.entries[at].waiter.poll_until_parked() else {
            let available = self.available(receives);
            assert!(
                !attempts || (!ended && available <= granted),
                "{id} must not wait: {available} available, at most {granted} granted, {ended}"
            );
            self.entries[at].failed_polls += 1;
            return self.check(&before, Made::default());
        };
        let number = self.entries.remove(at).number;
        let made = self.complete(number, outcome, ended);
        self.check(&before, made);
    }

    /// Applies the outcome of a waiter to the model.
    fn complete(&mut self, number: u32, outcome: Outcome, ended: bool) -> Made {
        let mut made = Made::default();
        match outcome {
            Outcome::Received(messages) => {
                assert_eq!(messages.is_empty(), ended, "ends when all is received");
                assert!(messages.len() <= number as usize);
                self.received(&messages);
                made.slots = messages.len();
            }
            Outcome::Sent(is_sent) => {
                assert_ne!(is_sent, ended, "fails when the channel is closed");
                if is_sent {
                    self.sent(number);
                    made.messages = 1;
                }
            }
            Outcome::Reserved(permit) => {
                assert_ne!(permit.is_some(), ended, "fails when the channel is closed");
                self.permits.extend(permit);
                let used = self.queue.len() + self.permits.len();
                assert!(used <= self.tx.max_capacity(), "more than the capacity");
            }
        }
        made
    }

    fn step_drop(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        let at = self.pick(self.entries.len());
        self.drop_entry(at);
    }

    /// Drops a waiter. A waiter that was woken and not polled since forwards its notification, if
    /// other waiters wait for a message or slot that is still available.
    fn drop_entry(&mut self, at: usize) {
        let Entry { id, kind, .. } = self.entries[at];
        self.record(("drop", id));
        let before = self.before(Some(id));
        let entry = self.entries.remove(at);
        let forwards = entry.is_parked() && entry.waiter.is_woken() && kind.is_exclusive();
        drop(entry);
        let mut made = Made::default();
        // What is available may be reserved for other woken waiters.
        let reserved = self.granted(kind.receives(), None);
        if forwards && self.available(kind.receives()) > reserved && !self.closed {
            match kind.receives() {
                true => made.messages = 1,
                false => made.slots = 1,
            }
        }
        self.check(&before, made);
    }

    fn step_poll(&mut self, profile: Profile) {
        if self.entries.is_empty() {
            return;
        }
        // Mostly a woken waiter, as executors do.
        let woken = |entry: &Entry| entry.waiter.is_woken();
        let at = match self.entries.iter().position(woken) {
            Some(at) if self.pick(2) == 0 => at,
            _ => self.pick(self.entries.len()),
        };
        let entry = &self.entries[at];
        if profile == Profile::NoLostRaces {
            let has_work = self.available(entry.kind.receives()) > 0 || self.closed;
            if !entry.waiter.is_woken() || !has_work {
                return self.drop_entry(at);
            }
        }
        let replaces = self.pick(4) == 0;
        self.record(("poll", self.entries[at].id, replaces));
        let was_woken = self.entries[at].waiter.is_woken();
        if replaces {
            self.entries[at].waiter.replace_waker();
        }
        self.poll(at, was_woken);
    }

    fn step_try_send(&mut self, most: usize) {
        let (before, granted) = (self.before(None), self.granted(false, None));
        let numbers: Vec<_> = (0..most).map(|_| self.next_number()).collect();
        self.record(("try_send", &numbers));
        let result = match *numbers {
            [one] => self
                .tx
                .try_send(one)
                .map(|()| 1)
                .map_err(|error| (0, matches!(error, TrySendError::Closed(_)))),
            _ => self.tx.try_send_many(numbers.clone()).map_err(|error| {
                let closed = matches!(error, TrySendError::Closed(_));
                (error.into_inner().sent(), closed)
            }),
        };
        let free = self.free();
        let (sent, full) = match result {
            Ok(sent) => (sent, false),
            Err((sent, closed)) => {
                assert_eq!(closed, self.closed);
                (sent, !closed)
            }
        };
        assert!(!self.closed || sent == 0);
        assert!(!full || sent + granted >= free, "full, with {free} free");
        numbers[..sent].iter().for_each(|&number| self.sent(number));
        let messages = sent;
        self.check(&before, Made { messages, slots: 0 });
    }

    fn step_try_recv(&mut self, most: usize) {
        let (before, granted) = (self.before(None), self.granted(true, None));
        self.record(("try_recv", most));
        let mut messages = Vec::new();
        let result = match most {
            1 => self.rx.try_recv().map(|message| messages.push(message)),
            _ => self.rx.try_recv_many(&mut messages, most).map(|_| ()),
        };
        match result {
            Ok(()) => assert!(messages.len() + granted >= self.queue.len().min(most)),
            Err(TryRecvError::Empty) => {
                assert!(granted >= self.queue.len() && !self.is_finished());
            }
            Err(TryRecvError::Disconnected) => assert!(self.is_finished()),
        }
        self.received(&messages);
        let slots = messages.len();
        self.check(&before, Made { messages: 0, slots });
    }

    fn step_force_send(&mut self) {
        // While there are grants on either side, the evicted message is not known.
        if self.granted(false, None) + self.granted(true, None) > 0 {
            return;
        }
        let (before, number) = (self.before(None), self.next_number());
        self.record(("force_send", number));
        let mut made = Made::default();
        match self.tx.force_send(number) {
            Ok(evicted) => {
                assert!(!self.closed);
                assert_eq!(evicted.is_some(), self.free() == 0);
                made.messages = usize::from(evicted.is_none());
                self.received(&Vec::from_iter(evicted));
                self.sent(number);
            }
            Err(TrySendError::Closed(_)) => assert!(self.closed),
            Err(TrySendError::Full(_)) => assert_eq!(self.free() + self.queue.len(), 0),
        }
        self.check(&before, made);
    }

    fn step_permit(&mut self) {
        let before = self.before(None);
        let Some(permit) = self.permits.pop() else {
            if let Ok(permit) = self.tx.clone().try_reserve_owned() {
                self.record("try_reserve");
                assert!(self.free() > 0 && !self.closed);
                self.permits.push(permit);
            }
            return self.check(&before, Made::default());
        };
        let mut made = Made::default();
        if self.pick(3) == 0 {
            self.record("drop a permit");
            drop(permit);
            made.slots = usize::from(!self.closed);
        } else {
            let number = self.next_number();
            self.record(("send on a permit", number));
            permit.send(number);
            self.sent(number);
            made.messages = 1;
        }
        self.check(&before, made);
    }

    fn step_close(&mut self) {
        self.record("close");
        let before = self.before(None);
        self.rx.close();
        self.closed = true;
        self.check(&before, Made::default());
    }

    fn step(&mut self, profile: Profile) {
        match self.pick(400) {
            0 => self.step_close(),
            1..140 if self.entries.len() < MAX_WAITERS => {
                let kind = ALL[self.pick(ALL.len())];
                self.start(kind);
            }
            1..230 => self.step_poll(profile),
            230..260 => self.step_drop(),
            260..290 => self.step_try_send(1),
            290..310 => {
                let most = self.pick(5);
                self.step_try_send(most);
            }
            310..340 => self.step_try_recv(1),
            340..360 => {
                let most = 1 + self.pick(4);
                self.step_try_recv(most);
            }
            360..365 => self.step_force_send(),
            _ => self.step_permit(),
        }
    }
}

fn walk(profile: Profile, seeds: std::ops::Range<u64>) {
    within_limit(move || {
        for capacity in 1..=4 {
            for seed in seeds.clone() {
                let mut model = Model::new(capacity, seed);
                for _ in 0..400 {
                    model.step(profile);
                }
                report_progress();
            }
        }
    });
}

#[test]
fn after_every_step_each_message_and_slot_has_woken_a_waiter() {
    walk(Profile::NoLostRaces, 0..100);
}

#[test]
fn after_every_step_each_message_and_slot_has_woken_a_waiter_although_races_are_lost() {
    walk(Profile::Everything, 0..100);
}

//! A random walk of tasks that are polled by hand, beside a model of the channel: after every step, whoever
//! could go on has been woken, and what is in the channel is what was sent and not yet received.
#![cfg(not(loom))]

mod support;

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Poll;

use futures::{Sink, Stream};
use mpmc_std::error::{SendError, TryRecvError, TrySendError};
use mpmc_std::{Receiver, Sender, channel};
use support::{PseudoRandom, Task, Woken};

/// How many of each kind there are at most, so that they meet often.
const CROWD: usize = 4;

/// A handle that is polled rather than awaited, and whether it waits.
struct Polled<H> {
    handle: H,
    woken: Woken,
    waits: bool,
    /// Of a sink: it holds a permit.
    ready: bool,
}

impl<H> Polled<H> {
    fn new(handle: H) -> Self {
        Self {
            handle,
            woken: Woken::default(),
            waits: false,
            ready: false,
        }
    }

    fn sleeps(&self) -> bool {
        self.waits && !self.woken.is_woken()
    }
}

type Sent = Result<(), SendError<u32>>;

struct Walk {
    random: PseudoRandom,
    tx: Sender<u32>,
    rx: Receiver<u32>,
    next_message: u32,
    /// What should be in the channel.
    model: VecDeque<u32>,
    closed: bool,
    recvs: Vec<Task<'static, Option<u32>>>,
    sends: Vec<(u32, Task<'static, Sent>)>,
    streams: Vec<Polled<Receiver<u32>>>,
    sinks: Vec<Polled<Sender<u32>>>,
}

impl Walk {
    fn new(capacity: usize, seed: u64) -> Self {
        let (tx, rx) = channel(capacity);
        Self {
            random: PseudoRandom(seed),
            next_message: 0,
            model: VecDeque::new(),
            closed: false,
            recvs: Vec::new(),
            sends: Vec::new(),
            streams: (0..2).map(|_| Polled::new(rx.clone())).collect(),
            sinks: (0..2).map(|_| Polled::new(tx.clone())).collect(),
            tx,
            rx,
        }
    }

    fn message(&mut self) -> u32 {
        self.next_message += 1;
        self.next_message
    }

    fn pick(&mut self, count: usize) -> usize {
        self.random.below(count as u64) as usize
    }

    fn permits(&self) -> usize {
        self.sinks.iter().filter(|sink| sink.ready).count()
    }

    fn room(&self) -> usize {
        self.tx.max_capacity() - self.model.len() - self.permits()
    }

    fn is_finished(&self) -> bool {
        self.closed && self.model.is_empty() && self.permits() == 0
    }

    fn received(&mut self, message: Option<u32>) {
        assert!(message.is_some() || self.is_finished());
        assert_eq!(message, self.model.pop_front());
    }

    fn sent(&mut self, message: u32, sent: Sent) {
        assert_eq!(
            sent,
            if self.closed {
                Err(SendError(message))
            } else {
                Ok(())
            }
        );
        if !self.closed {
            self.model.push_back(message);
        }
    }

    /// Starts a task, polls one or cancels one. Tasks are polled whether they were woken or not.
    fn step_recv(&mut self) {
        if self.recvs.len() < CROWD && self.pick(2) == 0 {
            let rx = self.rx.clone();
            self.recvs.push(Task::new(async move { rx.recv().await }));
        }
        if self.recvs.is_empty() {
            return;
        }
        let which = self.pick(self.recvs.len());
        if self.pick(4) == 0 {
            self.recvs.remove(which);
        } else if let Poll::Ready(message) = self.recvs[which].poll() {
            self.recvs.remove(which);
            self.received(message);
        }
    }

    fn step_send(&mut self) {
        if self.sends.len() < CROWD && self.pick(2) == 0 {
            let (tx, message) = (self.tx.clone(), self.message());
            let task = Task::new(async move { tx.send(message).await });
            self.sends.push((message, task));
        }
        if self.sends.is_empty() {
            return;
        }
        let which = self.pick(self.sends.len());
        if self.pick(4) == 0 {
            self.sends.remove(which);
        } else if let Poll::Ready(sent) = self.sends[which].1.poll() {
            let (message, _) = self.sends.remove(which);
            self.sent(message, sent);
        }
    }

    fn step_stream(&mut self) {
        let which = self.pick(self.streams.len());
        let stream = &mut self.streams[which];
        let handle = Pin::new(&mut stream.handle);
        let poll = stream.woken.poll(|context| handle.poll_next(context));
        stream.waits = poll.is_pending();
        if let Poll::Ready(message) = poll {
            self.received(message);
        }
        if self.pick(16) == 0 {
            self.streams[which] = Polled::new(self.rx.clone());
        }
    }

    fn step_sink(&mut self) {
        let which = self.pick(self.sinks.len());
        let sink = &mut self.sinks[which];
        if sink.ready && self.random.below(2) == 0 {
            sink.ready = false;
            self.next_message += 1;
            let message = self.next_message;
            let sent = Pin::new(&mut sink.handle).start_send(message);
            assert_eq!(sent, Ok(()), "a permit is room, and outlives closing");
            self.model.push_back(message);
        } else {
            let handle = Pin::new(&mut sink.handle);
            let poll = sink.woken.poll(|context| handle.poll_ready(context));
            sink.waits = poll.is_pending();
            if let Poll::Ready(ready) = poll {
                // What was reserved before the close stays reserved.
                assert_eq!(ready.is_ok(), sink.ready || !self.closed);
                sink.ready = ready.is_ok();
            }
        }
        if self.pick(16) == 0 {
            self.sinks[which] = Polled::new(self.tx.clone());
        }
    }

    fn step_at_once(&mut self) {
        if self.pick(2) == 0 {
            let received = self.rx.try_recv();
            let expected = match self.model.pop_front() {
                Some(message) => Ok(message),
                None if self.is_finished() => Err(TryRecvError::Disconnected),
                None => Err(TryRecvError::Empty),
            };
            assert_eq!(received, expected);
        } else {
            let (message, room) = (self.message(), self.room());
            match self.tx.try_send(message) {
                Ok(()) => self.model.push_back(message),
                Err(TrySendError::Full(back)) => assert_eq!((back, room), (message, 0)),
                Err(TrySendError::Closed(back)) => assert!(self.closed && back == message),
            }
        }
    }

    fn step(&mut self) {
        match self.pick(2000) {
            0 => {
                self.rx.close();
                self.closed = true;
            }
            1..600 => self.step_recv(),
            600..1200 => self.step_send(),
            1200..1500 => self.step_stream(),
            1500..1800 => self.step_sink(),
            _ => self.step_at_once(),
        }
    }

    /// Of those that wait for the same thing, one task that was woken is enough, for it wakes the next; but
    /// handles wake nobody, so each must have been woken itself.
    fn assert_nobody_sleeps_who_could_go_on(&self) {
        if !self.model.is_empty() || self.is_finished() {
            let woken: Vec<_> = self.recvs.iter().map(Task::is_woken).collect();
            assert!(woken.is_empty() || woken.contains(&true), "recv: {woken:?}");
            assert!(!self.streams.iter().any(Polled::sleeps), "a stream");
        }
        if self.room() > 0 || self.closed {
            let woken: Vec<_> = self.sends.iter().map(|(_, task)| task.is_woken()).collect();
            assert!(woken.is_empty() || woken.contains(&true), "send: {woken:?}");
            assert!(!self.sinks.iter().any(Polled::sleeps), "a sink");
        }
    }
}

#[test]
fn nobody_sleeps_who_could_go_on() {
    for capacity in [1, 2, 3, 5] {
        for seed in 0..150 {
            let mut walk = Walk::new(capacity, seed);
            for _ in 0..2000 {
                walk.step();
                walk.assert_nobody_sleeps_who_could_go_on();
                assert_eq!(walk.rx.len(), walk.model.len());
                assert_eq!(walk.rx.capacity(), walk.room());
            }
        }
    }
}

//! Sequences of calls on the raw queue, and on the one for real time.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use mpmc_std::{Consumer, MpmcQueue, Producer, RealtimeQueue};

use crate::input::Input;
use crate::message::{Alive, Message};
use crate::waits::Task;

type Boxed<'a, R> = Pin<Box<dyn Future<Output = R> + 'a>>;

/// A future, the number that it sends, and its task.
struct Waiting<'a, R> {
    future: Boxed<'a, R>,
    number: u32,
    task: Task,
}

impl<'a, R> Waiting<'a, R> {
    fn new(future: impl Future<Output = R> + 'a, number: u32) -> Self {
        Self {
            future: Box::pin(future),
            number,
            task: Task::default(),
        }
    }

    fn poll(&mut self) -> Poll<R> {
        let future = self.future.as_mut();
        self.task.poll(|cx| future.poll(cx))
    }
}

pub(crate) fn queue(input: &mut Input<'_>) {
    let alive = Alive::default();
    let wanted = 1 + input.below(6);
    let queue = if input.below(2) == 0 {
        let queue = MpmcQueue::new(wanted);
        assert_eq!(queue.capacity(), wanted.next_power_of_two());
        queue
    } else {
        MpmcQueue::with_exact_capacity(wanted)
    };
    let queue = Arc::new(queue);
    let capacity = queue.capacity();
    let (producer, consumer) = (Producer::new(Arc::clone(&queue)), Consumer::new(queue));
    let mut model = VecDeque::new();
    let mut is_closed = false;
    let mut sends: Vec<Waiting<'_, Result<(), Message>>> = Vec::new();
    let mut receives: Vec<Waiting<'_, Option<Message>>> = Vec::new();
    let mut number = 0;
    while !input.is_over() {
        match input.below(16) {
            0..4 => {
                number += 1;
                match producer.send(alive.message(number)) {
                    Ok(()) => {
                        assert!(!is_closed);
                        model.push_back(number);
                    }
                    Err(message) => {
                        assert_eq!(message.number(), number);
                        assert!(is_closed || model.len() == capacity || !sends.is_empty());
                    }
                }
            }
            4..8 => match consumer.recv() {
                Some(message) => assert_eq!(Some(message.number()), model.pop_front()),
                None => assert!(model.is_empty() || !receives.is_empty()),
            },
            8 if sends.len() < 8 => {
                number += 1;
                sends.push(Waiting::new(
                    producer.send_async(alive.message(number)),
                    number,
                ));
            }
            9 if receives.len() < 8 => receives.push(Waiting::new(consumer.recv_async(), 0)),
            10..12 => {
                let Some(at) = input.pick(&sends) else {
                    continue;
                };
                if let Poll::Ready(sent) = sends[at].poll() {
                    let waiting = sends.remove(at);
                    assert_eq!(sent.is_err(), is_closed);
                    if sent.is_ok() {
                        model.push_back(waiting.number);
                    }
                }
            }
            12..14 => {
                let Some(at) = input.pick(&receives) else {
                    continue;
                };
                if let Poll::Ready(received) = receives[at].poll() {
                    drop(receives.remove(at));
                    assert!(received.is_some() || (is_closed && model.is_empty()));
                    if let Some(message) = received {
                        assert_eq!(Some(message.number()), model.pop_front());
                    }
                }
            }
            14 => {
                if let Some(at) = input.pick(&sends) {
                    drop(sends.remove(at));
                }
                if let Some(at) = input.pick(&receives) {
                    drop(receives.remove(at));
                }
            }
            _ if input.below(8) == 0 => {
                assert_eq!(producer.queue().close(), !is_closed);
                is_closed = true;
            }
            _ => {}
        }
        let queue = consumer.queue();
        assert_eq!(queue.len(), model.len());
        assert_eq!(queue.is_empty(), model.is_empty());
        assert_eq!(queue.is_closed(), is_closed);
        assert_eq!(alive.count(), model.len() + sends.len());
        let asleep = |task: &Task| usize::from(task.sleeps());
        let woken = |task: &Task| usize::from(task.waits && task.is_woken());
        let sleeping: usize = sends.iter().map(|waiting| asleep(&waiting.task)).sum();
        let awake: usize = sends.iter().map(|waiting| woken(&waiting.task)).sum();
        assert!(sleeping == 0 || (!is_closed && awake >= capacity - model.len()));
        let sleeping: usize = receives.iter().map(|waiting| asleep(&waiting.task)).sum();
        let awake: usize = receives.iter().map(|waiting| woken(&waiting.task)).sum();
        assert!(sleeping == 0 || awake >= model.len());
        assert!(sleeping == 0 || !is_closed || !model.is_empty());
    }
    drop((sends, receives));
    drop((producer, consumer));
    assert_eq!(alive.count(), 0);
}

pub(crate) fn realtime(input: &mut Input<'_>) {
    let alive = Alive::default();
    let queue = RealtimeQueue::new(1 + input.below(6));
    let mut model = VecDeque::new();
    let mut number = 0;
    while !input.is_over() {
        if input.below(2) == 0 {
            number += 1;
            let is_full = model.len() == queue.capacity();
            match queue.send(alive.message(number)) {
                Ok(()) => {
                    assert!(!is_full);
                    model.push_back(number);
                }
                Err(message) => {
                    assert!(is_full);
                    assert_eq!(message.number(), number);
                }
            }
        } else {
            let message = queue.recv().map(|message| message.number());
            assert_eq!(message, model.pop_front());
        }
        assert_eq!(queue.len(), model.len());
        assert_eq!(queue.is_full(), model.len() == queue.capacity());
        assert_eq!(queue.is_empty(), model.is_empty());
        assert_eq!(alive.count(), model.len());
    }
    drop(queue);
    assert_eq!(alive.count(), 0);
}

//! A random walk of operations on the channel bounded by weight, beside a model that says at each
//! step what has been sent, which senders wait, and the weight in the channel.

use std::collections::VecDeque;
use std::task::Poll;

use mpmc_std::weighted::{self, Permit, SendError, TooHeavyError, TrySendError};
use proptest::prelude::*;

use crate::harness::BoxedTask;

/// A step of the random walk. Indices are taken modulo the number of items.
#[derive(Clone, Debug)]
enum Step {
    TrySend(usize),
    StartSend(usize),
    CancelSend(usize),
    Recv,
    TryReserve(usize),
    DropPermit(usize),
    SendPermit(usize, usize),
    Close,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let weight = 0..14_usize;
    let step = prop_oneof![
        3 => weight.clone().prop_map(Step::TrySend),
        6 => weight.clone().prop_map(Step::StartSend),
        2 => any::<usize>().prop_map(Step::CancelSend),
        6 => Just(Step::Recv),
        2 => weight.clone().prop_map(Step::TryReserve),
        1 => any::<usize>().prop_map(Step::DropPermit),
        1 => (any::<usize>(), weight).prop_map(|(index, weight)| Step::SendPermit(index, weight)),
        1 => Just(Step::Close),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A model of the channel. Waiting senders are identified by their messages.
#[derive(Default)]
struct Model {
    capacity: usize,
    max: usize,
    messages: VecDeque<(usize, usize)>,
    /// The weights of permits.
    permits: Vec<usize>,
    for_weight: VecDeque<(usize, usize)>,
    for_slot: VecDeque<(usize, usize)>,
    closed: bool,
}

impl Model {
    fn weight(&self) -> usize {
        let weights = |senders: &VecDeque<(usize, usize)>| {
            senders.iter().map(|(_, weight)| weight).sum::<usize>()
        };
        weights(&self.messages) + weights(&self.for_slot) + self.permits.iter().sum::<usize>()
    }

    fn has_slot(&self) -> bool {
        self.messages.len() + self.permits.len() < self.capacity
    }

    fn try_take(&mut self, weight: usize) -> Result<(), TrySendError<()>> {
        if weight > self.max {
            Err(TrySendError::TooHeavy(()))
        } else if self.closed {
            Err(TrySendError::Closed(()))
        } else if !self.for_weight.is_empty()
            || self.weight() + weight > self.max
            || !self.has_slot()
        {
            Err(TrySendError::Full(()))
        } else {
            Ok(())
        }
    }

    /// Completes the sends that are possible now. Returns their numbers.
    fn settle(&mut self) -> Vec<usize> {
        let mut sent = Vec::new();
        loop {
            if let Some(&(id, weight)) = self.for_weight.front() {
                if self.weight() + weight <= self.max {
                    self.for_weight.pop_front();
                    self.for_slot.push_back((id, weight));
                    continue;
                }
            }
            if self.has_slot() {
                if let Some(sender) = self.for_slot.pop_front() {
                    sent.push(sender.0);
                    self.messages.push_back(sender);
                    continue;
                }
            }
            return sent;
        }
    }
}

type Outcome = Result<(), SendError<(usize, usize)>>;

/// Polls woken senders until no sender is woken. Removes and returns the completed ones.
fn run(tasks: &mut Vec<(usize, BoxedTask<'_, Outcome>)>) -> Vec<(usize, Outcome)> {
    let mut done = Vec::new();
    while let Some(index) = tasks.iter().position(|(_, task)| task.is_woken()) {
        if let Poll::Ready(outcome) = tasks[index].1.poll() {
            done.push((tasks.remove(index).0, outcome));
        }
    }
    done
}

fn walk(capacity: usize, max: usize, steps: &[Step]) {
    let (tx, rx) = weighted::channel::<(usize, usize)>(capacity, max);
    let mut model = Model {
        capacity,
        max,
        ..Model::default()
    };
    let mut permits: Vec<Permit<'_, (usize, usize)>> = Vec::new();
    let mut tasks: Vec<(usize, BoxedTask<'_, Outcome>)> = Vec::new();
    for (id, step) in steps.iter().enumerate() {
        let mut expected = Vec::new();
        match *step {
            Step::TrySend(weight) => {
                let allowed = model.try_take(weight);
                let sent = tx.try_send_with_weight((id, weight), weight);
                assert_eq!(format!("{sent:?}"), format!("{allowed:?}"));
                if allowed.is_ok() {
                    model.messages.push_back((id, weight));
                }
            }
            Step::StartSend(weight) => {
                tasks.push((
                    id,
                    BoxedTask::boxed(tx.send_with_weight((id, weight), weight)),
                ));
                if weight > max {
                    expected.push((id, Err(SendError::TooHeavy((id, weight)))));
                } else if model.closed {
                    expected.push((id, Err(SendError::Closed((id, weight)))));
                } else {
                    model.for_weight.push_back((id, weight));
                }
            }
            Step::CancelSend(index) => {
                if !tasks.is_empty() {
                    let (id, task) = tasks.remove(index % tasks.len());
                    drop(task);
                    model.for_weight.retain(|sender| sender.0 != id);
                    model.for_slot.retain(|sender| sender.0 != id);
                }
            }
            Step::Recv => {
                let received = rx.try_recv();
                assert_eq!(received.ok(), model.messages.pop_front());
            }
            Step::TryReserve(weight) => {
                let allowed = model.try_take(weight);
                match tx.try_reserve(weight) {
                    Ok(permit) => {
                        assert_eq!(allowed, Ok(()));
                        model.permits.push(weight);
                        permits.push(permit);
                    }
                    Err(error) => assert_eq!(allowed, Err(error)),
                }
            }
            Step::DropPermit(index) => {
                if !permits.is_empty() {
                    let index = index % permits.len();
                    drop(permits.remove(index));
                    model.permits.remove(index);
                }
            }
            Step::SendPermit(index, weight) => {
                if !permits.is_empty() {
                    let index = index % permits.len();
                    let reserved = model.permits.remove(index);
                    let sent = permits.remove(index).send_with_weight((id, weight), weight);
                    if weight <= reserved {
                        assert_eq!(sent, Ok(()));
                        model.messages.push_back((id, weight));
                    } else {
                        assert_eq!(sent, Err(TooHeavyError((id, weight))));
                    }
                }
            }
            Step::Close => {
                rx.close();
                model.closed = true;
                for (id, weight) in model.for_weight.drain(..).chain(model.for_slot.drain(..)) {
                    expected.push((id, Err(SendError::Closed((id, weight)))));
                }
            }
        }
        expected.extend(model.settle().into_iter().map(|id| (id, Ok(()))));
        let mut done = run(&mut tasks);
        done.sort_by_key(|(id, _)| *id);
        expected.sort_by_key(|(id, _)| *id);
        assert_eq!(done, expected, "{step:?}");
        assert_eq!(tx.weight(), model.weight(), "{step:?}");
        assert_eq!(tx.len(), model.messages.len(), "{step:?}");
        assert!(tx.weight() <= max, "{step:?}");
    }
    drop(tasks);
    drop(permits);
    let messages: usize = model.messages.iter().map(|(_, weight)| weight).sum();
    assert_eq!(tx.weight(), messages);
    drop(rx);
    assert_eq!(tx.weight(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A failing sequence should become a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_channel_matches_its_model(capacity in 1..5_usize, max in 1..13_usize, steps in steps()) {
        walk(capacity, max, &steps);
    }
}

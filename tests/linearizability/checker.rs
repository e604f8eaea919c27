//! A linearizability checker: the algorithm of Wing and Gong with Lowe's memoization.
//!
//! The input is a history: the calls of each thread with their times and results. The checker
//! searches for an order of atomic steps that the specification allows, with each step between the
//! invocation and the return of its call. A call may take several steps (a batch, or a slot that is
//! claimed first and published later), and the specification may allow several results of a step.
//! Published checkers (`todc-utils` 0.1, `stateright` 0.31) model a call as one step with one
//! result, which does not fit either case.

use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::hash::Hash;

/// One call with its time and result.
#[derive(Clone, Debug)]
pub(crate) struct Timed<C> {
    /// The time before the call and the time after its return, on a clock that all threads share.
    pub(crate) invoked: u64,
    pub(crate) returned: u64,
    /// The call and its result.
    pub(crate) call: C,
}

/// The calls of each thread, in program order.
pub(crate) type History<C> = Vec<Vec<Timed<C>>>;

/// The progress of a call: the data that its specification keeps between two steps.
pub(crate) type Progress = [u8; 2];

/// The state of a call after a step.
pub(crate) enum Next {
    /// The call needs more steps.
    Continues(Progress),
    Done,
}

/// A sequential object: its state, and the effect of calls on it, step by step.
pub(crate) trait Specification: Clone + Eq + Hash + Debug {
    type Call: Debug;

    /// Returns all possible next atomic steps of `call` in this state, given the result of the
    /// call. Empty if no step is possible now.
    fn steps(&self, call: &Self::Call, progress: Progress) -> Vec<(Self, Next)>;
}

/// A node of the search.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Node<S> {
    state: S,
    /// For each thread, the number of completed calls and the progress of the next one.
    threads: Vec<(usize, Option<Progress>)>,
}

impl<S: Specification> Node<S> {
    fn is_end(&self, history: &History<S::Call>) -> bool {
        let mut threads = self.threads.iter().zip(history);
        threads.all(|(&(completed, _), calls)| completed == calls.len())
    }

    /// Returns whether thread `this` may take a step of its next call: all calls that returned
    /// before that call was invoked must be complete.
    fn may_step(&self, history: &History<S::Call>, this: usize) -> bool {
        let (completed, progress) = self.threads[this];
        let Some(call) = history[this].get(completed) else {
            return false;
        };
        progress.is_some()
            || self
                .threads
                .iter()
                .zip(history)
                .all(|(&(completed, _), calls)| {
                    calls
                        .get(completed)
                        .is_none_or(|other| other.returned > call.invoked)
                })
    }

    fn successors(&self, history: &History<S::Call>) -> Vec<Self> {
        let mut successors = Vec::new();
        for this in 0..history.len() {
            if !self.may_step(history, this) {
                continue;
            }
            let (completed, progress) = self.threads[this];
            let call = &history[this][completed].call;
            for (state, next) in self.state.steps(call, progress.unwrap_or_default()) {
                let mut threads = self.threads.clone();
                threads[this] = match next {
                    Next::Continues(progress) => (completed, Some(progress)),
                    Next::Done => (completed + 1, None),
                };
                successors.push(Self { state, threads });
            }
        }
        successors
    }
}

/// Returns whether some order of steps explains `history`, starting from `state`.
pub(crate) fn is_linearizable<S: Specification>(state: S, history: &History<S::Call>) -> bool {
    let start = Node {
        state,
        threads: vec![(0, None); history.len()],
    };
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        if node.is_end(history) {
            return true;
        }
        for successor in node.successors(history) {
            if seen.insert(successor.clone()) {
                open.push(successor);
            }
        }
    }
    false
}

/// Returns the number of pairs of calls that overlapped in time. A history without overlaps tests
/// nothing.
pub(crate) fn overlaps<C>(history: &History<C>) -> usize {
    let calls: Vec<_> = history.iter().flatten().collect();
    let mut overlaps = 0;
    for (number, a) in calls.iter().enumerate() {
        let later = calls[number + 1..].iter();
        overlaps += later
            .filter(|b| a.invoked < b.returned && b.invoked < a.returned)
            .count();
    }
    overlaps
}

/// Formats the history for a failure message.
pub(crate) fn format_history<C: Debug>(history: &History<C>) -> String {
    let mut format_history = String::new();
    for (thread, calls) in history.iter().enumerate() {
        let _ = writeln!(format_history, "thread {thread}");
        for call in calls {
            let _ = writeln!(
                format_history,
                "    {:4} to {:4}  {:?}",
                call.invoked, call.returned, call.call
            );
        }
    }
    format_history
}

//! A checker for linearizability, in the manner of Wing and Gong, with Lowe's memoisation.
//!
//! Given what each thread called, when, and what came out, it looks for an order of atomic steps, each within the
//! time of its call, that the specification allows. A call may take several steps (a batch, or a slot
//! that is claimed first and published later), and the specification may leave a choice at each.
//! The published checkers that were looked at (`todc-utils` 0.1, `stateright` 0.31) take calls
//! for one step with one result, which fits neither.

use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::hash::Hash;

/// One call as it was seen from outside.
#[derive(Clone, Debug)]
pub(crate) struct Timed<C> {
    /// Before the call began, and after it had returned, on a clock that all threads share.
    pub(crate) invoked: u64,
    pub(crate) returned: u64,
    /// The call and what came out.
    pub(crate) call: C,
}

/// What each thread did, in its order.
pub(crate) type History<C> = Vec<Vec<Timed<C>>>;

/// How far a call has got: whatever its specification needs to remember between two steps.
pub(crate) type Progress = [u8; 2];

/// What the next step of a call leads to.
pub(crate) enum Next {
    /// It needs more steps.
    Goes(Progress),
    Done,
}

/// A sequential object: its state, and what calls do to it step by step.
pub(crate) trait Specification: Clone + Eq + Hash + Debug {
    type Call: Debug;

    /// Everything that the next atomic step of `call` can be in this state, given what came out of the
    /// call in the end. Nothing, if it cannot be taken now.
    fn steps(&self, call: &Self::Call, progress: Progress) -> Vec<(Self, Next)>;
}

/// A point in the search.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Point<S> {
    state: S,
    /// For each thread how many calls are over, and how far the next one has got.
    threads: Vec<(usize, Option<Progress>)>,
}

impl<S: Specification> Point<S> {
    fn is_end(&self, history: &History<S::Call>) -> bool {
        let mut threads = self.threads.iter().zip(history);
        threads.all(|(&(over, _), calls)| over == calls.len())
    }

    /// Whether thread `this` may take a step of its next call: not before a call has ended that had
    /// returned when this one began.
    fn may_step(&self, history: &History<S::Call>, this: usize) -> bool {
        let (over, progress) = self.threads[this];
        let Some(call) = history[this].get(over) else {
            return false;
        };
        progress.is_some()
            || self.threads.iter().zip(history).all(|(&(over, _), calls)| {
                calls
                    .get(over)
                    .is_none_or(|other| other.returned > call.invoked)
            })
    }

    fn successors(&self, history: &History<S::Call>) -> Vec<Self> {
        let mut successors = Vec::new();
        for this in 0..history.len() {
            if !self.may_step(history, this) {
                continue;
            }
            let (over, progress) = self.threads[this];
            let call = &history[this][over].call;
            for (state, next) in self.state.steps(call, progress.unwrap_or_default()) {
                let mut threads = self.threads.clone();
                threads[this] = match next {
                    Next::Goes(progress) => (over, Some(progress)),
                    Next::Done => (over + 1, None),
                };
                successors.push(Self { state, threads });
            }
        }
        successors
    }
}

/// Whether some order of steps explains `history`, beginning with `state`.
pub(crate) fn is_linearizable<S: Specification>(state: S, history: &History<S::Call>) -> bool {
    let start = Point {
        state,
        threads: vec![(0, None); history.len()],
    };
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(point) = open.pop() {
        if point.is_end(history) {
            return true;
        }
        for successor in point.successors(history) {
            if seen.insert(successor.clone()) {
                open.push(successor);
            }
        }
    }
    false
}

/// How many pairs of calls overlapped in time. A history without any shows nothing.
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

/// The history for people to read.
pub(crate) fn picture<C: Debug>(history: &History<C>) -> String {
    let mut picture = String::new();
    for (thread, calls) in history.iter().enumerate() {
        let _ = writeln!(picture, "thread {thread}");
        for call in calls {
            let _ = writeln!(
                picture,
                "    {:4} to {:4}  {:?}",
                call.invoked, call.returned, call.call
            );
        }
    }
    picture
}

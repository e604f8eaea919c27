//! Trials of which peers keep their messages when futures are dropped.
//!
//! Senders and receivers poll their futures a random number of times, from none to a few, and then
//! drop those that are not ready. Between the last poll and the drop other tasks run, so the future
//! may have been woken, or may have been given a message, or its message may have been taken,
//! without having observed it. When the senders have been dropped, the receivers take the messages
//! that are left. Then:
//!
//! - a message whose send was `Ready` must have been received, once: otherwise it is *lost*, or
//!   *duplicated*;
//! - a message whose send was dropped before it was `Ready` must not have been received: otherwise
//!   it was *delivered although canceled*, and a caller that tries again after a timeout sends it
//!   twice.
//!
//! Some futures are polled until they are ready, and only the wakes of the channel cause the polls.
//! If a wake is lost, the round *hangs*, and is abandoned after a while.
//!
//! That a peer had no violation in so many trials does not prove that it is exact, and the report
//! does not say so.

mod trials;

use crate::arguments::Options;
use crate::measure::Plan;
use crate::peers::{Receivers, async_names};
use crate::process::{self, Failure};

pub use trials::observe;

/// The counts of a peer's trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The number of futures that were polled, and dropped before they were ready.
    pub trials: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub delivered_although_canceled: u64,
    /// The number of rounds.
    pub hung: u64,
}

impl Observation {
    pub fn is_clean(&self) -> bool {
        self.violations().is_empty()
    }

    /// Describes the violations; empty if there are none.
    pub fn violations(&self) -> String {
        let counts = [
            (self.lost, "messages lost"),
            (self.duplicated, "messages duplicated"),
            (
                self.delivered_although_canceled,
                "messages delivered although canceled",
            ),
            (self.hung, "rounds hung"),
        ];
        let seen = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"));
        seen.collect::<Vec<_>>().join(", ")
    }

    pub fn to_numbers(self) -> [u64; 5] {
        let Self {
            trials,
            lost,
            duplicated,
            delivered_although_canceled,
            hung,
        } = self;
        [trials, lost, duplicated, delivered_although_canceled, hung]
    }

    fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let &[trials, lost, duplicated, delivered, hung] = numbers else {
            return None;
        };
        Some(Self {
            trials: trials as u64,
            lost: lost as u64,
            duplicated: duplicated as u64,
            delivered_although_canceled: delivered as u64,
            hung: hung as u64,
        })
    }
}

/// A peer and its observation.
#[derive(Clone, Debug)]
pub struct Observed {
    pub peer: String,
    pub result: Result<Observation, Failure>,
}

/// Tries all peers that have futures, each in a process of its own.
pub fn observe_all(options: &Options, plan: &Plan) -> Vec<Observed> {
    async_names(Receivers::One)
        .into_iter()
        .filter(|peer| options.wants_peer(peer))
        .map(|peer| {
            let millis = plan.cancellation.as_millis().to_string();
            let timeout = plan.timeout_of(plan.cancellation + trials::MOST_TIME_IN_HANGS);
            let numbers = process::run(&["cancel", peer, &millis], timeout);
            let result = numbers
                .and_then(|numbers| Observation::from_numbers(&numbers).ok_or(Failure::Died));
            match &result {
                Ok(observation) => eprintln!("cancellation, {peer}: {observation:?}"),
                Err(failure) => eprintln!("cancellation, {peer}: {failure}"),
            }
            Observed {
                peer: peer.into(),
                result,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Observation;

    #[test]
    fn violations_are_told_by_name() {
        let clean = Observation {
            trials: 9,
            ..Observation::default()
        };
        assert!(clean.is_clean());
        let seen = Observation {
            lost: 2,
            hung: 1,
            ..clean
        };
        assert_eq!(seen.violations(), "2 messages lost, 1 rounds hung");
        let numbers = seen.to_numbers().map(|number| number as f64);
        assert_eq!(Observation::from_numbers(&numbers), Some(seen));
    }
}

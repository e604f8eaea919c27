//! The measurements: the rows of the table, and how each is run on a peer.

mod bare;
mod bare_slot;
mod batch;
mod batch_sources;
mod blocking;
mod fairness;
mod floor;
mod group;
mod idle;
mod latency;
mod list;
mod loaded;
mod one_core;
mod one_thread;
mod ping_pong;
mod pipeline;
mod processor_time;
mod queues;
mod round_trip;
mod select;
mod slow_side;
mod throughput;
mod workers;

pub use bare::{
    BARE_BATCH, BARE_EXCHANGE_ONE_THREAD, BARE_EXCHANGE_TWO_WORKERS, BARE_PING_PONG_ONE_THREAD,
    BARE_PING_PONG_TWO_WORKERS, BARE_TURNS_ON_ONE_CORE,
};
pub use floor::{FLOOR, LINE_ROUND_TRIP, LOCKED_PAIR};
pub use group::Group;
pub use list::{BATCH_ONE_THREAD, FOUR_BY_FOUR, SINGLE_OPERATION, SIXTEEN_THREADS, all};

use std::fmt;

use crate::conditions::Conditions;

/// The unit of a row's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall time per message.
    NanosecondsPerMessage,
    /// A time that is not the cost of a message.
    Nanoseconds,
    Bytes,
    /// The number of allocations.
    Allocations,
    /// Jain's index. More is better.
    Index,
    /// A time divided by the least time that the cores allow for the same work.
    TimesIdeal,
    /// A part of the fair share. More is better.
    Share,
    /// A wait, in messages of other senders that were received during it.
    Messages,
    /// The number of messages for which a task keeps its thread.
    MessagesPerTurn,
    Microseconds,
}

impl Unit {
    /// Returns the factor by which `ours` is better than `theirs`; above 1, ours is ahead.
    pub fn advantage(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::Index | Self::Share => ours / theirs,
            // Counts that may both be zero.
            Self::Allocations if ours == theirs => 1.0,
            _ => theirs / ours,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NanosecondsPerMessage => "ns/message",
            Self::Nanoseconds => "ns",
            Self::Bytes => "bytes",
            Self::Allocations => "allocations",
            Self::Index => "index",
            Self::TimesIdeal => "× ideal",
            Self::Share => "share",
            Self::Messages => "messages",
            Self::MessagesPerTurn => "messages/turn",
            Self::Microseconds => "µs",
        })
    }
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// A unique id, which `--filter` searches.
    pub id: String,
    pub group: Group,
    pub title: String,
    pub unit: Unit,
}

impl Row {
    /// Creates a row of time per message.
    fn per_message(group: Group, id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            group,
            title: title.into(),
            unit: Unit::NanosecondsPerMessage,
        }
    }
}

/// The amount of work of one cell.
#[derive(Clone, Copy, Debug)]
pub enum Size {
    /// As many messages as take the time of a cell.
    Calibrated,
    /// A number that belongs to the scenario.
    Fixed { full: u64, quick: u64 },
}

/// A measurement that can be run on each of its peers, and gives one value for each of its rows.
pub trait Scenario {
    fn rows(&self) -> Vec<Row>;

    /// Returns the peers that can run it, in the order of the report.
    fn peers(&self) -> Vec<&'static str>;

    fn size(&self) -> Size {
        Size::Calibrated
    }

    /// Returns the conditions that the measurement needs.
    fn conditions(&self) -> Conditions {
        Conditions::Plain
    }

    /// Returns whether it is left out unless `--filter` names it.
    fn is_extra(&self) -> bool {
        false
    }

    /// Runs on the peer of that name. Returns one value per row.
    ///
    /// # Panics
    ///
    /// If there is no such peer, or if messages were lost.
    fn run(&self, peer: &str, count: u64) -> Vec<f64>;
}

/// Returns the share of `total` that part number `part` of `parts` gets.
fn share(total: u64, parts: usize, part: usize) -> u64 {
    let parts = parts as u64;
    total / parts + u64::from((part as u64) < total % parts)
}

/// Panics if messages were lost, because the measurement would then be worthless.
fn check_received(received: u64, sent: u64) {
    assert_eq!(received, sent, "received and sent messages differ");
}

#[cfg(test)]
mod tests {
    use super::{Unit, share};

    #[test]
    fn equal_counts_are_equally_good_also_if_they_are_zero() {
        assert_eq!(Unit::Allocations.advantage(0.0, 0.0), 1.0);
        assert_eq!(Unit::Allocations.advantage(2.0, 6.0), 3.0);
    }

    #[test]
    fn shares_differ_by_one_at_most_and_add_up() {
        let shares: Vec<u64> = (0..4).map(|part| share(10, 4, part)).collect();
        assert_eq!(shares, [3, 3, 2, 2]);
    }
}

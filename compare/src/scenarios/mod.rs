//! What is measured: the rows of the table, and how each is run on a peer.

mod batch;
mod blocking;
mod fairness;
mod floor;
mod idle;
mod latency;
mod list;
mod one_thread;
mod ping_pong;
mod pipeline;
mod queues;
mod throughput;
mod workers;

pub use floor::{FLOOR, LINE_ROUND_TRIP, LOCKED_PAIR};
pub use list::{BATCH_ONE_THREAD, FOUR_BY_FOUR, SINGLE_OPERATION, SIXTEEN_THREADS, all};

use std::fmt;

/// Where a row stands in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Not a row of the table: what the hardware allows, for the headline figures.
    Floor,
    Workers,
    TokioMulti,
    TokioCurrent,
    Smol,
    Payloads,
    Exchange,
    Batches,
    Blocking,
    OneThread,
    Queues,
    Idle,
    Latency,
    Fairness,
}

impl Group {
    pub fn title(self) -> &'static str {
        match self {
            Self::Floor => "What the hardware allows",
            Self::Workers => "Worker pools and other real work",
            Self::TokioMulti => "Tasks on tokio, two worker threads",
            Self::TokioCurrent => "Tasks on tokio, current thread",
            Self::Smol => "Tasks on async-executor (smol), two threads",
            Self::Payloads => "Larger messages",
            Self::Exchange => "Ping-pong and stream pipelines",
            Self::Batches => "Batches of 64",
            Self::Blocking => "Threads that block",
            Self::OneThread => "One thread, nothing waits",
            Self::Queues => "Threads on a raw queue",
            Self::Idle => "Idle channels",
            Self::Latency => "Latency at a fixed rate",
            Self::Fairness => "Fairness among receivers and among senders",
        }
    }

    /// What the group's rows show, for who does not know the source.
    pub fn note(self) -> &'static str {
        match self {
            Self::Floor => "",
            Self::Workers => {
                "Handlers and producers that take time, on tokio with two workers unless the row says \
                 otherwise. \"× ideal\": the time divided by the least time that the cores allow: 1 is \
                 ideal, 2 is serial on two cores. Longest wait: messages of the other senders received \
                 during one `send`. Share: 1 is fair, and more is better. Messages per turn: what the \
                 loop receives between two turns of the task; 400,000, the whole run, if it never has one."
            }
            Self::TokioMulti | Self::TokioCurrent | Self::Smol => {
                "Producers × consumers, each a task; a message is a `u64`. Nanoseconds of wall time per message."
            }
            Self::Payloads => "As above, with larger messages, or one that is allocated and freed.",
            Self::Exchange => {
                "Ping-pong: two tasks, two channels of capacity 1, time per message (half a round trip). \
                 Pipeline: a stream forwarded into a sink, its stream forwarded into a second channel; time per \
                 message through both."
            }
            Self::Batches => {
                "The peers' own batch calls where they have them (mpmc-std: both ends; tokio: both ends; flume, loole \
                 and kanal: receiving only), else one by one."
            }
            Self::Blocking => "Producers × consumers, each a thread that blocks.",
            Self::OneThread => "One thread sends a message and takes it out again.",
            Self::Queues => {
                "Threads that push and pop a `u64`, backing off (spin, then yield) when they cannot. The last \
                 row's threads each push and pop in turn."
            }
            Self::Idle => {
                "10,000 channels of capacity 64, each with a task parked in `recv`. Bytes on the heap per channel, the \
                 task included; then one message into each, and the time per channel until all tasks are done."
            }
            Self::Latency => {
                "A thread sends 100,000 messages per second, a task on another thread receives them. Time from \
                 the moment when a message was due."
            }
            Self::Fairness => {
                "Four producers, and four consumers (one for the senders' row), tokio with two workers, \
                 capacity 64. Jain's index of messages per receiver or per sender: 1 is equal shares, 0.25 \
                 is one of them taking all."
            }
        }
    }
}

/// What a row's figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall time per message. These rows enter the geometric means.
    NanosecondsPerMessage,
    /// A time that is not the cost of a message.
    Nanoseconds,
    Bytes,
    /// Jain's index. More is better.
    Index,
    /// A time divided by the least time that the cores allow for the same work.
    TimesIdeal,
    /// A part of what would be fair. More is better.
    Share,
    /// A wait, in messages of others that were received meanwhile.
    Messages,
    /// How many messages a task keeps its thread for.
    MessagesPerTurn,
    Microseconds,
}

impl Unit {
    /// How much better `ours` is than `theirs`; above 1 if ours is ahead.
    pub fn advantage(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::Index | Self::Share => ours / theirs,
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
    /// Unique, and what `--filter` looks in.
    pub id: String,
    pub group: Group,
    pub title: String,
    pub unit: Unit,
}

impl Row {
    /// A row of time per message.
    fn per_message(group: Group, id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            group,
            title: title.into(),
            unit: Unit::NanosecondsPerMessage,
        }
    }
}

/// How much work one cell is.
#[derive(Clone, Copy, Debug)]
pub enum Size {
    /// As many messages as take the time of a cell.
    Calibrated,
    /// A number that belongs to the scenario.
    Fixed { full: u64, quick: u64 },
}

/// Something that can be run on each of its peers, and gives one value for each of its rows.
pub trait Scenario {
    fn rows(&self) -> Vec<Row>;

    /// The peers that can run it, in the order of the report.
    fn peers(&self) -> Vec<&'static str>;

    fn size(&self) -> Size {
        Size::Calibrated
    }

    /// Runs on the peer of that name. One value per row.
    ///
    /// # Panics
    ///
    /// If there is no such peer, or messages went missing.
    fn run(&self, peer: &str, count: u64) -> Vec<f64>;
}

/// What `part` of `parts` gets of `total`.
fn share(total: u64, parts: usize, part: usize) -> u64 {
    let parts = parts as u64;
    total / parts + u64::from((part as u64) < total % parts)
}

/// A measurement of a channel that loses messages would be worthless.
fn check_received(received: u64, sent: u64) {
    assert_eq!(received, sent, "received and sent messages differ");
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_differ_by_one_at_most_and_add_up() {
        let shares: Vec<u64> = (0..4).map(|part| share(10, 4, part)).collect();
        assert_eq!(shares, [3, 3, 2, 2]);
    }
}

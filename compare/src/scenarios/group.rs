//! The groups of the report: their titles, and notes on their rows.

/// The group of a row in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The limits of the hardware, for the headline figures. Not part of the table.
    Floor,
    Workers,
    TokioMulti,
    TokioCurrent,
    Smol,
    Payloads,
    Exchange,
    Batches,
    BatchSources,
    Blocking,
    OneCore,
    Loaded,
    SlowSide,
    OneThread,
    Queues,
    Idle,
    Latency,
    RoundTrip,
    ProcessorTime,
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
            Self::BatchSources => "Batches from ranges, slices and vectors",
            Self::Blocking => "Threads that block",
            Self::OneCore => "Threads that block, all on one core",
            Self::Loaded => "On a loaded machine",
            Self::SlowSide => "One side takes time",
            Self::OneThread => "One thread, nothing waits",
            Self::Queues => "Threads on a raw queue",
            Self::Idle => "Idle channels",
            Self::Latency => "Latency at a fixed rate",
            Self::RoundTrip => "Round trip of two threads, by capacity",
            Self::ProcessorTime => "Processor time at a fixed rate",
            Self::Fairness => "Fairness among receivers and among senders",
        }
    }

    /// Returns a note on the group's rows, for readers who do not know the source code.
    pub fn note(self) -> &'static str {
        match self {
            Self::Floor => "",
            Self::Workers => {
                "Handlers and producers that take time, on tokio with two workers unless the row \
                 says otherwise. \"× ideal\": the time divided by the least time that the cores \
                 allow: 1 is ideal, 2 is serial on two cores. Longest wait: messages of the other \
                 senders received during one `send`. Share: 1 is fair, and more is better. \
                 Messages per turn: what the loop receives between two turns of the task; 400,000, \
                 the whole run, if it never has one."
            }
            Self::TokioMulti | Self::TokioCurrent | Self::Smol => {
                "Producers × consumers, each a task; a message is a `u64`. Nanoseconds of wall \
                 time per message."
            }
            Self::Payloads => "As above, with larger messages, or one that is allocated and freed.",
            Self::Exchange => {
                "Ping-pong: two tasks, two channels of capacity 1, time per message (half a round \
                 trip). Pipeline: a stream forwarded into a sink, its stream forwarded into a \
                 second channel; time per message through both."
            }
            Self::Batches => {
                "The peers' own batch calls where they have them (mpmc-std, tokio and fibre: both \
                 ends; flume, loole and kanal: receiving only), else one by one."
            }
            Self::BatchSources => {
                "One thread, capacity 1024: the peers' own batch calls as above, on batches of 64 \
                 or 256. They come from a range, from a slice (`iter().copied()`), or from a \
                 vector (`drain(..)`), which is the one that the messages were received into. \
                 Nanoseconds per message, in and out."
            }
            Self::Blocking => "Producers × consumers, each a thread that blocks.",
            Self::OneCore => {
                "As above, but the process may use a single core, from its start. The consumers \
                 compute so many steps for each message, of one or two nanoseconds. With steps the \
                 figure is \"× ideal\": the time divided by that of the steps alone."
            }
            Self::Loaded => {
                "Beside two busy loops of other programs, which have a nice value of 10: threads \
                 that block, and tasks on tokio with two workers."
            }
            Self::SlowSide => {
                "One producer and one consumer, capacity 64. One of them computes 2 µs for each \
                 message, the other nothing. \"× ideal\": the time divided by that of the \
                 computing alone."
            }
            Self::OneThread => "One thread sends a message and takes it out again.",
            Self::Queues => {
                "Threads that push and pop a `u64`, backing off (spin, then yield) when they \
                 cannot. The last row's threads each push and pop in turn."
            }
            Self::Idle => {
                "10,000 channels of capacity 64, each with a task parked in `recv`. Bytes on the \
                 heap per channel, the task included; then one message into each, or each closed \
                 by dropping its sender, and the time per channel until all tasks are done. \
                 Allocations: while the senders are dropped. Creating: the channels alone."
            }
            Self::Latency => {
                "A thread sends 100,000 messages per second, a task on another thread receives \
                 them. Time from the moment when a message was due."
            }
            Self::RoundTrip => {
                "Two threads that block: one sends a request on one channel, the other answers on \
                 a second one. The median time of a round trip. In the last row both threads run \
                 on one core of several."
            }
            Self::ProcessorTime => {
                "A message every 100 µs from a thread to a thread, or ten every millisecond from a \
                 task to a task on tokio with two workers. Processor time of the whole process per \
                 message: the sender's sleep, sending, waking, receiving and spinning."
            }
            Self::Fairness => {
                "Four producers, and four consumers (one for the senders' row), tokio with two \
                 workers, capacity 64. Jain's index of messages per receiver or per sender: 1 is \
                 equal shares, 0.25 is one of them taking all."
            }
        }
    }

    /// Returns whether its rows of time per message enter the geometric means. The means are about
    /// loops that pass integers on an otherwise idle machine, and can be compared with earlier
    /// reports.
    pub fn is_in_means(self) -> bool {
        !matches!(self, Self::BatchSources | Self::OneCore | Self::Loaded)
    }
}

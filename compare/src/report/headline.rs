//! The headline figures, each beside the limit of the hardware or the same without a channel.

use super::Report;
use super::markdown::figure;
use crate::measure::MeasuredRow;
use crate::peers::OURS;
use crate::scenarios::{
    BARE_BATCH, BARE_EXCHANGE_ONE_THREAD, BARE_EXCHANGE_TWO_WORKERS, BARE_PING_PONG_ONE_THREAD,
    BARE_PING_PONG_TWO_WORKERS, BARE_TURNS_ON_ONE_CORE, BATCH_ONE_THREAD, FLOOR, FOUR_BY_FOUR,
    LINE_ROUND_TRIP, LOCKED_PAIR, SINGLE_OPERATION, SIXTEEN_THREADS,
};

/// A figure, its best peer, and its floor, as text.
pub struct Headline {
    pub title: &'static str,
    pub ours: String,
    pub best_peer: String,
    pub floor: String,
}

/// The definition of a headline figure: its source rows, and its measure.
struct Figure {
    title: &'static str,
    row: &'static str,
    floor: &'static str,
    measure: Measure,
}

/// The conversion of a row's nanoseconds per message. A put or a take of one message is an
/// operation, so a message is two operations.
#[derive(Clone, Copy)]
enum Measure {
    OperationsPerSecond,
    MessagesPerSecond,
    NanosecondsPerOperation,
    NanosecondsPerMessage,
}

const FIGURES: [Figure; 10] = [
    Figure {
        title: "one thread, batches of 64 on a channel",
        row: BATCH_ONE_THREAD,
        floor: LOCKED_PAIR,
        measure: Measure::OperationsPerSecond,
    },
    Figure {
        title: "4 producer and 4 consumer threads on a raw queue",
        row: FOUR_BY_FOUR,
        floor: LINE_ROUND_TRIP,
        measure: Measure::MessagesPerSecond,
    },
    Figure {
        title: "one operation on a raw queue, uncontended",
        row: SINGLE_OPERATION,
        floor: LOCKED_PAIR,
        measure: Measure::NanosecondsPerOperation,
    },
    Figure {
        title: "one operation on a raw queue, 16 threads contending",
        row: SIXTEEN_THREADS,
        floor: LINE_ROUND_TRIP,
        measure: Measure::NanosecondsPerOperation,
    },
    Figure {
        title: "one thread, 1×1 tasks, capacity 1",
        row: "tokio-current/1x1/capacity-1/8B",
        floor: BARE_EXCHANGE_ONE_THREAD,
        measure: Measure::NanosecondsPerMessage,
    },
    Figure {
        title: "two workers, 1×1 tasks, capacity 1",
        row: "tokio-multi/1x1/capacity-1/8B",
        floor: BARE_EXCHANGE_TWO_WORKERS,
        measure: Measure::NanosecondsPerMessage,
    },
    Figure {
        title: "ping-pong of two tasks, one thread",
        row: "ping-pong/tokio-current",
        floor: BARE_PING_PONG_ONE_THREAD,
        measure: Measure::NanosecondsPerMessage,
    },
    Figure {
        title: "ping-pong of two tasks, two workers",
        row: "ping-pong/tokio-multi",
        floor: BARE_PING_PONG_TWO_WORKERS,
        measure: Measure::NanosecondsPerMessage,
    },
    Figure {
        title: "two threads on one core, capacity 1",
        row: "one-core/1x1/capacity-1/0-steps",
        floor: BARE_TURNS_ON_ONE_CORE,
        measure: Measure::NanosecondsPerMessage,
    },
    Figure {
        title: "one thread, batches of 64 from a slice",
        row: "batch-source/slice/64",
        floor: BARE_BATCH,
        measure: Measure::NanosecondsPerMessage,
    },
];

/// Returns the figures, with "–" for those that were not measured.
pub fn headlines(report: &Report) -> Vec<Headline> {
    let missing = || "–".to_owned();
    FIGURES
        .iter()
        .map(|figure| {
            let row = report.row(figure.row);
            let measure = figure.measure;
            let floor = report.row(figure.floor);
            Headline {
                title: figure.title,
                ours: row
                    .and_then(|row| row.median(OURS))
                    .map_or_else(missing, |median| measure.show(median)),
                best_peer: row
                    .and_then(fastest_peer)
                    .map_or_else(missing, |(peer, median)| {
                        format!("{} ({})", measure.show(median), report.name(peer))
                    }),
                floor: floor
                    .and_then(|floor| floor.median(FLOOR))
                    .map_or_else(missing, |median| measure.show(median)),
            }
        })
        .collect()
}

fn fastest_peer(row: &MeasuredRow) -> Option<(&str, f64)> {
    row.cells
        .iter()
        .filter(|cell| cell.peer != OURS)
        .filter_map(|cell| Some((cell.peer.as_str(), cell.result.as_ref().ok()?.median)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

impl Measure {
    fn show(self, nanoseconds_per_message: f64) -> String {
        match self {
            Self::OperationsPerSecond => {
                let millions = 2e3 / nanoseconds_per_message;
                format!("{millions:.0} million operations/s")
            }
            Self::MessagesPerSecond => {
                let millions = 1e3 / nanoseconds_per_message;
                format!("{millions:.1} million messages/s")
            }
            Self::NanosecondsPerOperation => {
                format!("{:.2} ns/operation", nanoseconds_per_message / 2.0)
            }
            Self::NanosecondsPerMessage => {
                format!("{} ns/message", figure(nanoseconds_per_message))
            }
        }
    }
}

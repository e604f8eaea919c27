//! Predicts how claims of one word scale, from who owns its cache line.
//!
//! Each core runs a claim protocol. An access costs by who owns the line (see [`machine`]), with
//! costs measured on this machine at the start. Beside the prediction stands what the same protocol
//! does for real, on as many threads as there are cores.

mod costs;
mod machine;
mod protocols;

use std::time::Duration;

use crate::arguments::Arguments;
use crate::claims::{self, Measured, Protocol};
use crate::table::{number, time};
use costs::Costs;
use protocols::{Prediction, Setting, predict};

const CORES: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 96, 128];
/// What a thread does between two claims, in nanoseconds.
const WORK: [u32; 3] = [0, 200, 2_000];

pub(crate) fn report(arguments: &Arguments, cores: usize) {
    let mut costs = Costs::measure(cores);
    costs.rmw = arguments.rmw.unwrap_or(costs.rmw);
    costs.transfer = arguments.transfer.unwrap_or(costs.transfer);
    println!(
        "an uncontended read-modify-write {:.1} ns, a cache line to another core {:.1} ns, a pause \
         {:.1} ns",
        costs.rmw, costs.transfer, costs.pause
    );
    for work in WORK {
        claims_by_cores(&costs, work, cores, arguments.time);
    }
    backoff_by_length(&costs);
}

fn claims_by_cores(costs: &Costs, work: u32, cores: usize, each: Duration) {
    println!(
        "\nclaims per s, {work} ns of work after each: predicted, measured; predicted min/max share and \
         longest claim"
    );
    println!(
        "| cores |{}\n|---:|{}",
        Protocol::ALL
            .map(|protocol| format!(" {} | measured | share | longest |", protocol.name()))
            .concat(),
        "---:|".repeat(4 * Protocol::ALL.len())
    );
    for count in CORES {
        let cells = Protocol::ALL.map(|protocol| {
            let setting = Setting::new(protocol, count, work);
            let predicted = predict(costs, &setting);
            let measured = if count <= cores {
                measured(&claims::measure(protocol, count, work, each))
            } else {
                String::from("–")
            };
            format!(
                " {} | {measured} | {:.2} | {} |",
                number(predicted.per_second),
                predicted.fairness,
                longest(&predicted)
            )
        });
        println!("| {count} |{}", cells.concat());
    }
}

/// Other lengths of the crate's backoff.
fn backoff_by_length(costs: &Costs) {
    const LENGTHS: [(u32, u32); 8] = [
        (50, 400),
        (200, 1_600),
        (400, 3_200),
        (800, 6_400),
        (1_600, 12_800),
        (400, 25_600),
        (800, 25_600),
        (800, 102_400),
    ];
    const COUNTS: [usize; 6] = [2, 4, 8, 32, 64, 128];
    for work in WORK {
        println!(
            "\nthe backoff with other lengths (in ns, the first and the longest), {work} ns of work: \
             claims per s and the longest claim, predicted"
        );
        println!(
            "| backoff |{}\n|---:|{}",
            COUNTS
                .map(|count| format!(" {count} cores | longest |"))
                .concat(),
            "---:|".repeat(2 * COUNTS.len())
        );
        for (first, most) in LENGTHS {
            let cells = COUNTS.map(|count| {
                let setting = Setting {
                    backoff: first..=most,
                    ..Setting::new(Protocol::Backoff, count, work)
                };
                let predicted = predict(costs, &setting);
                format!(
                    " {} | {} |",
                    number(predicted.per_second),
                    longest(&predicted)
                )
            });
            println!("| {first} to {most} |{}", cells.concat());
        }
    }
}

/// The number, and how much of the time the threads had a core, if that was not all.
fn measured(measured: &Measured) -> String {
    let rate = number(measured.per_second);
    match measured.on_core {
        Some(part) if part < 0.95 => format!("{rate} ({:.0} % on a core)", 100.0 * part),
        _ => rate,
    }
}

fn longest(predicted: &Prediction) -> String {
    time(predicted.longest)
}

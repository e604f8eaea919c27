//! The table that the README shows.

use std::fmt::Write;

use super::charts::Chart;
use super::headline::headlines;
use super::{Among, Mean, NOT_EXACT, Ratio, Report};
use crate::measure::{Cell, MeasuredRow};
use crate::peers::OURS;
use crate::scenarios::Group;
use crate::statistics::Summary;

/// The text of an empty cell.
const NONE: &str = "–";

pub fn render(report: &Report, charts: &[Chart]) -> String {
    let sections = [
        introduction(report),
        in_short(report),
        headline_section(report),
        cancellation_section(report),
        chart_section(charts),
        tables(report),
    ];
    sections.join("\n")
}

fn introduction(report: &Report) -> String {
    format!(
        "# mpmc-std beside other channels\n\n\
         Made by `cargo run --release --manifest-path compare/Cargo.toml`, in one run on one machine, \
         on {machine}.\n\n\
         {versions}.\n\n\
         Peers take turns within each round; figures are medians over {rounds} rounds of about {cell} ms per cell, \
         the quartiles below in small print. \"best / ours\" is the best peer's figure by mpmc-std's: **above 1, mpmc-std \
         is ahead**. \"{NONE}\": the peer does not take part (a single receiver, or no such call).\n\n\
         {NOT_EXACT}: not exact. In the trials of this run dropped futures of the peer lost, duplicated or delivered a \
         message, or left a task asleep, or the trials failed. Such a peer may be fast because it hands a message over \
         to a parked receiver, which loses it if its future is dropped. It is in every row, beside the others.\n",
        machine = report.machine,
        versions = report.versions().join(", "),
        rounds = report.rounds,
        cell = report.cell.as_millis(),
    )
}

/// Returns the section of the geometric means.
fn in_short(report: &Report) -> String {
    let mut text = String::from(
        "## In short\n\n\
         Over the rows that are a time per message, without those on one core, on a loaded machine, and of batches \
         by their source. Against a peer: over those of them that it takes part in.\n\n\
         | compared with | geometric mean | over | mpmc-std ahead in | cancel safety |\n|---|---|---|---|---|\n",
    );
    let mut line = |name: &str, mean: Option<Mean>, exact: &str| {
        let (ratio, rows, ahead) = match mean {
            Some(mean) => (
                format!("{:.2}", mean.geometric),
                format!("{} rows", mean.rows),
                mean.ahead.to_string(),
            ),
            None => (NONE.into(), NONE.into(), NONE.into()),
        };
        writeln!(text, "| {name} | {ratio} | {rows} | {ahead} | {exact} |")
            .expect("writing to a string");
    };
    line(
        "the best peer of each row",
        report.mean_of_best(Among::All),
        "",
    );
    line(
        "the best peer without a violation of cancel safety",
        report.mean_of_best(Among::Exact),
        "",
    );
    for peer in report.peers() {
        let verdict = verdict(report, peer);
        line(&report.name(peer), report.mean_against(peer), &verdict);
    }
    text
}

/// Returns the result of a peer's trials in a few words, without claiming more than was observed.
fn verdict(report: &Report, peer: &str) -> String {
    let Some(observed) = report.observations.iter().find(|seen| seen.peer == peer) else {
        return "no futures".into();
    };
    match &observed.result {
        Ok(seen) if seen.is_clean() => format!("no violation seen in {} trials", seen.trials),
        Ok(seen) => format!("violated: {}", seen.violations()),
        Err(failure) => failure.to_string(),
    }
}

fn headline_section(report: &Report) -> String {
    let mut text = String::from(
        "## Headline figures\n\n\
         Beside a floor, measured in the same run. For the first four figures the hardware sets it: two uncontended \
         locked instructions per message on one core, one cache line there and back per message between two cores. \
         What moves several messages at once, as batches do and as threads that share a core or a cache line do, can \
         be below it. For the others it is the same exchange without a channel (`src/scenarios/bare.rs`): two tasks \
         with an `AtomicWaker` each, two threads that yield to each other, copies into stamped slots without any \
         check. A channel that hands messages over, or that returns to the executor instead of waiting for a waker, \
         can be below it.\n\n\
         | figure | mpmc-std | best peer | floor |\n|---|---|---|---|\n",
    );
    for headline in headlines(report) {
        writeln!(
            text,
            "| {} | **{}** | {} | {} |",
            headline.title, headline.ours, headline.best_peer, headline.floor
        )
        .expect("writing to a string");
    }
    text
}

fn cancellation_section(report: &Report) -> String {
    let mut text = String::from(
        "## Cancel safety\n\n\
         Send and receive futures are polled a few times and dropped (\"trials\" counts those dropped before they were \
         ready). *Lost*: `send` had returned `Ok`, no receiver got the message. *Delivered although canceled*: \
         the send future was dropped before it was ready, the message arrived. *Hung*: rounds in which a task was \
         never woken. \"No violation seen\" is what it says, no proof.\n\n\
         | peer | trials | lost | duplicated | delivered although canceled | hung |\n|---|---|---|---|---|---|\n",
    );
    for observed in &report.observations {
        let peer = report.name(&observed.peer);
        let line = match &observed.result {
            Ok(seen) => {
                let [trials, lost, duplicated, delivered, hung] = seen.to_numbers();
                format!("| {peer} | {trials} | {lost} | {duplicated} | {delivered} | {hung} |")
            }
            Err(failure) => format!("| {peer} | {failure} | | | | |"),
        };
        writeln!(text, "{line}").expect("writing to a string");
    }
    text
}

fn chart_section(charts: &[Chart]) -> String {
    let mut text = String::from("## Charts\n\n");
    for chart in charts {
        writeln!(text, "![{}]({})\n", chart.title, chart.file).expect("writing to a string");
    }
    text
}

fn tables(report: &Report) -> String {
    let mut groups: Vec<Group> = report.table().map(|row| row.row.group).collect();
    groups.dedup();
    let tables: Vec<String> = groups
        .into_iter()
        .map(|group| table(report, group))
        .collect();
    tables.join("\n")
}

fn table(report: &Report, group: Group) -> String {
    let rows: Vec<&MeasuredRow> = report
        .table()
        .filter(|row| row.row.group == group)
        .collect();
    let mut peers: Vec<&str> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.cells) {
        if !peers.contains(&cell.peer.as_str()) {
            peers.push(&cell.peer);
        }
    }
    let mut text = format!("## {}\n\n{}\n\n", group.title(), group.note());
    let names: Vec<_> = peers.iter().map(|peer| report.name(peer)).collect();
    let rule = "---|".repeat(peers.len() + 3);
    writeln!(
        text,
        "| | best / ours | best exact / ours | {} |\n|{rule}",
        names.join(" | ")
    )
    .expect("writing to a string");
    for row in rows {
        let cells: Vec<String> = peers.iter().map(|peer| cell(report, row, peer)).collect();
        writeln!(
            text,
            "| {} ({}) | {} | {} | {} |",
            row.row.title,
            row.row.unit,
            ratio(report, report.best(row, Among::All)),
            ratio(report, report.best(row, Among::Exact)),
            cells.join(" | ")
        )
        .expect("writing to a string");
    }
    text
}

fn ratio(report: &Report, ratio: Option<Ratio<'_>>) -> String {
    ratio.map_or(NONE.into(), |ratio| {
        let peer = report.name(ratio.peer);
        format!("{}<br><sub>{peer}</sub>", figure(ratio.value))
    })
}

fn cell(report: &Report, row: &MeasuredRow, peer: &str) -> String {
    match row.cell(peer) {
        None => NONE.into(),
        Some(Cell {
            result: Err(failure),
            ..
        }) => failure.to_string(),
        Some(Cell {
            result: Ok(summary),
            ..
        }) => {
            let leads = match report.best(row, Among::All) {
                Some(best) if best.value < 1.0 => best.peer == peer,
                _ => peer == OURS,
            };
            measured(summary, leads)
        }
    }
}

/// Formats a median, in bold if it is the best of its row, above its quartiles.
fn measured(summary: &Summary, leads: bool) -> String {
    let median = figure(summary.median);
    let lower = figure(summary.lower_quartile);
    let upper = figure(summary.upper_quartile);
    let median = if leads {
        format!("**{median}**")
    } else {
        median
    };
    format!("{median}<br><sub>{lower}–{upper}</sub>")
}

/// Formats with three digits, which matches the precision of the measurements; fewer below 0.01.
pub(super) fn figure(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v if v >= 0.9995 => format!("{v:.2}"),
        v if v >= 0.00995 || v == 0.0 => format!("{v:.3}"),
        v => format!("{v:.5}"),
    }
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_have_three_digits() {
        let shown = [12345.6, 123.4, 12.34, 9.996, 1.234, 0.1234].map(figure);
        assert_eq!(shown, ["12346", "123", "12.3", "10.0", "1.23", "0.123"]);
    }

    #[test]
    fn small_figures_do_not_round_to_zero() {
        assert_eq!(
            [0.0123, 0.00128, 0.0003, 0.0].map(figure),
            ["0.012", "0.00128", "0.00030", "0.000"]
        );
    }
}

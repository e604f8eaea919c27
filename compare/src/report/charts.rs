//! The charts and their contents.

use std::error::Error;

use super::svg::{DotPlot, PlotRow, Point, Scale};
use super::{Among, Report};
use crate::scenarios::Group;

/// A finished chart.
pub struct Chart {
    pub file: &'static str,
    pub title: &'static str,
    pub svg: String,
}

/// Draws all charts for which there are results.
pub fn draw(report: &Report) -> Result<Vec<Chart>, Box<dyn Error>> {
    let plots = [
        ("means.svg", means(report)),
        ("rows.svg", rows(report)),
        ("latency.svg", latency(report)),
    ];
    let mut charts = Vec::new();
    for (file, plot) in plots {
        if !plot.rows.is_empty() {
            charts.push(Chart {
                file,
                title: plot.title,
                svg: plot.draw()?,
            });
        }
    }
    Ok(charts)
}

/// Draws the geometric mean of each peer.
fn means(report: &Report) -> DotPlot {
    let best = [
        ("best peer of each row", Among::All),
        ("best exact peer", Among::Exact),
    ];
    let best = best.map(|(name, among)| (name.into(), report.mean_of_best(among)));
    let peers = report.peers().into_iter();
    let peers = peers.map(|peer| (report.name(peer), report.mean_against(peer)));
    let rows = best.into_iter().chain(peers).filter_map(|(name, mean)| {
        let mean = mean?;
        let label = format!("{name}, {} rows", mean.rows);
        Some(PlotRow::of_one(&label, mean.geometric))
    });
    DotPlot {
        title: "mpmc-std against each peer, geometric mean over the rows of both (†: lost or delivered messages of canceled futures)",
        axis: "time per message of the peer / mpmc-std (right of 1: mpmc-std is ahead)",
        scale: Scale::Ratio,
        series: vec!["geometric mean".into()],
        rows: rows.collect(),
        caption: caption(report),
    }
}

/// Draws every row of time per message, with every peer.
fn rows(report: &Report) -> DotPlot {
    let peers = report.peers();
    let mut rows = Vec::new();
    let mut group = None;
    for row in report.per_message() {
        if group != Some(row.row.group) {
            group = Some(row.row.group);
            rows.push(PlotRow::heading(row.row.group.title()));
        }
        let points = report.ratios(row).filter_map(|ratio| {
            Some(Point {
                series: peers.iter().position(|name| *name == ratio.peer)?,
                value: ratio.value,
            })
        });
        rows.push(PlotRow {
            label: row.row.title.replace('`', ""),
            points: points.collect(),
        });
    }
    DotPlot {
        title: "mpmc-std against each peer, row by row (†: lost or delivered messages of canceled futures)",
        axis: "time per message of the peer / mpmc-std (right of 1: mpmc-std is ahead)",
        scale: Scale::Ratio,
        series: peers.iter().map(|peer| report.name(peer).into()).collect(),
        rows,
        caption: caption(report),
    }
}

/// Draws the percentiles of each peer.
fn latency(report: &Report) -> DotPlot {
    let percentiles: Vec<_> = report
        .table()
        .filter(|row| row.row.group == Group::Latency)
        .collect();
    let mut rows: Vec<PlotRow> = Vec::new();
    for (series, percentile) in percentiles.iter().enumerate() {
        for cell in &percentile.cells {
            let Ok(summary) = &cell.result else {
                continue;
            };
            let point = Point {
                series,
                value: summary.median / 1e3,
            };
            let label = report.name(&cell.peer);
            match rows.iter_mut().find(|row| row.label == label) {
                Some(row) => row.points.push(point),
                None => rows.push(PlotRow {
                    label: label.into(),
                    points: vec![point],
                }),
            }
        }
    }
    DotPlot {
        title: "Latency at 100,000 messages per second (†: lost or delivered messages of canceled futures)",
        axis: "microseconds from due to received (left is better)",
        scale: Scale::Plain,
        series: percentiles
            .iter()
            .map(|row| row.row.title.clone())
            .collect(),
        rows,
        caption: caption(report),
    }
}

/// The number of versions in a line of a caption.
const VERSIONS_IN_LINE: usize = 7;

/// Returns what the results belong to: the machine, the date and the versions.
fn caption(report: &Report) -> Vec<String> {
    let versions = report.versions();
    let versions = versions.chunks(VERSIONS_IN_LINE);
    std::iter::once(report.machine.to_string())
        .chain(versions.map(|line| line.join(", ")))
        .collect()
}

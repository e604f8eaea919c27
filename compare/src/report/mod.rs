//! The results, the ratios that follow from them, and the files.

mod charts;
mod csv;
mod headline;
mod markdown;
mod svg;

use std::borrow::Cow;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::cancellation::Observed;
use crate::machine::{Machine, versions_of};
use crate::measure::MeasuredRow;
use crate::peers::OURS;
use crate::scenarios::{Group, Unit};
use crate::statistics::geometric_mean;

/// The mark of a peer that is not among the exact ones.
pub const NOT_EXACT: &str = "†";

pub struct Report {
    pub machine: Machine,
    pub rounds: usize,
    pub cell: Duration,
    pub observations: Vec<Observed>,
    pub rows: Vec<MeasuredRow>,
}

/// The peers among which the best one of a row is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    All,
    /// The peers that showed no violation of cancel safety. Peers without futures (blocking
    /// channels, raw queues) have nothing to cancel, and belong to both.
    Exact,
}

/// A peer, and the factor by which ours is better: above 1, ours is ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio<'a> {
    pub peer: &'a str,
    pub value: f64,
}

/// The summary of the ratios of several rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    pub rows: usize,
    pub ahead: usize,
    pub geometric: f64,
}

impl Report {
    pub fn write(&self, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let charts = charts::draw(self)?;
        for chart in &charts {
            fs::write(folder.join(chart.file), &chart.svg)?;
        }
        fs::write(folder.join("table.md"), markdown::render(self, &charts))?;
        fs::write(folder.join("results.csv"), csv::render(self))?;
        Ok(())
    }

    /// Returns the versions of mpmc-std and of its peers.
    fn versions(&self) -> Vec<String> {
        versions_of(std::iter::once(OURS).chain(self.peers()))
    }

    /// Returns the rows of the table: all except the floor.
    pub fn table(&self) -> impl Iterator<Item = &MeasuredRow> {
        self.rows.iter().filter(|row| row.row.group != Group::Floor)
    }

    /// Returns the rows of time per message.
    pub fn per_message(&self) -> impl Iterator<Item = &MeasuredRow> {
        self.table()
            .filter(|row| row.row.unit == Unit::NanosecondsPerMessage)
    }

    /// Returns the rows that enter the geometric means.
    fn in_means(&self) -> impl Iterator<Item = &MeasuredRow> {
        self.per_message().filter(|row| row.row.group.is_in_means())
    }

    pub fn row(&self, id: &str) -> Option<&MeasuredRow> {
        self.rows.iter().find(|row| row.row.id == id)
    }

    /// Returns whether the peer belongs to `among`: no violation was observed, or all peers are
    /// meant.
    pub fn is_among(&self, peer: &str, among: Among) -> bool {
        among == Among::All
            || self
                .observations
                .iter()
                .filter(|observed| observed.peer == peer)
                .all(|observed| observed.result.as_ref().is_ok_and(|seen| seen.is_clean()))
    }

    /// Returns the name of a peer as tables and charts show it: marked if it is not among the exact
    /// ones. Such a peer may be faster because it hands a message over to a parked task, which
    /// loses the message if that task's future is dropped.
    pub fn name<'a>(&self, peer: &'a str) -> Cow<'a, str> {
        if self.is_among(peer, Among::Exact) {
            peer.into()
        } else {
            format!("{peer} {NOT_EXACT}").into()
        }
    }

    /// Returns the ratios of a row, to each peer.
    pub fn ratios<'a>(&'a self, row: &'a MeasuredRow) -> impl Iterator<Item = Ratio<'a>> {
        let ours = row.median(OURS);
        row.cells
            .iter()
            .filter(|cell| cell.peer != OURS)
            .filter_map(move |cell| {
                let theirs = cell.result.as_ref().ok()?.median;
                Some(Ratio {
                    peer: &cell.peer,
                    value: row.row.unit.advantage(ours?, theirs),
                })
            })
    }

    /// Returns the best peer of a row, which is the one with the smallest ratio.
    pub fn best<'a>(&'a self, row: &'a MeasuredRow, among: Among) -> Option<Ratio<'a>> {
        self.ratios(row)
            .filter(|ratio| self.is_among(ratio.peer, among))
            .min_by(|a, b| a.value.total_cmp(&b.value))
    }

    /// Returns the mean over all rows, against the best peer of each.
    pub fn mean_of_best(&self, among: Among) -> Option<Mean> {
        mean(self.in_means().filter_map(|row| self.best(row, among)))
    }

    /// Returns the mean over all rows that the peer takes part in.
    pub fn mean_against(&self, peer: &str) -> Option<Mean> {
        let ratios = self.in_means().flat_map(|row| self.ratios(row));
        mean(ratios.filter(|ratio| ratio.peer == peer))
    }

    /// Returns all peers except ours, in the order of the first row that each takes part in.
    pub fn peers(&self) -> Vec<&str> {
        let mut peers: Vec<&str> = Vec::new();
        for cell in self.table().flat_map(|row| &row.cells) {
            if cell.peer != OURS && !peers.contains(&cell.peer.as_str()) {
                peers.push(&cell.peer);
            }
        }
        peers
    }
}

fn mean<'a>(ratios: impl Iterator<Item = Ratio<'a>>) -> Option<Mean> {
    let values: Vec<f64> = ratios.map(|ratio| ratio.value).collect();
    Some(Mean {
        rows: values.len(),
        ahead: values.iter().filter(|&&value| value > 1.0).count(),
        geometric: geometric_mean(&values)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancellation::Observation;
    use crate::measure::Cell;
    use crate::process::Failure;
    use crate::scenarios::Row;
    use crate::statistics::Summary;

    fn row(unit: Unit, values: &[(&str, f64)]) -> MeasuredRow {
        let cells = values.iter().map(|&(peer, value)| Cell {
            peer: peer.into(),
            result: Summary::of(&[value]).ok_or(Failure::Died),
        });
        MeasuredRow {
            row: Row {
                id: "row".into(),
                group: Group::TokioMulti,
                title: "row".into(),
                unit,
            },
            cells: cells.collect(),
        }
    }

    fn report(rows: Vec<MeasuredRow>) -> Report {
        let observed = |peer: &str, lost| Observed {
            peer: peer.into(),
            result: Ok(Observation {
                trials: 1,
                lost,
                ..Observation::default()
            }),
        };
        Report {
            machine: Machine::detect(),
            rounds: 1,
            cell: Duration::ZERO,
            observations: vec![observed("tokio", 0), observed("kanal", 1)],
            rows,
        }
    }

    #[test]
    fn the_best_peer_is_the_fastest_of_those_asked_for() {
        let times = [(OURS, 10.0), ("tokio", 30.0), ("kanal", 5.0)];
        let report = report(vec![row(Unit::NanosecondsPerMessage, &times)]);
        let best = |among| report.best(&report.rows[0], among).unwrap();
        assert_eq!(
            best(Among::All),
            Ratio {
                peer: "kanal",
                value: 0.5
            }
        );
        assert_eq!(
            best(Among::Exact),
            Ratio {
                peer: "tokio",
                value: 3.0
            }
        );
    }

    #[test]
    fn more_is_better_for_an_index() {
        let report = report(vec![row(Unit::Index, &[(OURS, 0.9), ("tokio", 0.6)])]);
        let best = report.best(&report.rows[0], Among::All).unwrap();
        assert!((best.value - 1.5).abs() < 1e-12);
        assert_eq!(report.mean_against("tokio"), None);
    }

    #[test]
    fn peers_with_a_violation_are_marked() {
        let report = report(Vec::new());
        assert_eq!(report.name("tokio"), "tokio");
        assert_eq!(report.name("kanal"), "kanal †");
        assert_eq!(report.name("std"), "std");
    }

    #[test]
    fn other_conditions_do_not_enter_the_means() {
        let mut loaded = row(
            Unit::NanosecondsPerMessage,
            &[(OURS, 10.0), ("tokio", 20.0)],
        );
        loaded.row.group = Group::Loaded;
        let report = report(vec![loaded]);
        assert_eq!(report.mean_against("tokio"), None);
        assert_eq!(report.per_message().count(), 1);
    }

    #[test]
    fn means_are_taken_over_the_rows_that_a_peer_takes_part_in() {
        let unit = Unit::NanosecondsPerMessage;
        let report = report(vec![
            row(unit, &[(OURS, 10.0), ("tokio", 20.0)]),
            row(unit, &[(OURS, 10.0), ("tokio", 80.0)]),
            row(unit, &[(OURS, 10.0), ("kanal", 1.0)]),
        ]);
        let mean = report.mean_against("tokio").unwrap();
        assert_eq!((mean.rows, mean.ahead), (2, 2));
        assert!((mean.geometric - 4.0).abs() < 1e-12);
    }
}

//! The rounds of a measurement. In each round every peer is measured once (A B C A B C), so that a
//! machine that is slow for a while is slow for all peers.

use std::time::Duration;

use crate::arguments::Options;
use crate::process::{self, Failure};
use crate::scenarios::{Row, Scenario, Size};
use crate::statistics::Summary;

/// The durations and the number of the measurements.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rounds: usize,
    /// The duration of one measurement, if it can be chosen.
    pub cell: Duration,
    /// The duration of the cancellation trials of one peer.
    pub cancellation: Duration,
    /// The timeout after which a cell has failed.
    timeout: Duration,
    effort: Effort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Full,
    Quick,
}

impl Plan {
    pub fn new(options: &Options) -> Self {
        let plan = if options.quick {
            Self {
                rounds: 2,
                cell: Duration::from_millis(4),
                cancellation: Duration::from_millis(200),
                timeout: Duration::from_secs(5),
                effort: Effort::Quick,
            }
        } else {
            Self {
                rounds: 7,
                cell: Duration::from_millis(60),
                cancellation: Duration::from_secs(2),
                timeout: Duration::from_secs(15),
                effort: Effort::Full,
            }
        };
        match options.rounds {
            Some(rounds) => Self {
                rounds: rounds as usize,
                ..plan
            },
            None => plan,
        }
    }

    /// Returns the timeout of a process that normally works for `time`.
    pub fn timeout_of(&self, time: Duration) -> Duration {
        self.timeout + 2 * time
    }
}

/// A row of the table with its values, in the order of the peers.
#[derive(Clone, Debug)]
pub struct MeasuredRow {
    pub row: Row,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
pub struct Cell {
    pub peer: String,
    pub result: Result<Summary, Failure>,
}

impl MeasuredRow {
    /// Returns the summary of a peer, if it takes part and did not fail.
    pub fn summary(&self, peer: &str) -> Option<&Summary> {
        self.cell(peer)?.result.as_ref().ok()
    }

    pub fn cell(&self, peer: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.peer == peer)
    }

    pub fn median(&self, peer: &str) -> Option<f64> {
        self.summary(peer).map(|summary| summary.median)
    }
}

/// The progress of a peer through the rounds.
struct Contender {
    peer: &'static str,
    /// The number of messages, or the failure of the peer. A failed peer is not measured again, so
    /// that a hang costs its timeout once.
    count: Result<u64, Failure>,
    /// One value per row, for each round.
    rounds: Vec<Vec<f64>>,
}

/// Measures one scenario on all its peers.
pub fn scenario(scenario: &dyn Scenario, options: &Options, plan: &Plan) -> Vec<MeasuredRow> {
    let rows = scenario.rows();
    let id = &rows[0].id;
    let mut contenders: Vec<Contender> = scenario
        .peers()
        .into_iter()
        .filter(|peer| options.wants_peer(peer))
        .map(|peer| Contender {
            peer,
            count: count(scenario, id, peer, plan),
            rounds: Vec::new(),
        })
        .collect();
    for _ in 0..plan.rounds {
        for contender in &mut contenders {
            contender.take_turn(id, rows.len(), plan);
        }
    }
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| MeasuredRow {
            row,
            cells: contenders.iter().map(|c| c.cell(index)).collect(),
        })
        .collect()
}

/// Returns the amount of work of the cell for this peer.
fn count(scenario: &dyn Scenario, id: &str, peer: &str, plan: &Plan) -> Result<u64, Failure> {
    match scenario.size() {
        Size::Fixed { full, quick } => Ok(match plan.effort {
            Effort::Full => full,
            Effort::Quick => quick,
        }),
        Size::Calibrated => {
            let micros = plan.cell.as_micros().to_string();
            let numbers = process::run(&["calibrate", id, peer, &micros], plan.timeout)?;
            Ok(numbers.first().map_or(1, |&count| count as u64))
        }
    }
}

impl Contender {
    fn take_turn(&mut self, id: &str, values: usize, plan: &Plan) {
        let Ok(count) = self.count else {
            return;
        };
        let arguments = ["cell", id, self.peer, &count.to_string()];
        match process::run(&arguments, plan.timeout) {
            Ok(round) if round.len() == values => self.rounds.push(round),
            Ok(_) => self.count = Err(Failure::Died),
            Err(failure) => self.count = Err(failure),
        }
        if let Err(failure) = &self.count {
            eprintln!("    {}: {failure}", self.peer);
        }
    }

    /// A peer that failed in one round has failed, even if other rounds succeeded.
    fn cell(&self, row: usize) -> Cell {
        let values: Vec<f64> = self.rounds.iter().map(|round| round[row]).collect();
        let result = match &self.count {
            Ok(_) => Summary::of(&values).ok_or(Failure::Died),
            Err(failure) => Err(failure.clone()),
        };
        Cell {
            peer: self.peer.into(),
            result,
        }
    }
}

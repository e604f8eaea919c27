//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::peers::OURS;
use crate::scenarios::{FLOOR, Scenario};

/// Compares mpmc-std with other channels and queues, and writes a table, CSV and charts
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub child: Option<Child>,
}

#[derive(Args, Debug)]
pub struct Options {
    /// Few rounds and short cells: shows that everything runs, not how fast it is
    #[arg(long)]
    pub quick: bool,

    /// Only scenarios whose id contains this, including the extra ones, which are left out
    /// otherwise
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    pub filter: String,

    /// Only these peers, and mpmc-std
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub peers: Vec<String>,

    /// The number of measurements of each cell [default: 7, or 2 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,

    /// The folder that the results are written to
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"))]
    pub out: PathBuf,

    /// Lists the rows, including the extra ones, and the peers of each, and measures nothing
    #[arg(long)]
    pub list: bool,
}

impl Options {
    pub fn wants(&self, scenario: &dyn Scenario) -> bool {
        let is_asked_for = !scenario.is_extra() || !self.filter.is_empty() || self.list;
        let mut rows = scenario.rows().into_iter();
        is_asked_for && rows.any(|row| row.id.contains(&self.filter))
    }

    pub fn wants_peer(&self, name: &str) -> bool {
        let always = name == OURS || name == FLOOR;
        always || self.peers.is_empty() || self.peers.iter().any(|wanted| wanted == name)
    }
}

/// The commands that the program gives to copies of itself.
#[derive(Debug, Subcommand)]
pub enum Child {
    /// Measures one cell
    #[command(hide = true)]
    Cell {
        scenario: String,
        peer: String,
        count: u64,
    },
    /// Finds how many messages take the time of a cell
    #[command(hide = true)]
    Calibrate {
        scenario: String,
        peer: String,
        micros: u64,
    },
    /// Drops futures of one peer
    #[command(hide = true)]
    Cancel { peer: String, millis: u64 },
    /// Keeps a core busy
    #[command(hide = true)]
    Load,
}

//! Compares mpmc-std with other channels and queues: measures all of them in one run, on one
//! machine, alternately, and writes a table, the raw results, and charts.
//!
//! - [`peers`]: the channels and queues, behind common traits.
//! - [`scenarios`]: the measurements, and the rows that they give.
//! - [`cancellation`]: trials of which peers keep their messages when futures are dropped.
//! - [`measure`]: rounds, their order, calibration; each cell runs in a process of its own
//!   ([`process`]).
//! - [`report`]: the files that are written.

mod allocations;
mod arguments;
mod cancellation;
mod child;
mod conditions;
mod executor;
mod load;
mod machine;
mod measure;
mod message;
mod peers;
mod process;
mod report;
mod scenarios;
mod statistics;
mod system;
mod threads;
mod work;

use std::error::Error;

use clap::Parser;

use arguments::{Arguments, Options};
use machine::Machine;
use measure::Plan;
use report::Report;
use scenarios::{Group, Scenario};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match arguments.child {
        Some(child) => child::run(&child)?,
        None if arguments.options.list => list(&arguments.options),
        None => compare(&arguments.options)?,
    }
    Ok(())
}

/// Returns the scenarios that the options select; the floor is always included.
fn selected(options: &Options) -> Vec<Box<dyn Scenario>> {
    let mut scenarios = scenarios::all();
    scenarios.retain(|scenario| {
        let is_floor = scenario.rows()[0].group == Group::Floor;
        is_floor || options.wants(scenario.as_ref())
    });
    scenarios
}

fn list(options: &Options) {
    for scenario in selected(options) {
        for row in scenario.rows() {
            let peers = scenario.peers();
            let extra = if scenario.is_extra() { " (extra)" } else { "" };
            println!("{}{extra}  [{}]  {}", row.id, row.unit, peers.join(", "));
        }
    }
}

/// Returns an error if the options would lead to an empty table.
fn check(options: &Options) -> Result<(), Box<dyn Error>> {
    let scenarios = scenarios::all();
    let peers: Vec<_> = scenarios.iter().flat_map(|s| s.peers()).collect();
    if let Some(unknown) = options.peers.iter().find(|p| !peers.contains(&p.as_str())) {
        return Err(format!("no peer is called \"{unknown}\"; see --list").into());
    }
    if !scenarios.iter().any(|s| options.wants(s.as_ref())) {
        return Err(format!("no row has \"{}\" in its id; see --list", options.filter).into());
    }
    Ok(())
}

fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    check(options)?;
    let plan = Plan::new(options);
    let observations = cancellation::observe_all(options, &plan);
    let scenarios = selected(options);
    let mut rows = Vec::new();
    for (index, scenario) in scenarios.iter().enumerate() {
        let id = &scenario.rows()[0].id;
        eprintln!("[{}/{}] {id}", index + 1, scenarios.len());
        rows.extend(measure::scenario(scenario.as_ref(), options, &plan));
    }
    let report = Report {
        machine: Machine::detect(),
        rounds: plan.rounds,
        cell: plan.cell,
        observations,
        rows,
    };
    report.write(&options.out)?;
    println!("written to {}", options.out.display());
    Ok(())
}

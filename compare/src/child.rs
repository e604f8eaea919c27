//! The other side of [`process`](crate::process): the work that a copy of the program does, and
//! prints.

use std::io;
use std::time::{Duration, Instant};

use crate::arguments::Child;
use crate::cancellation;
use crate::conditions::Conditions;
use crate::load::{self, Load};
use crate::scenarios::{self, Scenario, Size};

/// The part of a cell's messages that pass before those that are measured.
const WARM_UP: u64 = 4;

pub fn run(child: &Child) -> io::Result<()> {
    match child {
        Child::Cell {
            scenario,
            peer,
            count,
        } => {
            let scenario = find(scenario);
            let _load = prepare(scenario.conditions())?;
            if let Size::Calibrated = scenario.size() {
                scenario.run(peer, count.div_ceil(WARM_UP));
            }
            for value in scenario.run(peer, *count) {
                println!("{value}");
            }
        }
        Child::Calibrate {
            scenario,
            peer,
            micros,
        } => {
            let scenario = find(scenario);
            let _load = prepare(scenario.conditions())?;
            let cell = Duration::from_micros(*micros);
            println!("{}", calibrate(scenario.as_ref(), peer, cell));
        }
        Child::Cancel { peer, millis } => {
            let _load = prepare(Conditions::Plain)?;
            let observation = cancellation::observe(peer, Duration::from_millis(*millis));
            for number in observation.to_numbers() {
                println!("{number}");
            }
        }
        Child::Load => load::run()?,
    }
    Ok(())
}

/// Prepares the process before its first channel is created.
fn prepare(conditions: Conditions) -> io::Result<Option<Load>> {
    let load = conditions.establish()?;
    // crossfire asks for this at the start of a program: it spins less on a single core.
    crossfire::detect_backoff_cfg();
    Ok(load)
}

/// Returns the scenario whose first row has that id.
fn find(id: &str) -> Box<dyn Scenario> {
    scenarios::all()
        .into_iter()
        .find(|scenario| scenario.rows()[0].id == id)
        .expect("a scenario with that id")
}

/// Returns the number of messages that take about that time.
fn calibrate(scenario: &dyn Scenario, peer: &str, cell: Duration) -> u64 {
    let scale_of = |count| {
        let start = Instant::now();
        scenario.run(peer, count);
        cell.as_secs_f64() / start.elapsed().as_secs_f64()
    };
    let mut count = 256;
    loop {
        let scale = scale_of(count);
        if scale < 3.0 {
            // The count is now large enough to be scaled proportionally; for smaller counts,
            // starting threads and cold memory are too large a part of the time. A second
            // measurement, in case another program had the machine during the first.
            let scale = scale.max(scale_of(count));
            return (count as f64 * scale).ceil() as u64;
        }
        count = (count as f64 * scale.min(16.0)).ceil() as u64;
    }
}

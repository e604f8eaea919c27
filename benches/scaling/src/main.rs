//! How the crate scales with the number of threads.
//!
//! ```sh
//! cargo run --release --manifest-path benches/scaling/Cargo.toml               # the tables, some 30 s
//! cargo run --release --manifest-path benches/scaling/Cargo.toml -- --simulate # and the simulation
//! ```
//!
//! `docs/scaling.md` says how to build one static binary, and what the output means.

mod arguments;
mod claims;
mod histogram;
mod measure;
mod random;
mod simulation;
mod table;
mod workloads;

use std::process::ExitCode;
use std::thread;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{cores} cores available, {} s for each line",
        arguments.time.as_secs_f64()
    );
    if arguments.simulate {
        simulation::report(&arguments, cores);
    } else {
        for workload in workloads::ALL {
            table::print(workload, &arguments, cores);
        }
    }
    ExitCode::SUCCESS
}

//! Runs a scenario under many schedules.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

/// The number of schedules of each scenario if `MPMC_SHUTTLE_SCHEDULES` is not set.
const SCHEDULES: usize = 4000;

/// One more than the number of times that a PCT schedule changes a thread's priority.
const DEPTH: usize = 4;

/// Runs `scenario` under a number of schedules, half of them random and half by priorities (PCT),
/// or under the one in the file that `MPMC_SHUTTLE_REPLAY` names.
pub(crate) fn explore(scenario: fn()) {
    if let Ok(file) = env::var("MPMC_SHUTTLE_REPLAY") {
        let scheduler = ReplayScheduler::new_from_file(&file)
            .unwrap_or_else(|error| panic!("no schedule in {file}: {error}"));
        return run(scenario, "given", scheduler, FailurePersistence::None);
    }
    let schedules = match env::var("MPMC_SHUTTLE_SCHEDULES") {
        Ok(number) => number.parse().expect("the number of schedules"),
        Err(_) => SCHEDULES,
    };
    let directory = || FailurePersistence::File(Some(env!("CARGO_TARGET_TMPDIR").into()));
    let random = RandomScheduler::new(schedules.div_ceil(2));
    run(scenario, "random", random, directory());
    let pct = PctScheduler::new(DEPTH, schedules / 2);
    run(scenario, "PCT", pct, directory());
}

fn run(
    scenario: fn(),
    name: &str,
    scheduler: impl Scheduler + 'static,
    failure_persistence: FailurePersistence,
) {
    let mut config = Config::new();
    config.failure_persistence = failure_persistence;
    config.max_steps = MaxSteps::FailAfter(100_000);
    config.stack_size = 0x4_0000;
    // The recorded schedule then contains all that a replay needs.
    config
        .ungraceful_shutdown_config
        .immediately_return_on_panic = true;
    // The documentation of these tests says the same.
    config.silence_warnings = true;
    let begun = Arc::new(AtomicUsize::new(0));
    let number = Arc::clone(&begun);
    let runner = Runner::new(scheduler, config);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            number.fetch_add(1, Ordering::Relaxed);
            scenario();
        })
    }));
    if let Err(panic) = outcome {
        let number = begun.load(Ordering::Relaxed);
        eprintln!("failed under {name} schedule number {number}");
        resume_unwind(panic);
    }
}

//! The claim protocols of [`crate::claims`], on simulated cores.

use std::cell::RefCell;
use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::time::Duration;

use super::costs::Costs;
use super::machine::{Core, Machine, NANOSECOND, Time};
use crate::claims::{ATTEMPTS, BACKOFF, Protocol};
use crate::measure::{Counter, Outcome};
use crate::random::Random;

/// How long a run is at least, and in transfers for each core.
const LENGTH: Time = 500_000 * NANOSECOND;
const TRANSFERS: Time = 200;

/// Which lines there are: the word, the combiner's lock, and a request for each core.
const WORD: usize = 0;
const LOCK: usize = 1;
const REQUESTS: usize = 2;

/// What a request line holds: nothing, a request, or its answer.
const NONE: u64 = 0;
const REQUEST: u64 = 1;
const ANSWER: u64 = 2;

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) protocol: Protocol,
    pub(crate) cores: usize,
    /// After each claim, in nanoseconds.
    pub(crate) work: u32,
    pub(crate) backoff: RangeInclusive<u32>,
}

impl Setting {
    pub(crate) fn new(protocol: Protocol, cores: usize, work: u32) -> Self {
        Self {
            protocol,
            cores,
            work,
            backoff: BACKOFF,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Prediction {
    pub(crate) per_second: f64,
    /// The smallest share of a core divided by the largest.
    pub(crate) fairness: f64,
    /// The longest that a claim took.
    pub(crate) longest: Duration,
}

pub(crate) fn predict(costs: &Costs, setting: &Setting) -> Prediction {
    let machine = Machine::new(costs, REQUESTS + setting.cores);
    let transfer = (costs.transfer * NANOSECOND as f64) as Time;
    let settled = LENGTH.max(TRANSFERS * setting.cores as Time * transfer);
    // What happens in the first quarter is not counted.
    let end = settled + settled / 3;
    let settled = end - settled;
    let counters = RefCell::new(Vec::from_iter((0..setting.cores).map(|_| Counter::new())));
    let programs = (0..setting.cores)
        .map(|number| {
            let core = Core {
                machine: &machine,
                number,
            };
            let counters = &counters;
            Box::pin(async move {
                let mut random = Random::new(number as u64 + 1);
                // Cores do not begin in step.
                core.wait(Time::from(random.below(1_000)) * NANOSECOND)
                    .await;
                loop {
                    let start = core.machine.now();
                    if start >= end {
                        break;
                    }
                    claim(core, setting, &mut random).await;
                    if core.machine.now() >= settled {
                        let nanos = (core.machine.now() - start) / NANOSECOND;
                        counters.borrow_mut()[number].record(Duration::from_nanos(nanos));
                    }
                    if setting.work > 0 {
                        core.wait(Time::from(setting.work) * NANOSECOND).await;
                    }
                }
            }) as Pin<Box<dyn Future<Output = ()>>>
        })
        .collect();
    machine.run(programs, end);
    let counted = Duration::from_nanos((end - settled) / NANOSECOND);
    let outcome = Outcome::new(counted, &counters.borrow());
    Prediction {
        per_second: outcome.per_second,
        fairness: outcome.fairness,
        longest: outcome.times.max(),
    }
}

async fn claim(core: Core<'_>, setting: &Setting, random: &mut Random) {
    match setting.protocol {
        Protocol::Plain => while !attempt(core).await {},
        Protocol::Backoff => back_off(core, &setting.backoff, random).await,
        Protocol::Combining => combine(core, setting.cores).await,
    }
}

async fn attempt(core: Core<'_>) -> bool {
    let seen = core.load(WORD).await;
    core.compare_exchange(WORD, seen, seen + 1).await
}

async fn back_off(core: Core<'_>, backoff: &RangeInclusive<u32>, random: &mut Random) {
    if attempt(core).await {
        return;
    }
    loop {
        let mut nanos = *backoff.start();
        for _ in 0..ATTEMPTS {
            if attempt(core).await {
                return;
            }
            let wait = nanos / 2 + random.below(nanos);
            core.wait(Time::from(wait) * NANOSECOND).await;
            nanos = (2 * nanos).min(*backoff.end());
        }
    }
}

async fn combine(core: Core<'_>, cores: usize) {
    if attempt(core).await {
        return;
    }
    let request = REQUESTS + core.number;
    core.swap(request, REQUEST).await;
    loop {
        if core.load(request).await != REQUEST {
            core.swap(request, NONE).await;
            return;
        }
        if core.load(LOCK).await == 0 && core.swap(LOCK, 1).await == 0 {
            answer_all(core, cores).await;
            core.swap(LOCK, 0).await;
        } else {
            core.pause().await;
        }
    }
}

async fn answer_all(core: Core<'_>, cores: usize) {
    let mut posted = Vec::new();
    for request in REQUESTS..REQUESTS + cores {
        if core.load(request).await == REQUEST {
            posted.push(request);
        }
    }
    if posted.is_empty() {
        return;
    }
    loop {
        let seen = core.load(WORD).await;
        let moved = seen + posted.len() as u64;
        if core.compare_exchange(WORD, seen, moved).await {
            break;
        }
    }
    for request in posted {
        core.swap(request, ANSWER).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        rmw: 3.0,
        transfer: 40.0,
        hit: 1.0,
        pause: 10.0,
        jitter: 0.25,
    };

    fn rate(protocol: Protocol, cores: usize, work: u32) -> f64 {
        predict(&COSTS, &Setting::new(protocol, cores, work)).per_second
    }

    #[test]
    fn one_core_claims_at_the_cost_of_a_hit_and_an_exchange() {
        for protocol in Protocol::ALL {
            let nanos = 1e9 / rate(protocol, 1, 0);
            assert!((nanos - 4.0).abs() < 0.1, "{protocol:?}: {nanos} ns");
        }
    }

    /// With so much work that claims seldom meet, two cores do twice as much as one.
    #[test]
    fn what_is_not_contended_scales() {
        for protocol in Protocol::ALL {
            let gain = rate(protocol, 2, 20_000) / rate(protocol, 1, 20_000);
            assert!((gain - 2.0).abs() < 0.1, "{protocol:?}: {gain}");
        }
    }

    #[test]
    fn contention_costs_a_plain_loop_more_than_one_that_backs_off() {
        let (plain, backoff) = (rate(Protocol::Plain, 64, 0), rate(Protocol::Backoff, 64, 0));
        assert!(plain < backoff, "{plain} {backoff}");
    }

    /// The same seeds give the same run.
    #[test]
    fn a_prediction_is_repeatable() {
        let rates = [0; 2].map(|_| rate(Protocol::Backoff, 8, 100));
        assert_eq!(rates[0], rates[1]);
    }
}

//! Measuring how long a pause takes on this machine.

use core::hint::spin_loop;

use crate::sync::{Instant, RelaxedU32};

/// The number of pauses in [`UNIT`] nanoseconds. 0 before it was measured.
static RATE: RelaxedU32 = RelaxedU32::new(0);

const UNIT: u32 = 4096;

/// The rate where there is no clock, as if a pause took 25 ns.
const USUAL_RATE: u32 = UNIT / 25;

/// Returns the number of pauses that take `nanos` nanoseconds, at least one. The first call takes a
/// few microseconds.
pub(crate) fn pauses(nanos: u32) -> u32 {
    let rate = match RATE.get() {
        0 => calibrate(),
        rate => rate,
    };
    let pauses = u64::from(nanos) * u64::from(rate) / u64::from(UNIT);
    // The rate is no more than the unit.
    (pauses as u32).max(1)
}

/// Measures the rate. Several threads may do so at once.
#[cold]
fn calibrate() -> u32 {
    const PAUSES: u32 = 32;
    const ROUNDS: u32 = 4;
    // The shortest round is the one in which the thread was not interrupted.
    let shortest = |pauses| (0..ROUNDS).map(|_| time(pauses)).min().unwrap_or(0);
    let nanos = shortest(PAUSES).saturating_sub(shortest(0));
    let rate = match nanos {
        0 => USUAL_RATE,
        // From 1 ns per pause to 128.
        _ => (PAUSES * UNIT / nanos).clamp(UNIT / 128, UNIT),
    };
    RATE.set(rate);
    rate
}

/// Returns the time that `pauses` pauses take, in nanoseconds.
fn time(pauses: u32) -> u32 {
    let start = Instant::now();
    for _ in 0..pauses {
        spin_loop();
    }
    u32::try_from(start.elapsed().as_nanos()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_times_take_more_pauses() {
        assert_eq!(pauses(0), 1);
        assert!(pauses(1_000) <= pauses(10_000));
        assert!(pauses(u32::MAX) >= u32::MAX / 128 - 1);
    }
}

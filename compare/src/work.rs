//! The work of handlers and producers between the channel's operations.

use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Computes for that time. The clock ends it, so a job takes the same time on every machine.
pub fn compute(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

thread_local! {
    /// The value from which the thread's next step continues. Without it a processor would begin
    /// the steps of one message before it has finished those of the message before.
    static VALUE: Cell<u64> = const { Cell::new(1) };
}

/// Computes the given number of steps, of some cycles each. Each needs the result of the one
/// before. Unlike [`compute`], this is no shorter when another thread has the core for a part of
/// the time.
///
/// Not inlined, so that [`time_of_steps`] times the code that runs elsewhere.
#[inline(never)]
pub fn compute_steps(steps: u32) {
    let mut value = VALUE.get();
    for _ in 0..steps {
        // With a shift in between, the compiler cannot combine two multiplications into one.
        value = (value ^ (value >> 7)).wrapping_mul(0x5851_F42D_4C95_7F2D);
    }
    VALUE.set(black_box(value));
}

/// Returns the time of the steps on a core that no other thread uses: the minimum of several
/// attempts.
pub fn time_of_steps(steps: u32) -> Duration {
    const ATTEMPTS: usize = 20;
    const CALLS: u32 = 10;
    let times = (0..ATTEMPTS).map(|_| {
        let start = Instant::now();
        for _ in 0..CALLS {
            compute_steps(black_box(steps));
        }
        start.elapsed() / CALLS
    });
    times.min().expect("at least one attempt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_steps_take_more_time() {
        assert!(time_of_steps(20_000) > 4 * time_of_steps(2_000));
    }
}

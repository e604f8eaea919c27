//! Starts threads at the same time, and measures the time until the last one has ended.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// The work of one thread.
pub type Work<'a, R> = Box<dyn FnOnce() -> R + Send + 'a>;

/// Runs each piece of work in a thread of its own. Returns the time from the first start to the
/// last end, and the output of each.
///
/// The threads take the time themselves. A thread that only watches would not get a core to read
/// the clock while the others keep all of them busy.
pub fn run_together<R: Send>(work: Vec<Work<'_, R>>) -> (Duration, Vec<R>) {
    let barrier = Barrier::new(work.len());
    let done: Vec<(Instant, R, Instant)> = thread::scope(|scope| {
        let threads: Vec<_> = work
            .into_iter()
            .map(|work| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    let start = Instant::now();
                    let output = work();
                    (start, output, Instant::now())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread panicked"))
            .collect()
    });
    let start = done.iter().map(|(start, ..)| *start).min();
    let end = done.iter().map(|(.., end)| *end).max();
    let time = match (start, end) {
        (Some(start), Some(end)) => end - start,
        _ => Duration::ZERO,
    };
    (
        time,
        done.into_iter().map(|(_, output, _)| output).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_reaches_to_the_last_end() {
        let pause = Duration::from_millis(20);
        let (time, outputs) = run_together::<u8>(vec![
            Box::new(|| 1),
            Box::new(|| {
                thread::sleep(pause);
                2
            }),
        ]);
        assert!(time >= pause);
        assert_eq!(outputs, [1, 2]);
    }
}

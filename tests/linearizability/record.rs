//! Runs threads that call a real channel concurrently, and records the calls with times and
//! results.

use std::fmt::Debug;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::checker::{History, Specification, Timed, format_history, is_linearizable, overlaps};
use crate::harness::PseudoRandom;

/// The number of histories that share their threads, because starting threads takes long.
const ROUNDS: usize = 50;

/// Records the calls of one thread.
pub(crate) struct Recorder<'a, C> {
    clock: &'a AtomicUsize,
    calls: Vec<Timed<C>>,
    pub(crate) random: PseudoRandom,
}

impl<C> Recorder<'_, C> {
    /// Runs `call` and records it with its result. A short random delay before it makes calls
    /// overlap in different ways.
    pub(crate) fn call(&mut self, call: impl FnOnce() -> C) {
        match self.random.below(32) {
            0 => thread::yield_now(),
            1..=8 => (0..self.random.below(20)).for_each(|_| hint::spin_loop()),
            _ => {}
        }
        // The clock orders the threads more than they would be by themselves, so what a machine
        // with weaker ordering than this one might do is left to the loom models.
        let invoked = self.clock.fetch_add(1, Ordering::SeqCst) as u64;
        let call = call();
        let returned = self.clock.fetch_add(1, Ordering::SeqCst) as u64;
        self.calls.push(Timed {
            invoked,
            returned,
            call,
        });
    }
}

/// A barrier that releases its threads as nearly at the same time as possible.
struct SpinBarrier {
    threads: usize,
    arrived: AtomicUsize,
}

impl SpinBarrier {
    /// Waits until all threads have arrived in round `round`.
    fn wait(&self, round: usize) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let mut spins = 0_u32;
        while self.arrived.load(Ordering::SeqCst) < (round + 1) * self.threads {
            spins += 1;
            if spins % 1024 == 0 {
                thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
    }
}

/// The statistics of a run.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) histories: usize,
    pub(crate) calls: usize,
    pub(crate) overlaps: usize,
}

/// The actions of one thread, which gets its number and its own handles.
pub(crate) type Act<H, C> = dyn Fn(usize, H, &mut Recorder<'_, C>) + Sync;

/// The configuration of a run: the shared object, the actions of a thread, and the specification.
pub(crate) struct Run<'a, S: Specification, H> {
    pub(crate) threads: usize,
    /// Creates an object for one history.
    pub(crate) make: &'a dyn Fn() -> H,
    pub(crate) act: &'a Act<H, S::Call>,
    pub(crate) start: S,
}

impl<S, H> Run<'_, S, H>
where
    S: Specification,
    S::Call: Send + Debug,
    H: Clone + Send,
{
    /// Records at least `count` histories and checks each.
    #[track_caller]
    pub(crate) fn check(&self, count: usize, random: &mut PseudoRandom, totals: &mut Totals) {
        for _ in 0..count.div_ceil(ROUNDS) {
            for history in self.record(random) {
                totals.histories += 1;
                totals.calls += history.iter().map(Vec::len).sum::<usize>();
                totals.overlaps += overlaps(&history);
                assert!(
                    is_linearizable(self.start.clone(), &history),
                    "this history is not linearizable from {:?}:\n{}",
                    self.start,
                    format_history(&history)
                );
            }
        }
    }

    /// Records `ROUNDS` histories, one after the other.
    fn record(&self, random: &mut PseudoRandom) -> Vec<History<S::Call>> {
        let objects: Vec<H> = (0..ROUNDS).map(|_| (self.make)()).collect();
        let barrier = SpinBarrier {
            threads: self.threads,
            arrived: AtomicUsize::new(0),
        };
        let clock = AtomicUsize::new(0);
        let act = self.act;
        let logs: Vec<Vec<Vec<Timed<S::Call>>>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|number| {
                    let (objects, barrier, clock) = (objects.clone(), &barrier, &clock);
                    let mut seed = PseudoRandom(random.below(u64::MAX));
                    scope.spawn(move || {
                        let mut rounds = Vec::new();
                        for (round, object) in objects.into_iter().enumerate() {
                            let mut recorder = Recorder {
                                clock,
                                calls: Vec::new(),
                                random: PseudoRandom(seed.below(u64::MAX)),
                            };
                            barrier.wait(round);
                            act(number, object, &mut recorder);
                            rounds.push(recorder.calls);
                        }
                        rounds
                    })
                })
                .collect();
            let joined = threads.into_iter().map(|thread| thread.join().unwrap());
            joined.collect()
        });
        let mut histories: Vec<History<S::Call>> = (0..ROUNDS).map(|_| Vec::new()).collect();
        for rounds in logs {
            for (history, calls) in histories.iter_mut().zip(rounds) {
                history.push(calls);
            }
        }
        histories
    }
}

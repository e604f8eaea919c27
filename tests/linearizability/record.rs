//! Has threads call a real channel at the same time, and writes down what came out and when.

use std::fmt::Debug;
use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::checker::{History, Specification, Timed, is_linearizable, overlaps, picture};
use crate::support::PseudoRandom;

/// How many histories share their threads, so that starting threads does not take most of the time.
const ROUNDS: usize = 50;

/// What the calls of one thread are written into.
pub(crate) struct Recorder<'a, C> {
    clock: &'a AtomicUsize,
    calls: Vec<Timed<C>>,
    pub(crate) random: PseudoRandom,
}

impl<C> Recorder<'_, C> {
    /// Writes down a call and what comes out of it. Waits a little before it, as chance wills, so that
    /// calls meet in different ways.
    pub(crate) fn call(&mut self, call: impl FnOnce() -> C) {
        match self.random.below(32) {
            0 => thread::yield_now(),
            1..=8 => (0..self.random.below(20)).for_each(|_| hint::spin_loop()),
            _ => {}
        }
        // The clock orders the threads more than they would be by themselves, so what a machine with weaker
        // ordering than this one might do is left to the loom models.
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

/// Lets threads go on together, as exactly as possible.
struct StartingLine {
    threads: usize,
    arrived: AtomicUsize,
}

impl StartingLine {
    /// Waits for all others to arrive for the `round`th time.
    fn wait(&self, round: usize) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let mut looks = 0_u32;
        while self.arrived.load(Ordering::SeqCst) < (round + 1) * self.threads {
            looks += 1;
            if looks % 1024 == 0 {
                thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
    }
}

/// What was seen in a run.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) histories: usize,
    pub(crate) calls: usize,
    pub(crate) overlaps: usize,
}

/// What one thread does; it is told its number and has its own handles.
pub(crate) type Act<H, C> = dyn Fn(usize, H, &mut Recorder<'_, C>) + Sync;

/// A kind of run: what is shared, what a thread does with it, and what it is checked against.
pub(crate) struct Run<'a, S: Specification, H> {
    pub(crate) threads: usize,
    /// A new object for one history.
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
                    "no order explains this history, which began with {:?}:\n{}",
                    self.start,
                    picture(&history)
                );
            }
        }
    }

    /// `ROUNDS` histories, one after the other.
    fn record(&self, random: &mut PseudoRandom) -> Vec<History<S::Call>> {
        let objects: Vec<H> = (0..ROUNDS).map(|_| (self.make)()).collect();
        let line = StartingLine {
            threads: self.threads,
            arrived: AtomicUsize::new(0),
        };
        let clock = AtomicUsize::new(0);
        let act = self.act;
        let logs: Vec<Vec<Vec<Timed<S::Call>>>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads)
                .map(|number| {
                    let (objects, line, clock) = (objects.clone(), &line, &clock);
                    let mut seed = PseudoRandom(random.below(u64::MAX));
                    scope.spawn(move || {
                        let mut rounds = Vec::new();
                        for (round, object) in objects.into_iter().enumerate() {
                            let mut recorder = Recorder {
                                clock,
                                calls: Vec::new(),
                                random: PseudoRandom(seed.below(u64::MAX)),
                            };
                            line.wait(round);
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

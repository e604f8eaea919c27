//! Cores, and cache lines that one core or several have.
//!
//! * A load from a line that the core has (its own, or a copy) costs a hit. A write to a line that
//!   it owns costs a read-modify-write.
//! * Any other access travels to the line for half a transfer, waits until those that came before
//!   are done, and gets the line after the other half: a load as a copy, and the owner keeps one; a
//!   write alone, and all copies are gone. Copies of a line without an owner are handed out side by
//!   side, everything else one after another.
//!
//! Left out: the distance between cores, several lines in one request, stores that are buffered,
//! and threads that lose their core.
//!
//! A program of a core is a future: each access ends when the simulated time has come to its end.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::costs::Costs;
use crate::random::Random;

/// In picoseconds.
pub(crate) type Time = u64;

pub(crate) const NANOSECOND: Time = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holders {
    /// One core, which may write.
    Owner(usize),
    /// A bit for each core that may read.
    Copies(u128),
}

#[derive(Debug)]
struct Line {
    value: u64,
    holders: Holders,
    /// When the last access to it that was one after another is done.
    free_at: Time,
}

/// The costs, in picoseconds.
#[derive(Debug)]
struct Prices {
    rmw: Time,
    half_transfer: Time,
    hit: Time,
    pause: Time,
    /// Half a transfer takes up to so much more or less.
    jitter: Time,
}

/// The lines, the time, and the cores that will go on.
#[derive(Debug)]
pub(crate) struct Machine {
    prices: Prices,
    lines: RefCell<Vec<Line>>,
    now: Cell<Time>,
    /// When which core goes on; the number in the middle keeps those of one time in their order.
    agenda: RefCell<BinaryHeap<Reverse<(Time, u64, usize)>>>,
    sequence: Cell<u64>,
    random: RefCell<Random>,
}

impl Machine {
    pub(crate) fn new(costs: &Costs, lines: usize) -> Self {
        let picoseconds = |nanos: f64| (nanos * NANOSECOND as f64).round().max(1.0) as Time;
        let line = || Line {
            value: 0,
            holders: Holders::Copies(0),
            free_at: 0,
        };
        Self {
            prices: Prices {
                rmw: picoseconds(costs.rmw),
                half_transfer: picoseconds(costs.transfer / 2.0),
                hit: picoseconds(costs.hit),
                pause: picoseconds(costs.pause),
                jitter: (costs.transfer / 2.0 * costs.jitter * NANOSECOND as f64) as Time,
            },
            lines: RefCell::new((0..lines).map(|_| line()).collect()),
            now: Cell::new(0),
            agenda: RefCell::default(),
            sequence: Cell::new(0),
            random: RefCell::new(Random::new(1)),
        }
    }

    fn half_transfer(&self) -> Time {
        let Prices {
            half_transfer,
            jitter,
            ..
        } = self.prices;
        let spread = u32::try_from(2 * jitter).unwrap_or(u32::MAX);
        half_transfer - jitter + Time::from(self.random.borrow_mut().below(spread.max(1)))
    }

    pub(crate) fn now(&self) -> Time {
        self.now.get()
    }

    fn resume(&self, core: usize, at: Time) {
        let sequence = self.sequence.replace(self.sequence.get() + 1);
        self.agenda.borrow_mut().push(Reverse((at, sequence, core)));
    }

    /// Runs the programs, one on each core, until the time has come.
    pub(crate) fn run(&self, programs: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>, end: Time) {
        let mut programs: Vec<_> = programs.into_iter().map(Some).collect();
        for core in 0..programs.len() {
            self.resume(core, 0);
        }
        let mut context = Context::from_waker(Waker::noop());
        loop {
            // Not in the condition of a `while let`, which would hold the borrow during the poll.
            let next = self.agenda.borrow_mut().pop();
            let Some(Reverse((at, _, core))) = next else {
                return;
            };
            if at >= end {
                return;
            }
            self.now.set(at);
            let done = programs[core]
                .as_mut()
                .is_some_and(|program| program.as_mut().poll(&mut context).is_ready());
            if done {
                programs[core] = None;
            }
        }
    }
}

/// What the program of a core can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) number: usize,
}

impl Core<'_> {
    pub(crate) async fn load(self, line: usize) -> u64 {
        if !self.has_copy(line) {
            self.wait(self.machine.half_transfer()).await;
        }
        let (value, done) = self.read(line);
        self.until(done).await;
        value
    }

    pub(crate) async fn compare_exchange(self, line: usize, from: u64, to: u64) -> bool {
        let before = self
            .write(line, |value| if value == from { to } else { value })
            .await;
        before == from
    }

    pub(crate) async fn swap(self, line: usize, to: u64) -> u64 {
        self.write(line, |_| to).await
    }

    pub(crate) async fn pause(self) {
        self.wait(self.machine.prices.pause).await;
    }

    pub(crate) async fn wait(self, time: Time) {
        self.until(self.machine.now() + time).await;
    }

    /// Returns the value before.
    async fn write(self, line: usize, change: impl FnOnce(u64) -> u64) -> u64 {
        if !self.owns(line) {
            self.wait(self.machine.half_transfer()).await;
        }
        let (before, done) = self.own(line, change);
        self.until(done).await;
        before
    }

    fn owns(self, line: usize) -> bool {
        self.machine.lines.borrow()[line].holders == Holders::Owner(self.number)
    }

    fn has_copy(self, line: usize) -> bool {
        match self.machine.lines.borrow()[line].holders {
            Holders::Owner(owner) => owner == self.number,
            Holders::Copies(copies) => copies >> self.number & 1 == 1,
        }
    }

    fn read(self, line: usize) -> (u64, Time) {
        let Machine { prices, now, .. } = self.machine;
        if self.has_copy(line) {
            let value = self.machine.lines.borrow()[line].value;
            return (value, now.get() + prices.hit);
        }
        let travels = self.machine.half_transfer();
        let line = &mut self.machine.lines.borrow_mut()[line];
        let done = line.free_at.max(now.get()) + travels;
        line.holders = match line.holders {
            Holders::Owner(owner) => {
                line.free_at = done;
                Holders::Copies(1 << owner | 1 << self.number)
            }
            Holders::Copies(copies) => Holders::Copies(copies | 1 << self.number),
        };
        (line.value, done + prices.hit)
    }

    fn own(self, line: usize, change: impl FnOnce(u64) -> u64) -> (u64, Time) {
        let Machine { prices, now, .. } = self.machine;
        let travels = if self.owns(line) {
            0
        } else {
            self.machine.half_transfer()
        };
        let line = &mut self.machine.lines.borrow_mut()[line];
        line.free_at = line.free_at.max(now.get()) + travels + prices.rmw;
        line.holders = Holders::Owner(self.number);
        let before = line.value;
        line.value = change(before);
        (before, line.free_at)
    }

    async fn until(self, time: Time) {
        let mut is_resumed = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut is_resumed, true) {
                return Poll::Ready(());
            }
            self.machine.resume(self.number, time);
            Poll::Pending
        })
        .await;
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
        jitter: 0.0,
    };

    /// Runs one program on each of two cores and returns when each was done, in nanoseconds.
    fn times<const N: usize>(program: impl AsyncFn(Core<'_>)) -> [Time; N] {
        let machine = Machine::new(&COSTS, 1);
        let times: [Cell<Time>; N] = std::array::from_fn(|_| Cell::new(0));
        let programs = (0..N)
            .map(|number| {
                let core = Core {
                    machine: &machine,
                    number,
                };
                let (times, program) = (&times, &program);
                Box::pin(async move {
                    program(core).await;
                    times[number].set(core.machine.now() / NANOSECOND);
                }) as Pin<Box<dyn Future<Output = ()>>>
            })
            .collect();
        machine.run(programs, Time::MAX);
        times.map(|time| time.get())
    }

    #[test]
    fn an_owner_pays_for_the_line_once() {
        let [time] = times(async |core| {
            for _ in 0..5 {
                core.swap(0, 1).await;
            }
        });
        assert_eq!(time, 40 + 5 * 3);
    }

    #[test]
    fn writers_wait_for_each_other_and_travel_meanwhile() {
        let times = times::<3>(async |core| {
            core.swap(0, 1).await;
        });
        // All ask at once; the first has it after a transfer, each other half a transfer later.
        assert_eq!(times, [43, 66, 89]);
    }

    #[test]
    fn copies_are_handed_out_side_by_side() {
        let times = times::<3>(async |core| {
            core.load(0).await;
            core.load(0).await;
        });
        assert_eq!(times, [42; 3]);
    }

    #[test]
    fn of_several_exchanges_one_succeeds() {
        let won = Cell::new(0);
        times::<8>(async |core| {
            if core.compare_exchange(0, 0, 1).await {
                won.set(won.get() + 1);
            }
        });
        assert_eq!(won.get(), 1);
    }
}

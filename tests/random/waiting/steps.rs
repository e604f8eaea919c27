//! Walks of random steps on one thread.

use std::rc::Rc;

use crate::waiting::actions::Found;
use crate::waiting::for_some_time;
use crate::waiting::waiters::{For, Waiter};
use crate::waiting::world::{EXECUTORS, World};

const STEPS: usize = 300;

impl World {
    fn step(&self) {
        match self.below(600) {
            0 => drop(self.close()),
            1 if self.below(4) == 0 => self.drop_receiver(),
            2 if self.below(4) == 0 => self.drop_sender(),
            3..6 => self.settle(),
            6..140 => self.start(),
            140..280 => self.run_an_executor(),
            280..300 => drop(self.some_waiter().map(|waiter| self.poll(waiter.id))),
            300..340 => drop(self.some_waiter().map(|waiter| self.drop_waiter(waiter.id))),
            340..350 => drop(self.some_waiter().map(|waiter| self.move_waiter(&waiter))),
            350..365 => {
                if let Some(waiter) = self.some_waiter() {
                    waiter.kept.set(!waiter.kept.get());
                    self.note((waiter.id, "kept", waiter.kept.get()));
                }
            }
            365..375 => {
                let executor = self.below(EXECUTORS);
                let is_stuck = !self.stuck[executor].get();
                self.stuck[executor].set(is_stuck);
                self.note(("executor", executor, "stuck", is_stuck));
            }
            375 => self.shut_an_executor_down(),
            376..415 => drop(self.some_waiter().and_then(|waiter| self.arm(waiter.id))),
            415..455 => self.try_send_and_check(),
            455..470 => drop(self.try_send_many(self.below(5))),
            470..510 => self.try_recv_and_check(),
            510..530 => drop(self.try_recv_many(1 + self.below(4), self.below(2) == 0)),
            530..540 => drop(self.force_send()),
            540..560 => drop(self.take_permit()),
            560..585 => drop(self.send_on_permit()),
            _ => drop(self.drop_permit()),
        }
    }

    /// Polls a waiter that is due, as an executor does.
    fn run_an_executor(&self) {
        let executor = self.below(EXECUTORS);
        if self.stuck[executor].get() {
            return;
        }
        let runs = |waiter: &&Rc<Waiter>| {
            waiter.executor.get() == executor && waiter.is_due() && !waiter.kept.get()
        };
        let all = self.all();
        let due: Vec<_> = all.iter().filter(runs).collect();
        if !due.is_empty() {
            let id = due[self.below(due.len())].id;
            self.note(("executor", executor, "polls", id));
            self.poll(id);
        }
    }

    fn shut_an_executor_down(&self) {
        let executor = self.below(EXECUTORS);
        self.note(("executor", executor, "is shut down"));
        for waiter in self.all() {
            if waiter.executor.get() == executor {
                self.drop_waiter(waiter.id);
            }
        }
    }

    /// What there is can only be refused if it may be reserved for waiters that were woken.
    fn try_send_and_check(&self) {
        let (stats, acted) = (self.stats(), self.acted.get());
        let free = self.available(For::Slot);
        let reserved = self.woken(For::Slot);
        let found = self.try_send(self.below(2) == 0);
        if self.acted.get() > acted {
            return;
        }
        match found {
            Some(Found::Something) => assert!(free > 0 && !stats.closed),
            Some(Found::Nothing) => assert!(free <= reserved && !stats.closed, "not full"),
            Some(Found::Closed) => assert!(stats.closed),
            None => {}
        }
    }

    fn try_recv_and_check(&self) {
        let (is_over, acted) = (self.is_over(For::Message), self.acted.get());
        let messages = self.available(For::Message);
        let reserved = self.woken(For::Message);
        let found = self.try_recv();
        if self.acted.get() > acted {
            return;
        }
        match found {
            Some(Found::Something) => assert!(messages > 0),
            Some(Found::Nothing) => assert!(messages <= reserved && !is_over, "not empty"),
            Some(Found::Closed) => assert!(is_over),
            None => {}
        }
    }

    fn end_permits(&self) {
        while !self.permits.borrow().is_empty() {
            match self.below(2) {
                0 => drop(self.drop_permit()),
                _ => drop(self.send_on_permit()),
            }
            self.check();
        }
    }

    /// Ends the channel in one of the ways there are, and everything that waits. Returns whether
    /// all receivers went before all was received.
    fn end(&self) -> bool {
        self.settle();
        match self.below(4) {
            0 => drop(self.close()),
            1 => self.drop_receiver(),
            _ => self.drop_sender(),
        }
        self.check();
        self.end_permits();
        self.settle();
        self.is_ending.set(true);
        // Waiters that own the last senders keep the channel open.
        for waiter in self.all() {
            if waiter.kind.waits_for() != For::Message {
                self.drop_waiter(waiter.id);
            }
        }
        self.drop_sender();
        // Waiters may have got more of them.
        self.end_permits();
        self.settle();
        loop {
            match self.try_recv() {
                Some(Found::Something) => {}
                Some(Found::Nothing) => panic!("nothing, though nothing holds the end up"),
                Some(Found::Closed) => break,
                // A waker has panicked, or there is no receiver.
                None if self.receiver().is_some() => {}
                None => break,
            }
            self.settle();
        }
        let all = self.all();
        assert!(all.is_empty(), "{} still waits", all[0].id);
        let receivers_gone = self.receivers_gone.get();
        self.drop_receiver();
        receivers_gone
    }
}

/// Returns how many steps were taken, and how often a waker did something.
fn walk(seed: u64) -> (u64, u64) {
    let world = World::enter(seed);
    for _ in 0..STEPS {
        world.step();
        world.check();
    }
    let receivers_gone = world.end();
    World::leave();
    world.book.check(receivers_gone);
    (STEPS as u64, world.acted.get())
}

#[test]
fn the_contract_holds_after_every_step() {
    let (mut steps, mut acts) = (0, 0);
    let walks = for_some_time(|seed| {
        let (walked, acted) = walk(seed);
        steps += walked;
        acts += acted;
    });
    println!("{walks} walks, {steps} steps, {acts} wakers that acted");
}

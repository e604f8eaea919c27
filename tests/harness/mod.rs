//! What the tests share.
//!
//! * [`task`]: futures and handles that a test polls by hand, with wakers that count.
//! * [`waker`]: wakers that call a closure, also when they are cloned or dropped, or that panic.
//! * [`watchdog`]: a test that hangs fails; one that is only slow does not.
//! * [`threads`]: work on several threads, and on tokio's runtime.
//! * [`drops`]: messages that count how often they are dropped.
//! * [`messages`]: numbered messages, each of which must arrive once.
//! * [`panics`]: code that must panic.
//! * [`process`]: tests in a process of their own.
//! * [`random`]: pseudorandom numbers, and seeds.

// Each test binary uses a part of this module.
#![allow(dead_code, unused_imports)]

pub(crate) mod drops;
pub(crate) mod messages;
pub(crate) mod panics;
pub(crate) mod process;
pub(crate) mod random;
pub(crate) mod task;
pub(crate) mod threads;
pub(crate) mod waker;
pub(crate) mod watchdog;

pub(crate) use drops::{Counted, Drops};
pub(crate) use messages::{Log, Message, assert_all_once, assert_complete_and_in_order};
pub(crate) use panics::{
    INTENDED_PANIC, panic_file, panic_message, panicking_waker, panics_as_intended,
};
pub(crate) use process::{in_own_process, this_program};
pub(crate) use random::{PseudoRandom, number_from, seed_from};
pub(crate) use task::{
    BoxedTask, MAX_RETRIES, SendTask, Task, WakeCounter, poll_next, poll_once, poll_ready, ready,
    reserve,
};
pub(crate) use threads::{run, threads};
pub(crate) use waker::{EventWaker, WakerEvent, callback_waker, waker_with_events};
pub(crate) use watchdog::{
    Progress, report_progress, soon, soon_or_explain, soon_while_it_moves, while_it_moves,
    within_limit,
};

//! Runs random sequences of all operations on one thread and compares the channel with a simple
//! reference.
//!
//! A failing sequence is shrunk and printed. `PROPTEST_CASES` sets the number of sequences.

mod operation;
mod receiving;
mod reference;
mod sending;
mod work;
mod world;

use std::rc::Rc;

use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

/// A message with a shared reference count, which shows whether it has been dropped.
#[derive(Debug)]
pub(crate) struct Message {
    number: u32,
    _alive: Rc<()>,
}

fn numbers<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<u32> {
    messages.into_iter().map(|message| message.number).collect()
}

fn config() -> Config {
    Config {
        // The failing sequence is printed, so no file is needed.
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn any_sequence_of_operations_matches_the_reference() {
    let sequences = (1_usize..6, vec(operation::any(), 0..80));
    TestRunner::new(config())
        .run(&sequences, |(capacity, operations)| {
            let mut world = world::World::new(capacity);
            for operation in &operations {
                world.apply(operation);
                if world.may_be_fair() {
                    break;
                }
                world.check();
            }
            world.end();
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

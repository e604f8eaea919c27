//! All operations in any order on one thread, against a reference of a few lines.
//!
//! A failing sequence is shrunk and printed. `PROPTEST_CASES` sets how many are tried.
#![cfg(not(loom))]

#[path = "../harness/mod.rs"]
mod harness;
mod operation;
mod receiving;
mod reference;
mod sending;
mod work;
mod world;

use std::rc::Rc;

use proptest::collection::vec;
use proptest::test_runner::{Config, TestRunner};

/// A message that shows whether it is still somewhere.
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
        // The sequence is printed; a file beside the sources would only be in the way.
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn any_sequence_of_operations_does_what_the_reference_does() {
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

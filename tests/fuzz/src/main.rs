//! Fuzzes the public interface: the input's bytes choose calls on all kinds of handles, on one
//! thread, and after each call a queue of numbers and a few counts must agree with the channel.
//!
//! `.ci/fuzz` builds it with AddressSanitizer and runs it.
#![no_main]

mod blocking;
mod channel;
mod checks;
mod handles;
mod input;
mod message;
mod queues;
mod waits;

use input::Input;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.below(8) {
        0 => queues::queue(&mut input),
        1 => queues::realtime(&mut input),
        _ => channel::run(&mut input),
    }
});

//! `Stream` and `Sink`: handles that are polled, and perhaps never polled again.

use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

#[test]
fn abandoned_streams_hold_no_message_and_no_wakeup() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..2 {
            scenario.awaited_sender(3, Sending::send);
        }
        for _ in 0..2 {
            scenario.receiver(2, Receiving::next_or_abandon);
        }
        scenario.receiver(3, Receiving::next_or_cancel);
        scenario.receiver_until_closed(Receiving::next);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn abandoned_sinks_hold_no_capacity_and_no_wakeup() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..2 {
            scenario.awaited_sender(2, Sending::sink);
        }
        scenario.awaited_sender(2, Sending::send);
        for _ in 0..3 {
            scenario.sender(2, Sending::sink_or_abandon);
        }
        scenario.sender(2, Sending::sink_or_cancel);
        scenario.receiver_until_closed(Receiving::next);
        scenario.run_held_open();
    });
}

#[test]
fn every_stream_is_woken() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..2 {
            scenario.awaited_sender(2, Sending::sink);
        }
        for _ in 0..4 {
            // Each receiver takes one message, so each must be woken.
            scenario.receiver(1, Receiving::next);
        }
        scenario.run_held_open();
    });
}

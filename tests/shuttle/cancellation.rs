//! Tasks that stop waiting, beside tasks that do not. No message and no wakeup is lost.

use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

#[test]
fn cancelled_receivers_hold_no_message_and_no_wakeup() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..2 {
            scenario.awaited_sender(3, Sending::send);
        }
        for _ in 0..3 {
            scenario.receiver(2, Receiving::recv_or_cancel);
        }
        for _ in 0..2 {
            scenario.receiver_until_closed(Receiving::recv);
        }
        scenario.run_held_open();
    });
}

#[test]
fn cancelled_senders_hold_no_capacity_and_no_wakeup() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..3 {
            scenario.awaited_sender(2, Sending::send);
        }
        for _ in 0..3 {
            scenario.sender(2, Sending::send_or_cancel);
        }
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn calls_that_time_out_have_no_effect() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        scenario.awaited_sender(2, Sending::blocking_send);
        scenario.awaited_sender(2, Sending::send);
        for _ in 0..2 {
            scenario.sender(2, Sending::blocking_send_timeout);
            scenario.receiver(2, Receiving::blocking_recv_timeout);
        }
        scenario.receiver_until_closed(Receiving::blocking_recv);
        scenario.run_held_open();
    });
}

#[test]
fn one_thread_on_each_side_keeps_waiting() {
    explore(|| {
        let mut scenario = Scenario::new(1);
        scenario.awaited_sender(3, Sending::send);
        for _ in 0..3 {
            scenario.sender(2, Sending::send_or_cancel);
            scenario.receiver(2, Receiving::recv_or_cancel);
        }
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

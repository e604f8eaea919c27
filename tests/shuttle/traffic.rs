//! Senders and receivers that only send and receive.

use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

#[test]
fn everything_sent_is_received_once_and_in_order() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..4 {
            scenario.awaited_sender(2, Sending::send);
        }
        for _ in 0..3 {
            scenario.receiver_until_closed(Receiving::recv);
        }
        scenario.run_held_open();
    });
}

#[test]
fn all_send_methods_work_with_all_receive_methods() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        scenario.awaited_sender(2, Sending::try_send_until_sent);
        scenario.awaited_sender(2, Sending::blocking_send);
        scenario.awaited_sender(2, Sending::sink);
        scenario.awaited_sender(2, Sending::send_reserved);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.receiver_until_closed(Receiving::blocking_recv);
        scenario.receiver_until_closed(Receiving::next);
        scenario.receiver_until_closed(|receiving| receiving.recv_many(2));
        scenario.run_held_open();
    });
}

#[test]
fn a_sent_message_is_found_by_try_recv() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..3 {
            scenario.awaited_sender(2, Sending::try_send_until_sent);
        }
        for _ in 0..2 {
            scenario.receiver(4, Receiving::try_recv);
        }
        scenario.receiver(4, |receiving| receiving.try_recv_many(2));
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn many_senders_wait_for_one_slot() {
    explore(|| {
        let mut scenario = Scenario::new(1);
        for _ in 0..6 {
            scenario.awaited_sender(1, Sending::send);
        }
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn many_receivers_wait_for_few_messages() {
    explore(|| {
        let mut scenario = Scenario::new(2);
        scenario.awaited_sender(5, Sending::send);
        for _ in 0..5 {
            // Each receiver takes one message, so each must be woken.
            scenario.receiver(1, Receiving::recv);
        }
        scenario.run_held_open();
    });
}

#[test]
fn a_forced_send_evicts_the_oldest_message() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..2 {
            scenario.sender(2, Sending::force_send);
        }
        scenario.sender(2, Sending::reserve_and_release);
        scenario.awaited_sender(2, Sending::send);
        scenario.awaited_sender(2, Sending::try_send_until_sent);
        scenario.receiver(2, Receiving::recv_or_cancel);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

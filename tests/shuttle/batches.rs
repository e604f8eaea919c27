//! Many messages in one call.

use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

#[test]
fn batches_and_single_messages_share_a_channel() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..2 {
            scenario.awaited_batch(4);
        }
        scenario.awaited_sender(2, Sending::send);
        scenario.sender(2, |sending| sending.try_send_many(2));
        for _ in 0..2 {
            scenario.receiver_until_closed(|receiving| receiving.recv_many(2));
        }
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn cancelled_batches_hold_no_capacity_and_no_wakeup() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..2 {
            scenario.sender(2, |sending| sending.send_many_or_cancel(3));
            scenario.receiver(2, |receiving| receiving.recv_many_or_cancel(2));
        }
        scenario.awaited_batch(4);
        scenario.awaited_sender(2, Sending::send);
        scenario.receiver_until_closed(|receiving| receiving.recv_many(3));
        scenario.run_held_open();
    });
}

//! Threads that call random operations.

use shuttle::rand::{Rng, thread_rng};

use crate::explore::explore;
use crate::operations::{Flow, Receiving, Sending, up_to};
use crate::scenario::Scenario;

fn send_at_random(sending: &mut Sending) -> Flow {
    match thread_rng().gen_range(0..15) {
        0 => sending.send(),
        1 => sending.send_or_cancel(),
        2 => sending.blocking_send(),
        3 => sending.blocking_send_timeout(),
        4 => sending.try_send(),
        5 => sending.send_reserved(),
        6 => sending.reserve_and_release(),
        7 => sending.reserve_two(),
        8 => sending.try_reserve(),
        9 => sending.send_many(up_to(3)),
        10 => sending.send_many_or_cancel(up_to(3)),
        11 => sending.try_send_many(up_to(3)),
        12 => sending.sink_or_abandon(),
        13 => sending.sink_or_cancel(),
        _ => sending.force_send(),
    }
}

fn receive_at_random(receiving: &mut Receiving) -> Flow {
    match thread_rng().gen_range(0..9) {
        0 => receiving.recv(),
        1 => receiving.recv_or_cancel(),
        2 => receiving.blocking_recv_timeout(),
        3 => receiving.try_recv(),
        4 => receiving.recv_many(up_to(3)),
        5 => receiving.recv_many_or_cancel(up_to(3)),
        6 => receiving.try_recv_many(up_to(3)),
        7 => receiving.next_or_abandon(),
        _ => receiving.next_or_cancel(),
    }
}

#[test]
fn random_operations_lose_no_awaited_message() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..3 {
            scenario.sender(3, send_at_random);
        }
        for _ in 0..2 {
            scenario.receiver(3, receive_at_random);
        }
        scenario.awaited_sender(2, Sending::send);
        scenario.awaited_sender(1, Sending::send_reserved);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn random_operations_terminate() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        for _ in 0..4 {
            scenario.sender(3, send_at_random);
        }
        for _ in 0..3 {
            scenario.receiver(4, receive_at_random);
        }
        scenario.run_alone();
    });
}

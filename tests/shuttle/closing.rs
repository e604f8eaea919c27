//! Closing, and handles that are created and dropped.

use crate::block_on::block_on;
use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

#[test]
fn closing_ends_every_wait() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        scenario.sender(usize::MAX, Sending::send);
        scenario.sender(usize::MAX, Sending::send_reserved);
        scenario.sender(usize::MAX, Sending::sink);
        scenario.sender(usize::MAX, Sending::wait_for_two_or_send);
        for _ in 0..2 {
            let tx = scenario.tx.clone();
            scenario.thread(move || block_on(tx.closed()));
        }
        // Receives three messages, and then the channel stays full.
        scenario.receiver(3, Receiving::recv);
        let rx = scenario.rx.clone();
        scenario.thread(move || rx.close());
        scenario.run_held_open();
    });
}

#[test]
fn closing_ends_the_wait_for_messages() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        scenario.sender(1, Sending::try_send);
        for _ in 0..2 {
            scenario.receiver_until_closed(Receiving::recv);
        }
        scenario.receiver_until_closed(Receiving::next);
        scenario.receiver_until_closed(|receiving| receiving.recv_many(2));
        scenario.receiver_until_closed(Receiving::blocking_recv);
        let rx = scenario.rx.clone();
        scenario.thread(move || rx.close());
        scenario.run_held_open();
    });
}

#[test]
fn the_last_receiver_empties_the_channel() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        scenario.sender(usize::MAX, Sending::send);
        scenario.sender(usize::MAX, Sending::send_reserved);
        scenario.sender(usize::MAX, |sending| sending.send_many(3));
        scenario.sender(usize::MAX, Sending::force_send_and_yield);
        for _ in 0..2 {
            scenario.receiver(up_to(2), Receiving::recv);
        }
        let tx = scenario.tx.clone();
        scenario.thread(move || block_on(tx.closed()));
        scenario.run_with_sender();
    });
}

#[test]
fn the_last_sender_closes_the_channel() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(3));
        scenario.sender(2, Sending::send);
        scenario.sender(2, Sending::send_or_cancel);
        scenario.sender(1, |sending| sending.send_many(3));
        scenario.sender(2, Sending::sink_or_abandon);
        for _ in 0..2 {
            scenario.receiver_until_closed(Receiving::recv);
        }
        scenario.receiver_until_closed(Receiving::next);
        scenario.run_alone();
    });
}

#[test]
fn clones_and_weak_handles_are_created_and_dropped() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..2 {
            let weak = scenario.tx.downgrade();
            scenario.thread(move || {
                if let Some(tx) = weak.upgrade() {
                    assert!(weak.strong_count() > 0);
                    drop(tx.clone());
                }
            });
        }
        let weak = scenario.rx.downgrade();
        scenario.thread(move || {
            if let Some(rx) = weak.upgrade() {
                drop(rx.clone());
            }
        });
        for _ in 0..2 {
            scenario.sender(2, |sending| {
                sending.tx = sending.tx.clone();
                sending.send()
            });
            scenario.receiver(3, |receiving| {
                receiving.rx = receiving.rx.clone();
                receiving.recv()
            });
        }
        scenario.run_alone();
    });
}

#[test]
fn a_closed_channel_ends_with_its_last_permit() {
    explore(|| {
        let mut scenario = Scenario::new(3);
        scenario.sender(2, Sending::send_reserved);
        scenario.sender(2, Sending::reserve_two);
        for _ in 0..2 {
            scenario.sender(2, Sending::reserve_and_release);
        }
        for _ in 0..3 {
            scenario.receiver_until_closed(Receiving::recv);
        }
        let rx = scenario.rx.clone();
        scenario.thread(move || rx.close());
        scenario.run_held_open();
    });
}

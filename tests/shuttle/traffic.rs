//! Senders and receivers that only send and receive.

use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

#[test]
fn everything_sent_is_received_once_and_in_order() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..4 {
            scene.awaited_sender(2, Sending::send);
        }
        for _ in 0..3 {
            scene.lasting_receiver(Receiving::recv);
        }
        scene.play_held_open();
    });
}

#[test]
fn every_way_to_send_meets_every_way_to_receive() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        scene.awaited_sender(2, Sending::insist);
        scene.awaited_sender(2, Sending::blocking_send);
        scene.awaited_sender(2, Sending::sink);
        scene.awaited_sender(2, Sending::send_reserved);
        scene.lasting_receiver(Receiving::recv);
        scene.lasting_receiver(Receiving::blocking_recv);
        scene.lasting_receiver(Receiving::next);
        scene.lasting_receiver(|receiving| receiving.recv_many(2));
        scene.play_held_open();
    });
}

#[test]
fn a_message_that_was_sent_is_not_overlooked() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..3 {
            scene.awaited_sender(2, Sending::insist);
        }
        for _ in 0..2 {
            scene.receiver(4, Receiving::try_recv);
        }
        scene.receiver(4, |receiving| receiving.try_recv_many(2));
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn many_senders_wait_for_one_place() {
    explore(|| {
        let mut scene = Scene::new(1);
        for _ in 0..6 {
            scene.awaited_sender(1, Sending::send);
        }
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn many_receivers_wait_for_few_messages() {
    explore(|| {
        let mut scene = Scene::new(2);
        scene.awaited_sender(5, Sending::send);
        for _ in 0..5 {
            // Each takes one, so each must be woken.
            scene.receiver(1, Receiving::recv);
        }
        scene.play_held_open();
    });
}

#[test]
fn the_oldest_makes_room_for_a_forced_message() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..2 {
            scene.sender(2, Sending::force_send);
        }
        scene.sender(2, Sending::reserve_for_nothing);
        scene.awaited_sender(2, Sending::send);
        scene.awaited_sender(2, Sending::insist);
        scene.receiver(2, Receiving::recv_or_cancel);
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

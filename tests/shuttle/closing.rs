//! Closing, and handles that come and go.

use crate::block_on::block_on;
use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

#[test]
fn closing_ends_every_wait() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        scene.sender(usize::MAX, Sending::send);
        scene.sender(usize::MAX, Sending::send_reserved);
        scene.sender(usize::MAX, Sending::sink);
        scene.sender(usize::MAX, Sending::wait_for_two_or_send);
        for _ in 0..2 {
            let tx = scene.tx.clone();
            scene.part(move || block_on(tx.closed()));
        }
        // Three, and then the channel stays full.
        scene.receiver(3, Receiving::recv);
        let rx = scene.rx.clone();
        scene.part(move || rx.close());
        scene.play_held_open();
    });
}

#[test]
fn closing_ends_the_wait_for_messages() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        scene.sender(1, Sending::try_send);
        for _ in 0..2 {
            scene.lasting_receiver(Receiving::recv);
        }
        scene.lasting_receiver(Receiving::next);
        scene.lasting_receiver(|receiving| receiving.recv_many(2));
        scene.lasting_receiver(Receiving::blocking_recv);
        let rx = scene.rx.clone();
        scene.part(move || rx.close());
        scene.play_held_open();
    });
}

#[test]
fn the_last_receiver_empties_the_channel() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        scene.sender(usize::MAX, Sending::send);
        scene.sender(usize::MAX, Sending::send_reserved);
        scene.sender(usize::MAX, |sending| sending.send_many(3));
        scene.sender(usize::MAX, Sending::force_send_and_yield);
        for _ in 0..2 {
            scene.receiver(up_to(2), Receiving::recv);
        }
        let tx = scene.tx.clone();
        scene.part(move || block_on(tx.closed()));
        scene.play_before_sender();
    });
}

#[test]
fn the_last_sender_ends_the_channel() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        scene.sender(2, Sending::send);
        scene.sender(2, Sending::send_or_cancel);
        scene.sender(1, |sending| sending.send_many(3));
        scene.sender(2, Sending::sink_or_abandon);
        for _ in 0..2 {
            scene.lasting_receiver(Receiving::recv);
        }
        scene.lasting_receiver(Receiving::next);
        scene.play_alone();
    });
}

#[test]
fn clones_and_weak_handles_come_and_go() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..2 {
            let weak = scene.tx.downgrade();
            scene.part(move || {
                if let Some(tx) = weak.upgrade() {
                    assert!(weak.strong_count() > 0);
                    drop(tx.clone());
                }
            });
        }
        let weak = scene.rx.downgrade();
        scene.part(move || {
            if let Some(rx) = weak.upgrade() {
                drop(rx.clone());
            }
        });
        for _ in 0..2 {
            scene.sender(2, |sending| {
                sending.tx = sending.tx.clone();
                sending.send()
            });
            scene.receiver(3, |receiving| {
                receiving.rx = receiving.rx.clone();
                receiving.recv()
            });
        }
        scene.play_alone();
    });
}

#[test]
fn a_closed_channel_ends_with_its_last_permit() {
    explore(|| {
        let mut scene = Scene::new(3);
        scene.sender(2, Sending::send_reserved);
        scene.sender(2, Sending::reserve_two);
        for _ in 0..2 {
            scene.sender(2, Sending::reserve_for_nothing);
        }
        for _ in 0..3 {
            scene.lasting_receiver(Receiving::recv);
        }
        let rx = scene.rx.clone();
        scene.part(move || rx.close());
        scene.play_held_open();
    });
}

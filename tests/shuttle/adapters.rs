//! `Stream` and `Sink`: handles that are polled, and perhaps never again.

use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

#[test]
fn abandoned_streams_keep_no_message_and_no_wakeup() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..2 {
            scene.awaited_sender(3, Sending::send);
        }
        for _ in 0..2 {
            scene.receiver(2, Receiving::next_or_abandon);
        }
        scene.receiver(3, Receiving::next_or_cancel);
        scene.lasting_receiver(Receiving::next);
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn abandoned_sinks_keep_no_room_and_no_wakeup() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..2 {
            scene.awaited_sender(2, Sending::sink);
        }
        scene.awaited_sender(2, Sending::send);
        for _ in 0..3 {
            scene.sender(2, Sending::sink_or_abandon);
        }
        scene.sender(2, Sending::sink_or_cancel);
        scene.lasting_receiver(Receiving::next);
        scene.play_held_open();
    });
}

#[test]
fn every_stream_is_woken() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..2 {
            scene.awaited_sender(2, Sending::sink);
        }
        for _ in 0..4 {
            // Each takes one, so each must be woken.
            scene.receiver(1, Receiving::next);
        }
        scene.play_held_open();
    });
}

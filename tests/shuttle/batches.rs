//! Many messages in one call.

use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

#[test]
fn batches_and_single_messages_share_a_channel() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..2 {
            scene.awaited_batch(4);
        }
        scene.awaited_sender(2, Sending::send);
        scene.sender(2, |sending| sending.try_send_many(2));
        for _ in 0..2 {
            scene.lasting_receiver(|receiving| receiving.recv_many(2));
        }
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn cancelled_batches_leave_room_and_wakeups_to_others() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..2 {
            scene.sender(2, |sending| sending.send_many_or_cancel(3));
            scene.receiver(2, |receiving| receiving.recv_many_or_cancel(2));
        }
        scene.awaited_batch(4);
        scene.awaited_sender(2, Sending::send);
        scene.lasting_receiver(|receiving| receiving.recv_many(3));
        scene.play_held_open();
    });
}

//! Tasks that stop waiting, beside others that do not: no message and no wakeup goes with them.

use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

#[test]
fn cancelled_receivers_leave_messages_and_wakeups_to_others() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..2 {
            scene.awaited_sender(3, Sending::send);
        }
        for _ in 0..3 {
            scene.receiver(2, Receiving::recv_or_cancel);
        }
        for _ in 0..2 {
            scene.lasting_receiver(Receiving::recv);
        }
        scene.play_held_open();
    });
}

#[test]
fn cancelled_senders_leave_room_and_wakeups_to_others() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..3 {
            scene.awaited_sender(2, Sending::send);
        }
        for _ in 0..3 {
            scene.sender(2, Sending::send_or_cancel);
        }
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn calls_whose_time_is_up_have_done_nothing() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        scene.awaited_sender(2, Sending::blocking_send);
        scene.awaited_sender(2, Sending::send);
        for _ in 0..2 {
            scene.sender(2, Sending::blocking_send_timeout);
            scene.receiver(2, Receiving::blocking_recv_timeout);
        }
        scene.lasting_receiver(Receiving::blocking_recv);
        scene.play_held_open();
    });
}

#[test]
fn everybody_may_give_up_but_one_on_each_side() {
    explore(|| {
        let mut scene = Scene::new(1);
        scene.awaited_sender(3, Sending::send);
        for _ in 0..3 {
            scene.sender(2, Sending::send_or_cancel);
            scene.receiver(2, Receiving::recv_or_cancel);
        }
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

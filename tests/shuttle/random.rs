//! Everybody does what comes to mind.

use shuttle::rand::{Rng, thread_rng};

use crate::explore::explore;
use crate::parties::{Go, Receiving, Sending, up_to};
use crate::scene::Scene;

fn send_somehow(sending: &mut Sending) -> Go {
    match thread_rng().gen_range(0..15) {
        0 => sending.send(),
        1 => sending.send_or_cancel(),
        2 => sending.blocking_send(),
        3 => sending.blocking_send_timeout(),
        4 => sending.try_send(),
        5 => sending.send_reserved(),
        6 => sending.reserve_for_nothing(),
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

fn receive_somehow(receiving: &mut Receiving) -> Go {
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
fn whatever_they_do_the_awaited_messages_come() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..3 {
            scene.sender(3, send_somehow);
        }
        for _ in 0..2 {
            scene.receiver(3, receive_somehow);
        }
        scene.awaited_sender(2, Sending::send);
        scene.awaited_sender(1, Sending::send_reserved);
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn whatever_they_do_it_ends() {
    explore(|| {
        let mut scene = Scene::new(up_to(3));
        for _ in 0..4 {
            scene.sender(3, send_somehow);
        }
        for _ in 0..3 {
            scene.receiver(4, receive_somehow);
        }
        scene.play_alone();
    });
}

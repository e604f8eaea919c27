//! Waiting without taking: for readiness, and until what was sent has been received.

use mpmc_std::channel;
use shuttle::thread;

use crate::block_on::block_on;
use crate::explore::explore;
use crate::parties::{Receiving, Sending, up_to};
use crate::scene::Scene;

/// Receivers that wait for messages, and as many sends: each message must wake one of them.
#[test]
fn readiness_keeps_no_message_from_receivers() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        scene.awaited_sender(2, Sending::send);
        scene.awaited_sender(1, Sending::insist);
        scene.lasting_receiver(Receiving::recv);
        scene.lasting_receiver(Receiving::next);
        for _ in 0..2 {
            let rx = scene.rx.clone();
            scene.part(move || {
                block_on(rx.recv_ready());
            });
        }
        let tx = scene.tx.clone();
        scene.part(move || {
            // An error if all has come by then, and the channel is closed.
            let _ = block_on(tx.send_ready());
        });
        scene.play_held_open();
    });
}

/// As many messages are received as are sent. After that nothing happens that could wake a task
/// late.
#[test]
fn all_that_was_sent_before_is_received() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        scene.sender(2, Sending::send);
        scene.sender(2, Sending::send);
        for _ in 0..2 {
            let tx = scene.tx.clone();
            scene.part(move || block_on(tx.drained()));
        }
        scene.receiver(2, Receiving::recv);
        scene.receiver(2, Receiving::recv);
        scene.play_held_open();
    });
}

/// The channel is full again in the end: a sender that spins takes the slot that came free, and
/// nothing is received after that.
#[test]
fn a_channel_that_is_full_again_has_been_drained() {
    explore(|| {
        let (tx, rx) = channel(1);
        tx.try_send(0).unwrap();
        let drained = tx.drained();
        let (tx, rx) = (&tx, &rx);
        thread::scope(|scope| {
            scope.spawn(|| block_on(drained));
            for _ in 0..2 {
                // One of them stays behind until the channel is closed.
                scope.spawn(|| {
                    let _ = block_on(tx.send(1));
                });
            }
            // The other side was on another thread, so that senders spin.
            let receiver = scope.spawn(|| block_on(rx.recv()));
            assert_eq!(receiver.join().unwrap(), Some(0));
            while tx.stats().senders.parked > 1 || tx.capacity() > 0 {
                thread::yield_now();
            }
            rx.close();
        });
    });
}

//! Permits: room that is held, used and given back.

use mpmc_std::channel;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::explore::explore;
use crate::parties::{Receiving, Sending, toss, up_to};
use crate::scene::Scene;

#[test]
fn messages_and_permits_fill_the_channel_exactly() {
    explore(|| {
        let capacity = up_to(4);
        let (tx, rx) = channel(capacity);
        let threads: Vec<_> = (0..5)
            .map(|message| {
                let tx = tx.clone();
                thread::spawn(move || match thread_rng().gen_range(0..3) {
                    0 => (usize::from(tx.try_send(message).is_ok()), None),
                    1 => {
                        let sent = tx.try_send_many([message, message]);
                        (sent.unwrap_or_else(|error| error.into_inner().sent()), None)
                    }
                    _ => {
                        let permit = tx.try_reserve_owned().ok();
                        (usize::from(permit.is_some()), permit)
                    }
                })
            })
            .collect();
        let taken: Vec<_> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        let used: usize = taken.iter().map(|(used, _)| used).sum();
        assert_eq!(used, capacity, "neither too many nor too few");
        let messages = rx.len();
        drop(taken);
        assert_eq!(rx.capacity(), capacity - messages);
    });
}

#[test]
fn room_that_is_given_back_goes_to_who_waits() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..3 {
            scene.sender(2, Sending::reserve_for_nothing);
        }
        scene.sender(2, Sending::try_reserve);
        for _ in 0..2 {
            scene.awaited_sender(2, Sending::send);
        }
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn several_permits_are_gathered_in_turn() {
    explore(|| {
        let mut scene = Scene::new(2);
        for _ in 0..2 {
            scene.sender(2, Sending::wait_for_two);
        }
        for _ in 0..2 {
            scene.sender(2, Sending::reserve_two);
        }
        scene.awaited_sender(2, Sending::send);
        scene.awaited_sender(2, Sending::send_reserved);
        scene.lasting_receiver(Receiving::recv);
        scene.play_held_open();
    });
}

#[test]
fn owned_permits_outlive_what_they_were_made_from() {
    explore(|| {
        let mut scene = Scene::new(up_to(2));
        for _ in 0..4 {
            scene.sender(2, |sending| {
                if toss() {
                    sending.send_owned()
                } else {
                    sending.reserve_owned_for_nothing()
                }
            });
        }
        for _ in 0..2 {
            scene.receiver(up_to(3), Receiving::recv);
        }
        scene.play_alone();
    });
}

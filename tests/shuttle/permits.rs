//! Permits: capacity that is reserved, used and released.

use mpmc_std::channel;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread;

use crate::explore::explore;
use crate::operations::{Receiving, Sending, toss, up_to};
use crate::scenario::Scenario;

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
        assert_eq!(used, capacity, "wrong number of messages and permits");
        let messages = rx.len();
        drop(taken);
        assert_eq!(rx.capacity(), capacity - messages);
    });
}

#[test]
fn released_capacity_wakes_waiting_senders() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..3 {
            scenario.sender(2, Sending::reserve_and_release);
        }
        scenario.sender(2, Sending::try_reserve);
        for _ in 0..2 {
            scenario.awaited_sender(2, Sending::send);
        }
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn tasks_reserve_several_permits_one_after_the_other() {
    explore(|| {
        let mut scenario = Scenario::new(2);
        for _ in 0..2 {
            scenario.sender(2, Sending::wait_for_two);
        }
        for _ in 0..2 {
            scenario.sender(2, Sending::reserve_two);
        }
        scenario.awaited_sender(2, Sending::send);
        scenario.awaited_sender(2, Sending::send_reserved);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.run_held_open();
    });
}

#[test]
fn owned_permits_keep_the_channel_alive() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        for _ in 0..4 {
            scenario.sender(2, |sending| {
                if toss() {
                    sending.send_owned()
                } else {
                    sending.reserve_owned_and_release()
                }
            });
        }
        for _ in 0..2 {
            scenario.receiver(up_to(3), Receiving::recv);
        }
        scenario.run_alone();
    });
}

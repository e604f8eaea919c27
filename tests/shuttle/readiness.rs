//! Waits that take nothing: for readiness, and until all sent messages have been received.

use mpmc_std::channel;
use shuttle::thread;

use crate::block_on::block_on;
use crate::explore::explore;
use crate::operations::{Receiving, Sending, up_to};
use crate::scenario::Scenario;

/// There are as many sends as waiting receivers: each message must wake one receiver.
#[test]
fn readiness_waiters_take_no_wakeup_of_receivers() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        scenario.awaited_sender(2, Sending::send);
        scenario.awaited_sender(1, Sending::try_send_until_sent);
        scenario.receiver_until_closed(Receiving::recv);
        scenario.receiver_until_closed(Receiving::next);
        for _ in 0..2 {
            let rx = scenario.rx.clone();
            scenario.thread(move || {
                block_on(rx.recv_ready());
            });
        }
        let tx = scenario.tx.clone();
        scenario.thread(move || {
            // Returns an error if all messages were received before, and the channel is closed.
            let _ = block_on(tx.send_ready());
        });
        scenario.run_held_open();
    });
}

/// As many messages are received as are sent. No later operation could make up for a lost wakeup.
#[test]
fn drained_waits_until_sent_messages_are_received() {
    explore(|| {
        let mut scenario = Scenario::new(up_to(2));
        scenario.sender(2, Sending::send);
        scenario.sender(2, Sending::send);
        for _ in 0..2 {
            let tx = scenario.tx.clone();
            scenario.thread(move || block_on(tx.drained()));
        }
        scenario.receiver(2, Receiving::recv);
        scenario.receiver(2, Receiving::recv);
        scenario.run_held_open();
    });
}

/// The channel is full again at the end: a spinning sender takes the freed slot, and no message is
/// received after that.
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
                // One of the sends waits until the channel is closed.
                scope.spawn(|| {
                    let _ = block_on(tx.send(1));
                });
            }
            // The receiver runs on another thread, so that senders spin.
            let receiver = scope.spawn(|| block_on(rx.recv()));
            assert_eq!(receiver.join().unwrap(), Some(0));
            while tx.stats().senders.parked > 1 || tx.capacity() > 0 {
                thread::yield_now();
            }
            rx.close();
        });
    });
}

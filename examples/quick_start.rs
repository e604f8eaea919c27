//! The channel in one screenful: send, receive, share both sides, stream, and what "full" and "closed"
//! look like. Run it with `cargo run --example quick_start`.

use futures::{StreamExt, future};
use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};

#[tokio::main]
async fn main() {
    // A channel has a fixed capacity. `send` waits while it is full, `recv` while it is empty.
    let (sender, receiver) = channel(8);
    for letter in "hello".chars() {
        sender.send(letter).await.expect("there is a receiver");
    }
    assert_eq!(receiver.recv().await, Some('h'));
    assert_eq!(receiver.len(), 4);

    // When the last sender is gone, what was sent before is still received; then comes `None`.
    drop(sender);
    let rest: String = receiver.collect().await; // a receiver is a `Stream`
    assert_eq!(rest, "ello");

    many_to_many().await;
    without_waiting();
    println!("All assertions held.");
}

/// Four producers and three consumers on one channel: every message goes to exactly one consumer.
async fn many_to_many() {
    let (sender, receiver) = channel(16);
    for producer in 0..4 {
        let sender = sender.clone();
        tokio::spawn(async move {
            for number in 0..1_000 {
                let message: u64 = producer * 1_000 + number;
                sender.send(message).await.expect("there is a receiver");
            }
        });
    }
    // The channel ends when the last sender goes, so the original must not outlive the clones.
    drop(sender);

    let consumers = (1..=3).map(|consumer| {
        let mut receiver = receiver.clone();
        tokio::spawn(async move {
            let (mut count, mut sum) = (0, 0);
            while let Some(message) = receiver.next().await {
                count += 1;
                sum += message;
            }
            println!("Consumer {consumer} received {count} messages.");
            sum
        })
    });
    let sums = future::try_join_all(consumers).await.expect("no panic");
    assert_eq!(sums.into_iter().sum::<u64>(), (0..4_000).sum());
}

/// `try_send` and `try_recv` never wait, and need no executor.
fn without_waiting() {
    let (sender, receiver) = channel(2);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(sender.try_send("first"), Ok(()));
    assert_eq!(sender.try_send("second"), Ok(()));

    // The message comes back with the error, so that it can be kept or sent again later.
    assert_eq!(sender.try_send("third"), Err(TrySendError::Full("third")));

    // A receiver can close the channel for all senders; what is in it stays to be received.
    receiver.close();
    assert_eq!(sender.try_send("late"), Err(TrySendError::Closed("late")));
    assert_eq!(receiver.try_recv(), Ok("first"));
    assert_eq!(receiver.try_recv(), Ok("second"));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

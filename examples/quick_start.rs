//! The channel in one screen: send, receive, share both sides, use a receiver as a stream, and
//! handle "full" and "closed". Run it with `cargo run --example quick_start`.

use futures::StreamExt;
use mpmc_std::channel;
use mpmc_std::error::{TryRecvError, TrySendError};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() {
    // A channel has a fixed capacity. `send` waits while it is full, `recv` while it is empty.
    let (tx, rx) = channel(8);
    for letter in "hello".chars() {
        tx.send(letter).await.expect("there is a receiver");
    }
    assert_eq!(rx.recv().await, Some('h'));
    assert_eq!(rx.len(), 4);

    // When the last sender is dropped, messages sent before are still received. Then `recv` returns
    // `None`.
    drop(tx);
    let rest: String = rx.collect().await; // a receiver is a `Stream`
    assert_eq!(rest, "ello");

    many_to_many().await;
    without_waiting();
    println!("All assertions held.");
}

/// Four producers and three consumers on one channel: every message goes to exactly one consumer.
async fn many_to_many() {
    let (tx, rx) = channel(16);
    let mut producers = JoinSet::new();
    for producer in 0..4_u64 {
        let tx = tx.clone();
        producers.spawn(async move {
            for number in 0..1_000 {
                let message = producer * 1_000 + number;
                tx.send(message).await.expect("there is a consumer");
            }
        });
    }
    let mut consumers = JoinSet::new();
    for consumer in 1..=3 {
        let rx = rx.clone();
        consumers.spawn(async move {
            let (mut count, mut sum) = (0, 0);
            while let Some(message) = rx.recv().await {
                count += 1;
                sum += message;
            }
            println!("Consumer {consumer} received {count} messages.");
            sum
        });
    }
    // Only the tasks hold the channel from here on. Without the drop of `tx` the consumers would
    // wait forever for more. Without the drop of `rx` the producers would wait forever if all
    // consumers ended early.
    drop((tx, rx));

    producers.join_all().await; // panics if a producer has panicked
    let sums: Vec<u64> = consumers.join_all().await;
    assert_eq!(sums.into_iter().sum::<u64>(), (0..4_000).sum());
}

/// `try_send` and `try_recv` return at once, and need no executor.
fn without_waiting() {
    let (tx, rx) = channel(2);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(tx.try_send("first"), Ok(()));
    assert_eq!(tx.try_send("second"), Ok(()));

    // The error contains the message, so that it can be kept or sent again later.
    assert_eq!(tx.try_send("third"), Err(TrySendError::Full("third")));

    // A receiver can close the channel for all senders. Messages in it can still be received.
    rx.close();
    assert_eq!(tx.try_send("late"), Err(TrySendError::Closed("late")));
    assert_eq!(rx.try_recv(), Ok("first"));
    assert_eq!(rx.try_recv(), Ok("second"));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

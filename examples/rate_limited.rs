//! Several producers that share one rate limit: a bucket of tokens, which is itself a channel.
//!
//! The bucket's capacity is the burst that is allowed. A task puts one token in per period; if the
//! bucket is full, the token is discarded. Each producer takes a token before each message.

use std::time::Duration;

use mpmc_std::error::TrySendError;
use mpmc_std::{Receiver, Sender, channel};
use tokio::time::{Instant, interval_at};

const PERIOD: Duration = Duration::from_millis(2);
const BURST: usize = 5;
const PRODUCERS: usize = 3;
const EACH: usize = 15;

struct Token;

async fn fill(bucket: Sender<Token>) {
    let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
    loop {
        ticks.tick().await;
        if let Err(TrySendError::Closed(Token)) = bucket.try_send(Token) {
            return; // all receivers of tokens have been dropped
        }
    }
}

async fn produce(producer: usize, tokens: Receiver<Token>, tx: Sender<(usize, usize)>) {
    for number in 0..EACH {
        tokens
            .recv()
            .await
            .expect("the bucket is filled as long as we are here");
        tx.send((producer, number))
            .await
            .expect("there is a receiver");
    }
}

#[tokio::main]
async fn main() {
    let start = Instant::now();
    let (bucket, tokens) = channel(BURST);
    bucket
        .try_send_many((0..BURST).map(|_| Token))
        .expect("the bucket starts full");
    tokio::spawn(fill(bucket));

    let (tx, rx) = channel(8);
    for producer in 0..PRODUCERS {
        tokio::spawn(produce(producer, tokens.clone(), tx.clone()));
    }
    drop((tokens, tx));

    let mut next = [0; PRODUCERS];
    let mut received: usize = 0;
    while let Some((producer, number)) = rx.recv().await {
        assert_eq!(
            number, next[producer],
            "each producer's messages stay in order"
        );
        next[producer] += 1;
        received += 1;
        // The rate holds at every moment, not only at the end.
        let earliest = PERIOD * received.saturating_sub(BURST) as u32;
        assert!(
            start.elapsed() >= earliest,
            "message {received} came too early"
        );
    }
    assert_eq!(received, PRODUCERS * EACH);
    println!("{received} messages, a burst of {BURST} and then at most one per {PERIOD:?}");
}
